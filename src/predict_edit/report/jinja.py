"""Templates whose values are escaped unless they say otherwise, and texts cut until they fit.

A value that no filter has made Markdown goes through :func:`.markdown.text`, so a filter that was
forgotten costs looks, never safety. A name that a template misspells is an error. A text that is
too long loses its details first and its rows last, and says so.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import jinja2
from markupsafe import Markup

from predict_edit.report import markdown, view
from predict_edit.support.text import plural

_FIGURES: dict[str, Callable[..., str]] = {
    "count": view.count,
    "percent": view.percent,
    "dollars": view.dollars,
    "plural": plural,
    "lines": lambda span: view.lines(*span),
    "show": lambda column, row: column.show(row),
}
_MARKDOWN: dict[str, Callable[..., str]] = {
    "code": markdown.code,
    "text": markdown.text,
    "cell": markdown.cell,
    "fence": markdown.fence,
    "link": markdown.link,
}

_ONE_AT_A_TIME = threading.Lock()
"""A thread compiles the templates while the model works; whoever needs one meanwhile waits."""


@functools.cache
def environment() -> jinja2.Environment:
    """Set Jinja up for Markdown."""

    def filtering(write: Callable[..., str]) -> Callable[..., Markup]:
        # Each of these functions returns Markdown that is safe as it is.
        return lambda *values, **named: Markup(write(*values, **named))  # noqa: S704

    filters = {name: filtering(write) for name, write in (_FIGURES | _MARKDOWN).items()}
    # Escaping makes macros return Markup, which finalize recognises.
    return _environment("templates", filters, finalize=_finalize, keep_trailing_newline=True)


def _finalize(value: Any) -> Any:
    # An undefined name raises where it becomes a text.
    return value if isinstance(value, Markup) else trusted(markdown.text(str(value)))


@functools.cache
def html_environment() -> jinja2.Environment:
    """Set Jinja up for HTML: everything is escaped."""
    filters = _FIGURES | {"legible": markdown.legible, "visible": markdown.visible}
    return _environment("page/templates", filters)


def _environment(folder: str, filters: dict[str, Any], **options: Any) -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("predict_edit.report", folder),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # each template is rendered once or twice, and has nothing to fold
        **options,
    )
    made.filters |= filters
    made.globals["columns"] = view.COLUMNS
    return made


def prepare() -> None:
    """Compile what each report is made of, before anybody waits for it."""
    with _ONE_AT_A_TIME:
        for name in ("_figures.md.j2", "_parts.md.j2", "summary.md.j2", "job_summary.md.j2"):
            environment().get_template(name)


def trusted(markdown_text: str) -> Markup:
    """Mark Markdown that this package wrote as finished, so that it is not escaped again."""
    return Markup(markdown_text)  # noqa: S704 - that is what the name says


def render(template: str, **values: Any) -> str:
    """Render one of the package's templates; several blank lines in a row become one."""
    with _ONE_AT_A_TIME:
        rendered = environment().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How many items of each list are shown, and how many characters of a sentence."""

    places: int = sys.maxsize
    skipped: int = sys.maxsize
    failed: int = sys.maxsize
    rows: int = sys.maxsize
    words: int = 2_000
    notes: int = sys.maxsize

    @property
    def short(self) -> bool:
        """Tell whether anything may be missing."""
        return self != Cut()


def cuts() -> Iterator[Cut]:
    """Go from the whole to the shortest: one thing at a time, the least important first."""
    cut = Cut()
    yield cut
    steps = (
        ("places", (200, 50, 20, 10, 0)),
        ("skipped", (200, 50, 20, 10)),
        ("words", (500, 300)),
        ("failed", (200, 50, 20, 10)),
        ("rows", (500, 300, 200, 100, 50, 20)),
    )
    for name, amounts in steps:
        for amount in amounts:
            cut = dataclasses.replace(cut, **{name: amount})
            yield cut
    yield dataclasses.replace(cut, skipped=5, failed=5, rows=5, notes=5)


def fit(draw: Callable[[Cut], str], measure: Callable[[str], int], limit: int) -> str:
    """Draw with as little cut away as lets the final text measure at most ``limit``.

    Raises:
        ValueError: even the shortest is too long. Every list, name and sentence in it is bounded,
            so that happens with a limit far below GitHub's only.
    """
    draw = functools.cache(draw)
    whole, *shorter = cuts()
    if measure(draw(whole)) <= limit:
        return draw(whole)
    # Each cut takes away more than the one before, so the first that fits is found by halving.
    first = bisect.bisect_left(shorter, True, key=lambda cut: measure(draw(cut)) <= limit)
    if first == len(shorter):
        msg = f"A report does not fit into {limit} characters however much of it is cut."
        raise ValueError(msg)
    return draw(shorter[first])
