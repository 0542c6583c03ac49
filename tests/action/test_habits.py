"""What models do to a file, through the whole action: bad answers fail, good ones arrive."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from benchmarks.answers import REFUSE, Case, Row, run

HABITS = Path(__file__).parent.parent / "edit" / "habits.toml"


def cases() -> list[Case]:
    """The habits, as answers of a model that repeats a bad one and confirms a good one."""
    habits = tomllib.loads(HABITS.read_text("utf-8"))["case"]
    return [
        Case(
            name=habit["says"],
            path=habit["path"],
            head=habit["original"],
            instruction=habit.get("instruction", "Edit it."),
            answer=habit["answer"],
            want=(habit.get("text", habit["answer"]),)
            if habit["outcome"] != "doubted" or habit.get("meant")
            else (REFUSE,),
        )
        for habit in habits
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """What came of them, from a comment to the patch."""
    return run(cases())


def test_no_bad_answer_is_delivered_and_no_good_one_lost(rows: list[Row]) -> None:
    wrong = [
        (row.verdict, row.case.name, row.reason)
        for row in rows
        if row.verdict not in {"good", "bad refused"}
    ]
    assert wrong == []
    assert Counter(row.verdict for row in rows)["bad refused"] >= 10


def test_a_good_answer_rarely_takes_a_second_call(rows: list[Row]) -> None:
    """Bad ones take two and no third."""
    good = [row for row in rows if row.case.texts]
    assert sum(row.calls > 1 for row in good) <= len(good) / 3
    assert {row.calls for row in rows} == {1, 2}
