from __future__ import annotations

import cProfile
import tracemalloc

from predict_edit.domain.edits import Dropped, FindingsReport
from predict_edit.findings.collection import MAX_FINDINGS, collect
from predict_edit.findings.formats import parse_report
from predict_edit.findings.reported_finding import OUTSIDE

from .conftest import ROOTS, finding


def test_each_once_and_in_order() -> None:
    """The same finding from two tools is one; a file's findings are sorted by line."""
    report = FindingsReport(findings=(finding(9), finding(2), finding(None, end_line=None)))
    again = FindingsReport(findings=(finding(2, tool="other"), finding(2, message="else")))
    found = collect([report, again])

    assert [(one.line, one.message[:4]) for one in found.of("src/a.py")] == [
        (None, "`os`"), (2, "`os`"), (2, "else"), (9, "`os`")
    ]  # fmt: skip
    assert found.count == 4
    assert found.sentences() == ()


def test_what_is_left_out_is_reported() -> None:
    """Paths outside and files that do not exist are counted with their reason."""
    report = FindingsReport(
        findings=(
            Dropped(OUTSIDE), Dropped(OUTSIDE), finding(1), finding(1, path="gone.py"),
            finding(2, path="gone`x.py"),
        ),
        notes=("A note.",),
    )  # fmt: skip
    told = collect([report]).sentences(known=["src/a.py"])

    assert told == (
        "2 findings were left out: the path is outside the repository.",
        "2 findings were left out: no such file in the repository (`gone.py` and `gone'x.py`).",
        "A note.",
    )


def report_of(number: int) -> FindingsReport:
    """A linter's report with that many findings."""
    lines = "".join(f"src/f{n % 997}.py:{n}:1: E501 line too long\n" for n in range(1, number + 1))
    return parse_report("flake8.txt", lines.encode(), ROOTS)


def test_fifty_thousand_and_more() -> None:
    """More than the limit is bounded and reported."""
    found = collect([report_of(60_000)])

    assert found.count == MAX_FINDINGS
    assert found.sentences() == (
        "10,000 findings were left out: there are more than 50,000 findings.",
    )


def test_a_finding_is_small_in_memory() -> None:
    """At most 2.5 kB, so that as many as are read take at most 150 MB."""
    tracemalloc.start()
    found = collect([report_of(6_000)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found.count == 6_000
    assert peak < 15_000_000


def test_the_work_grows_with_the_number_of_findings() -> None:
    """Four times the findings take at most about four times the calls."""

    def calls(number: int) -> int:
        profile = cProfile.Profile()
        profile.runcall(lambda: collect([report_of(number)]))
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(8_000) < 5 * calls(2_000)
