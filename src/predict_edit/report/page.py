"""One page for a browser, complete in itself: nothing is loaded, and no script runs.

Views, filters and colours are switched by style sheets alone, so the content security policy can
forbid everything but the one style sheet, which it names by its hash. Whatever comes from outside
is escaped by Jinja, and what cannot be seen is made visible.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

from predict_edit.domain import PlacementKind
from predict_edit.report import figures
from predict_edit.report.charts import WIDTH, money_bars, token_bars, total_bar
from predict_edit.report.markdown import legible, visible
from predict_edit.report.page_data import Page

if TYPE_CHECKING:
    from jinja2 import Environment

LABELS = {
    PlacementKind.INLINE: "Suggestion",
    PlacementKind.PATCH: "In the patch",
    PlacementKind.REJECTED: "Rejected",
}


def render_page(page: Page, *, title: str = "predict-edit") -> str:
    """Render the page as HTML."""
    style = environment().get_template("page.css").render()
    cost = page.result.cost_usd
    money = None if cost is None else Decimal(str(cost))
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            title=title,
            style=style,
            style_hash=_hash(style),
            labels=LABELS,
            kinds=list(PlacementKind),
            chart_width=WIDTH,
            total=total_bar(page.usage),
            bars=token_bars(file.part for file in page.files),
            money=money_bars(money, page.overhead),
            cost=money,
        )
    )


@functools.cache
def environment() -> Environment:
    """Set Jinja up for HTML: everything is escaped, a misspelt name is an error."""
    import jinja2  # noqa: PLC0415 - most commands need none

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("predict_edit.report", "page_templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "count": figures.count,
        "percent": figures.percent,
        "plural": figures.plural,
        "dollars": figures.dollars,
        "legible": legible,
        "visible": visible,
        "acceptance": _acceptance,
    }
    return made


def _acceptance(accepted: int | None, rejected: int | None) -> str:
    if accepted is None or rejected is None or accepted + rejected == 0:
        return figures.percent(None)
    return figures.percent(accepted / (accepted + rejected))


def _hash(text: str) -> str:
    """Name a style sheet as a content security policy does (CSP Level 3, "hash-source")."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
