"""Figures as people read them. What nobody reported is a dash, never 0."""

from __future__ import annotations

from decimal import Decimal

from predict_edit.report.markdown import MISSING

_CENT = Decimal("0.01")
_SMALLEST = Decimal("0.0001")


def count(number: int | None) -> str:
    """Write a whole number with thousands apart: ``1,234``."""
    return MISSING if number is None else f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: ``1 file``, ``2 files``, ``2 patches``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float | None) -> str:
    """Write a share of 0 to 1 as per cent; only what is all reads 100 %, only nothing reads 0 %."""
    if share is None:
        return MISSING
    if 0 < share < 0.01:  # noqa: PLR2004 - one per cent
        return "<1 %"
    if 0.99 < share < 1:  # noqa: PLR2004 - one per cent from all
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")


def tenths(duration: float | None) -> str:
    """Write seconds for a column that names the unit: ``3.2``, ``125.0``."""
    return MISSING if duration is None else f"{duration:,.1f}"


def dollars(amount: Decimal | None) -> str:
    """Write US dollars: cents from one cent on, below that what a single call costs.

    The unit is written out, because GitHub reads text between two dollar signs as a formula.
    """
    if amount is None:
        return MISSING
    if amount >= _CENT or amount == 0:
        return f"{amount:,.2f} USD"
    if amount < _SMALLEST:
        return "less than 0.0001 USD"
    return f"{amount:.4f} USD"
