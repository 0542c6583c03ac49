"""The editor that asks a chat model, with each file as its own predicted output."""

from __future__ import annotations

import datetime as dt

import openai

from predict_edit.domain import EditRequest, FailedEdit, FileEdit, SourceFile
from predict_edit.edit import clean, guard, prompt
from predict_edit.editor import Progress
from predict_edit.errors import AnswerEmpty, AnswerTooLong, AnswerUnusable, PredictEditError
from predict_edit.llm import bounds, tokens
from predict_edit.llm.advice import Target
from predict_edit.llm.auth import choose
from predict_edit.llm.budget import Budget
from predict_edit.llm.client import endpoint
from predict_edit.llm.effort import Ledger
from predict_edit.llm.knowledge import Knowledge
from predict_edit.llm.models import retirement_warning
from predict_edit.llm.predict import Predictor
from predict_edit.llm.purse import Purse
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings import ModelSettings

_CORRECTABLE = (AnswerEmpty, AnswerUnusable)


class ChatEditor:
    """Implements :class:`predict_edit.editor.Editor` over an OpenAI-compatible API.

    One object serves one run: what the model refuses, what the budget has left and how fast the
    rate limit allows to go are shared by all files.

    Args:
        settings: How to reach the model and what it may cost.
        client: From :func:`predict_edit.llm.client.open_client`; closed by :meth:`aclose`.
        nonce: 16 or more random characters that mark material off in the prompt.
        today: For the warning that the model is about to be retired.
        around: Clock, sleep, deadline and the hook that is told of every attempt.
        least_tokens: Files with fewer tokens are sent without prediction under ``auto``.

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
        least_tokens: int = 0,
    ) -> None:
        self._settings = settings
        self._client = client
        self._nonce = nonce
        self._today = today
        self._around = around or Surroundings(count=tokens.count)
        self._target = Target(
            model=settings.model,
            endpoint=endpoint(settings),
            sign_in=choose(settings),
            scope=settings.azure_scope,
        )
        self._knowledge = Knowledge(settings, least_tokens=least_tokens)
        limited = settings.max_tokens is not None or settings.max_cost is not None
        self._predictor = Predictor(
            client,
            settings,
            self._target,
            knowledge=self._knowledge,
            around=self._around,
            purse=Purse(Budget(settings.max_tokens, settings.max_cost)) if limited else None,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know about model and predictions."""
        warning = retirement_warning(
            (self._knowledge.reported_model, self._settings.model),
            provider=self._target.endpoint.provider,
            today=self._today,
        )
        return self._knowledge.notes + ((warning,) if warning else ())

    @property
    def model(self) -> str:
        """The model that answered, as the API names it; until then the configured one."""
        return self._knowledge.reported_model or self._settings.model

    def declines(self, file: SourceFile) -> str | None:
        """Say why a file is too long to be asked for; nothing is paid yet."""
        try:
            bounds.check_length(
                file.path, file.text, self._knowledge.capability.output_limit, self._around.count
            )
        except AnswerTooLong as error:
            return f"too large for the model: {error.cause}"
        return None

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
        """The accepted text; an answer that must not be used gets one more call that says why."""
        bounds.check_length(
            request.file.path,
            request.file.text,
            self._knowledge.capability.output_limit,
            self._around.count,
        )
        answer = await self._answer(request, None, ledger, progress)
        try:
            return accept(request, answer)
        except _CORRECTABLE as error:
            correction = error.cause
        answer = await self._answer(request, correction, ledger, progress)
        return accept(request, answer)

    async def _answer(
        self,
        request: EditRequest,
        correction: str | None,
        ledger: Ledger,
        progress: Progress | None,
    ) -> str:
        messages = prompt.build_messages(
            request, nonce=self._nonce, context=self._settings.context, correction=correction
        )
        return await self._predictor.ask(messages, request.file.text, ledger, progress)


def accept(request: EditRequest, answer: str) -> str:
    """The answer in the outer shape of the original, if it may be used.

    Raises:
        AnswerError: it is not the whole edited file.
    """
    file = request.file
    text = clean.clean(file.text, answer, instruction=request.instruction)
    guard.check(file.path, file.text, text, request.instruction)
    return text
