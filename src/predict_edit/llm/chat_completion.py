"""Ask the model for one text, streamed, and again only if that can help.

What one answer teaches holds for the rest of the run: see :mod:`predict_edit.llm.capabilities`. A
rate limit slows all files down: see :mod:`predict_edit.llm.throttle`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx2
import openai

from predict_edit.domain.edits import PredictionState, Usage, whole_sum
from predict_edit.domain.errors import AnswerTooLong, BudgetExceeded, ModelTimeout, PredictEditError
from predict_edit.domain.ports import Progress
from predict_edit.edit.chunks import Count
from predict_edit.edit.prompt import Message
from predict_edit.llm import limits, tokens
from predict_edit.llm.billing import NOTHING, Attempt, AttemptLog, PriceList
from predict_edit.llm.capabilities import OPTIONAL, Knowledge
from predict_edit.llm.limits import Bound, Budget
from predict_edit.llm.model_errors import Again, Failure, explain, may_be_billed
from predict_edit.llm.models import COMPATIBLE, Provider, provider_of
from predict_edit.llm.stream import Reading, Watch, open_stream
from predict_edit.llm.throttle import Clock, Sleep, Throttle, backoff
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.fields import ModelSettings

MOST_REPEATS = 3
"""Repetitions of one file after server errors, lost connections and half streams."""

_LIMITED_FIRST, _LIMITED_MOST = 0.5, 20.0
_BELIEVED = 5
"""Rate limits in a row after which a server that asks for next to no wait is no longer believed."""
_CHARACTERS_PER_TOKEN = 4
_CAPS = frozenset({"max_completion_tokens", "max_tokens"})
_SDK_ERRORS = (
    openai.OpenAIError,
    httpx2.HTTPError,
    PredictEditError,
    ValueError,
    OSError,
    RecursionError,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Time, chance and callbacks of a run; tests replace them."""

    count: Count = tokens.count
    """Tokens of a text."""
    clock: Clock = time.monotonic
    sleep: Sleep = asyncio.sleep
    draw: Callable[[], float] = random.random
    deadline: float | None = None
    """When the run must end, by the clock."""
    stall: float = 60.0
    """Seconds without a chunk after which a stream counts as dead."""
    on_attempt: Callable[[Attempt], None] = lambda _: None
    """Called with every attempt, with an estimate if the provider reported no usage."""


def request_fields(
    *,
    model: str,
    messages: Sequence[Message],
    prediction: str | None,
    knowledge: Knowledge,
    most_tokens: int | None = None,
    provider: Provider = COMPATIBLE,
) -> dict[str, Any]:
    """Build the JSON of one streamed chat completion: only what is needed.

    Every extra is refused somewhere. With a prediction: model, messages, prediction, temperature
    0, stream and usage; ``n``, ``tools``, ``logprobs``, penalties, audio and
    ``max_completion_tokens`` exclude it (Azure, "Predicted outputs", "Unsupported features").
    Without one, ``most_tokens`` becomes ``max_completion_tokens``. What the model or server is
    known to refuse is left out. Where it takes but one message, all are joined, the rules in front.
    """
    if knowledge.one_message:
        joined = "\n\n".join(message.content for message in messages)
        messages = [Message(role="user", content=joined)]
    fields: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
    }
    if (effort := knowledge.effort) is not None:
        fields["reasoning_effort"] = effort
    if prediction is not None:
        fields["prediction"] = {"type": "content", "content": prediction}
    if most_tokens is not None and (prediction is None or provider.caps_predictions):
        fields[provider.cap] = most_tokens
    own = provider.extra + (provider.beside_prediction if prediction is not None else ())
    refused = OPTIONAL & (knowledge.capability.refuses | provider.lacks | knowledge.dropped)
    if "stream" in refused:
        refused |= {"stream_options"}
    return {name: value for name, value in fields.items() if name not in refused} | dict(own)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One text to ask for."""

    messages: Sequence[Message]
    text: str
    log: AttemptLog
    progress: Progress | None = None
    watch: Callable[[], Watch] | None = None
    """Makes a new reader for every request; it decides whether reading goes on."""
    predicts: bool = True
    """Whether the text is what the answer will mostly be, and so its prediction."""
    or_not: bool = True
    """Whether to ask without a prediction where none can be sent."""

    @property
    def sent(self) -> list[str]:
        """All texts of the request, none of which may be quoted back."""
        return [message.content for message in self.messages]


class NotPredicted(Exception):
    """The model takes no prediction, or no longer, and was not to be asked without one."""


class _Failed(Exception):
    """A request failed, perhaps in a way that deserves another."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Completions:
    """Asks one model, for many files side by side."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        settings: ModelSettings,
        *,
        knowledge: Knowledge,
        runtime: Runtime,
        budget: Budget | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._knowledge = knowledge
        self._runtime = runtime
        self._budget = budget
        self._prices = PriceList.of(settings)
        self._provider = provider_of(read_endpoint(settings))
        self.throttle = Throttle(settings.concurrency, clock=runtime.clock, sleep=runtime.sleep)

    def check_budget(self, requests: Sequence[Sequence[Message]]) -> None:
        """Make sure that all of these requests, together, can be paid for.

        Raises:
            BudgetExceeded: they cannot; none should be made.
        """
        if self._budget is None:
            return
        most = [self._bound(each, each[-1].content).usage(predicted=True) for each in requests]
        self._budget.check(sum(map(_all_tokens, most)), whole_sum(map(self._cost, most)))

    async def ask(self, question: Question) -> str:
        """Ask for a text, with a prediction if the knowledge says so.

        Raises:
            PredictEditError: no whole answer could be had. All attempts are in the log.
            NotPredicted: no prediction can be sent, and ``or_not`` is false.
        """
        repeats = waits = 0
        limited_since: float | None = None
        while True:
            try:
                async with self.throttle.slot():
                    if self._knowledge.hopeless is not None:
                        raise self._knowledge.hopeless
                    return await self._within_budget(question)
            except _Failed as failed:
                failure = failed.failure
            if failure.again is Again.CHANGED:
                continue
            if failure.again is Again.SOON and repeats < MOST_REPEATS:
                repeats += 1
                await self._pause(failure, repeats, question.log)
            elif failure.again is Again.LATER:
                waits += 1
                if limited_since is None:
                    limited_since = self._runtime.clock()
                await self._wait(failure, waits, limited_since)
            else:
                self._knowledge.failed(failure.error)
                raise failure.error

    async def _pause(self, failure: Failure, repeats: int, log: AttemptLog) -> None:
        """Rest after a failure of server or line, if the file's time allows another try."""
        pause = max(backoff(repeats, draw=self._runtime.draw), failure.wait or 0.0)
        if pause >= self._time_left(log):
            raise failure.error
        await self._runtime.sleep(pause)
        log.active += pause

    async def _wait(self, failure: Failure, waits: int, since: float) -> None:
        """Wait until the rate limit may let this file through.

        Patience ends when neither this file nor any other got through for ``timeout`` seconds: as
        long as the run moves, no file is given up. A wait that the server itself asks for is
        honoured as long as the whole run has time, if it is known how much. If that was too short
        time and again, the pauses grow: some servers always ask for none.
        """
        pause = failure.wait
        unsaid = waits if pause is None else waits - _BELIEVED
        if unsaid > 0:
            grown = backoff(
                unsaid, first=_LIMITED_FIRST, most=_LIMITED_MOST, draw=self._runtime.draw
            )
            pause = max(grown, pause or 0.0)
        until = max(since, self.throttle.last_success) + self._settings.timeout
        if (deadline := self._runtime.deadline) is not None:
            until = deadline if failure.wait is not None else min(until, deadline)
        if self._runtime.clock() + (pause or 0.0) > until:
            raise failure.error
        await self._runtime.sleep(pause or 0.0)

    def _time_left(self, log: AttemptLog) -> float:
        return min(self._settings.timeout - log.active, self._run_left())

    def _run_left(self) -> float:
        """Seconds until the whole run must end; infinite if nothing says when."""
        deadline = self._runtime.deadline
        return math.inf if deadline is None else deadline - self._runtime.clock()

    async def _within_budget(self, question: Question) -> str:
        """Make one request; if tokens or money are limited, set its upper bound aside before."""
        text, log = question.text, question.log
        # An empty text predicts nothing.
        known = text and question.predicts
        state = self._knowledge.switch.decide(self._size(text)) if known else PredictionState.OFF
        log.decided(state)
        predicted = state is PredictionState.SENT
        if not predicted and not question.or_not:
            raise NotPredicted
        if self._budget is None:
            return await self._request(question, limits.wide(text), predicted=predicted)
        bound = self._bound(question.messages, text)
        most = bound.usage(predicted=predicted)
        reservation = await self._budget.reserve(_all_tokens(most), self._cost(most))
        before = len(log.attempts)
        try:
            return await self._request(question, bound, predicted=predicted)
        finally:
            made = log.attempts[before:]
            spent = made[-1].spent(most) if made else NOTHING
            self._budget.settle(reservation, spent, self._cost(spent))

    def _cost(self, usage: Usage) -> Decimal | None:
        return self._prices.most(usage, self._knowledge.reported_model)

    def _size(self, text: str) -> int:
        """Tokens of a text; if it is surely long enough for a prediction, just that number.

        The tokenizer takes memory and half a second to load, so it is asked only if it matters.
        """
        least = self._knowledge.switch.least_tokens
        return least if len(text) >= _CHARACTERS_PER_TOKEN * least else self._runtime.count(text)

    def _bound(self, messages: Sequence[Message], text: str) -> Bound:
        return limits.tight(messages, text, self._knowledge.capability, self._runtime.count)

    async def _request(self, question: Question, bound: Bound, *, predicted: bool) -> str:
        """Send, read, log the attempt, and turn whatever fails into advice."""
        left = self._time_left(question.log)
        if left <= 0:
            raise self._out_of_time()
        fields = request_fields(
            model=self._settings.model,
            messages=question.messages,
            prediction=question.text if predicted else None,
            knowledge=self._knowledge,
            most_tokens=self._most_tokens(question, bound, predicted=predicted),
            provider=self._provider,
        )
        reading = Reading(
            most_characters=bound.characters,
            stall=self._runtime.stall,
            progress=question.progress,
            watch=question.watch() if question.watch is not None else None,
            clock=self._runtime.clock,
        )
        started = self._runtime.clock()
        limit = asyncio.timeout(left)
        problem: PredictEditError | None = None
        billed = True
        try:
            async with limit:
                response = await open_stream(self._client, fields)
                answer = await reading.read(response)
        except _SDK_ERRORS as error:
            billed = may_be_billed(error)
            unforeseen = self._knowledge.reasoned(reading.usage)
            too_long, capped = isinstance(error, AnswerTooLong), _CAPS & fields.keys()
            if too_long and not capped:
                reported = reading.usage.completion_tokens if reading.usage else None
                self._knowledge.cut_at(reported or self._runtime.count(reading.text))
            failure = (
                Failure(self._out_of_time())
                if limit.expired()
                else self._understand(error, question, fields, started)
            )
            if too_long and capped and unforeseen:
                # Our own cap left too little room for reasoning.
                failure = Failure(failure.error, Again.CHANGED)
            problem = failure.error
            raise _Failed(failure) from None
        finally:
            counted = NOTHING
            if billed and self._budget is not None:
                received = self._runtime.count(reading.text)
                counted = Usage(prompt_tokens=bound.prompt_tokens, completion_tokens=received)
            self._log(question, reading, started, counted, predicted=predicted, problem=problem)
        self._knowledge.answered(reading.model, reading.usage, predicted=predicted)
        self.throttle.succeeded(response.headers)
        return answer

    def _most_tokens(self, question: Question, bound: Bound, *, predicted: bool) -> int | None:
        """Compute what the request says that the answer may have, if it says so."""
        if not self._provider.caps_predictions:
            return bound.output_tokens
        if bound.output_tokens is None:
            bound = self._bound(question.messages, question.text)
        return bound.usage(predicted=predicted).completion_tokens

    def _log(
        self,
        question: Question,
        reading: Reading,
        started: float,
        counted: Usage,
        *,
        predicted: bool,
        problem: PredictEditError | None,
    ) -> None:
        """Log an attempt, however it ended, and report it."""
        seconds = self._runtime.clock() - started
        question.log.active += seconds
        estimate = None
        if reading.usage is None and reading.chunks:
            estimate = Usage(
                prompt_tokens=sum(map(self._runtime.count, question.sent)),
                completion_tokens=self._runtime.count(reading.text),
            )
        model = reading.model or self._knowledge.reported_model
        attempt = Attempt(
            path=question.log.path,
            predicted=predicted,
            seconds=seconds,
            characters=reading.characters,
            model=reading.model,
            usage=reading.usage,
            estimate=estimate,
            counted=counted,
            cost=self._prices.cost(reading.usage, model),
            overhead=self._prices.overhead(reading.usage, model),
            estimated_cost=self._prices.cost(estimate, model),
            first_text=None if reading.first_text is None else reading.first_text - started,
            error=problem,
        )
        question.log.attempts.append(attempt)
        self._runtime.on_attempt(attempt)

    def _understand(
        self, error: Exception, question: Question, fields: Mapping[str, Any], started: float
    ) -> Failure:
        """Decide what to do about a failed request; note what it teaches."""
        failure = explain(error, self._settings, sent=question.sent)
        left_out = self._knowledge.adapt(error, fields, question.sent)
        if left_out == "prediction":
            question.log.prediction = PredictionState.REFUSED
        if failure.again is Again.LATER:
            wait = failure.wait
            left = self._run_left()
            if wait is not None and wait > (self._settings.timeout if left == math.inf else left):
                # It ends this file; the others need not sleep through all the time they have.
                wait = None
            self.throttle.limited(started=started, wait=wait)
        return failure if left_out is None else Failure(failure.error, Again.CHANGED)

    def _out_of_time(self) -> PredictEditError:
        if self._run_left() <= 0:
            return BudgetExceeded(
                "The time of the whole run is up.",
                "Run the command again for the remaining files, or give the run more time.",
            )
        return ModelTimeout(
            f"The file took longer than {self._settings.timeout:g} s.",
            "Raise `timeout`, choose a faster model, or exclude long files.",
        )


def _all_tokens(usage: Usage) -> int:
    return (usage.prompt_tokens or 0) + (usage.completion_tokens or 0)
