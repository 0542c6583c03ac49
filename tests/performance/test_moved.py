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
