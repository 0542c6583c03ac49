"""One file through the model and to its places, and what holds over all files."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from predict_edit.domain import EditRequest, FailedEdit, FileResult, FileStatus, Job, SourceFile
from predict_edit.editor import Editor
from predict_edit.errors import PredictEditError
from predict_edit.suggest.place import cap, place


async def edit_file(editor: Editor, file: SourceFile, job: Job) -> FileResult:
    """One file through the model and to its places."""
    if reason := editor.declines(file):
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason)
    request = EditRequest(file=file, instruction=job.instruction, aim=job.aim)
    answer = await editor.edit(request)
    result = FileResult(path=file.path, status=FileStatus.UNCHANGED, effort=answer.effort)
    if isinstance(answer, FailedEdit):
        return dataclasses.replace(result, status=FileStatus.FAILED, reason=str(answer.error))
    if answer.text == file.text:
        return result
    try:
        placed = await asyncio.to_thread(place, file, answer.text)
    except PredictEditError as error:
        return dataclasses.replace(result, status=FileStatus.FAILED, reason=str(error))
    return dataclasses.replace(result, status=FileStatus.EDITED, placed=placed)


def capped(results: Sequence[FileResult], limit: int) -> tuple[FileResult, ...]:
    """Hold ``max-suggestions`` over all files, in their order."""
    placed = [result.placed for result in results if result.placed]
    capped = iter(cap(placed, limit))
    return tuple(
        dataclasses.replace(result, placed=next(capped)) if result.placed else result
        for result in results
    )


def common_problem(files: Sequence[FileResult]) -> str:
    """The one reason for which all files failed, or nothing."""
    reasons = {result.reason for result in files if result.status is FileStatus.FAILED}
    return reasons.pop() if len(reasons) == 1 else ""
