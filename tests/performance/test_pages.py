"""What the benchmarks write into pages that are written by hand."""

from __future__ import annotations

import pytest
from benchmarks.figures import Section
from benchmarks.page import shortened

pytestmark = pytest.mark.source

PAGE = "# By hand\n\n<!-- run -->\nold\n<!-- end of run -->\n\nby hand, too\n"


def test_a_short_form_takes_the_place_of_the_earlier_one() -> None:
    """All around it stays."""
    sections = {"run": Section(title="Run", text="", short="new\n")}
    assert shortened(PAGE, sections, "make bench") == PAGE.replace("old", "`make bench`\n\nnew")


@pytest.mark.parametrize("name", ["run", "another"])
def test_what_has_no_short_form_or_no_place_changes_nothing(name: str) -> None:
    """As a benchmark that cannot run here."""
    short = "" if name == "run" else "new\n"
    assert shortened(PAGE, {name: Section(title="Run", text="", short=short)}, "x") == PAGE
