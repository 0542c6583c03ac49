"""From a question about a file, or a piece of one, to a text that may be used."""

from __future__ import annotations

import asyncio
import dataclasses

from predict_edit.domain import EditRequest
from predict_edit.domain.editor_port import Progress
from predict_edit.domain.errors import AnswerEmpty, AnswerUnusable
from predict_edit.edit import chunks, clean, guards, intent, prompt
from predict_edit.edit.guards.early_stop import EarlyStop
from predict_edit.edit.prompt import Message, Part
from predict_edit.llm.effort import Ledger
from predict_edit.llm.predict import Predictor
from predict_edit.llm.stream import BrokenOff, Watch
from predict_edit.settings.fields import ContextPolicy

CORRECTABLE = (AnswerEmpty, AnswerUnusable)
"""What an answer can be refused for that the model may do better when it is told."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Asks, and takes only what passes the guards; one object serves one run."""

    predictor: Predictor
    nonce: str
    context: ContextPolicy
    judging: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock)
    """Held while an answer is judged: the syntax trees of many would take memory all at once."""

    def messages(
        self, request: EditRequest, part: Part | None = None, correction: str | None = None
    ) -> list[Message]:
        """What is sent, the text to edit last."""
        return prompt.build_messages(
            request, nonce=self.nonce, context=self.context, correction=correction, part=part
        )

    async def accepted(
        self,
        request: EditRequest,
        ledger: Ledger,
        progress: Progress | None,
        part: Part | None = None,
    ) -> str:
        """A usable text for a file or a piece; a refused answer gets one more call that says why.

        Raises:
            PredictEditError: there is none.
        """
        try:
            answer = await self._ask(request, part, None, ledger, progress)
        except BrokenOff as error:
            correction = error.cause
        else:
            try:
                return await self._accept(request, answer, part)
            except CORRECTABLE as error:
                correction = error.cause
        return await self.corrected(request, ledger, progress, part, correction)

    async def corrected(
        self,
        request: EditRequest,
        ledger: Ledger,
        progress: Progress | None,
        part: Part | None,
        correction: str,
    ) -> str:
        """The same, where it is known what was wrong with an earlier answer."""
        answer = await self._ask(request, part, correction, ledger, progress)
        return await self._accept(request, answer, part)

    async def _accept(self, request: EditRequest, answer: str, part: Part | None) -> str:
        """The same as :func:`accept` while other answers are read: a grammar takes its time."""
        async with self.judging:
            return await asyncio.to_thread(accept, request, answer, part)

    async def _ask(
        self,
        request: EditRequest,
        part: Part | None,
        correction: str | None,
        ledger: Ledger,
        progress: Progress | None,
    ) -> str:
        """One question and its answer, read along with."""
        text = request.file.text if part is None else part.text

        def watch() -> Watch:
            return EarlyStop(request.file.path, text, instruction=request.instruction).feed

        return await self.predictor.ask(
            self.messages(request, part, correction), text, ledger, progress, watch
        )


def accept(request: EditRequest, answer: str, part: Part | None = None) -> str:
    """The answer in the outer shape of the original, if it may be used.

    Raises:
        AnswerError: it is not the whole edited file, or piece.
    """
    path, instruction = request.file.path, request.instruction
    original = request.file.text if part is None else part.text
    text = clean.clean(original, answer, instruction=instruction)
    if part is not None:
        if not text and intent.read(instruction).deletes:
            # All of a piece may be what was to go; whether too much went, the whole file shows.
            return ""
        text = chunks.rejoin(original, text, last=part.index == part.total)
    guards.check(path, original, text, instruction)
    return text
