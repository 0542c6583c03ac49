"""Which line of one text is which line of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.line_pairs import pair

if TYPE_CHECKING:
    from tests.conftest import Proportional

LINES = st.lists(st.sampled_from("abcdefgh"), max_size=30)


@given(old=LINES, new=LINES)
def test_pairs_are_equal_lines_and_never_cross(old: list[str], new: list[str]) -> None:
    """Paired lines are the same, and their order is kept."""
    pairs = pair(old, new)
    assert len(pairs) == len(new)
    found = [at for at in pairs if at is not None]
    assert found == sorted(set(found))
    assert all(old[at] == line for at, line in zip(pairs, new, strict=True) if at is not None)


@given(lines=LINES)
def test_equal_texts_are_paired_line_by_line(lines: list[str]) -> None:
    assert pair(lines, lines) == list(range(len(lines)))


@given(lines=LINES, extra=st.integers(0, 30))
def test_one_inserted_line_unpairs_nothing(lines: list[str], extra: int) -> None:
    at = extra % (len(lines) + 1)
    pairs = pair(lines, [*lines[:at], "new", *lines[at:]])
    assert [number for number in pairs if number is not None] == list(range(len(lines)))


def test_a_moved_unique_line_does_not_break_the_rest() -> None:
    """Unique lines anchor; the longer chain of them wins."""
    old = ["x", "a", "b", "c", "d", "y"]
    assert pair(old, ["y", "a", "b", "c", "d", "x"]) == [None, 1, 2, 3, 4, None]


def test_texts_without_unique_lines_take_linear_time(proportional: Proportional) -> None:
    """Fifteen thousand repetitive lines, of one character each."""
    old, new = "01234", "03142"
    proportional(lambda text: pair(text, new * (len(text) // 5)), old * 3_000)
    assert sum(at is not None for at in pair(old * 3_000, new * 3_000)) > 2_500
