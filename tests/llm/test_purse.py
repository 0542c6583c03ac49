"""One budget, many calls side by side."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from predict_edit.domain import Usage
from predict_edit.domain.errors import BudgetExceeded
from predict_edit.llm.budget import Budget
from predict_edit.llm.purse import Purse

CALL = Usage(prompt_tokens=5, completion_tokens=5)


async def test_a_call_waits_for_what_others_may_give_back() -> None:
    """The second call fits once the first has settled for less."""
    purse = Purse(Budget(100, None))
    first = await purse.reserve(80, None)
    second = asyncio.create_task(purse.reserve(80, None))
    await asyncio.sleep(0)
    assert not second.done()
    purse.settle(first, CALL, None)
    assert (await second).tokens == 80


async def test_a_call_that_can_never_fit_fails_once_nobody_is_left() -> None:
    """Waiting ends with the last call in flight."""
    purse = Purse(Budget(100, None))
    first = await purse.reserve(80, None)
    second = asyncio.create_task(purse.reserve(95, None))
    await asyncio.sleep(0)
    purse.settle(first, CALL, None)
    with pytest.raises(BudgetExceeded):
        await second


async def test_money_that_cannot_be_counted_fails_at_once_without_calls() -> None:
    """An unknown price is no reason to wait."""
    with pytest.raises(BudgetExceeded):
        await Purse(Budget(None, Decimal(1))).reserve(1, None)


async def test_a_cancelled_waiter_disturbs_nobody() -> None:
    """Those behind it get their turn."""
    purse = Purse(Budget(100, None))
    first = await purse.reserve(80, None)
    gone, stays = (asyncio.create_task(purse.reserve(80, None)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    purse.settle(first, CALL, None)
    assert (await stays).tokens == 80
    assert gone.cancelled()
