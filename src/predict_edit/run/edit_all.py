"""Files through the model and to their places: the same for every target."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from predict_edit.domain.edits import Effort, FailedEdit, FileEdit, SourceFile
from predict_edit.domain.errors import AnswerUnusable, PredictEditError
from predict_edit.domain.ports import Editor
from predict_edit.domain.run_report import FileResult, FileStatus, Watch
from predict_edit.edit.plan import agreed, count_left, leftover, screened, texts_of
from predict_edit.edit.screening import judge_for, secret_in
from predict_edit.findings.collection import near
from predict_edit.run.context import Edited, OpenEditor, Plan, Task, Watcher
from predict_edit.run.outcome import failed_result, model_of
from predict_edit.suggest.diff import find_git
from predict_edit.suggest.place import place
from predict_edit.support.log import log

NOT_REMEMBERED = "not remembered from the earlier run of this command"
_UNCONFIRMED = (
    "A first answer was in doubt, and the second was a whole file again instead of exact edits; "
    "only exact edits are committed then."
)
_PROPOSE = "Run the command again with `--deliver suggestions` to see the edit as a proposal."


async def edit_all(plan: Plan, open_editor: OpenEditor, listener: Watcher) -> Edited:
    """Ask the model about every file that is not known, and place every edit.

    Before, it is asked for a plan if that may pay; afterwards, once more about each file that still
    has a name which the plan says to change everywhere.

    Raises:
        DiffError: git is missing, which is noticed before the model is paid.
        SettingsError: the model cannot be asked with these settings.
        SignInError: no credential could be had.
        ForgeError: the listener was not allowed to show progress.
    """
    settings = plan.task.settings
    if not plan.sources:
        return Edited(plan=plan, results=(), model=settings.model.model)
    find_git()
    async with _base_texts(plan) as bases:
        editor = await open_editor(settings.model) if plan.todo else None
        try:
            if editor:
                plan = await planned(plan, editor)
            async with listener.watch(plan) as watch:
                results = await _side_by_side(plan, editor, bases, watch)
                if editor:
                    results = await _completed(plan, editor, bases, results)
        finally:
            if editor:
                await editor.aclose()
    if editor is None:
        model = model_of(results) or settings.model.model
        return Edited(plan=plan, results=results, model=model)
    return Edited(plan=plan, results=results, model=editor.model, notes=editor.notes)


async def planned(plan: Plan, editor: Editor) -> Plan:
    """Leave out the files that the model says need no change, if it is to be asked."""
    if plan.asked is None:
        return plan
    task = plan.task
    change = screened(await editor.plan(plan.asked), task.secrets)
    change = dataclasses.replace(change, key=task.plan_key(plan.sources))
    if change.problem:
        log.info("the plan changes nothing: %s", change.problem)
    elif task.memory is not None:
        task.memory.plan = change
    return plan.narrowed(change)


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
    """All files at once; the longest start first, so that none is waited for alone at the end.

    What they are all shown is in the provider's cache once the first of them is answered.
    """
    done = 0
    cached = asyncio.Event()
    longest_first = sorted(plan.sources, key=lambda file: len(file.text), reverse=True)
    first = next((file for file in longest_first if file.path not in plan.known), None)
    if first is None or plan.task.background is None:
        cached.set()

    async def one(file: SourceFile) -> FileResult:
        nonlocal done
        if file is not first:
            await cached.wait()
        try:
            result = await _result(plan, file, editor, bases, watch, answered=cached.set)
        finally:
            cached.set()
        done += 1
        log.info("%s of %s files done", done, len(plan.sources))
        watch.done(result)
        return result

    async with asyncio.TaskGroup() as group:
        tasks = {}
        for file in longest_first:
            tasks[file.path] = group.create_task(one(file))
            # The first requests are on their way while those of other files are made.
            await asyncio.sleep(0)
    return tuple(tasks[file.path].result() for file in plan.sources)


async def _result(
    plan: Plan,
    file: SourceFile,
    editor: Editor | None,
    bases: _Bases,
    watch: Watch | None,
    *,
    answered: Callable[[], None] = lambda: None,
) -> FileResult:
    """One file, known or through the model, and to its places."""
    task = plan.task
    if (known := plan.known.get(file.path)) is not None:
        return await _placed(task, known, bases)
    if editor is None:
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=NOT_REMEMBERED)
    request = task.request(file)
    if reason := secret_in(request, task.secrets) or editor.declines(file):
        return FileResult(path=file.path, status=FileStatus.SKIPPED, reason=reason)

    def progress(characters: int) -> None:
        answered()
        if watch:
            watch.received(file.path, characters)

    answer = await editor.edit(request, progress)
    if watch:
        watch.answered(answer)
    if isinstance(answer, FailedEdit):
        return failed_result(file.path, answer.error, answer.effort)
    return await _taken(task, answer, bases)


async def _completed(
    plan: Plan, editor: Editor, bases: _Bases, results: tuple[FileResult, ...]
) -> tuple[FileResult, ...]:
    """Ask once more about each file with an old name that others have changed."""
    task, files = plan.task, {file.path: file for file in plan.todo}
    texts = texts_of(results, plan.sources)
    names = agreed(task.plan.names if task.plan else (), texts)

    async def one(result: FileResult) -> FileResult:
        path = result.path
        if path not in files or path not in texts or (result.placed and result.placed.rejected):
            return result
        file, text = files[path], texts[path][1]
        if not (said := leftover(names, path, text)):
            return result
        request = task.request(dataclasses.replace(file, text=text))
        answer = await editor.edit(dataclasses.replace(request, findings=(), leftover=said))
        effort = (result.effort or Effort()).followed_by(answer.effort)
        # One that replaces none of them may only undo what the first answer did.
        if isinstance(answer, FileEdit) and (
            count_left(names, path, answer.text) < count_left(names, path, text)
        ):
            edit = FileEdit(file=file, text=answer.text, effort=effort)
            again = await _taken(task, edit, bases)
            if again.status is not FileStatus.FAILED:
                return again
        return dataclasses.replace(result, effort=effort)

    return tuple(await asyncio.gather(*map(one, results)))


async def _taken(task: Task, edit: FileEdit, bases: _Bases) -> FileResult:
    """A new answer, placed and remembered."""
    result = await _placed(task, edit, bases)
    task.remember(edit, result)
    return result


async def _placed(task: Task, edit: FileEdit, bases: _Bases) -> FileResult:
    """An edit with all its hunks in their places."""
    file = edit.file
    if edit.text == file.text and not edit.withheld:
        return FileResult(path=file.path, status=FileStatus.UNCHANGED, effort=edit.effort)
    if edit.effort.unconfirmed and task.settings.deliver == "commit":
        return failed_result(file.path, AnswerUnusable(_UNCONFIRMED, _PROPOSE), edit.effort)
    base_text = (await asyncio.shield(bases)).get(file.path)
    aimed = None if task.settings.anywhere else task.findings
    work = functools.partial(
        place,
        file,
        edit.text,
        base_text=base_text,
        screen=judge_for(file, task.secrets, task.instruction_for(file.path)),
        judge=None if aimed is None else near(aimed.of(file.path)),
        withheld=edit.withheld,
    )
    try:
        placed = await asyncio.to_thread(work)
    except PredictEditError as error:
        return failed_result(file.path, error, edit.effort)
    return FileResult(path=file.path, status=FileStatus.EDITED, effort=edit.effort, placed=placed)
