"""Asks the model for one text, streamed, and again only where that can help.

What one answer teaches holds for the rest of the run: see :mod:`predict_edit.llm.knowledge`. A
rate limit slows all files down: see :mod:`predict_edit.llm.rate`.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from predict_edit.domain import PredictionState, Usage
from predict_edit.edit.prompt import Message
from predict_edit.editor import Progress
from predict_edit.errors import ModelTimeout, PredictEditError
from predict_edit.llm import bounds, prices, request
from predict_edit.llm.advice import Target
from predict_edit.llm.effort import Attempt, Ledger
from predict_edit.llm.failures import Again, Failure, explain
from predict_edit.llm.knowledge import Knowledge
from predict_edit.llm.purse import Purse
from predict_edit.llm.rate import Pace, backoff
from predict_edit.llm.stream import Reading
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings import ModelSettings

MOST_REPEATS = 3
"""Repetitions of one file after server errors, lost connections and half streams."""

_LIMITED_FIRST, _LIMITED_MOST = 0.5, 20.0
_NOTHING = Usage(prompt_tokens=0, completion_tokens=0)
_SDK_ERRORS = (openai.OpenAIError, httpx2.HTTPError, PredictEditError, ValueError, OSError)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """One file's question."""

    messages: Sequence[Message]
    text: str
    ledger: Ledger
    progress: Progress | None

    @property
    def sent(self) -> list[str]:
        """All texts of the request, none of which may be quoted back."""
        return [message.content for message in self.messages]


class _Retry(Exception):
    """A request failed in a way that may deserve another; ``differently``: at once."""

    def __init__(self, failure: Failure, *, differently: bool = False) -> None:
        super().__init__(failure, differently)
        self.failure = failure
        self.differently = differently


class Predictor:
    """Asks one model, for many files side by side."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        settings: ModelSettings,
        target: Target,
        *,
        knowledge: Knowledge,
        around: Surroundings,
        purse: Purse | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._target = target
        self._knowledge = knowledge
        self._around = around
        self._purse = purse
        self._pace = Pace(settings.concurrency, clock=around.clock, sleep=around.sleep)

    async def ask(
        self, messages: Sequence[Message], text: str, ledger: Ledger, progress: Progress | None
    ) -> str:
        """The answer to ``messages``, with ``text`` as its prediction where the policy says so.

        Raises:
            PredictEditError: no whole answer could be had. All attempts are in the ledger.
        """
        ask = _Ask(messages=messages, text=text, ledger=ledger, progress=progress)
        repeats = waits = 0
        limited_since: float | None = None
        while True:
            try:
                async with self._pace.slot():
                    if self._knowledge.hopeless is not None:
                        raise self._knowledge.hopeless
                    return await self._within_budget(ask)
            except _Retry as retry:
                failure, differently = retry.failure, retry.differently
            if differently:
                continue
            if failure.again is Again.SOON and repeats < MOST_REPEATS:
                repeats += 1
                await self._pause(failure, repeats, ledger)
            elif failure.again is Again.LATER:
                waits += 1
                if limited_since is None:
                    limited_since = self._around.clock()
                await self._wait(failure, waits, limited_since)
            else:
                self._knowledge.failed(failure.error)
                raise failure.error

    async def _pause(self, failure: Failure, repeats: int, ledger: Ledger) -> None:
        """Rest after a failure of server or line, if the file's time allows another try."""
        pause = max(backoff(repeats, draw=self._around.draw), failure.wait or 0.0)
        if pause >= self._time_left(ledger):
            raise failure.error
        await self._around.sleep(pause)
        ledger.active += pause

    async def _wait(self, failure: Failure, waits: int, since: float) -> None:
        """Wait until the rate limit may let this file through.

        Patience ends when neither this file nor any other got through for ``timeout`` seconds: as
        long as the run moves, no file is given up.
        """
        pause = failure.wait
        if pause is None:
            pause = backoff(waits, first=_LIMITED_FIRST, most=_LIMITED_MOST, draw=self._around.draw)
        until = max(since, self._pace.last_success) + self._settings.timeout
        if self._around.deadline is not None:
            until = min(until, self._around.deadline)
        if self._around.clock() + pause > until:
            raise failure.error
        await self._around.sleep(pause)

    def _time_left(self, ledger: Ledger) -> float:
        left = self._settings.timeout - ledger.active
        if self._around.deadline is not None:
            left = min(left, self._around.deadline - self._around.clock())
        return left

    async def _within_budget(self, ask: _Ask) -> str:
        """One request; where tokens or money are limited, its upper bound is set aside before."""
        counted = ask.text and self._knowledge.least_tokens
        # An empty text predicts nothing.
        state = (
            self._knowledge.decide(self._around.count(ask.text) if counted else 0)
            if ask.text
            else PredictionState.OFF
        )
        ask.ledger.decided(state)
        predicted = state is PredictionState.SENT
        if self._purse is None:
            return await self._request(ask, bounds.wide(ask.text), predicted=predicted)
        bound = bounds.tight(ask.messages, ask.text, self._knowledge.capability, self._around.count)
        most = bound.usage(predicted=predicted)
        reservation = await self._purse.reserve(bound.total(predicted=predicted), self._cost(most))
        before = len(ask.ledger.attempts)
        try:
            return await self._request(ask, bound, predicted=predicted)
        finally:
            made = ask.ledger.attempts[before:]
            spent = made[-1].spent(most) if made else _NOTHING
            self._purse.settle(reservation, spent, self._cost(spent))

    async def _request(self, ask: _Ask, bound: bounds.Bound, *, predicted: bool) -> str:
        """Send, read, enter into the ledger, and turn whatever fails into advice."""
        left = self._time_left(ask.ledger)
        if left <= 0:
            raise self._out_of_time()
        fields = request.body(
            model=self._settings.model,
            messages=ask.messages,
            prediction=ask.text if predicted else None,
            capability=self._knowledge.capability,
            most_tokens=bound.output_tokens,
            dropped=self._knowledge.dropped,
        )
        reading = Reading(
            most_characters=bound.characters, stall=self._around.stall, progress=ask.progress
        )
        started = self._around.clock()
        limit = asyncio.timeout(left)
        problem: PredictEditError | None = None
        try:
            async with limit:
                stream = await self._open(fields)
                answer = await reading.read(stream)
        except _SDK_ERRORS as error:
            retry = (
                _Retry(Failure(error=self._out_of_time()))
                if limit.expired()
                else self._understand(error, ask, fields, started)
            )
            problem = retry.failure.error
            raise retry from None
        finally:
            self._enter(ask, reading, started, problem, predicted=predicted)
        self._knowledge.answered(reading.model, reading.usage, predicted=predicted)
        self._pace.succeeded(stream.response.headers)
        return answer

    async def _open(self, fields: Mapping[str, Any]) -> openai.AsyncStream[ChatCompletionChunk]:
        return cast(
            "openai.AsyncStream[ChatCompletionChunk]",
            await self._client.chat.completions.create(**fields),
        )

    def _understand(
        self, error: Exception, ask: _Ask, fields: Mapping[str, Any], started: float
    ) -> _Retry:
        """What to do about a failed request; what it teaches is noted."""
        failure = explain(error, self._target, sent=ask.sent)
        left_out = self._knowledge.adapt(error, fields, ask.sent)
        if left_out == "prediction":
            ask.ledger.refused()
        if failure.again is Again.LATER:
            self._pace.limited(started=started, wait=failure.wait)
        return _Retry(failure, differently=left_out is not None)

    def _enter(
        self,
        ask: _Ask,
        reading: Reading,
        started: float,
        problem: PredictEditError | None,
        *,
        predicted: bool,
    ) -> None:
        """Write an attempt down, however it ended."""
        seconds = self._around.clock() - started
        ask.ledger.active += seconds
        estimate = None
        if reading.usage is None and reading.chunks:
            estimate = Usage(
                prompt_tokens=sum(self._around.count(text) for text in ask.sent),
                completion_tokens=self._around.count(reading.text),
            )
        attempt = Attempt(
            path=ask.ledger.path,
            predicted=predicted,
            seconds=seconds,
            characters=reading.characters,
            model=reading.model,
            usage=reading.usage,
            estimate=estimate,
            cost=self._cost(reading.usage, reading.model),
            error=problem,
        )
        ask.ledger.attempts.append(attempt)
        self._around.on_attempt(attempt)

    def _cost(self, usage: Usage | None, model: str | None = None) -> Decimal | None:
        """Dollars of a usage, by the model that answered where one has."""
        if usage is None:
            return None
        return prices.cost(
            usage,
            model or self._knowledge.reported_model or self._settings.model,
            provider=self._target.endpoint.provider,
            overrides=self._settings.prices,
            configured=self._settings.model,
        )

    def _out_of_time(self) -> ModelTimeout:
        return ModelTimeout(
            f"The file took longer than {self._settings.timeout:g} s.",
            "Raise `timeout`, choose a faster model, or exclude long files.",
        )
