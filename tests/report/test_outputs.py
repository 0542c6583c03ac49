from __future__ import annotations

from decimal import Decimal

import pytest

from predict_edit.domain.run_report import Outcome, OutputPaths
from predict_edit.report.outputs import to_outputs

from .conftest import a_report, an_edited_file

PATHS = OutputPaths(
    patch="predict-edit-out/edits.patch",
    remainder_patch="predict-edit-out/remainder.patch",
    result="predict-edit-out/result.json",
)


def test_all_outputs() -> None:
    """Each output of the contract has its value, in the contract's order."""
    report = a_report(
        summary_url="https://github.com/s",
        review_url="https://github.com/r",
        pull_request_url="https://github.com/p",
    )

    assert list(to_outputs(report, PATHS).items()) == [
        ("outcome", "partial"),
        ("pull-request", "7"),
        ("summary-url", "https://github.com/s"),
        ("review-url", "https://github.com/r"),
        ("pull-request-url", "https://github.com/p"),
        ("files-edited", "1"),
        ("files-unchanged", "1"),
        ("files-skipped", "1"),
        ("files-failed", "1"),
        ("hunks", "3"),
        ("suggestions", "1"),
        ("hunks-in-patch", "1"),
        ("hunks-rejected", "1"),
        ("prompt-tokens", "134"),
        ("cached-tokens", "0"),
        ("completion-tokens", "82"),
        ("accepted-prediction-tokens", "6"),
        ("rejected-prediction-tokens", "4"),
        ("cost-usd", "0.0000648"),
        ("patch", "predict-edit-out/edits.patch"),
        ("remainder-patch", "predict-edit-out/remainder.patch"),
        ("result", "predict-edit-out/result.json"),
        ("shards", ""),
    ]


def test_unknown_is_empty() -> None:
    """Unknown or missing figures are empty, never 0."""
    report = a_report(
        outcome=Outcome.IGNORED, job=None, cost=None, files=(an_edited_file(usage=None),)
    )

    outputs = to_outputs(report, OutputPaths())

    empty = {name for name, value in outputs.items() if value == ""}
    assert empty == {
        "pull-request", "summary-url", "review-url", "pull-request-url", "prompt-tokens",
        "cached-tokens", "completion-tokens", "accepted-prediction-tokens",
        "rejected-prediction-tokens", "cost-usd", "patch", "remainder-patch", "result",
        "shards",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("shards", "written"), [((), "[]"), (("1/2", "2/2"), '["1/2", "2/2"]'), (None, "")]
)
def test_shards_are_a_matrix(shards: tuple[str, ...] | None, written: str) -> None:
    """Shards are JSON for a matrix; an empty plan differs from no plan."""
    assert to_outputs(a_report(shards=shards), PATHS)["shards"] == written


@pytest.mark.parametrize(
    ("cost", "written"), [(Decimal("1E-7"), "0.0000001"), (Decimal(0), "0"), (None, "")]
)
def test_cost_has_no_exponent(cost: Decimal | None, written: str) -> None:
    """A shell can compare the cost."""
    assert to_outputs(a_report(cost=cost), PATHS)["cost-usd"] == written
