"""When predictions are sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import PredictionState, Usage
from predict_edit.llm.capabilities import PredictionSwitch

SENT, OFF, STOPPED = PredictionState.SENT, PredictionState.OFF, PredictionState.STOPPED


def loss() -> Usage:
    """A file whose prediction did not pay."""
    return Usage(accepted_prediction_tokens=3, rejected_prediction_tokens=4)


@pytest.mark.parametrize(
    ("policy", "tokens", "state"),
    [
        (PredictionSwitch(mode="auto"), 0, SENT),
        (PredictionSwitch(mode="auto"), 72, SENT),
        (PredictionSwitch(mode="on"), 0, SENT),
        (PredictionSwitch(mode="off"), 10_000, OFF),
        (PredictionSwitch(mode="auto", least_tokens=150), 149, OFF),
        (PredictionSwitch(mode="auto", least_tokens=150), 150, SENT),
        (PredictionSwitch(mode="on", least_tokens=150), 1, SENT),
        (PredictionSwitch(mode="auto", refused=True), 500, OFF),
        (PredictionSwitch(mode="on", refused=True), 500, OFF),
        (PredictionSwitch(mode="auto", losses=1), 500, SENT),
        (PredictionSwitch(mode="auto", losses=2), 500, STOPPED),
        (PredictionSwitch(mode="on", losses=9), 500, SENT),
        (PredictionSwitch(mode="off", losses=9), 500, OFF),
        (PredictionSwitch(mode="auto", unsupported=True), 500, OFF),
        (PredictionSwitch(mode="on", unsupported=True), 500, SENT),
        (PredictionSwitch(mode="auto", losses=2, refused=True), 500, OFF),
    ],
)
def test_each_state_decides_so(
    policy: PredictionSwitch, tokens: int, state: PredictionState
) -> None:
    """`on` and `off` do what they say; `auto` weighs size, refusal and losses."""
    assert policy.decide(tokens) is state


@pytest.mark.parametrize(
    ("usage", "losses"),
    [
        (loss(), 1),
        (Usage(accepted_prediction_tokens=4, rejected_prediction_tokens=4), 0),
        (Usage(accepted_prediction_tokens=6, rejected_prediction_tokens=4), 0),
        (Usage(accepted_prediction_tokens=0, rejected_prediction_tokens=0), 0),
        (Usage(accepted_prediction_tokens=None, rejected_prediction_tokens=9), 0),
        (Usage(accepted_prediction_tokens=0, rejected_prediction_tokens=None), 0),
        (None, 0),
    ],
)
def test_only_reported_losses_count(usage: Usage | None, losses: int) -> None:
    """More rejected than accepted is a loss; unreported tokens are not."""
    assert PredictionSwitch(mode="auto").after_answer(usage).losses == losses


def test_two_losses_stop_predictions_for_the_rest() -> None:
    """The second file that does not pay off switches predictions off, with a note."""
    policy = PredictionSwitch(mode="auto").after_answer(loss())
    assert policy.decide(500) is SENT
    assert policy.notes == ()
    policy = policy.after_answer(Usage(accepted_prediction_tokens=9, rejected_prediction_tokens=0))
    policy = policy.after_answer(loss())
    assert policy.decide(500) is STOPPED
    assert "in 2 answers" in policy.notes[0]


def test_a_refusal_is_remembered_and_noted() -> None:
    """After a refusal nothing is sent again."""
    policy = PredictionSwitch(mode="auto").after_refusal()
    assert policy.decide(500) is OFF
    assert "refused" in policy.notes[0]


def test_a_model_that_answers_as_another_is_judged_again() -> None:
    """The table's entry for the reported model replaces that for the configured one."""
    policy = PredictionSwitch(mode="auto").knowing(takes_predictions=False)
    assert policy.decide(500) is OFF
    assert "takes no predicted outputs" in policy.notes[0]
    assert policy.knowing(takes_predictions=None).decide(500) is SENT
    assert PredictionSwitch(mode="off").knowing(takes_predictions=False).notes == ()


@given(
    st.sampled_from(["auto", "on", "off"]),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))),
    st.integers(0, 1000),
)
def test_the_states_are_never_mixed_up(
    mode: str, files: list[tuple[int, int]], tokens: int
) -> None:
    """`off` never sends, `on` always does, and only `auto` stops, whatever was reported."""
    policy = PredictionSwitch(mode=mode)  # type: ignore[arg-type]
    for accepted, rejected in files:
        policy = policy.after_answer(
            Usage(accepted_prediction_tokens=accepted, rejected_prediction_tokens=rejected)
        )
    stopped = mode == "auto" and sum(rejected > accepted for accepted, rejected in files) >= 2
    expected = OFF if mode == "off" else STOPPED if stopped else SENT
    assert policy.decide(tokens) is expected
