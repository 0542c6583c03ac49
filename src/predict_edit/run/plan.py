"""The nouns of a run: what to do to which file, what is edited, who is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Protocol

from predict_edit.delivery.state import Memory, Record, key_of
from predict_edit.domain.edits import (
    EditRequest,
    FailedEdit,
    FileEdit,
    Hunk,
    PlacementKind,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.ports import Delivery
from predict_edit.domain.run_report import FileResult, FileStatus, Job, RunReport
from predict_edit.edit.screening import judge_for, secret_in
from predict_edit.findings.collection import Findings, near
from predict_edit.report.view import plural
from predict_edit.run.context import Context, RunRequest
from predict_edit.run.manifest import (
    Manifest,
    PlannedFile,
    PlannedPull,
    PlannedShard,
    ShardResult,
)
from predict_edit.run.outcome import Facts
from predict_edit.settings.fields import Inputs, Settings
from predict_edit.settings.resolve import NamedCommand


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to do to each file."""

    job: Job
    settings: Settings
    secrets: Iterable[str] = ()
    """Read again for each answer, because signing in adds some."""
    findings: Findings | None = None
    """``None`` if the run is not about findings."""
    anywhere: bool = False
    """Whether edits far from every finding are kept."""
    memory: Memory | None = None
    """Answers by file; it grows with each file that is answered. ``None`` remembers nothing."""
    named: NamedCommand | None = None
    """What a run over a branch calls what it makes."""

    def request(self, file: SourceFile) -> EditRequest:
        """What is asked about a file."""
        return EditRequest(
            file=file,
            instruction=self.job.instruction,
            aim=self.job.aim,
            findings=self.findings.of(file.path) if self.findings else (),
        )

    def judge(self, file: SourceFile) -> Callable[[Hunk], str | None]:
        """Say why a hunk must not be posted: what it holds, or how far it is from any finding."""
        screen = judge_for(file, self.secrets)
        if self.findings is None or self.anywhere:
            return screen
        aim = near(self.findings.of(file.path))
        return lambda hunk: screen(hunk) or aim(hunk)

    def recalled(self, sources: Iterable[SourceFile]) -> dict[str, FileEdit]:
        """What earlier runs were answered for exactly these files and questions, by path."""
        found: dict[str, FileEdit] = {}
        if self.memory is None:
            return found
        for file in sources:
            record = self.memory.find(file, key_of(self.request(file), self.settings.model))
            text = record.edited(file.text) if record else None
            if record is not None and text is not None:
                found[file.path] = FileEdit(file=file, text=text, effort=record.effort)
        return found

    def remember(self, edit: FileEdit, result: FileResult) -> None:
        """Keep an answer for the next run, unless it holds what must not be shown."""
        if self.memory is None or result.status is FileStatus.FAILED:
            return
        placements = result.placed.placements if result.placed else ()
        rejected = [one.hunk for one in placements if one.kind is PlacementKind.REJECTED]
        if rejected and any(map(judge_for(edit.file, self.secrets), rejected)):
            return
        hunks = tuple(placement.hunk for placement in placements)
        key = key_of(self.request(edit.file), self.settings.model)
        self.memory.records[edit.file.path] = Record.of(
            edit.file, key, edit.text, hunks, edit.effort
        )


def _no_delivery(_: Facts) -> Delivery:
    raise AssertionError("a checkout is not delivered to GitHub")


async def no_base_texts(_: Sequence[SourceFile]) -> Mapping[str, str]:
    """Every diff is whole, so no text at the merge base stands in for one."""
    return {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which files are edited, and what is known of them already."""

    task: Task
    sources: tuple[SourceFile, ...]
    """All files to edit, in the order of the report."""
    known: Mapping[str, FileEdit] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """Those that an earlier run was answered for."""
    skipped: tuple[SkippedFile, ...] = ()
    head: str = ""
    """The commit that the files are from."""
    unchanged: tuple[str, ...] = ()
    """Files that an earlier run left as they are, which were not even read."""
    notes: tuple[str, ...] = ()
    delivery: Callable[[Facts], Delivery] = _no_delivery
    """What delivers the edits, given what the report says so far."""
    base_texts: Callable[[Sequence[SourceFile]], Awaitable[Mapping[str, str]]] = no_base_texts
    """Reads the text at the merge base, by path, of files whose diff cannot be used."""

    @property
    def todo(self) -> tuple[SourceFile, ...]:
        """The files that the model has to be asked about."""
        return tuple(file for file in self.sources if file.path not in self.known)

    @property
    def requests(self) -> tuple[EditRequest, ...]:
        """What the model would be asked: nothing about a file with a secret."""
        secrets = self.task.secrets
        return tuple(
            self.task.request(file) for file in self.todo if secret_in(file, secrets) is None
        )


def recalled_notes(known: Mapping[str, FileEdit]) -> tuple[str, ...]:
    """What the reader should know of answers that an earlier run paid for."""
    if not known:
        return ()
    files = plural(len(known), "file")
    return (f"{files} taken from an earlier run of this command, whose tokens are shown.",)


class Watch(Protocol):
    """Sees how far each file is."""

    def received(self, path: str, characters: int) -> None:
        """So many characters of a file's answer have arrived."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """A file's answer is complete, or there will be none."""

    def done(self, result: FileResult) -> None:
        """A file is placed, whether it was asked about or known."""


class Watching(Protocol):
    """Part of a listener: shows progress as long as the block lasts."""

    def watch(self, plan: Plan) -> AbstractAsyncContextManager[Watch]:
        """Show how far the files of a plan are."""


class Listener(Watching, Protocol):
    """Is told what a run does, and tells it on."""

    answers: bool
    """Whether a person waits for an answer even to a wrong command."""
    work: str
    """What a run is called that was cut short."""

    @property
    def url(self) -> str:
        """Where people read it; empty if nowhere, or not yet."""

    def be_silent(self) -> None:
        """Write nothing from here on."""

    async def started(self) -> None:
        """The request is taken up."""

    async def refused(self) -> None:
        """The request is not followed."""

    async def finished(self, report: RunReport, *, complete: bool) -> bool:
        """The run is over; ``False`` if that could not be told where people wait for it."""

    async def failed(self, error: PredictEditError, *, head: str) -> bool:
        """The run failed as a whole; ``False`` if that could not be told."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What the first job of a spread run hands on."""

    ref: str
    said: str
    about_findings: bool
    files: Mapping[str, PlannedFile]
    """All files that are meant, in the order of the report."""
    weights: Mapping[str, int]
    """About how many tokens each file takes that no earlier run was answered for."""
    skipped: tuple[SkippedFile, ...]
    notes: tuple[str, ...]
    pull: PlannedPull | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the other jobs of a spread run left, and what is this job's part of it."""

    manifest: Manifest
    parts: Mapping[int, ShardResult]
    number: int = 0
    """The number of this job's shard; 0 for the publishing job."""

    @property
    def shard(self) -> PlannedShard | None:
        """This job's shard; ``None`` for the publishing job."""
        return self.manifest.shards[self.number - 1] if self.number else None


class Target(Protocol):
    """What is edited, at one pinned commit."""

    @property
    def head(self) -> str:
        """The commit whose files are edited."""

    @property
    def base(self) -> str:
        """The commit that the changes count from."""

    @property
    def shared(self) -> Shared | None:
        """What other jobs left; ``None`` in a run of one job, and in the first of several."""

    def settle(self) -> Task:
        """Merge what command, inputs and config say.

        Raises:
            CommandError: the command is wrong.
            SettingsError: the settings do not fit together.
        """

    async def ready(self, task: Task) -> Task:
        """Refuse what cannot be worked on, and read what linters found.

        Raises:
            PredictEditError: it cannot be worked on.
        """

    async def make_plan(self, task: Task) -> Plan:
        """Choose files, read them, and divide them into known ones and those to ask about.

        Raises:
            ForgeError: GitHub failed.
        """

    async def outline(self, task: Task) -> Outline:
        """Choose files and weigh them, for several jobs to edit them.

        Raises:
            ForgeError: GitHub failed.
        """


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A request that is worked on, and what its steps work with."""

    request: RunRequest
    inputs: Inputs
    ctx: Context
    listener: Listener
    target: Target
    task: Task
    facts: Facts
