"""The runner's environment in, exit status out.

The order matters: masks before anything is printed, the event before any import that costs time,
the settings before any request, and root rights gone before anything from outside is read.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, TextIO

from predict_edit.cli import privileges
from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.errors import Defect, EventError, SettingsError
from predict_edit.domain.run_report import FileStatus, Outcome, RunReport
from predict_edit.github.actions_runner import Runner, RunnerFiles, read_payload, read_runner
from predict_edit.run.outcome import SETTINGS_WRONG, Finished, exit_status
from predict_edit.support import startup as collector
from predict_edit.support.log import Console, SafeStream, Secrets, log, log_crash, set_up

if TYPE_CHECKING:
    from predict_edit.settings.fields import Inputs
    from predict_edit.trigger.requests import BranchTask, PullRequestCommand, Request

_FAILED = 1
MAX_ANNOTATIONS = 10
"""GitHub shows no more of one kind for a step."""

_IDENTITY = ("ACTIONS_ID", "AZURE", "PREDICT_EDIT_MINUTES")
"""Beginnings of the variables that signing in and keeping time need later."""
_QUIET = frozenset({Outcome.IGNORED, Outcome.DENIED})
"""Outcomes that nobody needs to read about, unless somebody who may was turned away."""
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_SCOPES = ("INPUT_REF", "INPUT_FILES", "INPUT_FINDINGS", "INPUT_RESULTS")
"""What says which files are meant where there is no pull request."""
_FINDINGS = ("INPUT_FINDINGS", "INPUT_RESULTS")
"""What says that a dispatch may be about findings, where it carries no instruction."""
_LINT_FIX = "run lint-fix"
_SECRET_INPUTS = ("INPUT_GITHUB-TOKEN", "INPUT_API-KEY")
_SHORTEST_AMBIENT_SECRET = 16
"""Characters; a variable such as ``SORT_KEY`` may hold a word, which must not hide outputs."""


def main(environ: MutableMapping[str, str] | None = None, stream: TextIO | None = None) -> int:
    """Run the action; the exit status of the contract comes back."""
    environ = os.environ if environ is None else environ
    secrets = Secrets()
    stream = _own_streams(secrets) if stream is None else stream
    console = Console(stream, secrets, on_actions=environ.get("GITHUB_ACTIONS") == "true")
    for name, value in environ.items():
        if name in _SECRET_INPUTS or (
            privileges.holds_secret(name) and len(value) >= _SHORTEST_AMBIENT_SECRET
        ):
            console.mask(value)
    set_up(stream, secrets, debug=environ.get("RUNNER_DEBUG") == "1")
    try:
        runner = read_runner(environ)
        files = RunnerFiles.open(runner)
    except EventError as error:
        console.error("cannot start", str(error))
        return SETTINGS_WRONG
    try:
        with collector.held():
            return _start(environ, runner, files, console)
    finally:
        files.close()


def _own_streams(secrets: Secrets) -> TextIO:
    """Take over both streams of the process; the log's own comes back.

    Whatever a library prints to either of them is no command and holds no secret then.
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
    """Find out what is asked, and do it."""
    from predict_edit.trigger.requests import Ignored  # noqa: PLC0415 - pydantic waits for the masks

    try:
        trigger = _read_trigger(environ, runner)
        if isinstance(trigger, Ignored):
            log.info("ignored: %s", trigger.reason)
            _report(files, Finished(report=RunReport(outcome=Outcome.IGNORED)))
            return 0
        trigger, inputs, wrong = _read_inputs(environ, trigger)
        outbox = OutputFolder(runner.workspace)
        identity = _give_up_rights(environ, outbox)
        from predict_edit.run.start import Surroundings, serve  # noqa: PLC0415 - PyGithub is slow

        around = Surroundings(runner=runner, outbox=outbox, console=console, identity=identity)
        finished = asyncio.run(serve(trigger, inputs, around))
        if wrong:
            finished = finished.misconfigured(str(wrong))
    except (SettingsError, EventError) as error:
        console.error("settings", str(error))
        report = RunReport(outcome=Outcome.FAILED, problem=str(error))
        _report(files, Finished(report=report))
        return SETTINGS_WRONG
    except Exception as error:  # noqa: BLE001 - outputs and exit status tell of a defect as well
        log_crash(error)
        defect = Defect.of(error)
        console.error("failed", str(defect))
        _report(files, Finished(report=RunReport(outcome=Outcome.FAILED, problem=str(defect))))
        return _FAILED
    annotate(finished.report, console)
    _report(files, finished)
    return exit_status(finished, inputs.fail_on)


def _give_up_rights(environ: MutableMapping[str, str], outbox: OutputFolder) -> dict[str, str]:
    """Do what needs root, and let go of rights and environment; how to sign in comes back."""
    privileges.prepare_folder(outbox.folder)
    identity = {name: environ[name] for name in environ if name.startswith(_IDENTITY)}
    privileges.forget_secrets(environ)
    privileges.drop_root(environ)
    return identity


def _read_trigger(environ: MutableMapping[str, str], runner: Runner) -> Request:
    from predict_edit.trigger.command import DEFAULT_COMMAND  # noqa: PLC0415 - see _start
    from predict_edit.trigger.events import read_event  # noqa: PLC0415

    number = environ.get("INPUT_PULL-REQUEST", "").strip()
    return read_event(
        runner.event_name,
        read_payload(runner.event_path),
        word=environ.get("INPUT_COMMAND", "").strip() or DEFAULT_COMMAND,
        instruction=environ.get("INPUT_INSTRUCTION", "").strip() or None,
        # What is no number is told by the check of all inputs.
        pull_request=int(number) if _NUMBER.fullmatch(number) else None,
        repository=runner.repository,
        ref=environ.get("INPUT_REF", "").strip() or None,
        scoped=not number and any(environ.get(name, "").strip() for name in _SCOPES),
        fallback=_LINT_FIX if any(environ.get(n, "").strip() for n in _FINDINGS) else None,
    )


def _read_inputs(
    environ: MutableMapping[str, str], trigger: PullRequestCommand | BranchTask
) -> tuple[PullRequestCommand | BranchTask, Inputs, SettingsError | None]:
    """Read all inputs; where they are wrong, what is needed to say so to who waits for an answer.

    Raises:
        SettingsError: they are wrong, and nobody waits or can be told.
    """
    from predict_edit.trigger.requests import PullRequestCommand  # noqa: PLC0415 - see _start

    try:
        return trigger, _checked_inputs(environ, trigger), None
    except SettingsError as error:
        from predict_edit.settings.inputs import answerable  # noqa: PLC0415

        told = (
            answerable(trigger, error, environ) if isinstance(trigger, PullRequestCommand) else None
        )
        if told is None:
            raise
        return *told, error


def _checked_inputs(
    environ: MutableMapping[str, str], trigger: PullRequestCommand | BranchTask
) -> Inputs:
    from predict_edit.settings.inputs import check_inputs, read_inputs  # noqa: PLC0415 - see _start
    from predict_edit.trigger.requests import BranchTask  # noqa: PLC0415

    inputs = read_inputs(environ)
    check_inputs(inputs, on_branch=isinstance(trigger, BranchTask))
    return inputs


def _report(files: RunnerFiles, finished: Finished) -> None:
    """Write outputs and job summary."""
    from predict_edit.report.outputs import to_outputs  # noqa: PLC0415 - see _start

    outputs = to_outputs(finished.report, finished.paths)
    files.write_outputs({name: finished.figures.get(name) or outputs[name] for name in outputs})
    if finished.report.problem or finished.report.outcome not in _QUIET:
        from predict_edit.report.summary import render_job_summary  # noqa: PLC0415 - Jinja

        files.write_summary(render_job_summary(finished.report))


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
