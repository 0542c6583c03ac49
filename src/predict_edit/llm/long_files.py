"""Edit a file that is longer than one answer, part by part.

The first part goes alone: it fills the provider's prompt cache with what all parts have in
common, and finds out what the model refuses. The others follow side by side, as far as the
throttle allows. One part that fails fails the file: half an edit is useless.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

from predict_edit.domain.edits import EditRequest
from predict_edit.domain.errors import AnswerEmpty, AnswerTooLong, AnswerUnusable, ContextTooLong
from predict_edit.domain.ports import Progress
from predict_edit.edit import chunks, guards
from predict_edit.edit.chunks import Count
from predict_edit.edit.prompt import Part
from predict_edit.llm.billing import AttemptLog
from predict_edit.llm.throttle import Clock


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditTask:
    """A file, or a part of one, to be edited."""

    request: EditRequest
    log: AttemptLog
    progress: Progress | None = None
    part: Part | None = None

    @property
    def text(self) -> str:
        """The text to edit."""
        return self.request.file.text if self.part is None else self.part.text


Answer = Callable[[EditTask, str | None], Awaitable[str]]
"""Gets the usable text of one part; the last argument says what was wrong with an earlier one."""

MOST_HALVINGS = 3
"""How often a part whose answer grew too long is cut again."""

_UNUSABLE = (AnswerEmpty, AnswerUnusable)


@dataclasses.dataclass(slots=True, kw_only=True)
class LongFile:
    """One file and its parts."""

    task: EditTask
    parts: tuple[Part, ...]
    answer: Answer
    count: Count
    clock: Clock
    lean: int = 0
    """How often the context shown with a part had to shrink; it holds for all parts."""

    async def edited(self) -> str:
        """Edit all parts and join them.

        Raises:
            PredictEditError: a part has no usable answer, or the whole is not usable.
        """
        received = [0] * len(self.parts)
        whole = self.task
        logs = [AttemptLog(path=whole.log.path) for _ in self.parts]
        started = self.clock()

        async def one(index: int, doubt: str | None = None) -> str:
            def progress(characters: int) -> None:
                received[index] = characters
                if whole.progress is not None:
                    whole.progress(sum(received))

            task = dataclasses.replace(whole, log=logs[index], progress=progress)
            return await self._edit_part(task, self.parts[index], doubt)

        try:
            texts = [await one(0), *await _together(one(n) for n in range(1, len(self.parts)))]
            try:
                await self._check(texts, logs)
            except _UNUSABLE as error:
                guilty = await self._guilty(texts, logs)
                if not guilty:
                    # Only all parts together are wrong, so there is none to ask for again.
                    raise
                for index in guilty:
                    texts[index] = await one(index, error.cause)
                await self._check(texts, logs)
        finally:
            for log in logs:
                whole.log.absorb(log)
            whole.log.active += self.clock() - started
        return "".join(texts)

    async def _edit_part(self, task: EditTask, part: Part, doubt: str | None) -> str:
        """Edit one part; in smaller ones if it or its answer is too long for the model."""

        async def ask(part: Part, halvings: int, lean: int) -> str:
            part, lean = self._leaner(part, lean)
            try:
                return await self.answer(dataclasses.replace(task, part=part), doubt)
            except (AnswerTooLong, ContextTooLong) as error:
                if isinstance(error, ContextTooLong) and part.shown:
                    self.lean = max(self.lean, lean + 1)
                    smaller: tuple[Part, ...] = (part,)
                else:
                    halvings -= 1
                    smaller = chunks.halve(part, self.count) if halvings >= 0 else ()
                    if len(smaller) <= 1:
                        raise
            return "".join([await ask(each, halvings, lean) for each in smaller])

        return await ask(part, MOST_HALVINGS, 0)

    def _leaner(self, part: Part, lean: int) -> tuple[Part, int]:
        """Shrink the context shown with a part to what has turned out to fit."""
        while lean < self.lean and (less := chunks.leaner(part, self.task.text)):
            part, lean = less, lean + 1
        return part, self.lean

    async def _check(self, texts: Sequence[str], logs: Sequence[AttemptLog]) -> None:
        """Guard the whole like one answer, in a thread, as a long text takes its time."""
        file = self.task.request.file
        # What exact edits confirmed for a part is meant, so the whole is not doubted again.
        verdict = await asyncio.to_thread(
            guards.judge,
            file.path,
            file.text,
            "".join(texts),
            confirmed=any(log.confirmed for log in logs),
        )
        if verdict is not None:
            raise verdict

    async def _guilty(self, texts: Sequence[str], logs: Sequence[AttemptLog]) -> list[int]:
        """Find the parts whose edit alone makes the whole unusable."""
        found = []
        originals = [part.text for part in self.parts]
        for index, text in enumerate(texts):
            if text == originals[index]:
                continue
            try:
                await self._check([*originals[:index], text, *originals[index + 1 :]], logs)
            except _UNUSABLE:
                found.append(index)
        return found


async def _together(coroutines: Iterable[Coroutine[Any, Any, str]]) -> list[str]:
    """Run side by side; the first that fails stops the others, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
