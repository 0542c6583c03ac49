"""The runner's environment in, exit status out.

The order matters: masks before anything is printed, the event before any import that costs time,
the settings before any request, and root rights gone before anything from outside is read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import io
import os
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, TextIO

from predict_edit.cli import privileges
from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.errors import EventError, OutputError, SettingsError
from predict_edit.domain.run_report import FileStatus, Outcome, RunReport
from predict_edit.github.actions_runner import Runner, RunnerFiles, read_payload, read_runner
from predict_edit.run.outcome import (
    NO_FACTS,
    SETTINGS_WRONG,
    Finished,
    exit_status,
    failure_of,
    report_of,
)
from predict_edit.support import startup as collector
from predict_edit.support.log import Console, SafeStream, Secrets, log, set_up

if TYPE_CHECKING:
    from predict_edit.settings.fields import Inputs
    from predict_edit.trigger.requests import (
        BranchTask,
        ClosedPullRequest,
        PullRequestCommand,
        Request,
    )

    Started = PullRequestCommand | BranchTask | ClosedPullRequest

MAX_ANNOTATIONS = 10
"""GitHub shows no more of one kind for a step."""

_IDENTITY = ("ACTIONS_ID", "AZURE", "PREDICT_EDIT_MINUTES")
"""Beginnings of the variables that signing in and keeping time need later."""
_QUIET = frozenset({Outcome.IGNORED, Outcome.DENIED})
"""Outcomes without a job summary, unless a person with a role was turned away."""
_SCOPES = ("INPUT_REF", "INPUT_FILES", "INPUT_FINDINGS", "INPUT_RESULTS")
"""What names the files to edit without a pull request."""
_FINDINGS = ("INPUT_FINDINGS", "INPUT_RESULTS")
"""What makes a dispatch without an instruction one about findings."""
_LINT_FIX = "run lint-fix"
_SIGN_IN = ("INPUT_API-KEY", "INPUT_AZURE-CLIENT-ID")
_SECRET_INPUTS = ("INPUT_GITHUB-TOKEN", "INPUT_API-KEY")
_SHORTEST_AMBIENT_SECRET = 16
"""Characters; a variable such as ``SORT_KEY`` may hold a word, which must not hide outputs."""


def main(environ: MutableMapping[str, str] | None = None, stream: TextIO | None = None) -> int:
    """Run the action and return the exit status of the contract."""
    environ = os.environ if environ is None else environ
    secrets = Secrets()
    stream = _own_streams(secrets) if stream is None else stream
    console = Console(stream, secrets, on_actions=environ.get("GITHUB_ACTIONS") == "true")
    for name, value in environ.items():
        if name in _SECRET_INPUTS or (
            privileges.holds_secret(name) and len(value) >= _SHORTEST_AMBIENT_SECRET
        ):
            console.mask(value)
    for line in environ.get("INPUT_HEADERS", "").splitlines():
        console.mask(line.partition(":")[2])
    set_up(stream, secrets, debug=environ.get("RUNNER_DEBUG") == "1")
    try:
        runner = read_runner(environ)
        files = RunnerFiles(runner)
    except EventError as error:
        console.error("cannot start", str(error))
        return SETTINGS_WRONG
    with contextlib.closing(files), collector.held():
        return _start(environ, runner, files, console)


def _own_streams(secrets: Secrets) -> TextIO:
    """Take over both streams of the process, and return the one for the log.

    What a library prints to them then holds no secret, and the runner takes none of it for a
    command.
    """
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        # A name that the stream's encoding lacks must not end the run, nor lose the line.
        stream.reconfigure(errors="backslashreplace")
    sys.stdout = sys.stderr = SafeStream(stream, secrets)
    return stream


def _start(
    environ: MutableMapping[str, str], runner: Runner, files: RunnerFiles, console: Console
) -> int:
    """Read the event and the inputs, and carry them out."""
    from predict_edit.trigger.requests import Ignored  # noqa: PLC0415 - pydantic waits for the masks

    inputs = None
    try:
        trigger = _read_trigger(environ, runner)
        if isinstance(trigger, Ignored):
            log.info("ignored: %s", trigger.reason)
            finished = Finished(report=report_of(NO_FACTS, Outcome.IGNORED))
        else:
            trigger, inputs, wrong = _read_inputs(environ, trigger)
            outbox = OutputFolder(runner.workspace)
            identity = _give_up_rights(environ, outbox)
            import asyncio  # noqa: PLC0415 - a fifth of the start, and most events are ignored

            from predict_edit.run.start import Surroundings, serve  # noqa: PLC0415 - PyGithub is slow

            around = Surroundings(runner=runner, outbox=outbox, console=console, identity=identity)
            finished = asyncio.run(serve(trigger, inputs, around))
            if wrong:
                finished = finished.misconfigured(str(wrong))
    except Exception as error:  # noqa: BLE001 - a defect has a report as well
        finished = failure_of(error)
    annotate(finished.report, console)
    try:
        _report(files, finished, inputs)
    except OutputError as error:
        console.error("not written", str(error))
    return exit_status(finished, inputs.fail_on if inputs else None)


def _give_up_rights(environ: MutableMapping[str, str], outbox: OutputFolder) -> dict[str, str]:
    """Prepare what needs root, then drop rights and environment; return how to sign in."""
    privileges.prepare_folder(outbox.folder)
    identity = {name: environ[name] for name in environ if name.startswith(_IDENTITY)}
    privileges.forget_secrets(environ)
    privileges.drop_root(environ)
    return identity


def _read_trigger(environ: MutableMapping[str, str], runner: Runner) -> Request:
    from predict_edit.trigger.command import DEFAULT_COMMAND  # noqa: PLC0415 - see _start
    from predict_edit.trigger.events import read_event  # noqa: PLC0415
    from predict_edit.trigger.requests import ClosedPullRequest, Ignored  # noqa: PLC0415

    number = environ.get("INPUT_PULL-REQUEST", "").strip()
    request = read_event(
        runner.event_name,
        read_payload(runner.event_path),
        word=environ.get("INPUT_COMMAND", "").strip() or DEFAULT_COMMAND,
        instruction=environ.get("INPUT_INSTRUCTION", "").strip() or None,
        pull_request=number,
        repository=runner.repository,
        ref=environ.get("INPUT_REF", "").strip() or None,
        scoped=not number and any(environ.get(name, "").strip() for name in _SCOPES),
        fallback=_LINT_FIX if any(environ.get(n, "").strip() for n in _FINDINGS) else None,
    )
    if isinstance(request, ClosedPullRequest) and not any(
        environ.get(name, "").strip() for name in _SIGN_IN
    ):
        # Without the key, any marker would count; events of Dependabot get no secrets.
        return Ignored(reason="neither `api-key` nor `azure-client-id` is given to close ours")
    return request


def _read_inputs(
    environ: MutableMapping[str, str], trigger: Started
) -> tuple[Started, Inputs, SettingsError | None]:
    """Read all inputs; if they are wrong, what a run needs that only answers so.

    Raises:
        SettingsError: they are wrong, and nobody waits for an answer.
    """
    from predict_edit.settings.inputs import (  # noqa: PLC0415 - see _start
        answerable,
        check_inputs,
        read_inputs,
    )
    from predict_edit.trigger.requests import BranchTask, PullRequestCommand  # noqa: PLC0415

    try:
        inputs = read_inputs(environ)
        check_inputs(inputs, on_branch=isinstance(trigger, BranchTask))
    except SettingsError as error:
        reply = (
            answerable(trigger, error, environ) if isinstance(trigger, PullRequestCommand) else None
        )
        if reply is None:
            raise
        return *reply, error
    return trigger, inputs, None


def _report(files: RunnerFiles, finished: Finished, inputs: Inputs | None) -> None:
    """Write outputs and job summary."""
    from predict_edit.report.outputs import to_outputs  # noqa: PLC0415 - see _start

    outputs = to_outputs(finished.report, finished.paths)
    files.write_outputs({name: finished.figures.get(name) or outputs[name] for name in outputs})
    if finished.report.problem or finished.report.outcome not in _QUIET:
        from predict_edit.report.summary import render_job_summary  # noqa: PLC0415 - Jinja

        warning = inputs and retirement(finished.report, inputs, dt.datetime.now(tz=dt.UTC).date())
        notes = (*finished.report.notes, *([warning] if warning else []))
        if warning:
            log.warning(warning)
        files.write_summary(render_job_summary(dataclasses.replace(finished.report, notes=notes)))


def retirement(report: RunReport, inputs: Inputs, today: dt.date) -> str | None:
    """Warn of a model about to be retired: those who maintain the workflow, in its log."""
    if not any(result.effort and result.effort.attempts for result in report.files):
        return None
    from predict_edit.llm.models import provider_of, retirement_warning  # noqa: PLC0415 - see _start
    from predict_edit.settings.endpoint import read_endpoint  # noqa: PLC0415

    provider = provider_of(read_endpoint(inputs))
    return retirement_warning((report.model, inputs.model), provider=provider, today=today)


def annotate(report: RunReport, console: Console) -> None:
    """Name what failed on the page of the run, as far as GitHub shows it."""
    if report.problem:
        console.error(report.outcome, report.problem)
        return
    failed = report.with_status(FileStatus.FAILED)
    shown = failed if len(failed) <= MAX_ANNOTATIONS else failed[: MAX_ANNOTATIONS - 1]
    for result in shown:
        console.error(result.path, result.reason)
    if len(shown) < len(failed):
        console.error("more", f"{len(failed) - len(shown)} more files failed; see the summary.")
