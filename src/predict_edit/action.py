"""The runner's environment in, exit status out.

The order matters: masks before anything is printed, the event before any import that costs time,
the settings before any request, and root rights gone before anything from outside is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import importlib
import io
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from secrets import token_hex
from typing import TYPE_CHECKING, TextIO

from predict_edit import privileges
from predict_edit.domain import FileStatus, Outcome, RunReport
from predict_edit.errors import Defect, EventError, SettingsError
from predict_edit.github.runner import Runner, RunnerFiles, read_payload, read_runner
from predict_edit.log import Console, SafeStream, Secrets, log, log_crash, set_up
from predict_edit.outbox import Outbox
from predict_edit.outcome import SETTINGS_WRONG, Finished, exit_status

if TYPE_CHECKING:
    from predict_edit.editor import Editor
    from predict_edit.github.forge import GitHubForge
    from predict_edit.inputs import Inputs
    from predict_edit.settings import ModelSettings
    from predict_edit.trigger.events import Commanded, Tasked, Trigger

_FAILED = 1
MAX_ANNOTATIONS = 10
"""GitHub shows no more of one kind for a step."""

_IDENTITY = ("ACTIONS_ID", "AZURE", "PREDICT_EDIT_MINUTES")
"""Beginnings of the variables that signing in and keeping time need later."""
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_SCOPES = ("INPUT_REF", "INPUT_FILES", "INPUT_FINDINGS", "INPUT_RESULTS")
"""What says which files are meant where there is no pull request."""
_SECRET_INPUTS = ("INPUT_GITHUB-TOKEN", "INPUT_API-KEY")
_SHORTEST_AMBIENT_SECRET = 16
"""Characters; a variable such as ``SORT_KEY`` may hold a word, which must not hide outputs."""

_SLOW_IMPORTS = ("predict_edit.llm.editor", "predict_edit.llm.client")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What the runner gives a run."""

    runner: Runner
    outbox: Outbox
    console: Console
    identity: Mapping[str, str]
    """The variables with which the job can prove who it is."""


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
    from predict_edit.trigger.events import Ignored  # noqa: PLC0415 - pydantic waits for the masks

    try:
        trigger = _read_trigger(environ, runner)
        if isinstance(trigger, Ignored):
            log.info("ignored: %s", trigger.reason)
            _report(files, Finished(report=RunReport(outcome=Outcome.IGNORED)))
            return 0
        inputs = _read_inputs(environ, trigger)
        desk = _give_up_rights(environ, runner, console)
        finished = asyncio.run(_serve(trigger, inputs, desk))
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
    _annotate(finished.report, console)
    _report(files, finished)
    return exit_status(finished, inputs.fail_on)


def _give_up_rights(
    environ: MutableMapping[str, str], runner: Runner, console: Console
) -> _Surroundings:
    """Keep what the run needs of root and environment, and let go of the rest."""
    outbox = Outbox(runner.workspace)
    privileges.prepare_folder(outbox.folder)
    identity = {name: environ[name] for name in environ if name.startswith(_IDENTITY)}
    privileges.forget_secrets(environ)
    privileges.drop_root(environ)
    return _Surroundings(runner=runner, outbox=outbox, console=console, identity=identity)


def _read_trigger(environ: MutableMapping[str, str], runner: Runner) -> Trigger:
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
    )


def _read_inputs(environ: MutableMapping[str, str], trigger: Commanded | Tasked) -> Inputs:
    from predict_edit.inputs import read_inputs  # noqa: PLC0415 - see _start
    from predict_edit.readiness import check_inputs, check_task_inputs  # noqa: PLC0415
    from predict_edit.trigger.events import Tasked  # noqa: PLC0415

    inputs = read_inputs(environ)
    if isinstance(trigger, Tasked):
        check_task_inputs(inputs)
    else:
        check_inputs(inputs)
    return inputs


async def _serve(trigger: Commanded | Tasked, inputs: Inputs, desk: _Surroundings) -> Finished:
    """Open the way to GitHub and do what is asked; the model's libraries load meanwhile."""
    from predict_edit.github.client import Client  # noqa: PLC0415 - PyGithub takes 0.2 s
    from predict_edit.github.forge import GitHubForge  # noqa: PLC0415
    from predict_edit.pipeline import Desk, run  # noqa: PLC0415
    from predict_edit.trigger.events import Tasked  # noqa: PLC0415

    warm_up = asyncio.create_task(asyncio.to_thread(_import_model_libraries))
    vocabulary = asyncio.create_task(_load_vocabulary(warm_up))

    async def open_editor(settings: ModelSettings) -> Editor:
        await warm_up
        return _open_editor(settings, desk)

    runner = desk.runner
    forge = GitHubForge(
        Client(
            repository=trigger.repository,
            token=inputs.github_token,
            api_url=runner.api_url,
            graphql_url=runner.graphql_url,
        )
    )
    _cancel_on_signal()
    try:
        if isinstance(trigger, Tasked):
            return await _serve_task(trigger, inputs, desk, forge, open_editor)
        return await run(
            trigger,
            inputs,
            Desk(
                forge=forge,
                open_editor=open_editor,
                outbox=desk.outbox,
                run_url=runner.run_url,
                run_id=runner.run_id,
            ),
        )
    finally:
        await asyncio.wait([warm_up, vocabulary])
        await forge.aclose()
        log.debug("%s requests to GitHub", len(forge.requests))


async def _serve_task(
    tasked: Tasked,
    inputs: Inputs,
    desk: _Surroundings,
    forge: GitHubForge,
    open_editor: Callable[[ModelSettings], Awaitable[Editor]],
) -> Finished:
    """A run over a branch."""
    from predict_edit.findings import Roots  # noqa: PLC0415 - most runs have no use for it
    from predict_edit.repository.jobs import run_task  # noqa: PLC0415
    from predict_edit.repository.run import TaskDesk  # noqa: PLC0415

    runner = desk.runner
    name = tasked.repository.rpartition("/")[2]
    return await run_task(
        tasked,
        inputs,
        TaskDesk(
            forge=forge,
            open_editor=open_editor,
            outbox=desk.outbox,
            workspace=runner.workspace,
            roots=Roots(folders=(str(runner.workspace.absolute()),), name=name),
            run_url=runner.run_url,
        ),
    )


def _cancel_on_signal() -> None:
    """Let a cancelled job say so: a runner sends SIGINT, then SIGTERM, then ends the process."""
    loop, work = asyncio.get_running_loop(), asyncio.current_task()
    heard: list[int] = []

    def cancel(number: int) -> None:
        # The second signal must not interrupt the last words.
        heard.append(number)
        if work and len(heard) == 1:
            log.info("cancelled by signal %s", number)
            work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            # Windows, or a thread that is not the main one, has no such handlers.
            loop.add_signal_handler(number, cancel, number)


def _open_editor(settings: ModelSettings, desk: _Surroundings) -> Editor:
    from predict_edit.llm import tokens  # noqa: PLC0415 - loaded by the warm-up
    from predict_edit.llm.client import open_client  # noqa: PLC0415
    from predict_edit.llm.editor import ChatEditor  # noqa: PLC0415
    from predict_edit.llm.surroundings import Surroundings, deadline  # noqa: PLC0415

    return ChatEditor(
        settings,
        open_client(settings, environ=desk.identity, mask=desk.console.mask),
        nonce=token_hex(16),
        today=dt.datetime.now(tz=dt.UTC).date(),
        around=Surroundings(count=tokens.count, deadline=deadline(desk.identity)),
    )


def _import_model_libraries() -> None:
    for name in _SLOW_IMPORTS:
        importlib.import_module(name)


async def _load_vocabulary(after: asyncio.Task[None]) -> None:
    """Have the tokenizer ready for the first long file; short ones go without."""
    await asyncio.wait([after])
    if after.exception() is None:
        tokens = importlib.import_module("predict_edit.llm.tokens")
        await asyncio.to_thread(tokens.load)


def _report(files: RunnerFiles, finished: Finished) -> None:
    """Write outputs and job summary."""
    from predict_edit.report.outputs import to_outputs  # noqa: PLC0415 - see _start

    outputs = to_outputs(finished.report, finished.paths)
    files.write_outputs({name: finished.figures.get(name) or outputs[name] for name in outputs})
    if finished.report.outcome not in {Outcome.IGNORED, Outcome.DENIED}:
        from predict_edit.report.job_summary import render_job_summary  # noqa: PLC0415 - Jinja

        files.write_summary(render_job_summary(finished.report))


def _annotate(report: RunReport, console: Console) -> None:
    """Name what failed on the page of the run, as far as GitHub shows it."""
    if report.problem:
        console.error("failed", report.problem)
        return
    for result in report.with_status(FileStatus.FAILED)[:MAX_ANNOTATIONS]:
        console.error(result.path, result.reason)
