"""Keeps the account of one file: every attempt, what it used and what it cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal

from predict_edit.domain import Effort, PredictionState, Usage
from predict_edit.domain.errors import ModelTimeout, PredictEditError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request and what came of it."""

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
    """Our own count, where a stream was broken off before the provider reported any."""
    cost: Decimal | None = None
    """Dollars of ``usage``."""
    overhead: Decimal | None = None
    """Dollars of its rejected prediction tokens."""
    estimated_cost: Decimal | None = None
    """Dollars of ``estimate``."""
    first_text: float | None = None
    """Seconds until the first text came."""
    error: PredictEditError | None = None

    def spent(self, most: Usage) -> Usage:
        """What a budget must count, where ``most`` is the upper bound of the request.

        Reported, else estimated; all of it where the answer never came, as it may be billed; and
        nothing where the request was refused.
        """
        if self.usage is not None or self.estimate is not None:
            return self.usage or self.estimate or most
        if self.error is None or isinstance(self.error, ModelTimeout):
            return most
        return Usage(prompt_tokens=0, completion_tokens=0)


@dataclasses.dataclass(slots=True, kw_only=True)
class Ledger:
    """The attempts at one file."""

    path: str
    prediction: PredictionState = PredictionState.OFF
    attempts: list[Attempt] = dataclasses.field(default_factory=list)
    active: float = 0.0
    """Seconds spent on requests and on pauses after errors; not on waiting for a turn."""

    def decided(self, state: PredictionState) -> None:
        """Note how the next request uses the prediction; what was sent once stays sent."""
        if self.prediction not in {PredictionState.SENT, PredictionState.REFUSED}:
            self.prediction = state

    def refused(self) -> None:
        """The model refused the prediction of this file."""
        self.prediction = PredictionState.REFUSED

    def absorb(self, other: Ledger) -> None:
        """Take over the account of a piece of the file, but for its time.

        A refusal of one piece outweighs a prediction that another one sent, and that whatever
        was decided for the rest.
        """
        self.attempts += other.attempts
        self.prediction = max(self.prediction, other.prediction, key=_WEIGHT.index)

    def effort(self) -> Effort:
        """The account, summed up; figures that nobody reported stay unknown."""
        usages = [attempt.usage for attempt in self.attempts if attempt.usage is not None]
        guessed = [
            attempt.estimate
            for attempt in self.attempts
            if attempt.usage is None and attempt.estimate is not None
        ]
        models = [attempt.model for attempt in self.attempts if attempt.model]
        return Effort(
            usage=Usage.total(usages) if usages else None,
            cost=_sum(attempt.cost for attempt in self.attempts),
            overhead=_sum(attempt.overhead for attempt in self.attempts),
            estimate=Usage.total(guessed) if guessed else None,
            estimated_cost=_sum(attempt.estimated_cost for attempt in self.attempts),
            model=models[-1] if models else None,
            prediction=self.prediction,
            attempts=len(self.attempts),
            seconds=self.active,
        )


_WEIGHT = (
    PredictionState.OFF,
    PredictionState.STOPPED,
    PredictionState.SENT,
    PredictionState.REFUSED,
)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add what is known up; ``None`` where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, start=Decimal(0)) if known else None
