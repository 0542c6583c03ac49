"""Trailing blanks of untouched lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.blanks import restore
from predict_edit.edit.clean import clean

LINES = st.lists(st.text("ab \t\r", max_size=5), max_size=10)
TEXT = "def f():  \n    a = 1\t\n\n    return a  # done \n"


def test_lost_blanks_come_back_round_an_edit() -> None:
    """A model that strips line ends while it edits one line changes that line only."""
    answer = "def f():\n    a = 2\n\n    return a  # done\n"

    assert clean(TEXT, answer) == "def f():  \n    a = 2\n\n    return a  # done \n"


def test_instruction_about_blanks_frees_them() -> None:
    """Who asks for trailing white space to go gets that."""
    answer = "def f():\n    a = 1\n\n    return a  # done\n"

    assert clean(TEXT, answer, instruction="Remove trailing whitespace.") == answer


def test_added_blanks_go_again() -> None:
    """Blanks that a model adds at the end of an untouched line are no edit."""
    assert restore("a\nb\n", "a \nc\t\n") == "a\nc\t\n"


@given(st.lists(st.text("ab \t", max_size=5), max_size=10))
def test_stripped_text_is_restored(lines: list[str]) -> None:
    """Whatever blanks the lines between visible ones had, stripping them off is undone."""
    lines = ["first ", *lines, "last\t"]
    stripped = "\n".join(line.rstrip(" \t") for line in lines)

    assert restore("\n".join(lines), stripped) == "\n".join(lines)


@given(LINES, LINES)
def test_restoring_changes_line_ends_only(old: list[str], new: list[str]) -> None:
    """No visible character is touched, and doing it twice changes nothing more."""
    original, text = "\n".join(old), "\n".join(new)
    once = restore(original, text)

    assert [a.rstrip() for a in once.split("\n")] == [b.rstrip() for b in text.split("\n")]
    assert restore(original, once) == once
