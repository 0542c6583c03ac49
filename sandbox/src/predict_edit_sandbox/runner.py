"""Runs the real action as a process, with what a GitHub runner gives it and nothing else.

Variables, folders and file formats are those of the runner (actions/runner, ``Handler.cs``,
``ContainerActionHandler.cs`` and ``FileCommandManager.cs``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from predict_edit_sandbox import forks
from predict_edit_sandbox.forks import ForkedProcess
from predict_edit_sandbox.runner_files import parse_outputs, shown_log

COMMAND = ("-I", "-u", "-m", "predict_edit")
"""How the container starts the action, behind the interpreter."""
OUT = "predict-edit-out"
_KEPT = ("PATH", "TZ", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunnerEnvironment:
    """One job step: where it runs, what happened, and what its ``with:`` says."""

    workspace: Path
    """``GITHUB_WORKSPACE``; the runner's own folders are made beside it."""
    event_name: str
    payload: Mapping[str, Any]
    inputs: Mapping[str, str]
    """By the names people write; the runner upper-cases them and keeps hyphens."""
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Defaults of the action's metadata for inputs that are not given."""
    api_url: str = "https://api.github.com"
    graphql_url: str = "https://api.github.com/graphql"
    server_url: str = "https://github.com"
    repository: str = "octo/game"
    ref: str = "refs/heads/main"
    sha: str = "0" * 40
    actor: str = "ada"
    run_id: int = 1
    run_attempt: int = 1
    debug: bool = False
    more: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    """Further variables of the job."""

    @property
    def home(self) -> Path:
        """The folder of the runner's own files."""
        return self.workspace.parent / f"{self.workspace.name}-runner"

    def prepare(self) -> dict[str, str]:
        """Make folders and files, and return the process's whole environment."""
        self.workspace.mkdir(parents=True, exist_ok=True)
        commands = self.home / "file_commands"
        for folder in (commands, self.home / "temp", self.home / "home"):
            folder.mkdir(parents=True, exist_ok=True)
        event = self.home / "event.json"
        event.write_text(json.dumps(self.payload), encoding="utf-8")
        for name in ("output", "summary", "env", "path", "state"):
            (commands / name).write_bytes(b"")
        owner, _, _ = self.repository.partition("/")
        given = {**self.defaults, **self.inputs}
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(self.home / "home"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION": "__predict-edit",
            "GITHUB_ACTOR": self.actor,
            "GITHUB_API_URL": self.api_url,
            "GITHUB_ENV": str(commands / "env"),
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_GRAPHQL_URL": self.graphql_url,
            "GITHUB_JOB": "predict-edit",
            "GITHUB_OUTPUT": str(commands / "output"),
            "GITHUB_PATH": str(commands / "path"),
            "GITHUB_REF": self.ref,
            "GITHUB_REF_NAME": self.ref.removeprefix("refs/heads/"),
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REPOSITORY_OWNER": owner,
            "GITHUB_RETENTION_DAYS": "90",
            "GITHUB_RUN_ATTEMPT": str(self.run_attempt),
            "GITHUB_RUN_ID": str(self.run_id),
            "GITHUB_RUN_NUMBER": str(self.run_id),
            "GITHUB_SERVER_URL": self.server_url,
            "GITHUB_SHA": self.sha,
            "GITHUB_STATE": str(commands / "state"),
            "GITHUB_STEP_SUMMARY": str(commands / "summary"),
            "GITHUB_TRIGGERING_ACTOR": self.actor,
            "GITHUB_WORKFLOW": "predict-edit",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_ARCH": "X64",
            "RUNNER_ENVIRONMENT": "self-hosted",
            "RUNNER_NAME": "predict-edit-sandbox",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.home / "temp"),
            "RUNNER_TOOL_CACHE": str(self.home / "temp"),
            **({"RUNNER_DEBUG": "1"} if self.debug else {}),
            **{input_variable(name): value for name, value in given.items()},
            **self.more,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ActionRun:
    """What a step left behind."""

    exit_code: int
    stdout: str
    stderr: str
    outputs: Mapping[str, str]
    summary: str
    """The job summary."""
    files: Mapping[str, Path]
    """What lies in ``predict-edit-out/``, by its path in there."""
    seconds: float

    @property
    def log(self) -> str:
        """Both streams as GitHub shows them: without masks, and with what they mask hidden."""
        return shown_log(self.stdout + self.stderr)

    @property
    def result(self) -> dict[str, Any]:
        """``result.json``; empty if missing."""
        path = self.files.get("result.json")
        return json.loads(path.read_text(encoding="utf-8")) if path else {}

    def file(self, name: str) -> bytes:
        """The bytes of a file in ``predict-edit-out/``, empty where it is missing."""
        path = self.files.get(name)
        return path.read_bytes() if path else b""


def input_variable(name: str) -> str:
    """The variable of an input: upper case, blanks to underscores, hyphens kept."""
    return f"INPUT_{name.replace(' ', '_').upper()}"


Process = asyncio.subprocess.Process | ForkedProcess


async def start_action(
    variables: Mapping[str, str],
    folder: Path,
    through: Sequence[str] = (),
    python: str = sys.executable,
) -> Process:
    """Start the action in a folder, with these variables and no others."""
    forked = COMMAND[-1] == forks.MODULE and python == sys.executable and not through
    if forked and (server := forks.current()):
        return await server.start(variables, folder)
    return await asyncio.create_subprocess_exec(
        *through,
        python,
        *COMMAND,
        cwd=folder,
        env=variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def output_of(process: Process, patience: float) -> tuple[bytes, bytes]:
    """What a process says on both streams; it is gone afterwards, whatever happens.

    Raises:
        TimeoutError: it did not end within ``patience`` seconds.
    """
    try:
        async with asyncio.timeout(patience):
            return await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run_action(
    environment: RunnerEnvironment,
    *,
    patience: float = 600,
    through: Sequence[str] = (),
    python: str = sys.executable,
) -> ActionRun:
    """Run the action to its end; ``through`` is a program that is to start it, such as a meter.

    ``python`` is the interpreter whose environment it runs in.

    Raises:
        TimeoutError: it took longer than ``patience`` seconds and was killed.
    """
    shutil.rmtree(environment.workspace / OUT, ignore_errors=True)
    variables = environment.prepare()
    started = time.monotonic()
    process = await start_action(variables, environment.workspace, through, python)
    stdout, stderr = await output_of(process, patience)
    return _collect(
        environment,
        variables,
        exit_code=process.returncode or 0,
        stdout=stdout.decode(errors="replace"),
        stderr=stderr.decode(errors="replace"),
        seconds=time.monotonic() - started,
    )


def run_action_sync(environment: RunnerEnvironment, *, patience: float = 600) -> ActionRun:
    """Run the action to its end from code without an event loop."""
    return asyncio.run(run_action(environment, patience=patience))


def _collect(
    environment: RunnerEnvironment,
    variables: Mapping[str, str],
    *,
    exit_code: int,
    stdout: str,
    stderr: str,
    seconds: float,
) -> ActionRun:
    folder = environment.workspace / OUT
    return ActionRun(
        exit_code=exit_code,
        stdout=stdout,
        stderr=stderr,
        outputs=parse_outputs(Path(variables["GITHUB_OUTPUT"]).read_text(encoding="utf-8")),
        summary=Path(variables["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8"),
        files={
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
        seconds=seconds,
    )
