"""Files of a branch through the model, each held to where its findings are."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable, Sequence

from predict_edit.domain import (
    EditRequest,
    FailedEdit,
    FileResult,
    FileStatus,
    Finding,
    Hunk,
    SourceFile,
)
from predict_edit.domain.editor_port import Editor
from predict_edit.domain.errors import PredictEditError
from predict_edit.edit.screening import judge_for, secret_in
from predict_edit.findings import Findings, near
from predict_edit.run.edit_files import failed_result
from predict_edit.suggest.place import place
from predict_edit.support.log import log


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What editing takes besides the files."""

    instruction: str
    findings: Findings | None
    """``None`` where the run is not about findings."""
    anywhere: bool
    """Whether edits far from every finding are kept."""
    secrets: Iterable[str]
    """Read anew for each answer, because signing in brings some of them."""

    def findings_of(self, path: str) -> tuple[Finding, ...]:
        """The findings of one file."""
        return self.findings.of(path) if self.findings else ()

    def request(self, file: SourceFile) -> EditRequest:
        """What is asked of a file."""
        return EditRequest(
            file=file, instruction=self.instruction, findings=self.findings_of(file.path)
        )

    def to_ask(self, sources: Sequence[SourceFile]) -> tuple[EditRequest, ...]:
        """What would be asked for: nothing that holds a secret."""
        return tuple(
            self.request(file) for file in sources if secret_in(file, self.secrets) is None
        )


async def edit_files(
    sources: Sequence[SourceFile], editor: Editor, bench: Bench
) -> tuple[FileResult, ...]:
    """Ask for every file, side by side."""
    done = 0

    async def one(file: SourceFile) -> FileResult:
        nonlocal done
        result = await edit_file(file, editor, bench)
        done += 1
        log.info("%s of %s files done", done, len(sources))
        return result

    longest_first = sorted(sources, key=lambda file: len(file.text), reverse=True)
    async with asyncio.TaskGroup() as group:
        tasks = {file.path: group.create_task(one(file)) for file in longest_first}
    return tuple(tasks[file.path].result() for file in sources)


async def edit_file(file: SourceFile, editor: Editor, bench: Bench) -> FileResult:
    """One file through the model and to its places."""
    if reason := editor.declines(file):
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason)
    if reason := secret_in(file, bench.secrets):
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason)
    answer = await editor.edit(bench.request(file))
    if isinstance(answer, FailedEdit):
        return failed_result(file, answer.error, answer.effort)
    result = FileResult(path=file.path, status=FileStatus.UNCHANGED, effort=answer.effort)
    if answer.text == file.text:
        return result
    try:
        placed = await asyncio.to_thread(place, file, answer.text, judge=judge(file, bench))
    except PredictEditError as error:
        return dataclasses.replace(result, status=FileStatus.FAILED, reason=str(error))
    return dataclasses.replace(result, status=FileStatus.EDITED, placed=placed)


def judge(file: SourceFile, bench: Bench) -> Callable[[Hunk], str | None]:
    """What must not be in an answer, and what is too far from what was found."""
    screen = judge_for(file, bench.secrets)
    if bench.findings is None or bench.anywhere:
        return screen
    aim = near(bench.findings_of(file.path))
    return lambda hunk: screen(hunk) or aim(hunk)
