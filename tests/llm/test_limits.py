"""Limits that hold before each call."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from predict_edit.domain.edits import Usage
from predict_edit.domain.errors import BudgetExceeded, InvalidInput
from predict_edit.edit.prompt import Message
from predict_edit.llm import limits
from predict_edit.llm.capabilities import Knowledge
from predict_edit.llm.chat_completion import request_fields
from predict_edit.llm.limits import MINUTES, Budget, Reservation, deadline
from predict_edit.llm.models import UNKNOWN, look_up
from predict_edit.settings.fields import ModelSettings


def never(_: str) -> int:
    """A tokenizer that must not be used."""
    pytest.fail("counted where bytes are enough")


def messages(text: str) -> list[Message]:
    """Rules and file."""
    return [Message(role="system", content="rules"), Message(role="user", content=text)]


@given(st.text())
def test_the_wide_bound_has_room_for_any_edit(text: str) -> None:
    """Twice the file and a page always fit; nothing is counted."""
    bound = limits.wide(text)
    assert bound.characters >= 2 * len(text) + 4_000
    assert bound.output_tokens is None


@given(st.integers(0, 100_000))
def test_the_tight_bound_fits_the_file_and_counts_a_rejected_prediction(size: int) -> None:
    """The whole file, half as much again, and all of the prediction rejected."""
    text = "word" * size
    bound = limits.tight(messages(text), text, UNKNOWN, lambda part: len(part) // 4)
    plain, predicted = bound.usage(predicted=False), bound.usage(predicted=True)
    assert bound.characters >= len(text)
    assert (plain.completion_tokens or 0) >= 1.5 * size
    assert (predicted.completion_tokens or 0) == (plain.completion_tokens or 0) + size
    assert (plain.prompt_tokens or 0) > size
    assert plain.prompt_tokens == predicted.prompt_tokens


def test_the_estimate_and_the_bound_agree_on_the_frame_of_a_request() -> None:
    """The reservation for a prompt equals its estimate: 3 tokens and 4 per message."""
    sent = [*messages("a b c"), Message(role="user", content="d")]
    bound = limits.tight(sent, "d", UNKNOWN, lambda text: len(text.split()))
    assert bound.prompt_tokens == 3 + 3 * 4 + 1 + 3 + 1


def test_a_reasoning_model_gets_room_to_think_within_its_limit() -> None:
    """Hidden tokens are output tokens; never more than the model can write."""
    text = "x\n" * 100
    thinking = limits.tight(messages(text), text, look_up("gpt-5"), len)
    plain = limits.tight(messages(text), text, UNKNOWN, len)
    assert (thinking.output_tokens or 0) == (plain.output_tokens or 0) + 25_000
    long = "x" * 200_000
    limited = limits.tight(messages(long), long, look_up("gpt-5"), len)
    assert limited.output_tokens == 128_000


def test_an_empty_file_has_a_bound() -> None:
    """No division by its size."""
    bound = limits.tight(messages(""), "", UNKNOWN, len)
    assert bound.characters == 512
    assert limits.Bound(characters=1).usage(predicted=True) == Usage(
        prompt_tokens=0, completion_tokens=0
    )


def test_short_files_are_not_counted() -> None:
    """Two bytes a token are taken for granted, and without a limit everything fits."""
    assert limits.fits("é" * 75, 100, never)
    assert limits.fits("é" * 10_000, None, never)


@pytest.mark.parametrize(("size", "fits"), [(75, True), (76, False)])
def test_three_quarters_of_the_limit_is_the_border(size: int, fits: bool) -> None:
    """The rest is for the edit and for rejected tokens."""
    assert limits.fits("ab" * size, 100, lambda part: len(part) // 2) is fits


@given(st.integers(1, 10**6))
def test_a_piece_leaves_more_room_than_a_file(limit: int) -> None:
    """Any piece may be the one that grows."""
    assert 1 <= limits.part_tokens(limit) <= max(1, 0.75 * limit)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "unknown"])
@pytest.mark.parametrize("prediction", [None, "x"])
@pytest.mark.parametrize("most", [None, 900])
def test_a_cap_never_comes_with_a_prediction(
    model: str, prediction: str | None, most: int | None
) -> None:
    """Nor does anything else on the vendor's list of unsupported features."""
    fields = request_fields(
        model=model,
        messages=messages("x"),
        prediction=prediction,
        knowledge=Knowledge(ModelSettings(model=model)),
        most_tokens=most,
    )
    assert ("max_completion_tokens" in fields) is (prediction is None and most is not None)
    assert ("temperature" in fields) is (model != "gpt-5")
    assert not fields.keys() & {
        "tools",
        "n",
        "logprobs",
        "presence_penalty",
        "frequency_penalty",
        "audio",
        "modalities",
        "max_tokens",
    }


LIMIT_TOKENS = 1_000
LIMIT_COST = Decimal("2.5")
COSTS = st.decimals(0, 3, places=4)


def used(prompt: int, completion: int) -> Usage:
    """A reported usage."""
    return Usage(prompt_tokens=prompt, completion_tokens=completion)


def left(budget: Budget, limit: int) -> int:
    """The most tokens that a call can still reserve."""

    def fits(tokens: int) -> bool:
        try:
            budget.check(tokens, Decimal(0))
        except BudgetExceeded:
            return False
        return True

    return max(tokens for tokens in range(limit + 1) if fits(tokens)) if fits(0) else -1


class HonestCalls(RuleBasedStateMachine):
    """Calls in any order whose upper bounds are honest, some without reported usage."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget(LIMIT_TOKENS, LIMIT_COST)
        self.open: list[Reservation] = []
        self.counted_tokens = 0
        self.counted_cost = Decimal(0)

    @rule(tokens=st.integers(0, 600), cost=COSTS)
    def reserve(self, tokens: int, cost: Decimal) -> None:
        """Start a call; it is refused exactly if a limit would not hold."""
        held_tokens = sum(held.tokens for held in self.open)
        held_cost = sum((held.cost or Decimal(0) for held in self.open), Decimal(0))
        fits = (
            self.counted_tokens + held_tokens + tokens <= LIMIT_TOKENS
            and self.counted_cost + held_cost + cost <= LIMIT_COST
        )
        try:
            self.open.append(self.budget.reserve_now(tokens, cost))
        except BudgetExceeded:
            accepted = False
        else:
            accepted = True
        assert accepted is fits

    @precondition(lambda self: self.open)
    @rule(data=st.data(), share=st.floats(0, 1), reported=st.booleans())
    def settle(self, data: st.DataObject, share: float, reported: bool) -> None:
        """End a call within its bound."""
        held = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        tokens = int(held.tokens * share)
        cost = (held.cost or Decimal(0)) * Decimal(share)
        if reported:
            self.budget.settle(held, used(tokens // 2, tokens - tokens // 2), cost)
        else:
            self.budget.settle(held, None, None)
        self.counted_tokens += tokens if reported else held.tokens
        self.counted_cost += cost if reported else held.cost or Decimal(0)

    @invariant()
    def limits_hold(self) -> None:
        """What counts never exceeds a limit."""
        assert self.counted_tokens <= LIMIT_TOKENS
        assert self.counted_cost <= LIMIT_COST


TestHonestCalls = HonestCalls.TestCase
TestHonestCalls.__doc__ = "Limits hold for any order of honest calls."


def test_the_limit_on_tokens_is_named_with_what_is_spent_and_set_aside() -> None:
    """The message has all the figures needed to choose another limit."""
    budget = Budget(10_000, None)
    budget.settle(budget.reserve_now(4_000, None), used(2_000, 1_000), None)
    budget.reserve_now(5_000, None)
    with pytest.raises(BudgetExceeded) as caught:
        budget.reserve_now(2_001, None)
    for figure in ("2,001", "`max-tokens`", "10,000", "3,000", "5,000"):
        assert figure in caught.value.cause
    budget.reserve_now(2_000, None)


def test_the_limit_on_money_is_named_with_what_is_spent_and_set_aside() -> None:
    """Dollars are shown to a hundredth of a cent."""
    budget = Budget(None, Decimal("0.50"))
    budget.settle(budget.reserve_now(1, Decimal("0.3")), used(1, 1), Decimal("0.2"))
    budget.reserve_now(1, Decimal("0.25"))
    with pytest.raises(BudgetExceeded) as caught:
        budget.reserve_now(1, Decimal("0.0501"))
    for figure in ("$0.0501", "`max-cost`", "$0.50", "$0.2000", "$0.2500"):
        assert figure in caught.value.cause


def test_an_unknown_price_does_not_pass_a_limit_on_money() -> None:
    """If the price is unknown, money cannot be limited, and the message says where to set it."""
    with pytest.raises(BudgetExceeded) as caught:
        Budget(None, Decimal(1)).reserve_now(1, None)
    assert "not known" in caught.value.cause
    assert "`prices:`" in caught.value.next_step


def test_an_unknown_price_is_fine_without_a_limit_on_money() -> None:
    """Tokens are still limited."""
    budget = Budget(10, None)
    budget.settle(budget.reserve_now(10, None), used(1, 2), None)
    assert left(budget, 10) == 7


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
    budget.settle(budget.reserve_now(100, None), usage, None)
    assert left(budget, 1_000) == 1_000 - spent


def test_a_cost_that_is_not_known_afterwards_counts_in_full() -> None:
    """The answering model may have no price: the reserved amount is counted then."""
    budget = Budget(None, Decimal(1))
    budget.settle(budget.reserve_now(1, Decimal("0.4")), used(1, 1), None)
    budget.reserve_now(1, Decimal("0.6"))
    with pytest.raises(BudgetExceeded):
        budget.reserve_now(1, Decimal("0.0001"))


def test_a_reservation_is_settled_once() -> None:
    """Settling twice would return money that is spent."""
    budget = Budget(10, None)
    reservation = budget.reserve_now(5, None)
    budget.settle(reservation, used(1, 1), None)
    with pytest.raises(ValueError, match="settled before"):
        budget.settle(reservation, used(1, 1), None)


@pytest.mark.parametrize(("tokens", "cost"), [(-1, None), (0, Decimal("-0.01"))])
def test_a_negative_bound_is_an_error_of_the_caller(tokens: int, cost: Decimal | None) -> None:
    """No call gives budget back before it is made."""
    with pytest.raises(ValueError, match="negative"):
        Budget(10, Decimal(1)).reserve_now(tokens, cost)


def test_without_limits_everything_passes() -> None:
    Budget(None, None).reserve_now(10**12, None)


CALL = Usage(prompt_tokens=5, completion_tokens=5)


async def test_a_call_waits_for_what_others_may_give_back() -> None:
    """The second call fits once the first has settled for less."""
    budget = Budget(100, None)
    first = await budget.reserve(80, None)
    second = asyncio.create_task(budget.reserve(80, None))
    await asyncio.sleep(0)
    assert not second.done()
    budget.settle(first, CALL, None)
    assert (await second).tokens == 80


async def test_a_call_that_can_never_fit_fails_once_no_other_is_left() -> None:
    """Waiting ends with the last running call."""
    budget = Budget(100, None)
    first = await budget.reserve(80, None)
    second = asyncio.create_task(budget.reserve(95, None))
    await asyncio.sleep(0)
    budget.settle(first, CALL, None)
    with pytest.raises(BudgetExceeded):
        await second


async def test_money_that_cannot_be_counted_fails_at_once_without_calls() -> None:
    """An unknown price is not a reason to wait."""
    with pytest.raises(BudgetExceeded):
        await Budget(None, Decimal(1)).reserve(1, None)


async def test_a_cancelled_waiter_disturbs_no_other() -> None:
    """Those behind it get their turn."""
    budget = Budget(100, None)
    first = await budget.reserve(80, None)
    gone, stays = (asyncio.create_task(budget.reserve(80, None)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    budget.settle(first, CALL, None)
    assert (await stays).tokens == 80
    assert gone.cancelled()


@pytest.mark.parametrize(
    ("text", "ends"), [(None, None), ("", None), ("  ", None), ("28", 1780.0), (" 0.5 ", 130.0)]
)
def test_the_minutes_of_a_run_count_from_its_start(text: str | None, ends: float | None) -> None:
    """Without the variable, a run has no end of its own."""
    environ = {} if text is None else {MINUTES: text}
    assert deadline(environ, clock=lambda: 100.0) == ends


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf", "1e999"])
def test_an_invalid_time_is_refused(text: str) -> None:
    """The error names the variable and an example."""
    with pytest.raises(InvalidInput, match=MINUTES):
        deadline({MINUTES: text})
