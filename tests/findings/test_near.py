from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from predict_edit.domain.edits import Hunk
from predict_edit.findings.collection import OFF_TARGET, near

from .conftest import finding


@pytest.mark.parametrize(
    ("hunk", "on_target"),
    [
        (Hunk(start=18, removed=("a\n",), added=()), True),
        (Hunk(start=17, removed=("a\n",), added=()), False),
        (Hunk(start=10, removed=("a\n",) * 9, added=()), True),
        (Hunk(start=24, removed=("a\n",), added=("b\n",)), True),
        (Hunk(start=25, removed=("a\n",), added=("b\n",)), False),
        (Hunk(start=18, removed=(), added=("b\n",)), True),
        (Hunk(start=17, removed=(), added=("b\n",)), False),
        (Hunk(start=25, removed=(), added=("b\n",)), True),
        (Hunk(start=26, removed=(), added=("b\n",)), False),
    ],
)
def test_margin(hunk: Hunk, on_target: bool) -> None:
    """Two lines around lines 20 to 22 are near; an insertion counts with either neighbour."""
    judge = near([finding(20, end_line=22)], margin=2)

    assert judge(hunk) == (None if on_target else OFF_TARGET)


def test_whole_file() -> None:
    """A finding about the whole file makes every place near; no finding makes none near."""
    hunk = Hunk(start=500, removed=("a\n",), added=())

    assert near([finding(1), finding(None, end_line=None)])(hunk) is None
    assert near([])(hunk) == OFF_TARGET


@hypothesis.given(
    st.lists(st.integers(1, 60), max_size=4),
    st.integers(1, 60),
    st.integers(0, 5),
    st.integers(0, 9),
)
def test_same_as_counting(lines: list[int], start: int, length: int, margin: int) -> None:
    hunk = Hunk(start=start, removed=("a\n",) * length, added=("b\n",))
    touched = set(range(start, start + length)) or {start - 1, start}
    wanted = any(abs(line - at) <= margin for line in lines for at in touched)

    assert (near([finding(line) for line in lines], margin)(hunk) is None) == wanted
