"""The stage, set up and taken down; and the same scene without processes, for many short runs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from decimal import Decimal
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
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.errors import AnswerRefused
from predict_edit.domain.ports import Editor, Progress
from predict_edit.findings.formats import Reports
from predict_edit.findings.reported_finding import Roots
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit.report.outputs import to_outputs
from predict_edit.run.context import Context
from predict_edit.run.engine import run
from predict_edit.run.outcome import Finished
from predict_edit.settings.fields import ModelSettings
from predict_edit.settings.inputs import read_inputs
from predict_edit.trigger.command import DEFAULT_COMMAND
from predict_edit.trigger.events import read_event
from predict_edit.trigger.requests import PullRequestCommand
from predict_edit_sandbox.github import (
    DEFAULT_TOKEN,
    Fault,
    issue_comment_created,
    review_comment_created,
)
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import IssueComment, Review, ReviewComment
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, set_stage
from predict_edit_sandbox.world_files import STANDARD

MakeStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def make_stage(tmp_path: Path) -> AsyncIterator[MakeStage]:
    """A maker of stages; its arguments are those of ``set_stage``."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**scene: Any) -> Stage:
            return await stack.enter_async_context(set_stage(tmp_path, **scene))

        yield make


@pytest.fixture
async def stage(make_stage: MakeStage) -> Stage:
    """The standard scene, with the first four of its files."""
    return await make_stage(files=STANDARD[:4])


@dataclasses.dataclass
class Typist:
    """An editor that replaces a word and counts what it is asked for."""

    old: str = "FizzBuzz"
    new: str = "MSFTBuzz"
    broken: tuple[str, ...] = ()
    """Paths for which it fails."""
    asked: list[str] = dataclasses.field(default_factory=list)
    requests: list[EditRequest] = dataclasses.field(default_factory=list)
    plans: list[PlanRequest] = dataclasses.field(default_factory=list)
    change: ChangePlan = dataclasses.field(default_factory=ChangePlan)
    """What it says before the files."""
    opened: int = 0
    lazy: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    """Paths in which it never replaces the word, or only when told what is left."""
    delay: float = 0.0
    model: str = "typist-1"
    notes: tuple[str, ...] = ()
    first: tuple[str, str] = ("FizzBuzz", "FizzBuzz")
    """Another word that it replaces before."""
    again: tuple[str, str] = ("", "")
    """What it replaces instead when told what is left."""

    def declines(self, _file: SourceFile) -> str | None:
        return None

    async def edit(
        self, request: EditRequest, _progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        self.asked.append(request.file.path)
        self.requests.append(request)
        await asyncio.sleep(self.delay)
        effort = Effort(
            usage=Usage(prompt_tokens=10, completion_tokens=20, accepted_prediction_tokens=15),
            cost=Decimal("0.001"),
            model=self.model,
            prediction=PredictionState.SENT,
            attempts=1,
            seconds=0.5,
        )
        if request.file.path in self.broken:
            error = AnswerRefused("The model declined.", "Ask for something else.")
            return FailedEdit(file=request.file, error=error, effort=effort)
        lazy = request.file.path in self.lazy
        late = request.file.path in self.late and not request.leftover
        words = self.again if request.leftover and any(self.again) else self.first
        text = request.file.text.replace(*words)
        text = text if lazy or late else text.replace(self.old, self.new)
        return FileEdit(file=request.file, text=text, effort=effort)

    async def plan(self, request: PlanRequest) -> ChangePlan:
        self.plans.append(request)
        return self.change

    async def aclose(self) -> None:
        return None


@dataclasses.dataclass
class Rehearsal:
    """The stage with runs inside this process: the real pipeline against the offline GitHub."""

    stage: Stage
    typist: Typist = dataclasses.field(default_factory=Typist)
    waits: list[float] = dataclasses.field(default_factory=list)
    runs: int = 0
    run_id: str = "1"

    def comment(self, body: str = REPLACE, login: str = WRITER) -> IssueComment:
        """A command that no run has followed yet."""
        pull = self.stage.pull
        return self.stage.github.comment(REPOSITORY, pull.number, login, body)

    async def follow(self, comment: IssueComment, **inputs: str) -> Finished:
        """Run the pipeline for a comment; underscores in names of inputs become hyphens."""
        payload = issue_comment_created(self.stage.github, comment)
        return await self._follow("issue_comment", payload, inputs)

    async def follow_reply(self, comment: ReviewComment, **inputs: str) -> Finished:
        """Run the pipeline for a comment in a review thread."""
        payload = review_comment_created(self.stage.github, comment)
        return await self._follow("pull_request_review_comment", payload, inputs)

    async def _follow(
        self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str]
    ) -> Finished:
        commanded = read_event(event, payload, word=DEFAULT_COMMAND, instruction=None)
        assert isinstance(commanded, PullRequestCommand)
        given = {
            "github-token": DEFAULT_TOKEN,
            "model": "typist",
            "api-key": "sk-typist-no-secret",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        self.runs += 1
        forge = GitHubHost(
            Client(
                repository=REPOSITORY,
                token=DEFAULT_TOKEN,
                api_url=self.stage.url,
                sleep=self._sleep,
            )
        )
        try:
            return await run(
                commanded,
                read_inputs({f"INPUT_{name.upper()}": value for name, value in given.items()}),
                Context(
                    forge=forge,
                    open_editor=self._open,
                    outbox=OutputFolder(self.stage.folder / f"rehearsal{self.runs}"),
                    workspace=Reports(folder=self.workspace, roots=Roots(name="game")),
                    run_id=self.run_id,
                    sleep=self._sleep,
                ),
            )
        finally:
            await forge.aclose()

    async def say(self, body: str = REPLACE, **inputs: str) -> Finished:
        """Give a command and follow it."""
        return await self.follow(self.comment(body), **inputs)

    @property
    def workspace(self) -> Path:
        """The checkout's folder, where reports and what other jobs left are looked for."""
        folder = self.stage.folder / "workspace"
        folder.mkdir(exist_ok=True)
        return folder

    def crash_at(self, request: int, *, performed: bool) -> None:
        """From this request on nothing gets through, as if the process had been killed."""
        faults = self.stage.github.faults
        if performed:
            faults.add(Fault(nth=request, drop=True, when="after"))
        faults.add(Fault(nth=request + performed, drop=True, times=None))

    def recover(self) -> None:
        """Everything gets through again."""
        self.stage.github.faults.clear()

    def file(self, name: str) -> bytes:
        """A file of the last run's folder; empty if it left none."""
        path = self.stage.folder / f"rehearsal{self.runs}" / "predict-edit-out" / name
        return path.read_bytes() if path.exists() else b""

    @property
    def reviews(self) -> list[Review]:
        return [r for r in self.stage.pull.reviews if r.author.login == ACTIONS_LOGIN]

    @property
    def summary(self) -> str:
        """The action's one comment in the conversation."""
        (only,) = self.stage.summaries
        return only

    @property
    def places(self) -> list[tuple[str, int | None]]:
        """Path and line of each open suggestion."""
        return sorted((c.thread.path, c.thread.line) for c in self.stage.suggestions)

    async def _open(self, _settings: ModelSettings) -> Editor:
        self.typist.opened += 1
        return self.typist

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


def outputs(finished: Finished) -> dict[str, str]:
    """The outputs of a run, as the action writes them."""
    fresh = to_outputs(finished.report, finished.paths)
    return {name: finished.figures.get(name) or fresh[name] for name in fresh}


@pytest.fixture
def outputs_of() -> Callable[[Finished], dict[str, str]]:
    return outputs


MakeRehearsal = Callable[..., Awaitable[Rehearsal]]


@pytest.fixture
def rehearse(make_stage: MakeStage) -> MakeRehearsal:
    """A maker of rehearsals; its arguments are those of ``set_stage``."""

    async def make(**scene: Any) -> Rehearsal:
        return Rehearsal(await make_stage(**scene))

    return make
