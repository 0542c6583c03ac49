from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import Placement, Suggestion
from predict_edit.suggest import compose as composing
from predict_edit.suggest.anchors import DELETED_LINES, OUTSIDE, TWO_HUNKS, Anchors, Span
from predict_edit.suggest.compose import (
    BYTE_ORDER_MARK,
    CARRIAGE_RETURN,
    EMPTY_FILE,
    FINAL_NEWLINE,
    LINE_TAKEN,
    NO_CHANGE,
    NUL,
    TOO_LONG,
    Head,
    compose,
    fenced,
)
from predict_edit.suggest.diff import hunks_between
from predict_edit.suggest.replay import block_lines
from predict_edit.support.git import lines_of

Made = list[tuple[int, int, str]]
"""First line, last line and the lines between the fences, each with its line feed."""


def composed(head: str, edited: str, *spans: tuple[int, int, int]) -> tuple[Placement, ...]:
    """Placements if the spans (first, last, hunk) take comments; without spans, all lines do."""
    lines = lines_of(head)
    anchors = Anchors(
        spans=tuple(
            Span(first=first, last=last, hunk=hunk)
            for first, last, hunk in spans or [(1, max(1, len(lines)), 0)]
        )
    )
    return compose(Head(path="f", lines=lines, anchors=anchors), hunks_between(head, edited))


def made(placements: Sequence[Placement]) -> Made:
    """The distinct suggestions, read back."""
    found = dict.fromkeys(p.suggestion for p in placements if p.suggestion)
    return [(s.start_line, s.line, content(s)) for s in found]


def content(suggestion: Suggestion) -> str:
    """The content between fences on the first and the last line."""
    opening, rest = suggestion.body.split("\n", 1)
    fence = opening.removesuffix("suggestion")
    assert rest == fence or rest.endswith(f"\n{fence}")
    return rest.removesuffix(fence)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb\n", "a\n", [(2, 2, "")]),  # deletion: no line at all
        ("a\nb", "a\nb\n", [(2, 2, "b\n\n")]),  # final newline added: one more empty line
        ("a\nb", "a\n", [(2, 2, "\n")]),  # unfinished line deleted: its start stays, empty
        ("a\nb", "a\nb\nc", [(2, 2, "b\nc\n")]),  # appended to an unfinished file
        ("a\nb\n", "a\nb\nc\n", [(2, 2, "b\nc\n")]),  # appended: anchored on the last line
        ("a\n", "\na\n", [(1, 1, "\na\n")]),  # before the first line: anchored on it
        ("a\nb\n", "a\n\n", [(2, 2, "\n")]),  # replaced by a blank line, which is no deletion
        ("a\nb\n", "A\nb\n", [(1, 1, "A\n")]),  # one line replaced
        ("a\nb\nc\nd\n", "a\nX\nd\n", [(2, 3, "X\n")]),  # several lines by fewer
        ("a\nb\n", "a\nx\ny\nb\n", [(1, 1, "a\nx\ny\n")]),  # inserted: anchored on the line above
        ("a\n\n\nb\n", "a\n\n\n\nb\n", [(3, 3, "\n\n")]),  # one more blank line
        ("a\nb", "a\nB", [(2, 2, "B\n")]),  # unfinished line replaced
        ("a\nb", "a\nB\n", [(2, 2, "B\n\n")]),  # the same and finished
        ("a\nb\nc", "a\nc", [(2, 2, "")]),  # deletion above an unfinished line
        ("a\nb\nc", "a\nb", [(2, 3, "b\n")]),  # the last line of an unfinished file
        ("a \n\tb\n", "a\n\tb \n", [(1, 2, "a\n\tb \n")]),  # blanks at line ends are text
        ("a\fb\nc\n", "a\fb\nd\n", [(2, 2, "d\n")]),  # a form feed ends no line
        ("a\u2028b\nc\n", "a\u2028B\nc\n", [(1, 1, "a\u2028B\n")]),  # nor does U+2028
        ("x\u0085\n1\n", "x\u0085\n2\n", [(2, 2, "2\n")]),  # nor U+0085
    ],
)
def test_each_edit_becomes_the_smallest_suggestion(old: str, new: str, expected: Made) -> None:
    """Lines and body are exactly those that give the new text."""
    assert made(composed(old, new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("", "a\n", EMPTY_FILE),
        ("a\nb\n", "a\nb", FINAL_NEWLINE),
        ("a\nb\n", "a", FINAL_NEWLINE),  # with a line deleted
        ("a\n", "a\nb", FINAL_NEWLINE),  # with a line added
        ("a\n", "b\r\n", CARRIAGE_RETURN),  # line end changed
        ("a\n", "b\rc\n", CARRIAGE_RETURN),  # inside a line
        ("a\rb\nc\n", "a\rb\nx\nc\n", None),  # the line below can be the anchor instead
        ("a\n", "\0\n", NUL),
        ("\ufeffa\n", "\ufeffb\n", BYTE_ORDER_MARK),
        ("\ufeffa\n", "a\n", BYTE_ORDER_MARK),  # taken away
        ("a\n", "\ufeffa\n", BYTE_ORDER_MARK),  # put there
        ("a\n\ufeffb\n", "a\n\ufeffc\n", None),  # further down it is just a character
    ],
)
def test_what_a_suggestion_cannot_say_goes_to_the_patch(
    old: str, new: str, reason: str | None
) -> None:
    """The reason names the obstacle."""
    (placement,) = composed(old, new)
    assert (placement.reason or None) == reason
    assert (placement.suggestion is None) == (reason is not None)


@pytest.mark.parametrize(
    ("new", "spans", "expected"),
    [
        ("1\n2\nx\n3\n4\n5\n", [(1, 5, 0)], (2, 2)),  # the line above
        ("1\n2\nx\n3\n4\n5\n", [(3, 5, 0)], (3, 3)),  # the line above lies outside
        ("1\n2\nx\n3\n4\n5\n", [(1, 2, 0)], (2, 2)),  # the line below lies outside
        ("1\n2\nx\n3\n4\n5\n", [(1, 2, 0), (3, 5, 1)], (2, 2)),  # between two hunks
        ("1\n2\nx\n3\n4\n5\n", [(1, 1, 0), (4, 5, 0)], OUTSIDE),  # both lie outside
        ("x\n1\n2\n3\n4\n5\n", [(1, 5, 0)], (1, 1)),  # no line above
        ("x\n1\n2\n3\n4\n5\n", [(2, 5, 0)], OUTSIDE),
        ("1\n2\n3\n4\n5\nx\n", [(5, 5, 0)], (5, 5)),  # no line below
        ("1\n2\n3\n4\n5\nx\n", [(1, 4, 0)], OUTSIDE),
        ("1\n2\nx\ny\n5\n", [(3, 4, 0)], (3, 4)),  # exactly the span
        ("1\n2\nx\ny\n5\n", [(3, 3, 0), (4, 4, 0)], DELETED_LINES),
        ("1\n2\nx\ny\n5\n", [(3, 3, 0), (4, 4, 1)], TWO_HUNKS),
        ("1\n2\nx\ny\n5\n", [(3, 3, 0)], OUTSIDE),
    ],
)
def test_a_suggestion_lies_within_one_span(
    new: str, spans: list[tuple[int, int, int]], expected: tuple[int, int] | str
) -> None:
    """Anchors decide the line of an insertion, and whether a replacement is possible at all."""
    (placement,) = composed("1\n2\n3\n4\n5\n", new, *spans)
    suggestion = placement.suggestion
    assert (suggestion and (suggestion.start_line, suggestion.line)) == (
        None if isinstance(expected, str) else expected
    )
    assert placement.reason == (expected if isinstance(expected, str) else "")


def test_the_more_telling_of_two_reasons_is_given() -> None:
    """If one line is outside, the problem of the other says more."""
    (placement,) = composed("1\n2\n", "1\nx\0\n2\n", (2, 2, 0))
    assert placement.reason == NUL


@pytest.mark.parametrize("between", [1, 2, 3])
def test_neighbours_stay_apart(between: int) -> None:
    """However close two hunks are, each has its own suggestion of its own lines."""
    same = "".join(f"same {number}\n" for number in range(between))
    placements = composed(f"1\n2\n{same}4\n5\n", f"1\nB\n{same}D\n5\n")
    assert made(placements) == [(2, 2, "B\n"), (3 + between, 3 + between, "D\n")]
    assert len(placements) == 2


def test_every_other_line_is_a_suggestion() -> None:
    """A long table with every other line changed gives one suggestion per line."""
    old = [f"{number}\n" for number in range(100)]
    new = [f"{line[:-1]}!\n" if number % 2 else line for number, line in enumerate(old)]
    placements = composed("".join(old), "".join(new))
    assert [(first, last) for first, last, _ in made(placements)] == [
        (number, number) for number in range(2, 101, 2)
    ]
    assert len(placements) == 50


def test_a_hunk_in_the_patch_leaves_its_neighbour_inline() -> None:
    """A removed final newline spoils only its own hunk."""
    first, second = composed("1\n2\n3\n", "A\n2\n3")
    assert made([first]) == [(1, 1, "A\n")]
    assert second.reason == FINAL_NEWLINE


def test_insertions_around_one_line_do_not_share_it() -> None:
    """Of two insertions for which only the line between them is left, the second has none."""
    first, second = composed("1\n2\n3\n", "1\nx\n2\ny\n3\n", (2, 2, 0))
    assert made([first]) == [(2, 2, "x\n2\n")]
    assert second.reason == LINE_TAKEN


def test_a_line_has_one_suggestion() -> None:
    """An insertion whose line is taken uses the next one, or goes to the patch."""
    old, new = "1\n2\n3\n", "x\n1\ny\n2\n3\n"
    assert made(composed(old, new)) == [(1, 1, "x\n1\n"), (2, 2, "y\n2\n")]
    first, second = composed(old, new, (1, 1, 0))
    assert first.suggestion is not None
    assert second.reason == LINE_TAKEN


@pytest.mark.parametrize(
    ("lines", "fence"),
    [
        (["plain"], "```"),
        (["`code`"], "```"),  # a shorter run is no danger
        (["```"], "````"),  # a fence of its own
        (["    ```python", "", "```"], "````"),  # indented
        (["a ````` b"], "``````"),  # in the middle of a line
        (["~~~"], "```"),  # another kind of fence
        ([], "```"),
    ],
)
def test_the_fence_is_longer_than_any_inside(lines: list[str], fence: str) -> None:
    """No line of the content can end the block."""
    assert fenced(lines) == "\n".join([f"{fence}suggestion", *lines, fence])


def test_a_block_without_a_line_differs_from_a_blank_line() -> None:
    """Nothing between the fences deletes; one empty line is a blank line."""
    assert fenced([]) == "```suggestion\n```"
    assert fenced([""]) == "```suggestion\n\n```"


def test_a_body_has_a_limit(suggestion_text: Callable[[str], str]) -> None:
    """A body at the limit is posted, a longer one goes to the patch."""
    room = composing.BODY_LIMIT - len(fenced([""]))
    (fits,) = composed("a\n", "x" * room + "\n")
    assert fits.suggestion is not None
    assert suggestion_text(fits.suggestion.body) == "x" * room + "\n"
    (too_long,) = composed("a\n", "x" * (room + 1) + "\n")
    assert too_long.reason == TOO_LONG


def test_a_suggestion_that_changes_nothing_is_refused() -> None:
    """GitHub calls it invalid, so it is never made, whatever the hunk says."""
    (hunk,) = hunks_between("a\n", "b\n")
    same = dataclasses.replace(hunk, added=hunk.removed)
    anchors = Anchors(spans=(Span(first=1, last=1, hunk=0),))
    (placement,) = compose(Head(path="f", lines=["a\n"], anchors=anchors), [same])
    assert placement.reason == NO_CHANGE


@given(
    lines=st.lists(
        st.text("`~ \tab", max_size=9) | st.sampled_from(["", "````suggestion", "a```b"])
    )
)
def test_a_block_reads_back_as_it_was_written(
    lines: list[str], suggestion_text: Callable[[str], str]
) -> None:
    """Whatever fences the lines contain, both readers find exactly these lines in the block."""
    body = fenced(lines)
    assert block_lines(f"{body}\n\n<!-- marker -->") == lines
    assert suggestion_text(body) == "".join(f"{line}\n" for line in lines)
