"""Asks the model for one text, streamed, and again only where that can help.

What one answer teaches holds for the rest of the run: see :mod:`predict_edit.llm.knowledge`. A
rate limit slows all files down: see :mod:`predict_edit.llm.rate`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2
import openai

from predict_edit.domain import PredictionState, Usage
from predict_edit.domain.editor_port import Progress
from predict_edit.domain.errors import AnswerTooLong, BudgetExceeded, ModelTimeout, PredictEditError
from predict_edit.edit.prompt import Message
from predict_edit.llm import bounds, request
from predict_edit.llm.account import Account
from predict_edit.llm.advice import Target
from predict_edit.llm.ask import Ask, Retry
from predict_edit.llm.effort import Ledger
from predict_edit.llm.failures import Again, Failure, explain
from predict_edit.llm.knowledge import Knowledge
from predict_edit.llm.models import provider_of
from predict_edit.llm.purse import Purse
from predict_edit.llm.rate import Pace, backoff
from predict_edit.llm.stream import Reading, Watch, open_stream
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings.fields import ModelSettings

MOST_REPEATS = 3
"""Repetitions of one file after server errors, lost connections and half streams."""

_LIMITED_FIRST, _LIMITED_MOST = 0.5, 20.0
_BELIEVED = 5
"""Rate limits in a row after which a server that asks for next to no wait is no longer believed."""
_CHARACTERS_PER_TOKEN = 4
_NOTHING = Usage(prompt_tokens=0, completion_tokens=0)
_SDK_ERRORS = (openai.OpenAIError, httpx2.HTTPError, PredictEditError, ValueError, OSError)


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
        self._account = Account(
            settings=settings,
            provider=provider_of(target.endpoint),
            knowledge=knowledge,
            around=around,
        )
        self._pace = Pace(settings.concurrency, clock=around.clock, sleep=around.sleep)

    @property
    def limits(self) -> Mapping[str, str]:
        """The last ``x-ratelimit-*`` headers of an answer."""
        return self._pace.limits

    def check_budget(self, requests: Sequence[Sequence[Message]]) -> None:
        """Make sure that all of these requests, together, can be paid for.

        Raises:
            BudgetExceeded: they cannot; none should be made.
        """
        if self._purse is None:
            return
        most = [self._bound(each, each[-1].content).usage(predicted=True) for each in requests]
        tokens = sum((usage.prompt_tokens or 0) + (usage.completion_tokens or 0) for usage in most)
        self._purse.check(tokens, self._account.total_cost(most))

    async def ask(
        self,
        messages: Sequence[Message],
        text: str,
        ledger: Ledger,
        progress: Progress | None,
        watch: Callable[[], Watch] | None = None,
    ) -> str:
        """The answer to ``messages``, with ``text`` as its prediction where the policy says so.

        ``watch`` makes a new reader for every request; it decides whether reading goes on.

        Raises:
            PredictEditError: no whole answer could be had. All attempts are in the ledger.
        """
        ask = Ask(messages=messages, text=text, ledger=ledger, progress=progress, watch=watch)
        repeats = waits = 0
        limited_since: float | None = None
        while True:
            try:
                async with self._pace.slot():
                    if self._knowledge.hopeless is not None:
                        raise self._knowledge.hopeless
                    return await self._within_budget(ask)
            except Retry as retry:
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
        long as the run moves, no file is given up. A wait that the server itself asks for is
        honoured as long as the whole run has time, where it is known how much. Where that was too
        short time and again, the pauses grow: some servers always ask for none.
        """
        pause = failure.wait
        unsaid = waits if pause is None else waits - _BELIEVED
        if unsaid > 0:
            grown = backoff(
                unsaid, first=_LIMITED_FIRST, most=_LIMITED_MOST, draw=self._around.draw
            )
            pause = max(grown, pause or 0.0)
        until = max(since, self._pace.last_success) + self._settings.timeout
        if (deadline := self._around.deadline) is not None:
            until = deadline if failure.wait is not None else min(until, deadline)
        if self._around.clock() + (pause or 0.0) > until:
            raise failure.error
        await self._around.sleep(pause or 0.0)

    def _time_left(self, ledger: Ledger) -> float:
        left = self._settings.timeout - ledger.active
        if self._around.deadline is not None:
            left = min(left, self._around.deadline - self._around.clock())
        return left

    async def _within_budget(self, ask: Ask) -> str:
        """One request; where tokens or money are limited, its upper bound is set aside before."""
        # An empty text predicts nothing.
        state = self._knowledge.decide(self._size(ask.text)) if ask.text else PredictionState.OFF
        ask.ledger.decided(state)
        predicted = state is PredictionState.SENT
        if self._purse is None:
            return await self._request(ask, bounds.wide(ask.text), predicted=predicted)
        bound = self._bound(ask.messages, ask.text)
        most = bound.usage(predicted=predicted)
        reservation = await self._purse.reserve(
            bound.total(predicted=predicted), self._account.cost(most)
        )
        before = len(ask.ledger.attempts)
        try:
            return await self._request(ask, bound, predicted=predicted)
        finally:
            made = ask.ledger.attempts[before:]
            spent = made[-1].spent(most) if made else _NOTHING
            self._purse.settle(reservation, spent, self._account.cost(spent))

    def _size(self, text: str) -> int:
        """Tokens of a text; where it is surely long enough for a prediction, just that number.

        The tokenizer takes memory and half a second to load, so it is asked only where it matters.
        """
        least = self._knowledge.least_tokens
        return least if len(text) >= _CHARACTERS_PER_TOKEN * least else self._around.count(text)

    def _bound(self, messages: Sequence[Message], text: str) -> bounds.Bound:
        """What one request may take at most."""
        return bounds.tight(messages, text, self._knowledge.capability, self._around.count)

    async def _request(self, ask: Ask, bound: bounds.Bound, *, predicted: bool) -> str:
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
            most_characters=bound.characters,
            stall=self._around.stall,
            progress=ask.progress,
            watch=ask.watch() if ask.watch is not None else None,
            clock=self._around.clock,
        )
        started = self._around.clock()
        limit = asyncio.timeout(left)
        problem: PredictEditError | None = None
        try:
            async with limit:
                stream = await open_stream(self._client, fields)
                answer = await reading.read(stream)
        except _SDK_ERRORS as error:
            if isinstance(error, AnswerTooLong) and "max_completion_tokens" not in fields:
                self._note_limit(reading)
            retry = (
                Retry(Failure(error=self._out_of_time()))
                if limit.expired()
                else self._understand(error, ask, fields, started)
            )
            problem = retry.failure.error
            raise retry from None
        finally:
            self._account.enter(
                ask.ledger,
                reading,
                sent=ask.sent,
                started=started,
                predicted=predicted,
                problem=problem,
            )
        self._knowledge.answered(reading.model, reading.usage, predicted=predicted)
        self._pace.succeeded(stream.response.headers)
        return answer

    def _note_limit(self, reading: Reading) -> None:
        """The model stopped at its output limit, which may not have been known."""
        reported = reading.usage.completion_tokens if reading.usage else None
        self._knowledge.cut_at(reported or self._around.count(reading.text))

    def _understand(
        self, error: Exception, ask: Ask, fields: Mapping[str, Any], started: float
    ) -> Retry:
        """What to do about a failed request; what it teaches is noted."""
        failure = explain(error, self._target, sent=ask.sent)
        left_out = self._knowledge.adapt(error, fields, ask.sent)
        if left_out == "prediction":
            ask.ledger.refused()
        if failure.again is Again.LATER:
            self._pace.limited(started=started, wait=failure.wait)
        return Retry(failure, differently=left_out is not None)

    def _out_of_time(self) -> PredictEditError:
        deadline = self._around.deadline
        if deadline is not None and self._around.clock() >= deadline:
            return BudgetExceeded(
                "The time of the whole run is up.",
                "Give the command again for the files that are left, or give the run more time.",
            )
        return ModelTimeout(
            f"The file took longer than {self._settings.timeout:g} s.",
            "Raise `timeout`, choose a faster model, or exclude long files.",
        )
