"""The outer shape of an answer, and what is restored from the original."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from predict_edit.edit import clean as cleaner
from predict_edit.edit.clean import restore_blanks as blanks_of


def clean(original: str, answer: str, *, instruction: str = "", path: str = "a.txt") -> str:
    """The text that comes out."""
    return cleaner.clean(path, original, answer, instruction=instruction).text


def restore_blanks(original: str, text: str) -> str:
    """The text that comes out."""
    return blanks_of(original, text)[0]


LINE = st.text(
    st.sampled_from(
        ["a", "b", "}", "\t", " ", "\f", "\u2028", "\u0085", "漢", "\U0001f680", "`", "\ufeff", "~"]
    ),
    max_size=6,
)
ENDING = st.sampled_from(["\n", "\r\n", "\r", "\r\r\n", "\n\n", ""])
PIECES = st.one_of(LINE, ENDING, st.sampled_from(["```", "```py\n", "\n```", "\n```\n", "~~~\n"]))
TEXTS = st.lists(PIECES, max_size=14).map("".join)
PLAIN_LINES = st.lists(LINE.filter(lambda line: "`" not in line and "~" not in line), max_size=12)


@given(text=TEXTS)
def test_a_file_is_clean_already(text: str) -> None:
    assert clean(text, text) == text


@given(original=TEXTS, answer=TEXTS)
def test_cleaning_twice_changes_nothing_more(original: str, answer: str) -> None:
    once = clean(original, answer)
    assert clean(original, once) == once


@given(
    original=TEXTS,
    answer=TEXTS,
    instruction=st.sampled_from(
        ["Use CRLF", "Remove the BOM", "Add a final newline", "eol, BOM, EOF"]
    ),
)
def test_cleaning_twice_changes_nothing_more_with_freedoms(
    original: str, answer: str, instruction: str
) -> None:
    """The same holds if the instruction frees line endings, mark or ends."""
    once = clean(original, answer, instruction=instruction)
    assert clean(original, once, instruction=instruction) == once


@example(lines=["", "\x85", "", "a"], ending="\n", final=False)
@given(lines=PLAIN_LINES, ending=st.sampled_from(["\n", "\r\n"]), final=st.booleans())
def test_what_models_do_to_the_outer_shape_is_undone(
    lines: list[str], ending: str, final: bool
) -> None:
    """Fence, lost mark, line feeds for CRLF and lost line feeds at both ends are undone."""
    original = "\ufeff" + ending.join(lines) + (ending if final else "")
    assume(original.strip("\ufeff \t\r\n\f\u2028\u0085"))
    bare = original.removeprefix("\ufeff").replace("\r\n", "\n").strip("\n")
    assume("\ufeff" not in bare[:1])
    assert clean(original, bare) == original
    assert clean(original, f"```text\n{bare}\n```") == original


BARE = LINE.map(lambda line: line.replace("`", "'").replace("~", "-"))
"""A line without what could be part of a fence."""


@given(
    lines=st.lists(st.tuples(BARE, st.sampled_from(["\n", "\r\n"])), min_size=1, max_size=25),
    at=st.integers(0, 24),
)
def test_unchanged_lines_of_mixed_files_keep_their_endings(
    lines: list[tuple[str, str]], at: int
) -> None:
    """After one edited line, answered with line feeds only, all other lines are as they were."""
    at %= len(lines)
    lines = [("first", "\n"), ("second", "\r\n"), *lines, ("last", "\n")]
    original = "".join(line + end for line, end in lines)
    edited = [line for line, _ in lines]
    edited[at + 2] = "changed here"
    answer = "\n".join(edited) + "\n"
    expected = "".join(
        line + end for line, end in zip(edited, (end for _, end in lines), strict=True)
    )
    assert clean(original, answer) == expected


@pytest.mark.parametrize(
    ("original", "answer", "expected"),
    [
        pytest.param("\n\na\n", "b\n", "\n\nb\n", id="leading line feeds come back"),
        pytest.param("a\n", "\n\nb\n", "b\n", id="leading line feeds of the model go"),
        pytest.param("\na\n", "#!\n\na\n", "#!\n\na\n", id="what is put above keeps its own start"),
        pytest.param("a\n\n\n", "b\n", "b\n\n\n", id="all line feeds at the end come back"),
        pytest.param("a\n", "b\n\n\n", "b\n", id="line feeds of the model at the end go"),
        pytest.param("a\n", "\n\ufeff\nb\n", "b\n", id="a mark of the model's goes"),
        pytest.param("\ufeffa\n", "\n\ufeffb\n", "\ufeffb\n", id="a mark behind line feeds"),
        pytest.param("\n\ufeffa\n", "\ufeffb\n", "\nb\n", id="a mark in the wrong place"),
        pytest.param("\n\ufeffa\n", "\n\ufeffb\n", "\n\ufeffb\n", id="is kept if it comes back"),
        pytest.param("a\rb\r", "a\nc\n", "a\rc\r", id="carriage returns alone"),
        pytest.param("a", "b\r\nc", "b\nc", id="a single line says nothing about endings"),
        pytest.param("\n\n", "b\r\n", "b\n", id="a file of line feeds only"),
        pytest.param(
            "a\r\nb\nc\r\n", "a\nx\ny\nz\nc\n", "a\r\nx\ny\nz\nc\r\n", id="new lines follow"
        ),
        pytest.param("```\na\n```\n", "```\nb\n```\n", "```\nb\n```\n", id="the file's own fence"),
        pytest.param("a\n", "```\nb\n~~~\n", "```\nb\n~~~\n", id="fences that do not match"),
        pytest.param(
            "a\n", "````\n```\nb\n```\n````\n", "````\n```\nb\n```\n````\n", id="never two fences"
        ),
        pytest.param("a\n", "  ```\nb\n```\n", "b\n", id="blanks before the fence"),
        pytest.param("a\n", "```a b\nb\n```\n", "b\n", id="a language and a path"),
        pytest.param(
            "a\n", "x\n```\nb\n```\n", "x\n```\nb\n```\n", id="a fence that wraps not all"
        ),
    ],
)
def test_examples(original: str, answer: str, expected: str) -> None:
    assert clean(original, answer) == expected


@pytest.mark.parametrize(
    ("instruction", "original", "answer", "expected"),
    [
        ("Use LF line endings", "a\r\nb\r\n", "a\nb\n", "a\nb\n"),
        ("Convert to CRLF", "a\nb\n", "a\r\nb\r\n", "a\r\nb\r\n"),
        ("Remove the BOM", "\ufeffa\n", "a\n", "a\n"),
        ("Keep it", "\ufeffa\n", "b\n", "\ufeffb\n"),
        ("Fix W292: no newline at end of file", "a", "a\n", "a\n"),
        ("Drop the blank lines at the top", "\n\na\n", "a\n", "a\n"),
        ("Use `\\n` newlines", "a\r\nb\r\n", "a\nb\n", "a\r\nb\r\n"),
    ],
)
def test_an_instruction_frees_what_it_speaks_of(
    instruction: str, original: str, answer: str, expected: str
) -> None:
    """An instruction about line endings, the mark or a final line feed is followed."""
    assert clean(original, answer, instruction=instruction) == expected


def test_four_hundred_lines_stay_byte_identical_outside_the_edit() -> None:
    """Latin, CJK, emoji, tabs and trailing blanks survive a fenced answer with lost line feeds."""
    kinds = [
        "plain",
        "\ttab",
        "blank  ",
        "漢字かな",
        "\U0001f469\u200d\U0001f680",
        "",
        "é\u0301\u00a0",
    ]
    lines = [f"{kinds[n % len(kinds)]} {n}".removesuffix(" ") for n in range(400)]
    original = "\n" + "\r\n".join(lines) + "\r\n\r\n"
    edited = [*lines]
    edited[200] = "new"
    answer = "```\n" + "\n".join(edited) + "\n```"
    assert clean(original, answer) == "\n" + "\r\n".join(edited) + "\r\n\r\n"


LINES = st.lists(st.text("ab \t\r", max_size=5), max_size=10)
TEXT = "def f():  \n    a = 1\t\n\n    return a  # done \n"


def test_lost_blanks_come_back_round_an_edit() -> None:
    """A model that strips line ends while it edits one line changes only that line."""
    answer = "def f():\n    a = 2\n\n    return a  # done\n"

    assert clean(TEXT, answer) == "def f():  \n    a = 2\n\n    return a  # done \n"


def test_instruction_about_blanks_frees_them() -> None:
    """An instruction to remove trailing white space is followed."""
    answer = "def f():\n    a = 1\n\n    return a  # done\n"

    assert clean(TEXT, answer, instruction="Remove trailing whitespace.") == answer


def test_added_blanks_go_again() -> None:
    """Blanks that a model adds at the end of an untouched line are removed."""
    assert restore_blanks("a\nb\n", "a \nc\t\n") == "a\nc\t\n"


@given(st.lists(st.text("ab \t", max_size=5), max_size=10))
def test_stripped_text_is_restored(lines: list[str]) -> None:
    """Whatever blanks the lines between visible ones had, they are restored."""
    lines = ["first ", *lines, "last\t"]
    stripped = "\n".join(line.rstrip(" \t") for line in lines)

    assert restore_blanks("\n".join(lines), stripped) == "\n".join(lines)


@given(LINES, LINES)
def test_restoring_changes_line_ends_only(old: list[str], new: list[str]) -> None:
    """No visible character is touched, and doing it twice changes nothing more."""
    original, text = "\n".join(old), "\n".join(new)
    once = restore_blanks(original, text)

    assert [a.rstrip() for a in once.split("\n")] == [b.rstrip() for b in text.split("\n")]
    assert restore_blanks(original, once) == once


def test_line_endings_that_come_back_in_a_mixed_file_are_counted() -> None:
    """Also if the answer has both kinds, as the file has."""
    original = "a\r\nb\r\nc\nd\n"
    cleaned = cleaner.clean("a.txt", original, original.replace("c\n", "c\r\n").replace("d", "e"))
    assert cleaned.text == original.replace("d", "e")
    assert cleaned.restored == {"line endings": 1}


@pytest.mark.parametrize(
    ("original", "answer", "text"),
    [
        ("a\rb\nc\n", "a\nb\nC\n", "a\rb\nC\n"),
        ("a\u2028b\nc\n", "a\nb\nC\n", "a\u2028b\nC\n"),
        ("a\r\nb\x0bc\r\nd\r\n", "a\nb\nc\nD\n", "a\r\nb\x0bc\r\nD\r\n"),
        ("a\x85b\nc\n", "a\nB\nC\n", "a\nB\nC\n"),
        ("a\n\f\nb\nc\n", "a\n\nb\nC\n", "a\n\f\nb\nC\n"),
        ("a\f\nb\n", "a\nB\n", "a\f\nB\n"),
    ],
)
def test_what_some_take_for_line_ends_stays_on_lines_left_alone(
    original: str, answer: str, text: str
) -> None:
    """Form feeds of GNU's sources, lone carriage returns and U+2028 are easily lost."""
    assert clean(original, answer) == text


def test_line_feeds_in_place_of_carriage_returns_may_be_meant() -> None:
    assert clean("a\rb\nc\n", "a\nb\nc\n", instruction="Use LF line endings") == "a\nb\nc\n"
