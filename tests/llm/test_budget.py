"""Limits that hold before each call."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from predict_edit.domain import Usage
from predict_edit.domain.errors import BudgetExceeded
from predict_edit.llm.budget import Budget, Reservation

LIMIT_TOKENS = 1_000
LIMIT_COST = Decimal("2.5")
COSTS = st.decimals(0, 3, places=4)


def used(prompt: int, completion: int) -> Usage:
    """A reported usage."""
    return Usage(prompt_tokens=prompt, completion_tokens=completion)


class HonestCalls(RuleBasedStateMachine):
    """Calls in any order whose upper bounds are honest, some of them without reported usage."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget(LIMIT_TOKENS, LIMIT_COST)
        self.open: list[Reservation] = []
        self.used_tokens = 0
        self.used_cost = Decimal(0)

    @rule(tokens=st.integers(0, 600), cost=COSTS)
    def reserve(self, tokens: int, cost: Decimal) -> None:
        """A call is about to be made; it is refused exactly where a limit would not hold."""
        committed_tokens = self.budget.spent_tokens + self.budget.reserved_tokens
        committed_cost = self.budget.spent_cost + self.budget.reserved_cost
        fits = committed_tokens + tokens <= LIMIT_TOKENS and committed_cost + cost <= LIMIT_COST
        try:
            self.open.append(self.budget.reserve(tokens, cost))
        except BudgetExceeded:
            accepted = False
        else:
            accepted = True
        assert accepted is fits

    @precondition(lambda self: self.open)
    @rule(data=st.data(), share=st.floats(0, 1), reported=st.booleans())
    def settle(self, data: st.DataObject, share: float, reported: bool) -> None:
        """A call is over and took no more than its bound."""
        held = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        tokens = int(held.tokens * share)
        cost = (held.cost or Decimal(0)) * Decimal(share)
        self.used_tokens += tokens
        self.used_cost += cost
        if reported:
            self.budget.settle(held, used(tokens // 2, tokens - tokens // 2), cost)
        else:
            self.budget.settle(held, None, None)

    @invariant()
    def limits_hold(self) -> None:
        """Neither what was used nor what is counted exceeds a limit, and no use goes uncounted."""
        assert self.used_tokens <= self.budget.spent_tokens <= LIMIT_TOKENS
        assert self.used_cost <= self.budget.spent_cost <= LIMIT_COST
        assert self.budget.reserved_tokens == sum(held.tokens for held in self.open)


TestHonestCalls = HonestCalls.TestCase
TestHonestCalls.__doc__ = "Limits hold for any order of honest calls."


def test_the_limit_on_tokens_is_named_with_what_is_spent_and_set_aside() -> None:
    """The message has all the figures needed to choose another limit."""
    budget = Budget(10_000, None)
    budget.settle(budget.reserve(4_000, None), used(2_000, 1_000), None)
    budget.reserve(5_000, None)
    with pytest.raises(BudgetExceeded) as caught:
        budget.reserve(2_001, None)
    for figure in ("2,001", "`max-tokens`", "10,000", "3,000", "5,000"):
        assert figure in caught.value.cause
    budget.reserve(2_000, None)


def test_the_limit_on_money_is_named_with_what_is_spent_and_set_aside() -> None:
    """Dollars are shown to a hundredth of a cent."""
    budget = Budget(None, Decimal("0.50"))
    budget.settle(budget.reserve(1, Decimal("0.3")), used(1, 1), Decimal("0.2"))
    budget.reserve(1, Decimal("0.25"))
    with pytest.raises(BudgetExceeded) as caught:
        budget.reserve(1, Decimal("0.0501"))
    for figure in ("$0.0501", "`max-cost`", "$0.50", "$0.2000", "$0.2500"):
        assert figure in caught.value.cause


def test_an_unknown_price_does_not_pass_a_limit_on_money() -> None:
    """Where the price is unknown, money cannot be limited, and the message says where to set it."""
    with pytest.raises(BudgetExceeded) as caught:
        Budget(None, Decimal(1)).reserve(1, None)
    assert "not known" in caught.value.cause
    assert "`prices:`" in caught.value.next_step


def test_an_unknown_price_is_fine_without_a_limit_on_money() -> None:
    """Tokens are limited all the same."""
    budget = Budget(10, None)
    budget.settle(budget.reserve(10, None), used(1, 2), None)
    assert budget.spent_tokens == 3
    assert budget.spent_cost == 0


@pytest.mark.parametrize(
    ("usage", "spent"),
    [
        (None, 100),
        (Usage(), 100),
        (Usage(prompt_tokens=30), 100),
        (Usage(completion_tokens=130), 130),
        (used(30, 20), 50),
        (used(0, 0), 0),
        (used(90, 30), 120),
    ],
)
def test_what_is_not_reported_counts_in_full(usage: Usage | None, spent: int) -> None:
    """A cut stream may be billed in full; a report counts even above the bound."""
    budget = Budget(1_000, None)
    budget.settle(budget.reserve(100, None), usage, None)
    assert budget.spent_tokens == spent


def test_a_cost_that_is_not_known_afterwards_counts_in_full() -> None:
    """The model that answered may have no price: what was set aside is counted then."""
    budget = Budget(None, Decimal(1))
    budget.settle(budget.reserve(1, Decimal("0.4")), used(1, 1), None)
    assert budget.spent_cost == Decimal("0.4")


def test_a_reservation_is_settled_once() -> None:
    """Settling twice would give money back that is spent."""
    budget = Budget(10, None)
    reservation = budget.reserve(5, None)
    budget.settle(reservation, used(1, 1), None)
    with pytest.raises(ValueError, match="settled before"):
        budget.settle(reservation, used(1, 1), None)


@pytest.mark.parametrize(("tokens", "cost"), [(-1, None), (0, Decimal("-0.01"))])
def test_a_negative_bound_is_an_error_of_the_caller(tokens: int, cost: Decimal | None) -> None:
    """No call gives budget back before it is made."""
    with pytest.raises(ValueError, match="negative"):
        Budget(10, Decimal(1)).reserve(tokens, cost)


def test_without_limits_everything_passes() -> None:
    """No limit, no refusal."""
    Budget(None, None).reserve(10**12, None)
