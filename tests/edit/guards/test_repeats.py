"""Answers in which the model got stuck."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.guards.repeats import loop
from predict_edit.edit.rewrite import compare


def is_loop(original: str, answer: str) -> bool:
    """Whether the answer is taken for a loop."""
    return loop(compare("a", original, answer)) is not None


FILE = "".join(f"line {n}\n" for n in range(50))


@given(
    period=st.integers(1, 24),
    repeats=st.integers(50, 70),
    at=st.integers(0, 50),
)
def test_a_block_written_again_and_again_is_seen(period: int, repeats: int, at: int) -> None:
    """Whatever its length and place, fifty repetitions of a block are a loop."""
    block = [f"stuck {n}" for n in range(period)]
    lines = FILE.split("\n")
    assert is_loop(FILE, "\n".join(lines[:at] + block * repeats + lines[at:]))


@given(text=st.text(max_size=400))
def test_a_file_is_no_loop_of_itself(text: str) -> None:
    """What repeats in the original may repeat."""
    assert not is_loop(text * 40, text * 40)


@pytest.mark.parametrize(
    ("original", "answer", "loop"),
    [
        pytest.param("a\n", "x" * 2_000, True, id="one character for ever"),
        pytest.param("a\n", "0, 1, " * 500, True, id="a few characters for ever"),
        pytest.param("x" * 2_000, "y" * 2_000, False, id="the file was like that"),
        pytest.param("a\n", "".join(map(str, range(2_000))), False, id="a long line that goes on"),
        pytest.param("a\n", "b\n" * 9, False, id="a few equal lines"),
        pytest.param("0,\n" * 200, "0,\n" * 260, False, id="a table that grew"),
        pytest.param("0,\n" * 20, "0,\n" * 200, True, id="a table that exploded"),
        pytest.param(FILE, FILE + "\n" * 500, False, id="blank lines"),
    ],
)
def test_examples(original: str, answer: str, loop: bool) -> None:
    assert is_loop(original, answer) is loop
