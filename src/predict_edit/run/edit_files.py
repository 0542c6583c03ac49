"""Files through the model and to their places, each asked for once, and what holds over all."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Self

from predict_edit.delivery.state import Memory, Record, key_of
from predict_edit.domain import (
    EditRequest,
    Effort,
    FailedEdit,
    FileEdit,
    FileResult,
    FileStatus,
    Hunk,
    Job,
    PlacementKind,
    SourceFile,
)
from predict_edit.domain.editor_port import Editor
from predict_edit.domain.errors import BudgetExceeded, PredictEditError
from predict_edit.edit.screening import judge_for, secret_in
from predict_edit.report.view import plural
from predict_edit.run.outcome import BUDGET, stopped
from predict_edit.settings.fields import ModelSettings
from predict_edit.suggest.place import place
from predict_edit.support.log import log

if TYPE_CHECKING:
    from predict_edit.findings import Findings

SHORT_RUN = 5.0
"""Seconds up to which a run is short."""
SOON = 2.5
"""Seconds to the end, as far as it can be told, that need no word in between."""
NOT_REMEMBERED = "not remembered from the earlier run of this command"


@dataclasses.dataclass(slots=True, kw_only=True)
class Editing:
    """The files of one command on their way; ``memory`` grows with every one that is done."""

    job: Job
    settings: ModelSettings
    memory: Memory
    secrets: Iterable[str]
    """Read anew for each answer, because signing in brings some of them."""
    bases: asyncio.Task[dict[str, str]]
    """Texts at the merge base, by path, where they are needed; ended with this object."""
    findings: Findings | None = None
    """``None`` where the command is not about findings."""
    anywhere: bool = False
    """Whether edits far from every finding are kept."""
    done: int = 0
    recalled: int = 0
    """Files that an earlier run has paid for."""
    started: float = dataclasses.field(default_factory=time.monotonic)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.bases.cancel()
        await asyncio.wait([self.bases])

    def nearly_over(self, total: int) -> bool:
        """Whether a short run will be over before anybody could read how far it is."""
        seconds = time.monotonic() - self.started
        left = seconds * (total - self.done) / self.done if self.done else math.inf
        return seconds < SHORT_RUN and left < SOON

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know, a sentence each."""
        if not self.recalled:
            return ()
        files = plural(self.recalled, "file")
        return (f"{files} taken from an earlier run of this command, whose tokens are shown.",)

    async def all_files(
        self, sources: Sequence[SourceFile], editor: Editor | None
    ) -> tuple[FileResult, ...]:
        """Every file, side by side; without an editor, only what is remembered.

        The longest begin, so that none of them is waited for alone in the end.
        """

        async def one(file: SourceFile) -> FileResult:
            result = await self._one(file, editor)
            self.done += 1
            log.info("%s of %s files done", self.done, len(sources))
            return result

        longest_first = sorted(sources, key=lambda file: len(file.text), reverse=True)
        async with asyncio.TaskGroup() as group:
            tasks = {file.path: group.create_task(one(file)) for file in longest_first}
        return tuple(tasks[file.path].result() for file in sources)

    def remembers(self, file: SourceFile) -> bool:
        """Whether a file needs no model any more."""
        return self._recall(file) is not None

    def to_ask(self, sources: Iterable[SourceFile]) -> tuple[EditRequest, ...]:
        """What would be asked for: neither what is remembered nor what holds a secret."""
        return tuple(
            self._request(file)
            for file in sources
            if not self.remembers(file) and secret_in(file, self.secrets) is None
        )

    async def _one(self, file: SourceFile, editor: Editor | None) -> FileResult:
        """One file from memory or through the model, and to its places."""
        if (known := self._recall(file)) is not None:
            self.recalled += 1
            return await self._placed(known)
        reason = NOT_REMEMBERED if editor is None else editor.declines(file)
        if editor is None or (reason := secret_in(file, self.secrets) or reason):
            return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason or "")
        answer = await editor.edit(self._request(file))
        if isinstance(answer, FailedEdit):
            return failed_result(file, answer.error, answer.effort)
        return await self.take(answer)

    async def take(self, edit: FileEdit) -> FileResult:
        """An edit that was paid for, placed and remembered."""
        result = await self._placed(edit)
        self._remember(edit, result)
        return result

    async def _placed(self, edit: FileEdit) -> FileResult:
        """An edit with all its hunks in their places."""
        file = edit.file
        if edit.text == file.text:
            return FileResult(path=file.path, status=FileStatus.UNCHANGED, effort=edit.effort)
        base_text = (await asyncio.shield(self.bases)).get(file.path)

        def work() -> FileResult:
            placed = place(file, edit.text, base_text=base_text, judge=self._judge(file))
            return FileResult(
                path=file.path, status=FileStatus.EDITED, effort=edit.effort, placed=placed
            )

        try:
            return await asyncio.to_thread(work)
        except PredictEditError as error:
            return failed_result(file, error, edit.effort)

    def _judge(self, file: SourceFile) -> Callable[[Hunk], str | None]:
        """What must not be in an answer, and what is too far from what was found."""
        screen = judge_for(file, self.secrets)
        if self.findings is None or self.anywhere:
            return screen
        from predict_edit.findings import near  # noqa: PLC0415 - most runs have no use for it

        aim = near(self.findings.of(file.path))
        return lambda hunk: screen(hunk) or aim(hunk)

    def _request(self, file: SourceFile) -> EditRequest:
        return EditRequest(
            file=file,
            instruction=self.job.instruction,
            aim=self.job.aim,
            findings=self.findings.of(file.path) if self.findings else (),
        )

    def _recall(self, file: SourceFile) -> FileEdit | None:
        """What an earlier run was answered for exactly this file and question."""
        record = self.memory.find(file, key_of(self._request(file), self.settings))
        text = record.edited(file.text) if record else None
        if record is None or text is None:
            return None
        return FileEdit(file=file, text=text, effort=record.effort)

    def _remember(self, edit: FileEdit, result: FileResult) -> None:
        """Keep an answer for the next run, unless it holds what must not be shown."""
        if result.status is FileStatus.FAILED:
            return
        placements = result.placed.placements if result.placed else ()
        rejected = [one.hunk for one in placements if one.kind is PlacementKind.REJECTED]
        if rejected and any(map(judge_for(edit.file, self.secrets), rejected)):
            return
        hunks = tuple(placement.hunk for placement in placements)
        key = key_of(self._request(edit.file), self.settings)
        self.memory.records[edit.file.path] = Record.of(
            edit.file, key, edit.text, hunks, edit.effort
        )


def failed_result(file: SourceFile, error: Exception, effort: Effort) -> FileResult:
    """A file without an edit; one that a limit kept from being asked for was only skipped."""
    if isinstance(error, BudgetExceeded) and not effort.attempts:
        reason = f"{BUDGET}: {error}"
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason, effort=effort)
    return FileResult(path=file.path, status=FileStatus.FAILED, reason=str(error), effort=effort)


def common_problem(files: Sequence[FileResult]) -> str:
    """The one reason for which no file could be done, or nothing where there are several."""
    reasons = {
        result.reason.removeprefix(f"{BUDGET}: ")
        for result in files
        if result.status is FileStatus.FAILED or stopped(result)
    }
    return reasons.pop() if len(reasons) == 1 else ""


def model_of(files: Sequence[FileResult]) -> str:
    """The model that answered, as its API named it; empty where none of the files tells."""
    return next((r.effort.model for r in files if r.effort and r.effort.model), "")
