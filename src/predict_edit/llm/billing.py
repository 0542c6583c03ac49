"""What requests used and cost, in US dollars: afterwards, and as an estimate before a run.

Every cost is an estimate, offline: price lists lag behind, regions differ, and no list tells
predictions apart. What is not known is ``None``, never 0.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from predict_edit.domain.edits import (
    Answer,
    EditRequest,
    Effort,
    PlanRequest,
    PredictionState,
    Usage,
    known_sum,
    whole_sum,
)
from predict_edit.domain.errors import FileTooLong, ModelTimeout, PredictEditError
from predict_edit.edit import plan as change_plan
from predict_edit.edit import prompt
from predict_edit.edit.chunks import Count
from predict_edit.llm import limits, tokens
from predict_edit.llm.models import look_up, provider_of
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.fields import ModelSettings, Price

Overrides = Sequence[tuple[str, Price]]
"""Names, or beginnings of names, of models or deployments, with their prices."""

_MILLION = Decimal(1_000_000)
_CACHE_WRITE = Decimal("1.25")
"""Times the input price, from GPT-5.6 on (OpenAI, "Prompt caching")."""
_LEAST_EDITS, _EDITS_SHARE = 60, 20
NOTHING = Usage(prompt_tokens=0, completion_tokens=0)
_NONCE = "9f1c4e0b7a2d58366b0e91d4c3a8f752"
"""Takes as many tokens as the random one of a run."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The prices that apply to a run, by the model that answers."""

    configured: str | None = None
    """The model's name in the settings, such as an Azure deployment; overrides may name it."""
    provider: str | None = None
    """Whose list in genai-prices; without it, that of the model's maker."""
    overrides: Overrides = ()
    """Prices that win over every list."""

    @classmethod
    def of(cls, settings: ModelSettings) -> PriceList:
        """Make the list for a run's settings."""
        return cls(
            configured=settings.model,
            provider=provider_of(read_endpoint(settings)).price_list,
            overrides=settings.prices,
        )

    def cost(self, usage: Usage | None, model: str | None = None) -> Decimal | None:
        """Price one call, or what several calls together used.

        Uncached prompt tokens, cached ones and those written to the cache at their own prices, and
        completion tokens, which already include the rejected prediction tokens (OpenAI, "Predicted
        Outputs").

        Args:
            usage: As reported; without prompt or completion tokens the cost is not known. Cached
                tokens that were not reported count as not cached.
            model: The model that answered, as the API names it; else the configured one.
        """
        if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        prompt, completion = max(usage.prompt_tokens, 0), max(usage.completion_tokens, 0)
        cached = min(max(usage.cached_tokens or 0, 0), prompt)
        written = min(max(usage.cache_write_tokens or 0, 0), prompt - cached)
        names = [name for name in (model, self.configured) if name]
        price = next(filter(None, (override_for(name, self.overrides) for name in names)), None)
        if price is None:
            tokens = {
                "input_tokens": prompt,
                "cache_read_tokens": cached,
                "cache_write_tokens": written,
                "output_tokens": completion,
            }
            return _listed(tokens, names[0], self.provider) if names else None
        cached_price = price.input if price.cached is None else price.cached
        total = (prompt - cached) * price.input + cached * cached_price + completion * price.output
        total += written * price.input * (_CACHE_WRITE - 1)
        return total / _MILLION

    def most(self, usage: Usage, model: str | None = None) -> Decimal | None:
        """Price a call by its model or the configured one, whichever costs more.

        So no server makes a limit on money worth more by the name that it answers with.
        """
        costs = (self.cost(usage, model), self.cost(usage))
        return max((cost for cost in costs if cost is not None), default=None)

    def overhead(self, usage: Usage | None, model: str | None = None) -> Decimal | None:
        """Price the rejected prediction tokens of a call; ``None`` if they were not reported."""
        if usage is None or usage.rejected_prediction_tokens is None:
            return None
        rejected = Usage(prompt_tokens=0, completion_tokens=usage.rejected_prediction_tokens)
        return self.cost(rejected, model)

    def total(self, usages: Iterable[Usage], model: str | None = None) -> Decimal | None:
        """Add the costs of several calls; ``None`` unless all are known."""
        return whole_sum(self.cost(usage, model) for usage in usages)


def _at_least(known: int | None, counted: int | None) -> int | None:
    """The larger one; what the provider did not report stays unknown."""
    return None if known is None else max(known, counted or 0)


def override_for(model: str, overrides: Overrides) -> Price | None:
    """Find the price set for a model: by its exact name, else by the longest beginning of it."""
    name = model.lower()
    fitting = [(key, price) for key, price in overrides if key and name.startswith(key.lower())]
    return max(fitting, key=lambda item: len(item[0]))[1] if fitting else None


def _listed(tokens: Mapping[str, int], model: str, provider: str | None) -> Decimal | None:
    """Price by the list that comes with genai-prices; it is never updated at run time."""
    # Importing takes a quarter of a second, which a refused command should not pay.
    listed = importlib.import_module("genai_prices")
    try:
        price: Decimal = listed.calc_price(
            listed.Usage(**tokens), model_ref=model, provider_id=provider
        ).total_price
    except (LookupError, ValueError):
        return None
    return price


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request and its outcome."""

    path: str
    predicted: bool
    """The request carried a prediction."""
    seconds: float
    characters: int = 0
    """Of the answer, as far as it was received."""
    model: str | None = None
    usage: Usage | None = None
    """As the provider reported it."""
    estimate: Usage | None = None
    """Our own count, if a stream was broken off before the provider reported any usage."""
    counted: Usage = NOTHING
    """Our own count of what was sent and received, if a limit asks for it; 0 for what the server
    refused or never received."""
    cost: Decimal | None = None
    """Dollars of ``usage``."""
    overhead: Decimal | None = None
    """Dollars of its rejected prediction tokens."""
    estimated_cost: Decimal | None = None
    """Dollars of ``estimate``."""
    first_text: float | None = None
    """Seconds until the first text arrived."""
    error: PredictEditError | None = None

    def spent(self, most: Usage) -> Usage:
        """The usage that a budget must count, given the request's upper bound ``most``.

        Reported, else estimated, but never less than our own count; all of ``most`` if no answer
        arrived, as it may be billed.
        """
        known, counted = self.usage or self.estimate, self.counted
        if known is None:
            unanswered = self.error is None or isinstance(self.error, ModelTimeout)
            return most if unanswered else counted
        return dataclasses.replace(
            known,
            prompt_tokens=_at_least(known.prompt_tokens, counted.prompt_tokens),
            completion_tokens=_at_least(known.completion_tokens, counted.completion_tokens),
        )


@dataclasses.dataclass(slots=True, kw_only=True)
class AttemptLog:
    """The attempts at one file."""

    path: str
    prediction: PredictionState = PredictionState.OFF
    attempts: list[Attempt] = dataclasses.field(default_factory=list)
    active: float = 0.0
    """Seconds spent on requests and on pauses after errors; not on waiting for a turn."""

    answer: Answer = "file"
    restored: Counter[str] = dataclasses.field(default_factory=Counter)
    """How many lines of the accepted answer were put back, by kind."""
    confirmed: bool = False
    """The answer, or that for a part, was accepted as exact edits."""
    unconfirmed: bool = False
    """A second answer, for the file or a part, was accepted although it was not exact edits."""

    def decided(self, state: PredictionState) -> None:
        """Note how the next request uses the prediction; what was sent once stays sent."""
        if self.prediction not in {PredictionState.SENT, PredictionState.REFUSED}:
            self.prediction = state

    def absorb(self, other: AttemptLog) -> None:
        """Take over the log of a part of the file, except for its time.

        A refusal for one part outweighs a prediction that another one sent, which outweighs
        whatever was decided for the rest.
        """
        self.attempts += other.attempts
        self.restored += other.restored
        self.confirmed = self.confirmed or other.confirmed
        self.unconfirmed = self.unconfirmed or other.unconfirmed
        self.prediction = max(self.prediction, other.prediction, key=list(PredictionState).index)

    def effort(self) -> Effort:
        """Sum up; figures that no attempt reported stay unknown."""
        usages = [attempt.usage for attempt in self.attempts if attempt.usage is not None]
        guessed = [each.estimate for each in self.attempts if each.estimate and not each.usage]
        models = [attempt.model for attempt in self.attempts if attempt.model]
        return Effort(
            usage=Usage.total(usages) if usages else None,
            cost=known_sum(attempt.cost for attempt in self.attempts),
            overhead=known_sum(attempt.overhead for attempt in self.attempts),
            estimate=Usage.total(guessed) if guessed else None,
            estimated_cost=known_sum(attempt.estimated_cost for attempt in self.attempts),
            model=models[-1] if models else None,
            prediction=self.prediction,
            attempts=len(self.attempts),
            seconds=self.active,
            restored=tuple(sorted(self.restored.items())),
            unconfirmed=self.unconfirmed,
            answer=self.answer if self.attempts else None,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Tokens and US dollars of a run, before anything is asked.

    Low: every answer is the file as it was, or exact edits of a twentieth of it, at the first
    attempt, and nothing of a prediction is rejected. High: what the limits `max-tokens` and
    `max-cost` would set aside for the first attempt of every call. Retries can exceed it.
    """

    files: int
    """Files that would be asked for."""
    calls: int
    prompt_tokens: int
    output_tokens_low: int
    output_tokens_high: int
    cost_low: Decimal | None
    """``None`` if the price is not known."""
    cost_high: Decimal | None
    declined: tuple[tuple[str, str], ...] = ()
    """Path and reason of each file that cannot be asked for."""


def estimate(
    requests: Sequence[EditRequest],
    settings: ModelSettings,
    *,
    count: Count = tokens.count,
    model: str | None = None,
    plan: PlanRequest | None = None,
) -> Estimate:
    """Estimate what these files would take.

    Args:
        requests: The files with their instruction.
        settings: The model, its limits and prices, and whether predictions are sent.
        count: Tokens of a text; the tokenizer takes half a second to load.
        model: The model behind a deployment's name, if that is known.
        plan: What is asked before; every file is counted, as if it left none.

    Raises:
        SettingsError: `base-url` is not usable.
    """
    known = look_up(model, settings.model)
    known = dataclasses.replace(
        known,
        output_limit=settings.max_output_tokens or known.output_limit,
        reasoning_tokens=known.room(known.effort(settings.reasoning_effort)),
    )
    predicted = settings.prediction == "on" or (
        settings.prediction == "auto" and known.takes_predictions is not False
    )
    low: list[Usage] = []
    high: list[Usage] = []
    declined: list[tuple[str, str]] = []
    for request in requests:
        text = request.file.text
        edits = limits.prefers_edits(
            settings.answer, text, predicted=predicted, limit=known.output_limit, count=count
        )
        try:
            parts = () if edits else limits.parts_of(text, known, count)
        except FileTooLong as error:
            declined.append((request.file.path, error.cause))
            continue
        for part in parts or (None,):
            messages = prompt.build_messages(
                request,
                nonce=_NONCE,
                context=settings.context,
                form="edits" if edits else "file",
                part=part,
            )
            bound = limits.tight(messages, messages[-1].content, known, count)
            most = bound.usage(predicted=predicted and not edits)
            high.append(most)
            size = bound.prediction_tokens
            least = _LEAST_EDITS + size // _EDITS_SHARE if edits else size
            low.append(dataclasses.replace(most, cache_write_tokens=None, completion_tokens=least))
    if plan is not None:
        messages = change_plan.build_messages(plan, nonce=_NONCE)
        bound = limits.tight(messages, change_plan.longest(plan.paths), known, count)
        high.append(bound.usage(predicted=False))
        least = count(messages[-1].content)
        low.append(dataclasses.replace(high[-1], cache_write_tokens=None, completion_tokens=least))
    prices = PriceList.of(settings)
    total, highest = Usage.total(low), Usage.total(high)
    return Estimate(
        files=len(requests) - len(declined),
        calls=len(low),
        prompt_tokens=total.prompt_tokens or 0,
        output_tokens_low=total.completion_tokens or 0,
        output_tokens_high=highest.completion_tokens or 0,
        cost_low=prices.total(low, model),
        cost_high=prices.total(high, model),
        declined=tuple(declined),
    )
