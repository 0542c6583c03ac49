"""Templates whose values are Markdown-escaped unless they say otherwise.

A value that no filter has made Markdown goes through :func:`.markdown.text`, so a filter that was
forgotten costs looks, never safety. A name that the template misspells is an error.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from predict_edit.report import figures, markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment
    from markupsafe import Markup


@functools.cache
def environment() -> Environment:
    """Set Jinja up; it is imported here because most comments are no commands and need none."""
    import jinja2  # noqa: PLC0415 - see above
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja

    def finalize(value: Any) -> Any:
        if isinstance(value, Markup | jinja2.Undefined):
            return value  # an undefined name raises by itself when it is written
        return Markup(markdown.text(str(value)))  # noqa: S704 - text() has escaped it

    def filtering(write: Callable[..., str]) -> Callable[..., Markup]:
        # Each of these functions returns Markdown that is safe to stand as it is.
        return lambda *values, **named: Markup(write(*values, **named))  # noqa: S704

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("predict_edit.report"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,  # makes macros return Markup, which finalize recognises
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "count": filtering(figures.count),
        "percent": filtering(figures.percent),
        "tenths": filtering(figures.tenths),
        "dollars": filtering(figures.dollars),
        "plural": filtering(figures.plural),
        "code": filtering(markdown.code),
        "html_code": filtering(markdown.html_code),
        "text": filtering(markdown.text),
        "cell": filtering(markdown.cell),
        "fence": filtering(markdown.fence),
        "quote": filtering(markdown.quote),
        "link": filtering(markdown.link),
    }
    return made


def prepare(*templates: str) -> None:
    """Compile templates, and what they include, before anybody waits for them."""
    for name in templates:
        environment().get_template(name)


def trusted(markdown_text: str) -> Markup:
    """Mark Markdown that this package wrote as finished, so that it is not escaped again."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja

    return Markup(markdown_text)  # noqa: S704 - that is what the name says


def render(template: str, **values: Any) -> str:
    """Render one of the package's templates; several blank lines in a row become one."""
    rendered = environment().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"
