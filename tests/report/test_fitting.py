"""Making a report fit."""

from __future__ import annotations

import pytest

from predict_edit.report.fitting import Cut, cuts, fit


def draw(cut: Cut) -> str:
    """A text as long as the rows that are shown."""
    return "x" * min(cut.rows, 10_000)


@pytest.mark.parametrize(
    ("limit", "shown"), [(10_000, 10_000), (9_999, 500), (499, 300), (20, 20), (19, 5), (5, 5)]
)
def test_as_little_as_possible_is_cut(limit: int, shown: int) -> None:
    """The longest text that fits is taken."""
    assert len(fit(draw, len, limit)) == shown


def test_what_cannot_fit_is_an_error() -> None:
    """A limit below the shortest text raises instead of giving a text that is too long."""
    with pytest.raises(ValueError, match="does not fit"):
        fit(draw, len, 4)


def test_only_the_whole_is_not_short() -> None:
    """Every cut but the first tells the reader that something may be missing."""
    whole, *shorter = cuts()

    assert not whole.short
    assert all(cut.short for cut in shorter)
