"""The geometry of the page's charts, in units of the drawing; the template only writes it down."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from decimal import Decimal

from predict_edit.report.figures import dollars
from predict_edit.report.result import FilePart, UsagePart

WIDTH = 600.0
"""Units across a whole bar."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of a bar."""

    name: str
    """accepted, rejected or other; also the class by which it is coloured."""
    amount: int
    x: float
    width: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar with its label and the figures in words."""

    label: str
    pieces: tuple[Piece, ...]
    words: str


def token_bars(files: Iterable[FilePart]) -> tuple[Bar, ...]:
    """Draw the completion tokens of each file that reported them, on one scale, longest first.

    Accepted tokens are a part of the visible output and rejected ones come on top of it; both are
    inside the completion tokens (OpenAI, "Predicted Outputs").
    """
    known = [(file.path, parts) for file in files if file.usage and (parts := _parts(file.usage))]
    known.sort(key=lambda entry: -sum(amount for _, amount in entry[1]))
    longest = max((sum(amount for _, amount in parts) for _, parts in known), default=0)
    return tuple(_bar(label, parts, longest) for label, parts in known if longest)


def total_bar(usage: UsagePart) -> Bar | None:
    """Draw the completion tokens of the whole run; ``None`` where they were not reported."""
    parts = _parts(usage)
    total = sum(amount for _, amount in parts)
    return _bar("all files", parts, total) if total else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBar:
    """What a run cost, or would have."""

    label: str
    width: float
    words: str
    name: str


def money_bars(cost: Decimal | None, overhead: Decimal | None) -> tuple[MoneyBar, ...]:
    """Draw the cost beside that of the same run without predictions, both estimates."""
    if not cost:
        return ()
    amounts = [("with predictions", cost, "paid")]
    if overhead is not None and overhead <= cost:
        amounts.append(("without", cost - overhead, "other"))
    return tuple(
        MoneyBar(
            label=label,
            width=_rounded(float(amount / cost) * WIDTH),
            words=dollars(amount),
            name=name,
        )
        for label, amount, name in amounts
    )


def _parts(usage: UsagePart) -> Sequence[tuple[str, int]]:
    completion = usage.completion_tokens
    if completion is None:
        return ()
    accepted = usage.accepted_prediction_tokens or 0
    rejected = usage.rejected_prediction_tokens or 0
    other = max(0, completion - accepted - rejected)
    return (("accepted", accepted), ("rejected", rejected), ("other", other))


def _bar(label: str, parts: Sequence[tuple[str, int]], longest: int) -> Bar:
    pieces = []
    x = 0.0
    for name, amount in parts:
        width = amount / longest * WIDTH
        if amount:
            pieces.append(Piece(name=name, amount=amount, x=_rounded(x), width=_rounded(width)))
        x += width
    words = ", ".join(f"{amount:,} {name}" for name, amount in parts)
    return Bar(label=label, pieces=tuple(pieces), words=words)


def _rounded(number: float) -> float:
    return round(number, 2)
