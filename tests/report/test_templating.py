"""Templates escape by themselves."""

from __future__ import annotations

import jinja2
import pytest

from predict_edit.report.templating import environment, render


def test_forgotten_filter_costs_no_safety() -> None:
    """A value without a filter is escaped as a sentence from outside."""
    template = environment().from_string("{{ name }} {{ number }}")

    assert template.render(name="<b> @octo", number=3) == "&lt;b&gt; `@octo` 3"


def test_macro_is_not_escaped_twice() -> None:
    """What a macro made is Markdown already; what went into it is escaped once."""
    template = environment().from_string("{% macro m(x) %}**{{ x }}**{% endmacro %}{{ m('*a*') }}")

    assert template.render() == r"**\*a\***"


def test_misspelt_name_is_an_error() -> None:
    """A name that the template does not get raises, it does not vanish."""
    with pytest.raises(jinja2.UndefinedError, match="summry"):
        environment().from_string("{{ summry }}").render()


def test_every_template_compiles() -> None:
    """All templates of the package are there and without mistakes."""
    names = environment().list_templates()

    assert "summary.md.j2" in names
    for name in names:
        environment().get_template(name)


def test_missing_template_is_an_error() -> None:
    """A template that does not exist raises."""
    with pytest.raises(jinja2.TemplateNotFound):
        render("nothing.md.j2")
