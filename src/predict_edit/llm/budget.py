"""Limits on tokens and money that hold before each call.

A call reserves the most it can take, and is not made where that does not fit; afterwards the
reservation is replaced by what was used. As long as the upper bounds are honest, what is spent
never exceeds a limit, however many calls run side by side in one thread.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from predict_edit.domain import Usage
from predict_edit.domain.errors import BudgetExceeded


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What one call may take at most."""

    number: int
    tokens: int
    cost: Decimal | None
    """US dollars; ``None`` where the price is not known, which no limit on money allows."""


class Budget:
    """The limits of one run and what is left of them."""

    def __init__(self, max_tokens: int | None, max_cost: Decimal | None) -> None:
        self._max_tokens = max_tokens
        self._max_cost = max_cost
        self._spent_tokens = 0
        self._spent_cost = Decimal(0)
        self._open: dict[int, Reservation] = {}
        self._issued = 0

    @property
    def spent_tokens(self) -> int:
        """Tokens of the settled calls; of a call without reported usage, its upper bound."""
        return self._spent_tokens

    @property
    def spent_cost(self) -> Decimal:
        """Dollars of the settled calls whose price is known."""
        return self._spent_cost

    @property
    def reserved_tokens(self) -> int:
        """Tokens set aside for the calls in flight."""
        return sum(reservation.tokens for reservation in self._open.values())

    @property
    def reserved_cost(self) -> Decimal:
        """Dollars set aside for the calls in flight."""
        return sum((held.cost or Decimal(0) for held in self._open.values()), Decimal(0))

    def reserve(self, tokens: int, cost: Decimal | None) -> Reservation:
        """Set aside what a call may take at most.

        Raises:
            BudgetExceeded: A limit would not hold, or money is limited and the price not known.
            ValueError: An upper bound below zero.
        """
        if tokens < 0 or (cost is not None and cost < 0):
            message = "an upper bound cannot be negative"
            raise ValueError(message)
        if self._max_tokens is not None:
            self._check_tokens(tokens, self._max_tokens)
        if self._max_cost is not None:
            self._check_cost(cost, self._max_cost)
        self._issued += 1
        reservation = Reservation(number=self._issued, tokens=tokens, cost=cost)
        self._open[reservation.number] = reservation
        return reservation

    def check(self, tokens: int, cost: Decimal | None) -> None:
        """Make sure that several calls, together, fit into what is not spent yet.

        What calls in flight have set aside does not count, as most of it comes back.

        Raises:
            BudgetExceeded: They do not fit, or money is limited and the price not known.
        """
        if self._max_tokens is not None and self._spent_tokens + tokens > self._max_tokens:
            raise BudgetExceeded(
                f"The file takes several calls, together up to {tokens:,} tokens, and of the limit "
                f"`max-tokens` of {self._max_tokens:,} {self._spent_tokens:,} are spent.",
                "Raise `max-tokens`, or run the command for fewer or smaller files.",
            )
        if self._max_cost is None:
            return
        if cost is None:
            self._check_cost(cost, self._max_cost)
        elif self._spent_cost + cost > self._max_cost:
            raise BudgetExceeded(
                f"The file takes several calls, together up to ${cost:.4f}, and of the limit "
                f"`max-cost` of ${self._max_cost:f} ${self._spent_cost:.4f} are spent.",
                "Raise `max-cost`, or run the command for fewer or smaller files.",
            )

    def settle(self, reservation: Reservation, usage: Usage | None, cost: Decimal | None) -> None:
        """Replace a reservation by what was used.

        What the provider did not report counts as much as was set aside for it: a cut stream may
        be billed in full. A call that was never made settles with a usage and a cost of 0.

        Raises:
            ValueError: The reservation is not open: it was settled before.
        """
        if self._open.pop(reservation.number, None) is None:
            message = "this reservation was settled before"
            raise ValueError(message)
        prompt = usage.prompt_tokens if usage else None
        completion = usage.completion_tokens if usage else None
        if prompt is None or completion is None:
            # One figure alone still counts where it is above everything that was set aside.
            self._spent_tokens += max(reservation.tokens, prompt or 0, completion or 0)
        else:
            self._spent_tokens += prompt + completion
        spent = reservation.cost if cost is None else cost
        self._spent_cost += spent or Decimal(0)

    def _check_tokens(self, tokens: int, limit: int) -> None:
        """Refuse tokens that do not fit any more."""
        if self._spent_tokens + self.reserved_tokens + tokens <= limit:
            return
        raise BudgetExceeded(
            f"The call may take {tokens:,} tokens, and of the limit `max-tokens` of {limit:,} "
            f"{self._spent_tokens:,} are spent and {self.reserved_tokens:,} set aside for calls "
            "under way.",
            "Raise `max-tokens`, or run the command for fewer or smaller files.",
        )

    def _check_cost(self, cost: Decimal | None, limit: Decimal) -> None:
        """Refuse a cost that is not known or does not fit any more."""
        if cost is None:
            raise BudgetExceeded(
                f"Cost is limited (`max-cost` is ${limit:f}) and the price of the model is not "
                "known.",
                "Set the model's price under `prices:` in .github/predict-edit.yml, or limit "
                "`max-tokens` instead.",
            )
        if self._spent_cost + self.reserved_cost + cost <= limit:
            return
        raise BudgetExceeded(
            f"The call may cost ${cost:.4f}, and of the limit `max-cost` of ${limit:f} "
            f"${self._spent_cost:.4f} are spent and ${self.reserved_cost:.4f} set aside for calls "
            "under way.",
            "Raise `max-cost`, or run the command for fewer or smaller files.",
        )
