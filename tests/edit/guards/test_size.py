"""How much of a file may go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit import intent
from predict_edit.edit.guards import size
from predict_edit.edit.rewrite import compare

NEUTRAL = "Use a constant here"


def judge(original: str, edited: str, instruction: str = NEUTRAL) -> str | None:
    """The cause for refusing, if any."""
    return size.problem(compare("a", original, edited), intent.read(instruction))


def numbered(count: int) -> list[str]:
    """So many different lines."""
    return [f"statement_{n} of the file();" for n in range(count)]


@given(count=st.integers(1, 80), data=st.data())
def test_a_few_changed_lines_always_pass(count: int, data: st.DataObject) -> None:
    """Editing up to three lines in place is never too much, whatever the file's length."""
    lines = numbered(count)
    edited = list(lines)
    for _ in range(3):
        edited[data.draw(st.integers(0, count - 1))] = "another statement();"
    assert judge("\n".join(lines), "\n".join([*edited, "last of the file();"])) is None


@given(count=st.integers(30, 120), share=st.floats(0.05, 0.9))
def test_a_prefix_of_the_file_never_passes(count: int, share: float) -> None:
    """An answer that is the file up to some line, and nothing else, is refused."""
    lines = numbered(count)
    kept = int(count * share)
    assert judge("\n".join(lines), "\n".join(lines[:kept])) is not None


def test_the_last_whole_function_may_go_when_something_else_changed() -> None:
    """A removal that goes with an edit elsewhere and ends between functions passes."""
    units = [f"func f{n}() {{\n\tone({n})\n\ttwo({n})\n}}\n" for n in range(12)]
    edited = [units[0].replace("one", "three"), *units[1:10]]
    assert judge("\n".join(units), "\n".join(edited)) is None
    assert judge("\n".join(units), "\n".join(units[:10])) is not None


def test_moved_lines_are_not_lost() -> None:
    """A file whose end moved to its start is whole."""
    lines = numbered(40)
    assert judge("\n".join(lines), "\n".join(lines[20:] + lines[:20])) is None


def test_a_minified_file_is_judged_by_its_characters() -> None:
    """One long line that is returned short is refused; short files are left alone."""
    long = "f(" + ",".join(map(str, range(1_000))) + ")"
    assert judge(long, "f(1)") is not None
    assert judge("f(1, 2, 3)", "f()") is None


@pytest.mark.parametrize(
    "instruction",
    ["Rewrite it", "Translate it to German", "Convert to Go", "Übersetze alles", "重写这个文件"],
)
def test_rewrites_that_were_asked_for_pass(instruction: str) -> None:
    """Words that mean rewriting let another text of about the same length through."""
    other = "\n".join(f"etwas ganz anderes, Zeile {n}" for n in range(40))
    assert judge("\n".join(numbered(40)), other, instruction) is None
    assert judge("\n".join(numbered(40)), other) is not None


def test_one_name_that_stands_everywhere_may_change_everywhere() -> None:
    """A table of one word is not another file because that word was edited."""
    assert judge("foo, 1\n" * 100, "bar, 1\n" * 100) is None
