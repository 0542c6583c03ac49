"""Figures as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from predict_edit.report import view
from predict_edit.support.text import plural


@pytest.mark.parametrize(
    ("number", "shown"), [(None, "–"), (0, "0"), (999, "999"), (1234567, "1,234,567")]
)
def test_count(number: int | None, shown: str) -> None:
    """Thousands are separated, and an unreported figure is a dash."""
    assert view.count(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1000, "1,000 files")]
)
def test_plural(number: int, shown: str) -> None:
    assert plural(number, "file") == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (0.004, "<1 %"),
        (0.6, "60 %"),
        (0.994, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_percent(share: float | None, shown: str) -> None:
    """Nearly all is not all, and nearly nothing is not nothing."""
    assert view.percent(share) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "–"),
        (Decimal(0), "0.00 USD"),
        (Decimal("0.00000648"), "less than 0.0001 USD"),
        (Decimal("0.0012"), "0.0012 USD"),
        (Decimal("0.0149"), "0.01 USD"),
        (Decimal("1234.5"), "1,234.50 USD"),
    ],
)
def test_dollars(amount: Decimal | None, shown: str) -> None:
    """Small costs keep meaningful digits, and an unknown one is a dash."""
    assert view.dollars(amount) == shown


def test_tenths() -> None:
    assert [view.tenths(value) for value in (None, 3.21, 1234.0)] == ["–", "3.2", "1,234.0"]
