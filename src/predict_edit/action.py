"""The runner's environment in, exit status out.

The order matters: masks before anything is printed, the event before any import that costs time,
the settings before any request, and root rights gone before anything from outside is read.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import importlib
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from secrets import token_hex
from typing import TYPE_CHECKING, TextIO

from predict_edit import privileges
from predict_edit.domain import FileStatus, Outcome, RunReport
from predict_edit.errors import EventError, SettingsError
from predict_edit.github.runner import Runner, RunnerFiles, read_payload, read_runner
from predict_edit.log import Console, Secrets, log, set_up
from predict_edit.outbox import Outbox
from predict_edit.outcome import SETTINGS_WRONG, Finished, exit_status

if TYPE_CHECKING:
    from predict_edit.editor import Editor
    from predict_edit.inputs import Inputs
    from predict_edit.settings import ModelSettings
    from predict_edit.trigger.events import Commanded, Trigger

MAX_ANNOTATIONS = 10
"""GitHub shows no more of one kind for a step."""

_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
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
    stream = sys.stdout if stream is None else stream
    secrets = Secrets()
    console = Console(stream, secrets, on_actions=environ.get("GITHUB_ACTIONS") == "true")
    for name in ("INPUT_GITHUB-TOKEN", "INPUT_API-KEY", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        console.mask(environ.get(name))
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
        inputs = _read_inputs(environ)
        desk = _give_up_rights(environ, runner, console)
        finished = asyncio.run(_serve(trigger, inputs, desk))
    except (SettingsError, EventError) as error:
        console.error("settings", str(error))
        report = RunReport(outcome=Outcome.FAILED, problem=str(error))
        _report(files, Finished(report=report))
        return SETTINGS_WRONG
    _annotate(finished.report, console)
    _report(files, finished)
    return exit_status(finished, inputs.fail_on)


def _give_up_rights(
    environ: MutableMapping[str, str], runner: Runner, console: Console
) -> _Surroundings:
    """Keep what the run needs of root and environment, and let go of the rest."""
    outbox = Outbox(runner.workspace)
    privileges.prepare_folder(outbox.folder)
    identity = {name: environ[name] for name in environ if name.startswith(("ACTIONS_ID", "AZURE"))}
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
    )


def _read_inputs(environ: MutableMapping[str, str]) -> Inputs:
    from predict_edit.inputs import read_inputs  # noqa: PLC0415 - see _start
    from predict_edit.readiness import check_inputs  # noqa: PLC0415

    inputs = read_inputs(environ)
    check_inputs(inputs)
    return inputs


async def _serve(commanded: Commanded, inputs: Inputs, desk: _Surroundings) -> Finished:
    """Open the way to GitHub and carry the command out; the model's libraries load meanwhile."""
    from predict_edit.github.client import Client  # noqa: PLC0415 - PyGithub takes 0.2 s
    from predict_edit.github.forge import GitHubForge  # noqa: PLC0415
    from predict_edit.pipeline import Desk, run  # noqa: PLC0415

    warm_up = asyncio.create_task(asyncio.to_thread(_import_model_libraries))

    async def open_editor(settings: ModelSettings) -> Editor:
        await warm_up
        return _open_editor(settings, desk)

    runner = desk.runner
    forge = GitHubForge(
        Client(
            repository=commanded.repository,
            token=inputs.github_token,
            api_url=runner.api_url,
            graphql_url=runner.graphql_url,
        )
    )
    try:
        return await run(
            commanded,
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
        await asyncio.wait([warm_up])
        await forge.aclose()
        log.debug("%s requests to GitHub", len(forge.requests))


def _open_editor(settings: ModelSettings, desk: _Surroundings) -> Editor:
    from predict_edit.llm.client import open_client  # noqa: PLC0415 - loaded by the warm-up
    from predict_edit.llm.editor import ChatEditor  # noqa: PLC0415

    return ChatEditor(
        settings,
        open_client(settings, environ=desk.identity, mask=desk.console.mask),
        nonce=token_hex(16),
        today=dt.datetime.now(tz=dt.UTC).date(),
    )


def _import_model_libraries() -> None:
    for name in _SLOW_IMPORTS:
        importlib.import_module(name)


def _report(files: RunnerFiles, finished: Finished) -> None:
    """Write outputs and job summary."""
    from predict_edit.report.outputs import to_outputs  # noqa: PLC0415 - see _start

    files.write_outputs(to_outputs(finished.report, finished.paths))
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
