"""The rule by which predicted tokens are accepted and rejected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit_sandbox.model.prediction_usage import SpeculationRule, speculate

RULE = SpeculationRule(block=4, anchor=2)
some_tokens = st.lists(st.integers(0, 6), max_size=60)
rules = st.builds(SpeculationRule, block=st.integers(1, 9), anchor=st.integers(1, 4))
wanted = st.builds(SpeculationRule, acceptance=st.floats(0, 1))


@given(some_tokens, some_tokens, rules | wanted)
def test_accounts_add_up(prediction: list[int], answer: list[int], rule: SpeculationRule) -> None:
    """Completion is answer plus rejected, and accepted is a part of both answer and prediction."""
    way = speculate(prediction, answer, rule)

    assert way.visible == len(answer)
    assert way.completion_tokens == len(answer) + way.rejected
    assert 0 <= way.accepted <= min(len(answer), len(prediction))
    assert way.rejected >= 0


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), rules)
def test_right_prediction_costs_nothing(text: list[int], rule: SpeculationRule) -> None:
    """A prediction that is the answer is accepted whole."""
    way = speculate(text, text, rule)

    assert (way.accepted, way.rejected) == (len(text), 0)


@given(some_tokens, rules | wanted)
def test_no_prediction(answer: list[int], rule: SpeculationRule) -> None:
    """Without a prediction nothing is accepted or rejected."""
    way = speculate([], answer, rule)

    assert (way.accepted, way.rejected, way.visible) == (0, 0, len(answer))


@given(some_tokens, some_tokens, rules)
def test_accepted_tokens_are_common(
    prediction: list[int], answer: list[int], rule: SpeculationRule
) -> None:
    """No more of any token is accepted than both texts have."""
    common = sum(min(prediction.count(token), answer.count(token)) for token in set(answer))

    assert speculate(prediction, answer, rule).accepted <= common


def test_by_hand__one_token_replaced() -> None:
    """The block with the wrong token loses its rest; two known tokens find the way back."""
    #         proposed 1 2 3 4, then 5 6 7 8 of which 5 fits; X and 7 8 are generated
    way = speculate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 2, 3, 4, 5, 99, 7, 8, 9, 10], RULE)

    assert [(s.accepted, s.generated, s.rejected) for s in way.steps] == [
        (4, 0, 0),
        (1, 1, 3),
        (0, 1, 0),
        (0, 1, 0),
        (2, 0, 0),
    ]
    assert (way.accepted, way.rejected, way.completion_tokens) == (7, 3, 13)


@pytest.mark.parametrize("size", [1, 7, 300])
def test_insertion_at_the_start_is_survived(size: int) -> None:
    """New text before the predicted text does not end matching."""
    prediction = list(range(100))
    inserted = [1000 + number for number in range(size)]

    way = speculate(prediction, inserted + prediction, RULE)

    assert way.accepted == 100 - RULE.anchor
    assert way.rejected == RULE.block


@pytest.mark.parametrize("size", [1, 7, 50])
def test_deletion_is_survived(size: int) -> None:
    """Text that is left out does not end matching."""
    prediction = list(range(100))
    answer = prediction[:20] + prediction[20 + size :]

    way = speculate(prediction, answer, RULE)

    assert way.accepted >= len(answer) - RULE.anchor - 1
    assert 0 < way.rejected <= RULE.block


def test_many_edits_in_repetitive_text() -> None:
    """Repeated lines do not lead the cursor astray for the rest of the text."""
    line = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    prediction: list[int] = []
    answer: list[int] = []
    for number in range(100):
        prediction += [*line, 100 + number]
        answer += [*line, 500 + number if number % 20 == 10 else 100 + number]

    way = speculate(prediction, answer, SpeculationRule())

    assert way.accepted > 0.9 * len(answer)


def test_unrelated_prediction() -> None:
    """A prediction that fits nowhere is given up after one block."""
    way = speculate(list(range(100)), list(range(200, 300)), RULE)

    assert (way.accepted, way.rejected) == (0, RULE.block)


@pytest.mark.parametrize("acceptance", [0.0, 0.1, 0.5, 0.8, 0.95, 1.0])
def test_wanted_acceptance(acceptance: float) -> None:
    """A wanted acceptance is reached whatever the texts are."""
    way = speculate([1] * 1000, list(range(1000)), SpeculationRule(acceptance=acceptance))

    assert way.accepted == round(1000 * acceptance)
    assert way.accepted + way.rejected == 1000


@given(some_tokens, some_tokens, rules | wanted, st.integers(0, 80))
def test_cut_short(
    prediction: list[int], answer: list[int], rule: SpeculationRule, limit: int
) -> None:
    """A way cut at a limit stays under it and begins like the whole one."""
    way = speculate(prediction, answer, rule)

    assert way.first(limit).visible == min(limit, len(answer))
    within = way.within(limit)
    if way.completion_tokens <= limit:
        assert within == way
    elif within.steps:
        # The last block may have been rejected whole before the limit was seen.
        assert within.completion_tokens - within.steps[-1].rejected <= limit
    assert within.accepted <= way.accepted


@pytest.mark.parametrize("wrong", [{"block": 0}, {"anchor": 0}, {"acceptance": 1.5}])
def test_impossible_rule(wrong: dict[str, float]) -> None:
    """A rule that cannot be followed is refused."""
    with pytest.raises(ValueError, match=r"at least 1|between 0 and 1"):
        SpeculationRule(**wrong)  # type: ignore[arg-type]
