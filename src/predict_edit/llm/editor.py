"""The editor that asks a chat model, with each file as its own predicted output."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import openai

from predict_edit.domain import EditRequest, FailedEdit, FileEdit, SourceFile
from predict_edit.domain.editor_port import Progress
from predict_edit.domain.errors import AnswerTooLong, ContextTooLong, FileTooLong, PredictEditError
from predict_edit.edit import chunks
from predict_edit.edit.prompt import Part
from predict_edit.llm import bounds, tokens
from predict_edit.llm.advice import Target
from predict_edit.llm.answers import Answers
from predict_edit.llm.budget import Budget
from predict_edit.llm.effort import Ledger
from predict_edit.llm.estimate import parts_of
from predict_edit.llm.knowledge import Knowledge
from predict_edit.llm.long_files import LongFile
from predict_edit.llm.models import Capability, provider_of, retirement_warning
from predict_edit.llm.policy import LEAST_TOKENS
from predict_edit.llm.predict import Predictor
from predict_edit.llm.purse import Purse
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.fields import ModelSettings
from predict_edit.settings.sign_in import choose_sign_in


class ChatEditor:
    """Implements :class:`predict_edit.domain.editor_port.Editor` over an OpenAI-compatible API.

    One object serves one run: what the model refuses, what the budget has left and how fast the
    rate limit allows to go are shared by all files.

    Args:
        settings: How to reach the model and what it may cost.
        client: From :func:`predict_edit.llm.auth.open_client`; closed by :meth:`aclose`.
        nonce: 16 or more random characters that mark material off in the prompt.
        today: For the warning that the model is about to be retired.
        around: Clock, sleep, deadline and the hook that is told of every attempt.
        least_tokens: Files with fewer tokens are sent without prediction under ``auto``.
        budget: Where several editors share one; otherwise the limits of the settings.

    Raises:
        SettingsError: the settings do not say where to send requests or how to sign in.
    """

    def __init__(
        self,
        settings: ModelSettings,
        client: openai.AsyncOpenAI,
        *,
        nonce: str,
        today: dt.date,
        around: Surroundings | None = None,
        least_tokens: int = LEAST_TOKENS,
        budget: Budget | None = None,
    ) -> None:
        self._settings = settings
        self._client = client
        self._today = today
        self._around = around or Surroundings(count=tokens.count)
        self._target = Target(
            model=settings.model,
            endpoint=read_endpoint(settings),
            sign_in=choose_sign_in(settings),
            scope=settings.azure_scope,
        )
        self._knowledge = Knowledge(settings, least_tokens=least_tokens)
        if budget is None and (settings.max_tokens is not None or settings.max_cost is not None):
            budget = Budget(settings.max_tokens, settings.max_cost)
        predictor = Predictor(
            client,
            settings,
            self._target,
            knowledge=self._knowledge,
            around=self._around,
            purse=None if budget is None else Purse(budget),
        )
        self._answers = Answers(predictor=predictor, nonce=nonce, context=settings.context)
        self._planned: dict[tuple[str, int | None], tuple[Part, ...]] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know about model and predictions."""
        warning = retirement_warning(
            (self._knowledge.reported_model, self._settings.model),
            provider=provider_of(self._target.endpoint),
            today=self._today,
        )
        return self._knowledge.notes + ((warning,) if warning else ())

    @property
    def model(self) -> str:
        """The model that answered, as the API names it; until then the configured one."""
        return self._knowledge.reported_model or self._settings.model

    @property
    def limits(self) -> Mapping[str, str]:
        """The last ``x-ratelimit-*`` headers of an answer, as sent."""
        return self._answers.predictor.limits

    @property
    def capability(self) -> Capability:
        """What is known about the model by now."""
        return self._knowledge.capability

    def declines(self, file: SourceFile) -> str | None:
        """Say why a file cannot be asked for: too long, and nowhere to be cut; nothing is paid."""
        try:
            self.parts(file.text)
        except FileTooLong as error:
            return f"too large for the model: {error.cause}"
        return None

    def parts(self, text: str) -> tuple[Part, ...]:
        """The pieces a file is asked for in; none where it is asked for as a whole.

        Raises:
            FileTooLong: it does not fit into one answer, and there is no place to cut it.
        """
        known = self._knowledge.capability
        key = (text, known.output_limit)
        if key not in self._planned:
            self._planned[key] = parts_of(text, known, self._around.count)
        return self._planned[key]

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Ask for one file; every failure of this file is returned, never raised."""
        ledger = Ledger(path=request.file.path)
        try:
            text = await self._edited(request, ledger, progress)
        except PredictEditError as error:
            return FailedEdit(file=request.file, error=error, effort=ledger.effort())
        return FileEdit(file=request.file, text=text, effort=ledger.effort())

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.close()

    async def _edited(self, request: EditRequest, ledger: Ledger, progress: Progress | None) -> str:
        """The accepted text, from one answer or from pieces."""
        parts = self.parts(request.file.text)
        if not parts:
            try:
                return await self._answers.accepted(request, ledger, progress)
            except AnswerTooLong:
                parts = self._cut_after_all(request.file.text)
                if not parts:
                    raise
            except ContextTooLong as error:
                parts = self._cut_to_fit(request, error)
        long = LongFile(
            request=request,
            parts=parts,
            answers=self._answers,
            count=self._around.count,
            clock=self._around.clock,
            ledger=ledger,
            progress=progress,
        )
        return await long.edited()

    def _cut_to_fit(self, request: EditRequest, error: ContextTooLong) -> tuple[Part, ...]:
        """The pieces of a file that, as a whole, did not fit into the model's context.

        Raises:
            ContextTooLong: there is no place to cut it.
        """
        text, count = request.file.text, self._around.count
        asked = sum(count(message.content) for message in self._answers.messages(request))
        self._knowledge.too_long(min(asked, error.limit or asked))
        try:
            # Where it is not the file that is long, but what is shown with it, half may fit.
            parts = self.parts(text) or chunks.plan(
                text, most=(count(text) + 1) // 2, count=count, context=asked
            )
        except FileTooLong:
            parts = ()
        if len(parts) > 1:
            return parts
        cause = f"{error.cause} There is no place to cut the file in pieces that do."
        raise ContextTooLong(cause, error.next_step, limit=error.limit) from None

    def _cut_after_all(self, text: str) -> tuple[Part, ...]:
        """The pieces of a file whose answer did not fit although it seemed to.

        Only where that is the file's fault: one that has not even a quarter of the limit is not
        what the model was writing.
        """
        known = self._knowledge.capability
        size = self._around.count(text)
        if known.output_limit is None or size < known.output_limit // 4:
            return ()
        most = min(bounds.piece_tokens(known.output_limit), (size + 1) // 2)
        try:
            parts = chunks.plan(
                text, most=most, count=self._around.count, context=known.context_window
            )
        except FileTooLong:
            return ()
        return parts if len(parts) > 1 else ()
