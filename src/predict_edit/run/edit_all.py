"""Files through the model and to their places: the same for every target."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Protocol

from predict_edit.delivery.delivered import Delivery
from predict_edit.delivery.state import Memory, Record, key_of
from predict_edit.domain.editor_port import Editor
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
from predict_edit.domain.run_report import FileResult, FileStatus, Job
from predict_edit.edit.screening import judge_for, secret_in
from predict_edit.findings import Findings, near
from predict_edit.report.view import plural
from predict_edit.run.context import OpenEditor
from predict_edit.run.estimate import estimate_note
from predict_edit.run.outcome import Facts, failed_result, model_of
from predict_edit.settings.fields import Settings
from predict_edit.settings.recipes import Wish
from predict_edit.suggest.place import place
from predict_edit.support.log import log

NOT_REMEMBERED = "not remembered from the earlier run of this command"


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
    wish: Wish | None = None
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The results of all files of a plan, in its order."""

    results: tuple[FileResult, ...]
    model: str
    notes: tuple[str, ...] = ()


async def edit_all(plan: Plan, open_editor: OpenEditor, listener: Watching) -> Edited:
    """Ask about every file that is not known, and place every edit.

    Raises:
        SettingsError: the model cannot be asked with these settings.
        SignInError: no credential could be had.
        ForgeError: the listener was not allowed to show progress.
    """
    settings = plan.task.settings
    notes: tuple[str, ...] = ()
    async with _base_texts(plan) as bases:
        editor = await open_editor(settings.model) if plan.todo else None
        try:
            if editor and settings.dry_run:
                notes = (await estimate_note(plan.requests, settings.model),)
            async with listener.watch(plan) as watch:
                results = await _side_by_side(plan, editor, bases, watch)
        finally:
            if editor:
                await editor.aclose()
    if editor is None:
        return Edited(results=results, model=model_of(results) or settings.model.model, notes=notes)
    return Edited(results=results, model=editor.model, notes=(*notes, *editor.notes))


async def place_answers(
    plan: Plan, answers: Mapping[str, FileEdit | FileResult]
) -> tuple[FileResult, ...]:
    """Results without asking a model: edits from elsewhere are placed and remembered.

    Files that are neither among the answers nor known are skipped.
    """
    async with _base_texts(plan) as bases:

        async def one(file: SourceFile) -> FileResult:
            answer = answers.get(file.path)
            if isinstance(answer, FileEdit):
                return await _taken(plan.task, answer, bases)
            return answer or await _result(plan, file, None, bases, None)

        return tuple(await asyncio.gather(*map(one, plan.sources)))


_Bases = asyncio.Future[Mapping[str, str]]


@asynccontextmanager
async def _base_texts(plan: Plan) -> AsyncIterator[_Bases]:
    """The texts at the merge base, read while the model works and not beyond the block."""
    reading = asyncio.ensure_future(plan.base_texts(plan.sources))
    try:
        yield reading
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _side_by_side(
    plan: Plan, editor: Editor | None, bases: _Bases, watch: Watch
) -> tuple[FileResult, ...]:
    """All files at once; the longest start first, so that none is waited for alone at the end."""
    done = 0

    async def one(file: SourceFile) -> FileResult:
        nonlocal done
        result = await _result(plan, file, editor, bases, watch)
        done += 1
        log.info("%s of %s files done", done, len(plan.sources))
        watch.done(result)
        return result

    longest_first = sorted(plan.sources, key=lambda file: len(file.text), reverse=True)
    async with asyncio.TaskGroup() as group:
        tasks = {file.path: group.create_task(one(file)) for file in longest_first}
    return tuple(tasks[file.path].result() for file in plan.sources)


async def _result(
    plan: Plan, file: SourceFile, editor: Editor | None, bases: _Bases, watch: Watch | None
) -> FileResult:
    """One file, known or through the model, and to its places."""
    task = plan.task
    if (known := plan.known.get(file.path)) is not None:
        return await _placed(task, known, bases)
    if editor is None:
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=NOT_REMEMBERED)
    if reason := secret_in(file, task.secrets) or editor.declines(file):
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason)
    progress = functools.partial(watch.received, file.path) if watch else None
    answer = await editor.edit(task.request(file), progress)
    if watch:
        watch.answered(answer)
    if isinstance(answer, FailedEdit):
        return failed_result(file.path, answer.error, answer.effort)
    return await _taken(task, answer, bases)


async def _taken(task: Task, edit: FileEdit, bases: _Bases) -> FileResult:
    """A new answer, placed and remembered."""
    result = await _placed(task, edit, bases)
    task.remember(edit, result)
    return result


async def _placed(task: Task, edit: FileEdit, bases: _Bases) -> FileResult:
    """An edit with all its hunks in their places."""
    file = edit.file
    if edit.text == file.text:
        return FileResult(path=file.path, status=FileStatus.UNCHANGED, effort=edit.effort)
    base_text = (await asyncio.shield(bases)).get(file.path)

    def work() -> FileResult:
        placed = place(file, edit.text, base_text=base_text, judge=task.judge(file))
        return FileResult(
            path=file.path, status=FileStatus.EDITED, effort=edit.effort, placed=placed
        )

    try:
        return await asyncio.to_thread(work)
    except PredictEditError as error:
        return failed_result(file.path, error, edit.effort)
