"""One page for a browser, complete in itself: nothing is loaded, and no script runs.

Views, filters and colours are switched by style sheets alone, so the content security policy can
forbid everything but the one style sheet, which it names by its hash. Whatever comes from outside
is escaped by Jinja, and what cannot be seen is made visible.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

from predict_edit.domain.edits import PlacementKind
from predict_edit.report.jinja import html_environment
from predict_edit.report.page.changes import Page
from predict_edit.report.view import Row, completion_parts, dollars

WIDTH = 600.0
"""Units across a whole bar."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BarPart:
    """One part of a bar."""

    name: str
    """accepted, rejected, other or paid; also the class by which it is coloured."""
    x: float
    width: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar with its label and the figures in words."""

    label: str
    pieces: tuple[BarPart, ...]
    words: str


def token_bars(rows: Iterable[Row]) -> tuple[Bar, ...]:
    """Draw the completion tokens of each file that reported them, on one scale, longest first."""
    known = [
        (row.path or "all files", parts) for row in rows if (parts := completion_parts(row.usage))
    ]
    known.sort(key=lambda entry: -sum(amount for _, amount in entry[1]))
    longest = max((sum(amount for _, amount in parts) for _, parts in known), default=0)
    return tuple(_bar(label, parts, longest) for label, parts in known if longest)


def money_bars(cost: Decimal | None, overhead: Decimal | None) -> tuple[Bar, ...]:
    """Draw the cost beside that of the same run without predictions, both estimates."""
    if not cost:
        return ()
    amounts = [("with predictions", cost, "paid")]
    if overhead is not None and overhead <= cost:
        amounts.append(("without", cost - overhead, "other"))
    return tuple(
        Bar(
            label=label,
            pieces=(BarPart(name=name, x=0, width=_rounded(float(amount / cost) * WIDTH)),),
            words=dollars(amount),
        )
        for label, amount, name in amounts
    )


def _bar(label: str, parts: Sequence[tuple[str, int]], longest: int) -> Bar:
    pieces = []
    x = 0.0
    for name, amount in parts:
        width = amount / longest * WIDTH
        if amount:
            pieces.append(BarPart(name=name, x=_rounded(x), width=_rounded(width)))
        x += width
    words = ", ".join(f"{amount:,} {name}" for name, amount in parts)
    return Bar(label=label, pieces=tuple(pieces), words=words)


def _rounded(number: float) -> float:
    return round(number, 2)


LABELS = {
    PlacementKind.INLINE: "Suggestion",
    PlacementKind.PATCH: "In the patch",
    PlacementKind.REJECTED: "Rejected",
}


def render_page(page: Page, *, title: str = "predict-edit") -> str:
    """Render the page as HTML."""
    style = html_environment().get_template("page.css").render()
    cost = page.result.cost_usd
    money = None if cost is None else Decimal(str(cost))
    return (
        html_environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            title=title,
            style=style,
            style_hash=_hash(style),
            labels=LABELS,
            kinds=list(PlacementKind),
            chart_width=WIDTH,
            total=next(iter(token_bars([page.total])), None),
            bars=token_bars(file.row for file in page.files),
            money=money_bars(money, page.overhead),
            cost=money,
        )
    )


def _hash(text: str) -> str:
    """Name a style sheet as a content security policy does (CSP Level 3, "hash-source")."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
