"""Cutting long files without losing a character."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import FileTooLong
from predict_edit.edit.chunk import split

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
    """A simple stand-in for tokens."""
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
    """Every cut lies at a top-level border."""
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
    """A blank line in them is no border."""
    fenced = "one\n\n```py\na\n\nb\n\nc\n```\n\ntwo\n"
    assert split(fenced, 13, words) == ("one\n\n", "```py\na\n\nb\n\nc\n```\n\n", "two\n")
    quoted = 'a = """\nx\n\ny\n"""\n\nb = 1\n'
    assert split(quoted, 12, words) == ('a = """\nx\n\ny\n"""\n\n', "b = 1\n")


def test_what_is_never_closed_opens_nothing() -> None:
    """A stray fence or quote does not make the rest of the file one block."""
    assert len(split("say '''\n\na\n\nb\n\n", 4, words)) == 3
    assert len(split("```\n\na\n\nb\n\n", 4, words)) == 3


def test_a_file_in_one_class_is_cut_only_where_allowed() -> None:
    """Without a top-level border the file is refused, unless indented borders are allowed."""
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
    """A person finds the place that cannot be cut."""
    with pytest.raises(FileTooLong, match="between line 3 and line 6"):
        split("a\n\nb\nb\nb\nb\n\nc\n", 5, words)


def test_counts_that_do_not_add_up_are_checked() -> None:
    """Where joined stretches count more than their sum, pieces still fit."""

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
