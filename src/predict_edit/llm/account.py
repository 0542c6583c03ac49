"""Writes down what each request used and cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from decimal import Decimal

from predict_edit.domain import Usage
from predict_edit.domain.errors import PredictEditError
from predict_edit.llm import prices
from predict_edit.llm.effort import Attempt, Ledger
from predict_edit.llm.knowledge import Knowledge
from predict_edit.llm.models import Provider
from predict_edit.llm.stream import Reading
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings.fields import ModelSettings

Pricing = Callable[..., Decimal | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The books of one run."""

    settings: ModelSettings
    provider: Provider
    knowledge: Knowledge
    around: Surroundings

    def cost(
        self, usage: Usage | None, model: str | None = None, *, of: Pricing = prices.cost
    ) -> Decimal | None:
        """Dollars of a usage, by the model that answered where one has."""
        if usage is None:
            return None
        return of(
            usage,
            model or self.knowledge.reported_model or self.settings.model,
            provider=self.provider.price_list,
            overrides=self.settings.prices,
            configured=self.settings.model,
        )

    def total_cost(self, usages: Sequence[Usage]) -> Decimal | None:
        """Dollars of several usages, ``None`` where the price is not known."""
        costs = [self.cost(usage) for usage in usages]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None

    def enter(
        self,
        ledger: Ledger,
        reading: Reading,
        *,
        sent: Sequence[str],
        started: float,
        predicted: bool,
        problem: PredictEditError | None,
    ) -> None:
        """Write an attempt down, however it ended, and tell of it."""
        seconds = self.around.clock() - started
        ledger.active += seconds
        estimate = None
        if reading.usage is None and reading.chunks:
            estimate = Usage(
                prompt_tokens=sum(self.around.count(text) for text in sent),
                completion_tokens=self.around.count(reading.text),
            )
        attempt = Attempt(
            path=ledger.path,
            predicted=predicted,
            seconds=seconds,
            characters=reading.characters,
            model=reading.model,
            usage=reading.usage,
            estimate=estimate,
            cost=self.cost(reading.usage, reading.model),
            overhead=self.cost(reading.usage, reading.model, of=prices.overhead),
            estimated_cost=self.cost(estimate, reading.model),
            first_text=None if reading.first_text is None else reading.first_text - started,
            error=problem,
        )
        ledger.attempts.append(attempt)
        self.around.on_attempt(attempt)
