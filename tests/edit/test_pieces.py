"""Which pieces a long file is asked for in, and what is shown beside them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import FileTooLong
from predict_edit.edit import pieces
from predict_edit.edit.outline import outline


def words(text: str) -> int:
    """A simple stand-in for tokens."""
    return len(re.findall(r"\S+|\n", text))


def functions(number: int) -> str:
    """A file of so many small functions."""
    return "\n\n".join(f"def f{n}():\n    return {n}\n" for n in range(number))


@given(number=st.integers(1, 60), most=st.integers(10, 200))
def test_the_pieces_are_the_file_with_its_line_numbers(number: int, most: int) -> None:
    """Joined they are the file, and each knows where it stands."""
    text = functions(number)
    parts = pieces.plan(text, most=most, count=words)
    assert "".join(part.text for part in parts) == text
    lines = text.split("\n")
    for part in parts:
        assert part.text.split("\n")[0] == lines[part.first_line - 1]
        assert part.text.rstrip("\n").count("\n") <= part.last_line - part.first_line
        assert (part.index, part.total) == (parts.index(part) + 1, len(parts))
    assert [part.first_line for part in parts[1:]] == [part.last_line + 1 for part in parts[:-1]]


def test_all_pieces_see_the_same_and_a_short_file_whole() -> None:
    """What is shown is equal for all, so that it can be cached."""
    text = functions(50)
    parts = pieces.plan(text, most=100, count=words)
    assert {part.shown for part in parts} == {text}
    assert all(part.whole and not part.before and not part.after for part in parts)


@pytest.mark.parametrize(("context", "most"), [(1_000, 100), (None, 20)])
def test_a_file_that_is_dear_to_show_is_outlined(context: int | None, most: int) -> None:
    """Too many tokens for the context or over all pieces: outline and neighbours instead."""
    text = functions(1_500 if context is None else 200)
    parts = pieces.plan(text, most=most, count=words, context=context)
    first, second = parts[0], parts[1]
    assert not any(part.whole for part in parts)
    assert first.shown == second.shown
    assert "def f1():" in first.shown
    assert "return" not in first.shown
    assert len(first.shown) <= pieces.MAX_OUTLINE
    assert first.before == ""
    assert second.before.endswith(first.text[-20:])
    assert first.after.startswith(second.text[:20])
    assert parts[-1].after == ""
    assert max(len(part.before) for part in parts) <= pieces.MAX_AROUND


def test_a_file_in_one_class_is_cut_inside_it() -> None:
    """Where there is no border at the top level, the next level is taken."""
    methods = "\n".join(f"    int f{n}() {{\n        return {n};\n    }}\n" for n in range(50))
    text = f"class A {{\n\n{methods}}}\n"
    parts = pieces.plan(text, most=100, count=words)
    assert len(parts) > 3
    assert all(part.text.startswith("    int ") for part in parts[1:])
    assert "int f49() {" in pieces.plan(text, most=100, count=words, context=10)[0].shown


def test_a_larger_piece_is_better_than_a_cut_inside_something() -> None:
    """A method is only torn out of its class where the class is larger than allowed at all."""
    method = "    def f(self):\n        return 1\n\n"
    text = f"class A:\n\n{method * 10}\nclass B:\n\n{method * 10}"
    (first, second) = pieces.plan(text, most=40, largest=100, count=words)
    assert second.text.startswith("class B")
    assert len(pieces.plan(text, most=40, largest=50, count=words)) > 2
    assert first.last_line + 1 == second.first_line


def test_a_file_without_a_border_says_so() -> None:
    """There is no place to cut one long table."""
    with pytest.raises(FileTooLong, match="no place to cut it"):
        pieces.plan("row\n" * 500, most=100, count=words)


def test_a_piece_can_be_cut_again() -> None:
    """Into halves with the same surroundings, or not at all."""
    (part,) = pieces.plan(functions(10), most=1_000, count=words)
    halves = pieces.halve(part, words)
    assert 2 <= len(halves) <= 3
    assert "".join(half.text for half in halves) == part.text
    assert {half.shown for half in halves} == {part.shown}
    (line,) = pieces.plan("row\n" * 5, most=1_000, count=words)
    assert pieces.halve(line, words) == (line,)


@pytest.mark.parametrize(
    ("original", "edited", "last", "joined"),
    [
        ("a\n\n\n", "b", False, "b\n\n\n"),
        ("a\r\n\r\n", "b", False, "b\r\n\r\n"),
        ("a\n\n", "b\n", False, "b\n"),
        ("a\n\n", "", False, ""),
        ("a\n", "b", True, "b"),
        ("a", "b", False, "b"),
    ],
)
def test_a_piece_inside_the_file_ends_its_last_line(
    original: str, edited: str, last: bool, joined: str
) -> None:
    """The next piece must not be glued to it."""
    assert pieces.rejoin(original, edited, last=last) == joined


@given(text=st.text(max_size=400), depth=st.integers(0, 3), most=st.integers(1, 100))
def test_an_outline_is_bounded_and_made_of_the_files_lines(
    text: str, depth: int, most: int
) -> None:
    """Never longer than allowed, and nothing in it that the file does not have."""
    shown = outline(text, depth=depth, most=most)
    assert len(shown) <= most
    starts = {line.rstrip()[:160] for line in text.split("\n")}
    assert all(any(start.startswith(line) for start in starts) for line in shown.split("\n"))


def test_what_is_shown_beside_a_piece_can_become_less_twice() -> None:
    """The whole file, its outline, nothing; the piece itself stays."""
    text = functions(50)
    part = pieces.plan(text, most=100, count=words)[1]
    outlined = pieces.leaner(part, text)
    assert outlined is not None
    assert (outlined.text, outlined.whole) == (part.text, False)
    assert outlined.shown == outline(text, depth=0, most=pieces.MAX_OUTLINE)
    bare = pieces.leaner(outlined, text)
    assert bare is not None
    assert (bare.text, bare.shown, bare.before, bare.after) == (part.text, "", "", "")
    assert pieces.leaner(bare, text) is None
