"""What `make bench` names as moved."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from benchmarks.figures import Figure, Section, Target, counts, markdown, seconds, target_table
from benchmarks.moved import moved

pytestmark = pytest.mark.source


def section(figure: Figure, *, aim: bool = False) -> Section:
    """One figure, in a table or as an aim."""
    target = Target(what="Requests", figure=figure, limit=9, why="")
    return Section(
        title="Run",
        text="",
        tables=[] if aim else [(("Files", "Took"), [["12", str(figure)]])],
        targets=[target] if aim else [],
    )


def between(before: Figure, now: Figure, *, aim: bool = False, here: bool = True) -> Sequence[str]:
    """What is named after one run on a page and another one."""
    old = section(before, aim=aim)
    tables = [target_table(old.targets)] if aim else old.tables
    page = f"## {'Aims' if aim else old.title}\n" + "\n".join(map(markdown, tables))
    return moved(page, {"run": section(now, aim=aim)}, same_machine=here)


@pytest.mark.parametrize(
    ("before", "now", "named"),
    [
        (seconds([1.0, 1.1, 1.2]), seconds([1.15, 1.3, 1.5]), False),  # the ranges meet
        (seconds([1.0]), seconds([1.04]), False),  # no more than noise
        (seconds([1.0, 1.1, 1.2]), seconds([1.3, 1.4, 1.5]), True),
        (seconds([1_000.0]), seconds([900.0]), True),
        (counts([11]), counts([11]), False),
        (counts([11]), counts([12]), True),
        (counts([203]), counts([204]), True),
        (counts([65_916]), counts([67_356]), False),  # tokens of another nonce
        (counts([65_916]), counts([70_000]), True),
    ],
)
def test_a_figure_moved_where_it_left_the_noise_of_both_runs(
    before: Figure, now: Figure, named: bool
) -> None:
    """Ranges that are apart by more than their noise; a count has none."""
    way = "more" if now.median > before.median else "less"
    expected = [f"{way}: Run, 12, Took: {before} before, {now} now"] if named else []
    assert between(before, now) == expected


def test_an_aim_gets_worse_or_better() -> None:
    """All aims are upper limits."""
    assert between(counts([5]), counts([6]), aim=True) == [
        "worse: Aims, Requests, Measured: 5 before, 6 now"
    ]
    assert between(counts([6]), counts([5]), aim=True)[0].startswith("better: ")


def test_times_of_another_machine_say_nothing() -> None:
    """Counts do."""
    assert between(seconds([1]), seconds([2]), here=False) == []
    assert between(counts([1]), counts([2]), here=False) != []


def test_what_is_new_has_not_moved() -> None:
    """Neither a row that the page lacks nor a page without tables."""
    assert moved("", {"run": section(counts([1]))}, same_machine=True) == []


def cells(before: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> Sequence[str]:
    """What is named after the rows of one table and those of another run."""
    heads = [("Kind", "Share", "Took", "Became")[: len(row)] for row in now]
    one, other = (
        Section(title="Run", text="", tables=[(heads[0], rows)]) for rows in (before, now)
    )
    page = "## Run\n" + "\n".join(map(markdown, one.tables))
    return moved(page, {"run": other}, same_machine=True)


def test_rows_that_begin_alike_are_told_apart_by_their_next_cell() -> None:
    """As the rows of one setting at several shares."""
    rows = [["`on`", "95 %", "1.00 s"], ["`on`", "10 %", "2.00 s"]]
    worse = [["`on`", "95 %", "1.50 s"], ["`on`", "10 %", "2.00 s"]]
    assert cells(rows, worse) == ["more: Run, `on`, 95 %, Took: 1.00 s before, 1.50 s now"]


@pytest.mark.parametrize(
    ("before", "now", "named"),
    [
        ("1.0 s, 90 µ$", "1.0 s, 120 µ$", "more"),
        ("12 of 12", "11 of 12", "less"),
        ("3 made", "2 made, 1 lost", "other"),
        ("edits", "file", "other"),
        ("27 %", "28 %", None),
        ("1,000 made", "1,000 made", None),
        ("", "", None),
    ],
)
def test_every_figure_of_a_cell_counts_and_so_do_its_words(
    before: str, now: str, named: str | None
) -> None:
    """A cell may hold more than one figure, or none."""
    found = cells([["a", before]], [["a", now]])
    assert found == ([f"{named}: Run, a, Share: {before} before, {now} now"] if named else [])


def test_a_verdict_is_not_named_beside_its_figure() -> None:
    """It follows from it."""
    named = between(counts([5]), counts([12]), aim=True)
    assert named == ["worse: Aims, Requests, Measured: 5 before, 12 now"]
