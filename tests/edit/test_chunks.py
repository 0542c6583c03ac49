"""How a long file is cut, and what is shown beside each piece."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import FileTooLong
from predict_edit.edit import chunks
from predict_edit.edit.chunks import outline, split

LINES = st.sampled_from(
    [
        "def f():",
        "    pass",
        "",
        "",
        "}",
        "text",
        "\ttab",
        "```",
        "~~~",
        '"""',
        "x = '''",
        "  ",
        "é",
        "\r",
    ]
)
TEXTS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n"])), max_size=40).map(
    lambda lines: "".join(line + end for line, end in lines)
)


def words(text: str) -> int:
    """A simple substitute for tokens."""
    return len(re.findall(r"\S+|\n", text))


@given(
    text=st.one_of(TEXTS, st.text(max_size=200)), limit=st.integers(1, 60), depth=st.integers(0, 4)
)
def test_pieces_make_the_file_again_and_fit(text: str, limit: int, depth: int) -> None:
    """Joined, the pieces are the file; none is empty or too long; else the file is refused."""
    try:
        pieces = split(text, limit, words, depth=depth)
    except FileTooLong as error:
        assert words(text) > limit
        assert str(limit) in error.cause  # noqa: PT017 - both outcomes are right here
        return
    assert "".join(pieces) == text
    assert all(piece and words(piece) <= limit for piece in pieces)


@given(text=TEXTS, limit=st.integers(1, 60))
def test_pieces_begin_at_column_zero_behind_a_blank_line(text: str, limit: int) -> None:
    """Every cut lies at a top-level boundary."""
    try:
        pieces = split(text, limit, words)
    except FileTooLong:
        return
    for before, piece in itertools.pairwise(pieces):
        assert not before.split("\n")[-2].strip()
        assert not piece[0].isspace()
        assert piece[0] not in ")]}"


def test_a_file_that_fits_is_one_piece() -> None:
    """Nothing is cut without need, and an empty file has no pieces."""
    assert split("a\n\nb\n", 10, words) == ("a\n\nb\n",)
    assert split("", 10, words) == ()


def test_pieces_are_as_full_as_they_can_be() -> None:
    """Stretches are packed together up to the limit."""
    text = "a\n\n" * 10
    assert split(text, 9, words) == ("a\n\na\n\na\n\n",) * 3 + ("a\n\n",)


def test_fenced_blocks_and_triple_quoted_strings_are_not_cut() -> None:
    """A blank line in them is not a boundary."""
    fenced = "one\n\n```py\na\n\nb\n\nc\n```\n\ntwo\n"
    assert split(fenced, 13, words) == ("one\n\n", "```py\na\n\nb\n\nc\n```\n\n", "two\n")
    quoted = 'a = """\nx\n\ny\n"""\n\nb = 1\n'
    assert split(quoted, 12, words) == ('a = """\nx\n\ny\n"""\n\n', "b = 1\n")


def test_what_is_never_closed_opens_nothing() -> None:
    """A stray fence or quote does not make the rest of the file one block."""
    assert len(split("say '''\n\na\n\nb\n\n", 4, words)) == 3
    assert len(split("```\n\na\n\nb\n\n", 4, words)) == 3


def test_a_file_in_one_class_is_cut_only_where_allowed() -> None:
    """Without a top-level boundary, the file is refused, unless indented ones are allowed."""
    text = "class A {\n\n  f();\n  f();\n\n  g();\n  g();\n}\n"
    with pytest.raises(FileTooLong) as caught:
        split(text, 8, words)
    assert "between line 1 and line 8" in caught.value.cause
    assert split(text, 8, words, depth=2) == (
        "class A {\n\n",
        "  f();\n  f();\n\n",
        "  g();\n  g();\n}\n",
    )


def test_the_stretch_that_is_too_long_is_named_by_its_lines() -> None:
    """The error names the lines that cannot be cut."""
    with pytest.raises(FileTooLong, match="between line 3 and line 6"):
        split("a\n\nb\nb\nb\nb\n\nc\n", 5, words)


def test_counts_that_do_not_add_up_are_checked() -> None:
    """If joined stretches count more than their sum, pieces still fit."""

    def odd(text: str) -> int:
        return words(text) + 5 * max(text.count("\n\n") - 1, 0)

    pieces = split("a\n\n" * 20, 24, odd)
    assert "".join(pieces) == "a\n\n" * 20
    assert max(map(odd, pieces)) <= 24


def test_six_thousand_lines_are_cut_with_few_counts() -> None:
    """The number of counted characters grows with the file, not with its square."""
    text = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(1_500))
    counted = 0

    def count(part: str) -> int:
        nonlocal counted
        counted += len(part)
        return words(part)

    pieces = split(text, 3_000, count)
    assert "".join(pieces) == text
    assert len(pieces) <= 5
    assert counted < 4 * len(text)


def functions(number: int) -> str:
    """A file of as many small functions."""
    return "\n\n".join(f"def f{n}():\n    return {n}\n" for n in range(number))


@given(number=st.integers(1, 60), most=st.integers(10, 200))
def test_the_pieces_are_the_file_with_its_line_numbers(number: int, most: int) -> None:
    """Joined, they are the file, and each knows its lines."""
    text = functions(number)
    parts = chunks.plan(text, most=most, count=words)
    assert "".join(part.text for part in parts) == text
    lines = text.split("\n")
    for part in parts:
        assert part.text.split("\n")[0] == lines[part.first_line - 1]
        assert part.text.rstrip("\n").count("\n") <= part.last_line - part.first_line
        assert (part.index, part.total) == (parts.index(part) + 1, len(parts))
    assert [part.first_line for part in parts[1:]] == [part.last_line + 1 for part in parts[:-1]]


def test_all_pieces_see_the_same_and_a_short_file_whole() -> None:
    """All pieces show the same, so that it can be cached."""
    text = functions(50)
    parts = chunks.plan(text, most=100, count=words)
    assert {part.shown for part in parts} == {text}
    assert all(part.whole and not part.before and not part.after for part in parts)


@pytest.mark.parametrize(("context", "most"), [(1_000, 100), (None, 20)])
def test_a_file_that_is_dear_to_show_is_outlined(context: int | None, most: int) -> None:
    """Too many tokens for the context or over all pieces: outline and neighbours instead."""
    text = functions(1_500 if context is None else 200)
    parts = chunks.plan(text, most=most, count=words, context=context)
    first, second = parts[0], parts[1]
    assert not any(part.whole for part in parts)
    assert first.shown == second.shown
    assert "def f1():" in first.shown
    assert "return" not in first.shown
    assert len(first.shown) <= chunks.MAX_OUTLINE
    assert first.before == ""
    assert second.before.endswith(first.text[-20:])
    assert first.after.startswith(second.text[:20])
    assert parts[-1].after == ""
    assert max(len(part.before) for part in parts) <= chunks.MAX_AROUND


def test_a_file_in_one_class_is_cut_inside_it() -> None:
    """Without a boundary at the top level, the next level is used."""
    methods = "\n".join(f"    int f{n}() {{\n        return {n};\n    }}\n" for n in range(50))
    text = f"class A {{\n\n{methods}}}\n"
    parts = chunks.plan(text, most=100, count=words)
    assert len(parts) > 3
    assert all(part.text.startswith("    int ") for part in parts[1:])
    assert "int f49() {" in chunks.plan(text, most=100, count=words, context=10)[0].shown


def test_a_larger_piece_is_better_than_a_cut_inside_something() -> None:
    """A method leaves its class only if the class is larger than allowed at all."""
    method = "    def f(self):\n        return 1\n\n"
    text = f"class A:\n\n{method * 10}\nclass B:\n\n{method * 10}"
    (first, second) = chunks.plan(text, most=40, largest=100, count=words)
    assert second.text.startswith("class B")
    assert len(chunks.plan(text, most=40, largest=50, count=words)) > 2
    assert first.last_line + 1 == second.first_line


def test_a_file_without_a_border_is_cut_at_any_line() -> None:
    """A long table; only a line that is too long by itself cannot be cut."""
    parts = chunks.plan("row\n" * 500, most=100, count=words)
    assert "".join(part.text for part in parts) == "row\n" * 500
    assert {part.text for part in parts} == {"row\n" * 50}
    with pytest.raises(FileTooLong, match="no place to cut it"):
        chunks.plan("row " * 500, most=100, count=words)


def test_a_piece_can_be_cut_again() -> None:
    """Into halves with the same surroundings, at any line if there is no other place."""
    (part,) = chunks.plan(functions(10), most=1_000, count=words)
    halves = chunks.halve(part, words)
    assert 2 <= len(halves) <= 3
    assert "".join(half.text for half in halves) == part.text
    assert {half.shown for half in halves} == {part.shown}
    (rows,) = chunks.plan("row\n" * 6, most=1_000, count=words)
    assert [half.text for half in chunks.halve(rows, words)] == ["row\n" * 3] * 2
    (line,) = chunks.plan("row row row", most=1_000, count=words)
    assert chunks.halve(line, words) == (line,)


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
    assert chunks.rejoin(original, edited, last=last) == joined


@given(text=st.text(max_size=400), depth=st.integers(0, 3), most=st.integers(1, 100))
def test_an_outline_is_bounded_and_made_of_the_files_lines(
    text: str, depth: int, most: int
) -> None:
    """Never longer than allowed, and only lines of the file."""
    shown = outline(text, depth=depth, most=most)
    assert len(shown) <= most
    starts = {line.rstrip()[:160] for line in text.split("\n")}
    assert all(any(start.startswith(line) for start in starts) for line in shown.split("\n"))


def test_what_is_shown_beside_a_piece_can_become_less_twice() -> None:
    """The whole file, its outline, nothing; the piece itself stays."""
    text = functions(50)
    part = chunks.plan(text, most=100, count=words)[1]
    outlined = chunks.leaner(part, text)
    assert outlined is not None
    assert (outlined.text, outlined.whole) == (part.text, False)
    assert outlined.shown == outline(text, depth=0, most=chunks.MAX_OUTLINE)
    bare = chunks.leaner(outlined, text)
    assert bare is not None
    assert (bare.text, bare.shown, bare.before, bare.after) == (part.text, "", "", "")
    assert chunks.leaner(bare, text) is None
