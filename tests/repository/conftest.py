"""A repository with linter findings, an offline GitHub, and an editor that needs no model."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.edits import (
    ChangePlan,
    EditRequest,
    Effort,
    FailedEdit,
    FileEdit,
    PlanRequest,
    SourceFile,
    Usage,
)
from predict_edit.domain.errors import BudgetExceeded, ModelUnavailable
from predict_edit.domain.ports import Progress
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.findings.formats import Reports
from predict_edit.findings.reported_finding import Roots
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit.run.context import Context
from predict_edit.run.engine import run
from predict_edit.run.outcome import Finished
from predict_edit.settings.fields import ModelSettings
from predict_edit.settings.inputs import read_inputs
from predict_edit.trigger.requests import BranchTask
from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox, Switches, run_sandbox_github
from predict_edit_sandbox.github.nouns import Access, PullRequest
from predict_edit_sandbox.world import World, build_world
from predict_edit_sandbox.world_files import WorldFile

REPOSITORY = "octo/game"
BRANCH = "predict-edit/lint-fix"
MAY_WRITE: dict[str, Access] = {"contents": "write", "pull_requests": "write"}


def python_file(number: int, *, faulty: bool) -> str:
    """A small module, with an unused import if it is faulty."""
    lines = [f"value_{line} = {number * line}\n" for line in range(1, 30)]
    return "".join((["import os\n", "\n"] if faulty else []) + lines)


def world_files(count: int = 6, faulty: int = 3) -> list[WorldFile]:
    """Some modules, the first of them faulty."""
    return [
        WorldFile(path=f"src/m{n:03}.py", base=text.encode(), head=text.encode())
        for n in range(count)
        for text in [python_file(n, faulty=n < faulty)]
    ]


def without_import(request: EditRequest) -> str:
    """What the findings ask for."""
    return request.file.text.removeprefix("import os\n\n")


@dataclasses.dataclass
class ScriptedEditor:
    """An editor that does what a function says, and remembers its requests."""

    fix: Callable[[EditRequest], str | None] = without_import
    asked: list[EditRequest] = dataclasses.field(default_factory=list)
    plans: list[PlanRequest] = dataclasses.field(default_factory=list)
    change: ChangePlan = dataclasses.field(default_factory=ChangePlan)
    model: str = "scripted-1"
    notes: tuple[str, ...] = ()
    most: int | None = None
    """Files after which a limit of the run is reached."""

    def declines(self, file: SourceFile) -> str | None:
        """Declines nothing."""
        del file
        return None

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Do it; ``None`` from the function is a failure."""
        del progress
        if self.most is not None and len(self.asked) >= self.most:
            stop = BudgetExceeded("The limit `max-tokens` is reached.", "Raise it.")
            return FailedEdit(file=request.file, error=stop, effort=Effort())
        self.asked.append(request)
        effort = Effort(usage=Usage(prompt_tokens=100, completion_tokens=50), attempts=1)
        text = self.fix(request)
        if text is None:
            error = ModelUnavailable("The model is down.", "Try again later.")
            return FailedEdit(file=request.file, error=error, effort=effort)
        return FileEdit(file=request.file, text=text, effort=effort)

    async def plan(self, request: PlanRequest) -> ChangePlan:
        """Leave and say what it was told to."""
        self.plans.append(request)
        return self.change

    async def aclose(self) -> None:
        """Holds nothing."""


@dataclasses.dataclass
class Scene:
    """Everything to run a task and to check its results."""

    sandbox: Sandbox
    world: World
    url: str
    workspace: Path
    forge: GitHubHost
    editor: ScriptedEditor = dataclasses.field(default_factory=ScriptedEditor)

    def lint(self) -> None:
        """Check the default branch out and let ruff write its report, as a workflow would."""
        for old in self.workspace.glob("src/*"):
            old.unlink()
        self.world.check_out("main", self.workspace)
        ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
        assert ruff is not None
        command = [ruff, "check", "--isolated", "--no-cache", "--exit-zero"]
        report = ["--output-format", "json", "--output-file", "ruff.json", "src"]
        subprocess.run([*command, *report], cwd=self.workspace, check=True, capture_output=True)

    @property
    def found(self) -> int:
        """How many findings the report has."""
        return len(json.loads((self.workspace / "ruff.json").read_text()))

    async def run(
        self,
        *,
        ref: str | None = None,
        instruction: str | None = None,
        author: str | None = None,
        **inputs: str,
    ) -> Finished:
        """Run a task, by a person or on schedule; underscores in inputs become hyphens."""
        given = {
            "github-token": DEFAULT_TOKEN,
            "model": "scripted",
            "api-key": "sk-test-0123456789",
        }
        given |= {"findings": "ruff.json"} | {k.replace("_", "-"): v for k, v in inputs.items()}
        environ = {f"INPUT_{name.upper()}": value for name, value in given.items()}
        tasked = BranchTask(
            repository=REPOSITORY,
            ref=ref,
            instruction=instruction,
            command=CommandRef(
                source=CommandSource.DISPATCH if author else CommandSource.SCHEDULE,
                comment_id=None,
                author=author,
            ),
        )

        async def open_editor(settings: ModelSettings) -> ScriptedEditor:
            del settings
            return self.editor

        ctx = Context(
            forge=self.forge,
            open_editor=open_editor,
            outbox=OutputFolder(self.workspace),
            workspace=Reports(
                folder=self.workspace, roots=Roots(folders=(str(self.workspace),), name="game")
            ),
        )
        return await run(tasked, read_inputs(environ), ctx)

    @property
    def pulls(self) -> list[PullRequest]:
        """All pull requests, oldest first."""
        return list(self.sandbox.repository(REPOSITORY).pulls.values())

    def tip(self, branch: str = BRANCH) -> str | None:
        """Where a branch is."""
        return self.sandbox.repository(REPOSITORY).store.branch(branch)

    @property
    def branches(self) -> set[str]:
        """All branches of the repository."""
        refs = self.sandbox.repository(REPOSITORY).store.refs()
        return {ref.removeprefix("refs/heads/") for ref in refs}

    def written(self, since: int = 0) -> list[str]:
        """Every request that was not a read, from number ``since`` on."""
        found = []
        for request in self.sandbox.log.requests[since:]:
            if request.path.endswith("/graphql"):
                text = str(request.body)
                found += [name for name in ("updateRefs", "createCommitOnBranch") if name in text]
            elif request.method != "GET":
                found.append(f"{request.method} {request.path}")
        return found


MakeScene = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def make_scene(tmp_path: Path) -> AsyncIterator[MakeScene]:
    """A maker of scenes, whose job's token may write and open pull requests."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(files: list[WorldFile] | None = None, **switches: Any) -> Scene:
            world = build_world(tmp_path / "world", files=files or world_files())
            allowed = {"actions_may_open_pull_requests": True, **switches}
            sandbox = Sandbox(switches=Switches(**allowed))
            sandbox.add_token(DEFAULT_TOKEN, permissions=MAY_WRITE)
            sandbox.add_repository(REPOSITORY, world.repository)
            url = await stack.enter_async_context(run_sandbox_github(sandbox))
            client = Client(
                repository=REPOSITORY,
                token=DEFAULT_TOKEN,
                api_url=url,
            )
            forge = GitHubHost(client)
            stack.push_async_callback(forge.aclose)
            workspace = tmp_path / "game"
            workspace.mkdir()
            scene = Scene(sandbox, world, url, workspace, forge)
            scene.lint()
            return scene

        yield make


@pytest.fixture
async def scene(make_scene: MakeScene) -> Scene:
    """Six modules, three with an unused import."""
    return await make_scene()
