"""The account of one file."""

from __future__ import annotations

from decimal import Decimal

import pytest

from predict_edit.domain import Effort, PredictionState, Usage
from predict_edit.domain.errors import ModelTimeout, ModelUnavailable, PredictEditError
from predict_edit.llm.effort import Attempt, Ledger

NOTHING = Usage(prompt_tokens=0, completion_tokens=0)
MOST = Usage(prompt_tokens=10, completion_tokens=20)
SOME = Usage(prompt_tokens=10, completion_tokens=5, rejected_prediction_tokens=2)


def attempt(**fields: object) -> Attempt:
    """One request for a file."""
    return Attempt(**{"path": "a.py", "predicted": True, "seconds": 1.0, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("usage", "estimate", "error", "spent"),
    [
        (SOME, None, None, SOME),
        (SOME, MOST, None, SOME),
        (None, SOME, ModelUnavailable("Broke.", "Again."), SOME),
        (None, None, ModelTimeout("Slow.", "Wait."), MOST),
        (None, None, None, MOST),
        (None, None, ModelUnavailable("500.", "Again."), NOTHING),
    ],
)
def test_a_budget_counts_what_may_be_billed(
    usage: Usage | None, estimate: Usage | None, error: PredictEditError | None, spent: Usage
) -> None:
    """Reported before estimated; everything where the answer never came; nothing if refused."""
    assert attempt(usage=usage, estimate=estimate, error=error).spent(MOST) == spent


def test_all_attempts_are_added_up_and_unknown_stays_unknown() -> None:
    """Rejected tokens once, known costs, the last model; what is estimated stays apart."""
    ledger = Ledger(path="a.py", active=3.0)
    assert ledger.effort() == Effort(seconds=3.0)
    ledger.attempts += [
        attempt(usage=SOME, cost=Decimal("0.1"), overhead=Decimal("0.02"), model="first"),
        attempt(estimate=MOST, estimated_cost=Decimal("0.4")),
        attempt(usage=Usage(prompt_tokens=1), cost=Decimal("0.2"), model="second"),
        attempt(usage=None, cost=None),
    ]
    assert ledger.effort() == Effort(
        usage=Usage(prompt_tokens=11, completion_tokens=5, rejected_prediction_tokens=2),
        cost=Decimal("0.3"),
        overhead=Decimal("0.02"),
        estimate=MOST,
        estimated_cost=Decimal("0.4"),
        model="second",
        attempts=4,
        seconds=3.0,
    )


def test_what_was_sent_or_refused_once_is_not_forgotten() -> None:
    """A later request without a prediction does not change how the file's was used."""
    ledger = Ledger(path="a.py")
    seen = []
    for state in (PredictionState.STOPPED, PredictionState.SENT, PredictionState.STOPPED):
        ledger.decided(state)
        seen.append(ledger.prediction)
    ledger.refused()
    ledger.decided(PredictionState.OFF)
    seen.append(ledger.prediction)
    assert seen == [
        PredictionState.STOPPED,
        PredictionState.SENT,
        PredictionState.SENT,
        PredictionState.REFUSED,
    ]


def test_an_estimate_beside_reported_tokens_does_not_count() -> None:
    """What the provider said of an attempt is all there is to know of it."""
    ledger = Ledger(path="a.py")
    ledger.attempts.append(attempt(usage=SOME, estimate=MOST))
    assert ledger.effort().estimate is None


def test_the_pieces_of_a_file_make_one_account() -> None:
    """Attempts are added, the weightiest use of the prediction stays, time is not added up."""
    whole = Ledger(path="a.py", active=2.0)
    for state in (PredictionState.STOPPED, PredictionState.SENT, PredictionState.OFF):
        piece = Ledger(path="a.py", prediction=state, active=30.0)
        piece.attempts.append(attempt(usage=SOME))
        whole.absorb(piece)
    assert whole.effort() == Effort(
        usage=Usage(prompt_tokens=30, completion_tokens=15, rejected_prediction_tokens=6),
        prediction=PredictionState.SENT,
        attempts=3,
        seconds=2.0,
    )
    whole.absorb(Ledger(path="a.py", prediction=PredictionState.REFUSED))
    assert whole.prediction is PredictionState.REFUSED
