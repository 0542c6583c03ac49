"""Templates escape by default, and text that is too long is cut until it fits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jinja2
import pytest

from predict_edit.report.jinja import Cut, cuts, environment, fit, prepare, render
from predict_edit.report.summary import render_job_summary, render_summary

from .conftest import MARKER, a_report


def test_forgotten_filter_costs_no_safety() -> None:
    """A value without a filter is escaped as a foreign sentence."""
    template = environment().from_string("{{ name }} {{ number }}")

    assert template.render(name="<b> @octo", number=3) == "&lt;b&gt; `@octo` 3"


def test_macro_is_not_escaped_twice() -> None:
    """A macro's result is Markdown already; its input is escaped once."""
    template = environment().from_string("{% macro m(x) %}**{{ x }}**{% endmacro %}{{ m('*a*') }}")

    assert template.render() == r"**\*a\***"


def test_misspelt_name_is_an_error() -> None:
    """An unknown name in a template raises instead of vanishing."""
    with pytest.raises(jinja2.UndefinedError, match="summry"):
        environment().from_string("{{ summry }}").render()


def test_every_template_compiles() -> None:
    names = environment().list_templates()

    assert "summary.md.j2" in names
    for name in names:
        environment().get_template(name)


def test_no_template_is_large() -> None:
    """A run has most memory while a template's tree is there: 400 times its text."""
    loader = environment().loader
    assert loader
    sizes = {
        name: len(loader.get_source(environment(), name)[0])
        for name in environment().list_templates()
    }

    assert max(sizes.values()) < 7_000, sizes


def test_what_is_prepared_is_all_that_reports_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled at the end of a run, a template would keep everybody waiting."""
    environment.cache_clear()
    prepare()
    monkeypatch.setattr(environment(), "compile", None)

    assert render_summary(a_report(), marker=MARKER)
    assert render_job_summary(a_report())


def test_no_template_is_compiled_in_two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that is needed while a thread prepares waits for it, and costs no more."""
    environment.cache_clear()
    compiled, begun, twice = [], threading.Event(), threading.Event()
    compile_one = environment().compile

    def noted(source: str, name: str, *rest: Any) -> Any:
        compiled.append(name)
        if begun.is_set():
            twice.set()
        begun.set()
        twice.wait(0.1)
        return compile_one(source, name, *rest)

    monkeypatch.setattr(environment(), "compile", noted)
    with ThreadPoolExecutor() as threads:
        prepared = threads.submit(prepare)
        begun.wait()
        assert render_summary(a_report(), marker=MARKER)
        prepared.result()

    assert sorted(compiled) == sorted(set(compiled))


def test_missing_template_is_an_error() -> None:
    with pytest.raises(jinja2.TemplateNotFound):
        render("nothing.md.j2")


def draw(cut: Cut) -> str:
    """A text as long as the rows shown."""
    return "x" * min(cut.rows, 10_000)


@pytest.mark.parametrize(
    ("limit", "shown"), [(10_000, 10_000), (9_999, 500), (499, 300), (20, 20), (19, 5), (5, 5)]
)
def test_as_little_as_possible_is_cut(limit: int, shown: int) -> None:
    """The longest text that fits is used."""
    assert len(fit(draw, len, limit)) == shown


def test_what_cannot_fit_is_an_error() -> None:
    """A limit below the shortest text raises instead of returning a longer one."""
    with pytest.raises(ValueError, match="does not fit"):
        fit(draw, len, 4)


def test_only_the_whole_is_not_short() -> None:
    """Every cut text says that something may be missing."""
    whole, *shorter = cuts()

    assert not whole.short
    assert all(cut.short for cut in shorter)
