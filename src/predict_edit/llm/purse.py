"""Lets calls that run side by side share one budget without failing for each other's reserves."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from predict_edit.domain import Usage
from predict_edit.domain.errors import BudgetExceeded
from predict_edit.llm.budget import Budget, Reservation


class Purse:
    """Reserves from a budget; waits while what is missing may come back from calls in flight."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._open = 0
        self._settled: list[asyncio.Future[None]] = []

    def check(self, tokens: int, cost: Decimal | None) -> None:
        """Make sure that several calls, together, fit into what is not spent yet.

        Nothing is set aside: it is for work that is of no use half done.

        Raises:
            BudgetExceeded: they do not.
        """
        self._budget.check(tokens, cost)

    async def reserve(self, tokens: int, cost: Decimal | None) -> Reservation:
        """Set aside what one call may take at most.

        Raises:
            BudgetExceeded: it does not fit although no other call has anything set aside.
        """
        while True:
            try:
                reservation = self._budget.reserve(tokens, cost)
            except BudgetExceeded:
                if not self._open:
                    raise
                settled = asyncio.get_running_loop().create_future()
                self._settled.append(settled)
                await settled
            else:
                self._open += 1
                return reservation

    def settle(self, reservation: Reservation, usage: Usage | None, cost: Decimal | None) -> None:
        """Replace what was set aside by what was used, and let the waiting ones try again."""
        self._budget.settle(reservation, usage, cost)
        self._open -= 1
        waiting, self._settled = self._settled, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
