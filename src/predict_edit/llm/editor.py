"""The editor that asks a chat model, with each file as its own predicted output."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Mapping
from typing import Final

import openai

from predict_edit.domain.edits import (
    ChangePlan,
    EditRequest,
    FailedEdit,
    FileEdit,
    PlanRequest,
    PredictionState,
    SourceFile,
)
from predict_edit.domain.errors import (
    AnswerEmpty,
    AnswerError,
    AnswerRefused,
    AnswerTooLong,
    AnswerUnusable,
    ContentFiltered,
    ContextTooLong,
    FileTooLong,
    PredictEditError,
)
from predict_edit.domain.ports import Progress
from predict_edit.edit import blocks, chunks, clean, guards, plan, prompt
from predict_edit.edit.blocks import BlocksRefused
from predict_edit.edit.guards.early_stop import EarlyStop, LoopWatch
from predict_edit.edit.prompt import Form, Message, Part
from predict_edit.llm import limits
from predict_edit.llm.billing import AttemptLog
from predict_edit.llm.capabilities import LEAST_TOKENS, Knowledge
from predict_edit.llm.chat_completion import Completions, NotPredicted, Question, Runtime
from predict_edit.llm.limits import Budget
from predict_edit.llm.long_files import EditTask, LongFile
from predict_edit.llm.models import Capability, provider_of
from predict_edit.llm.stream import BrokenOff
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.text import listed, quoted

_MANY_FOREIGN = 8
"""Different lines of other pieces from which an answer is in doubt."""

_NO_PLAN: Final[Mapping[type[PredictEditError], str]] = {
    AnswerRefused: "The model declined to make one.",
    AnswerTooLong: "The model reached its output limit before it was complete.",
    AnswerUnusable: plan.UNREADABLE,
    ContentFiltered: "The provider's content filter objects to it.",
    ContextTooLong: "What it is made from does not fit into the model's context.",
}
"""Why there is no plan, for errors that speak of one file otherwise."""


class EditsRefused(AnswerUnusable):
    """The blocks of two answers did not fit the file."""


class ChatEditor:
    """Implements :class:`predict_edit.domain.ports.Editor` over an OpenAI-compatible API.

    One object serves one run: what the model refuses, what the budget has left and how fast the
    rate limit allows to go are shared by all files.

    Args:
        settings: How to reach the model and what it may cost.
        client: From :func:`predict_edit.llm.auth.open_client`; closed by :meth:`aclose`.
        nonce: 16 or more random characters that mark material off in the prompt.
        runtime: Clock, sleep, deadline and a callback for every attempt.
        least_tokens: Files with fewer tokens are sent without prediction under ``auto``.
        budget: If several editors share one; otherwise the limits of the settings.

    Raises:
        SettingsError: the settings do not say where to send requests or how to sign in.
    """

    def __init__(
        self,
        settings: ModelSettings,
        client: openai.AsyncOpenAI,
        *,
        nonce: str,
        runtime: Runtime | None = None,
        least_tokens: int = LEAST_TOKENS,
        budget: Budget | None = None,
    ) -> None:
        self._settings = settings
        self._client = client
        self._nonce = nonce
        self._runtime = runtime or Runtime()
        least_tokens = max(least_tokens, provider_of(read_endpoint(settings)).least_tokens)
        self._knowledge = Knowledge(settings, least_tokens=least_tokens)
        if budget is None and (settings.max_tokens is not None or settings.max_cost is not None):
            budget = Budget(settings.max_tokens, settings.max_cost)
        self._completions = Completions(
            client,
            settings,
            knowledge=self._knowledge,
            runtime=self._runtime,
            budget=budget,
        )
        # Whether a file fits is asked more than once, and counting takes as long as reading it.
        self._count = functools.lru_cache(maxsize=256)(self._runtime.count)
        self._bare: dict[str, None] = {}
        """Paths of the files that were asked for without the diff."""
        self._judging = asyncio.Lock()
        """Held while an answer is judged: the syntax trees of many would take memory at once."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the summary on model, predictions, and what did not fit."""
        if not self._bare:
            return self._knowledge.notes
        paths = listed(map(quoted, self._bare), most=plan.MOST_PATHS)
        left_out = (
            f"The diff did not fit into the model's context beside {paths}, and was left out there."
        )
        return (*self._knowledge.notes, left_out)

    @property
    def model(self) -> str:
        """The model that answered, as the API names it; until then the configured one."""
        return self._knowledge.reported_model or self._settings.model

    @property
    def limits(self) -> Mapping[str, str]:
        """The last ``x-ratelimit-*`` headers of an answer, as sent."""
        return self._completions.throttle.limits

    @property
    def capability(self) -> Capability:
        """What this run knows about the model by now."""
        return self._knowledge.capability

    def declines(self, file: SourceFile) -> str | None:
        """Say why a file cannot be edited: too long, and nowhere to cut it; nothing is paid."""
        if self._prefers_edits(file.text):
            return None
        try:
            self.parts(file.text)
        except FileTooLong as error:
            return f"too large for the model: {error.cause}"
        return None

    def parts(self, text: str) -> tuple[Part, ...]:
        """Cut a file into the parts it is asked for in; none if it is asked for as a whole.

        Raises:
            FileTooLong: it does not fit into one answer, and there is no place to cut it.
        """
        return limits.parts_of(text, self._knowledge.capability, self._count)

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Edit one file; every failure is returned, never raised."""
        log = AttemptLog(path=request.file.path)
        bare = self._without_diff(request)
        try:
            try:
                task = EditTask(request=request, log=log, progress=progress)
                text = await self._edited(task, cut=bare is None)
            except ContextTooLong:
                if bare is None:
                    raise
                self._bare[request.file.path] = None
                text = await self._edited(dataclasses.replace(task, request=bare))
        except PredictEditError as error:
            return FailedEdit(file=request.file, error=error, effort=log.effort())
        return FileEdit(file=request.file, text=text, effort=log.effort())

    async def plan(self, request: PlanRequest) -> ChangePlan:
        """Ask which files a change concerns; every failure is returned, never raised."""
        log = AttemptLog(path="")
        messages = plan.build_messages(request, nonce=self._nonce)
        longest = plan.longest(request.paths)
        question = Question(messages=messages, text=longest, log=log, predicts=False)
        try:
            answer = await self._completions.ask(question)
        except PredictEditError as error:
            made = ChangePlan(problem=_NO_PLAN.get(type(error), str(error)))
        else:
            made = plan.read(answer, request.paths)
        effort = dataclasses.replace(log.effort(), answer=None)
        return dataclasses.replace(made, effort=effort)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _without_diff(self, request: EditRequest) -> EditRequest | None:
        """Leave out what the pull request changes; ``None`` if it is not shown anyway."""
        change = request.file.change
        shown = request.background or (change and change.patch)
        if self._settings.context == "none" or not shown:
            return None
        bare = dataclasses.replace(request.file, change=None)
        return dataclasses.replace(request, file=bare, background=None)

    async def _edited(self, task: EditTask, *, cut: bool = True) -> str:
        """Get the accepted text, from one answer or, unless ``cut`` forbids it, in parts.

        Raises:
            ContextTooLong: it does not fit, in parts neither, or it must not be cut.
            PredictEditError: there is no usable answer.
        """
        try:
            edited = await self._in_one(task)
            if edited is not None:
                return edited
            parts = self.parts(task.text)
        except AnswerTooLong:
            known = self._knowledge.capability
            # A file with less than a quarter of the limit is not what filled the answer.
            if known.output_limit is None or self._count(task.text) < known.output_limit // 4:
                raise
            parts = self._smaller(task.text, known.context_window)
            if not parts:
                raise
        except ContextTooLong as error:
            if not cut:
                raise
            asked = sum(self._count(message.content) for message in self._messages(task))
            self._knowledge.too_long(min(asked, error.limit or asked))
            parts = self._smaller(task.text, asked)
            if not parts:
                cause = f"{error.cause} The file has no place to cut it into pieces that do."
                raise ContextTooLong(cause, error.next_step, limit=error.limit) from None
        tasks = [dataclasses.replace(task, part=part) for part in parts]
        self._completions.check_budget([self._messages(each) for each in tasks])
        task.log.answer = "pieces"
        count, clock = self._runtime.count, self._runtime.clock
        long = LongFile(task=task, parts=parts, answer=self._answer, count=count, clock=clock)
        return await long.edited()

    async def _in_one(self, task: EditTask) -> str | None:
        """Get the accepted text, by exact edits or whole; ``None`` if it takes several answers.

        What two answers could not give as exact edits is asked for as a whole.

        Raises:
            PredictEditError: there is no usable answer.
        """
        text = task.text
        refused: PredictEditError | None = None
        if self._prefers_edits(text):
            try:
                return await self._by_edits(task)
            except (EditsRefused, AnswerTooLong) as error:
                refused = error
        free = (
            self._settings.answer == "auto" and len(text) > limits.SHORT_CHARACTERS and not refused
        )
        try:
            if self.parts(text):
                return None
            # A whole file without a prediction costs many times what exact edits do.
            return await self._answer(task, or_not=not free)
        except FileTooLong as error:
            raise refused or error from None
        except NotPredicted:
            return await self._in_one(task)

    def _prefers_edits(self, text: str) -> bool:
        """Decide whether to ask for exact edits first, by all that this run knows by now."""
        return limits.prefers_edits(
            self._settings.answer,
            text,
            predicted=self._knowledge.switch.decide(len(text)) is PredictionState.SENT,
            limit=self._knowledge.capability.output_limit,
            count=self._count,
        )

    def _messages(
        self, task: EditTask, form: Form = "file", remark: str | None = None
    ) -> list[Message]:
        """Build what is sent, the text to edit last."""
        return prompt.build_messages(
            task.request,
            nonce=self._nonce,
            context=self._settings.context,
            form=form,
            remark=remark,
            part=task.part,
        )

    async def _answer(
        self, task: EditTask, doubt: str | None = None, *, or_not: bool = True
    ) -> str:
        """Get a usable text for a file or a part of it; a doubtful answer gets one more call.

        ``doubt`` says what was wrong with an earlier answer.

        Raises:
            NotPredicted: no prediction can be sent, and ``or_not`` is false.
            PredictEditError: there is no usable answer.
        """
        if doubt is not None:
            return await self._confirmed(task, doubt)
        question = Question(
            messages=self._messages(task),
            text=task.text,
            log=task.log,
            progress=task.progress,
            watch=lambda: EarlyStop(task.request.file.path, task.text).feed,
            or_not=or_not,
        )
        try:
            answer = await self._completions.ask(question)
        except BrokenOff as error:
            return await self._confirmed(task, error.cause)
        judged = await self._judged(task, answer)
        if judged.verdict is not None:
            try:
                return await self._confirmed(task, judged.verdict.cause)
            except (AnswerEmpty, AnswerUnusable):
                # All that it changes may be what models change by accident: undone, and reported.
                if not judged.put_back:
                    raise
        task.log.restored += judged.restored
        return judged.text

    async def _by_edits(self, task: EditTask) -> str:
        """Get the edited file by exact edits; blocks that do not fit are asked for once more.

        Raises:
            EditsRefused: they did not fit again.
            PredictEditError: there is no usable answer.
        """
        original, path = task.text, task.request.file.path
        refused: BlocksRefused | None = None
        text: str | None = None
        while text is None:
            remark = prompt.again(str(refused), refused.shown, self._nonce) if refused else None
            problem = BlocksRefused(["The answer has no block."])
            kept = refused.accepted if refused else ()
            try:
                answer = await self._blocks(task, remark)
                text = blocks.edited(original, answer, self._nonce, kept)
            except BlocksRefused as error:
                problem = error
            except BrokenOff as error:
                problem = BlocksRefused([error.cause], kept)
            if text is None and refused is not None:
                cause = f"The model's exact edits do not fit the file. {problem}"
                raise EditsRefused(cause, guards.CLOSER)
            refused = problem
        async with self._judging:
            verdict = await asyncio.to_thread(guards.judge, path, original, text)
        if verdict is not None:
            return await self._confirmed(task, verdict.cause)
        task.log.answer = "edits"
        return text

    async def _confirmed(self, task: EditTask, doubt: str) -> str:
        """Ask for exact edits, as it is in doubt what an answer meant.

        Edits that quote the old lines are meant, whatever they remove. An answer without a block
        is judged as the whole file, by all guards.

        Raises:
            PredictEditError: there is no usable answer.
        """
        log = task.log
        answer = await self._blocks(task, prompt.DOUBTED.format(cause=doubt))
        try:
            text = blocks.edited(task.text, answer, self._nonce)
        except BlocksRefused as error:
            cause = f"{doubt} Asked again for exact edits, the model gave none that fit: {error}"
            raise AnswerUnusable(cause, guards.CLOSER) from None
        if text is not None:
            verdict = guards.judge(task.request.file.path, task.text, text, confirmed=True)
            log.confirmed = verdict is None
            log.answer = "edits"
        else:
            judged = await self._judged(task, answer)
            text, verdict = judged.text, judged.verdict
            if verdict is None:
                log.restored += judged.restored
            log.unconfirmed = True
        if verdict is not None:
            raise verdict
        return text

    async def _blocks(self, task: EditTask, remark: str | None) -> str:
        """Ask for exact edits of a text."""
        question = Question(
            messages=self._messages(task, "edits", remark),
            text=task.text,
            log=task.log,
            progress=task.progress,
            watch=lambda: LoopWatch(task.text).feed,
            predicts=False,
        )
        return await self._completions.ask(question)

    async def _judged(self, task: EditTask, answer: str) -> Judged:
        """Judge in a thread, so that other answers are read on: a grammar takes its time."""
        async with self._judging:
            return await asyncio.to_thread(judge, task, answer)

    def _smaller(self, text: str, context: int | None) -> tuple[Part, ...]:
        """Cut a file that did not fit although it seemed to; none if it cannot be cut."""
        try:
            # If it is not the file that is long, but what is shown with it, half may fit.
            parts = self.parts(text) or chunks.plan(
                text, most=(self._count(text) + 1) // 2, count=self._count, context=context
            )
        except FileTooLong:
            return ()
        return parts if len(parts) > 1 else ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer in the outer shape of the original, and what speaks against it."""

    text: str
    restored: Mapping[str, int]
    verdict: AnswerError | None
    put_back: bool = False
    """All that the answer changes was put back, so that ``text`` is the original."""


def judge(task: EditTask, answer: str) -> Judged:
    """Clean an answer for a whole file, or a part, and judge it."""
    file, part, original = task.request.file, task.part, task.text
    if part is not None:
        answer = chunks.without_neighbours(answer, part, file.text)
    cleaned = clean.clean(file.path, original, answer, instruction=task.request.instruction)
    if cleaned.instead is not None:
        kinds = ", ".join(cleaned.restored)
        cause = f"All that the answer changes is what models change by accident: {kinds}."
        doubt = AnswerUnusable(cause, guards.CLOSER)
        return Judged(text=original, restored=cleaned.restored, verdict=doubt, put_back=True)
    text = cleaned.text
    if part is not None:
        text = chunks.rejoin(original, text, last=part.index == part.total)
    verdict = guards.judge(file.path, original, text)
    if verdict is None and part is not None:
        others = chunks.foreign(text, part, file.text)
        if others >= _MANY_FOREIGN:
            cause = f"The answer for a piece holds {others:,} lines of the rest of the file."
            verdict = AnswerUnusable(cause, guards.CLOSER)
    return Judged(text=text, restored=cleaned.restored, verdict=verdict)
