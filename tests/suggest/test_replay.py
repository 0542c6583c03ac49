"""The proof accepts what GitHub would do right and catches everything else."""

from __future__ import annotations

import dataclasses

import pytest

from predict_edit.domain.edits import Placement, PlacementKind, Suggestion
from predict_edit.domain.errors import ReplayError
from predict_edit.suggest.anchors import OUTSIDE
from predict_edit.suggest.compose import NUL
from predict_edit.suggest.diff import hunks_between
from predict_edit.suggest.replay import REPLAY, apply_suggestions, block_lines, prove


def suggestion(start: int, end: int, body: str) -> Suggestion:
    return Suggestion(path="f", start_line=start, line=end, body=body)


def block(text: str) -> str:
    """A suggestion block around lines that each have their line feed."""
    return f"```suggestion\n{text}```"


@pytest.mark.parametrize(
    ("text", "start", "end", "content", "expected"),
    [
        ("a\nb\n", 2, 2, "", "a\n"),  # zero lines delete
        ("a\nb", 2, 2, "b\n\n", "a\nb\n"),  # an empty last line is a final newline
        ("a\nb", 2, 2, "\n", "a\n"),  # one empty line in place of an unfinished one
        ("a\nb", 2, 2, "", "a"),  # zero lines take the line feed above along
        ("a\nb", 2, 2, "b\nc\n", "a\nb\nc"),
        ("a\nb\n", 2, 2, "b\nc\n", "a\nb\nc\n"),
        ("a\n", 1, 1, "\na\n", "\na\n"),
        ("a\nb\nc\n", 1, 3, "x\n", "x\n"),
        ("a\fb\nc\n", 2, 2, "d\n", "a\fb\nd\n"),
    ],
)
def test_a_block_replaces_its_lines(
    text: str, start: int, end: int, content: str, expected: str
) -> None:
    """The cases of the working model of GitHub's apply."""
    assert apply_suggestions(text, [suggestion(start, end, block(content))]) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("```suggestion\na\n```", ["a"]),
        ("```suggestion\n```", []),
        ("```suggestion\n\n```", [""]),
        ("````suggestion\n```\n````", ["```"]),  # a shorter fence inside is content
        ("```suggestion\na\n`````", ["a"]),  # a longer fence closes
        ("```suggestion\na\n```  \n<!-- marker -->", ["a"]),  # what follows does not count
        ("<!-- marker -->\n\n```suggestion\na\n```", ["a"]),  # nor what stands before
        ("```suggestion\r\na\r\n```", ["a"]),  # as a browser sends it
        ("```suggestion\n``` no\n```", ["``` no"]),  # a closing fence stands alone
        ("```suggestion\n    ```\n```", ["    ```"]),  # four blanks make it content
        ("```suggestion\na\0\n```", ["a\ufffd"]),
    ],
)
def test_a_body_is_read_as_markdown(body: str, expected: list[str]) -> None:
    """CommonMark's rules decide what a fence is."""
    assert block_lines(body) == expected


@pytest.mark.parametrize(
    "body", ["", "text", "```python\na\n```", "```suggestion\na", "````suggestion\na\n```"]
)
def test_a_body_without_a_whole_block_is_an_error(body: str) -> None:
    """The intended block is not guessed."""
    with pytest.raises(ReplayError, match="no whole suggestion block"):
        block_lines(body)


@pytest.mark.parametrize(
    "ranges", [[(0, 1)], [(2, 1)], [(3, 3)], [(1, 3)], [(1, 1), (1, 2)], [(1, 2), (2, 2)]]
)
def test_impossible_ranges_are_errors(ranges: list[tuple[int, int]]) -> None:
    """Missing lines and lines used twice are caught; a final newline is not a line."""
    with pytest.raises(ReplayError):
        apply_suggestions("a\nb\n", [suggestion(*lines, block("x\n")) for lines in ranges])


HEAD = "a\nb\nc\nd\ne\nf\n"
EDITED = "A\nb\nc\nx\nd\ne\nF\n"
FIRST, SECOND, THIRD = hunks_between(HEAD, EDITED)


def inline(hunk_index: int, start: int, end: int, content: str) -> Placement:
    """One of the three hunks as a suggestion."""
    return Placement(
        hunk=(FIRST, SECOND, THIRD)[hunk_index],
        kind=PlacementKind.INLINE,
        suggestion=suggestion(start, end, block(content)),
    )


GOOD = (inline(0, 1, 1, "A\n"), inline(1, 3, 3, "c\nx\n"), inline(2, 6, 6, "F\n"))
IN_PATCH = tuple(Placement(hunk=p.hunk, kind=PlacementKind.PATCH, reason=OUTSIDE) for p in GOOD)


@pytest.mark.parametrize("patched", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 2}, {0, 1, 2}, set()])
def test_suggestions_and_patch_together_are_proven(patched: set[int]) -> None:
    """The patch's hunks are looked for where the suggestions moved them."""
    placements = [IN_PATCH[index] if index in patched else GOOD[index] for index in range(3)]
    assert prove(HEAD, placements, EDITED) == tuple(placements)


def test_an_insertion_of_the_patch_stays_above_the_line_it_precedes() -> None:
    """A suggestion on a line does not move an insertion before that line."""
    before, after = hunks_between("a\nb\nc\n", "a\nx\nb\ny\nc\n")
    placements = [
        Placement(hunk=before, kind=PlacementKind.PATCH, reason=NUL),
        Placement(
            hunk=after, kind=PlacementKind.INLINE, suggestion=suggestion(2, 2, block("b\ny\n"))
        ),
    ]
    assert prove("a\nb\nc\n", placements, "a\nx\nb\ny\nc\n") == tuple(placements)


@pytest.mark.parametrize(
    "wrong",
    [
        inline(1, 3, 3, "c\ny\n"),  # another text
        inline(1, 2, 2, "c\nx\n"),  # another line
        inline(1, 3, 3, "x\n"),  # the anchor forgotten
        inline(1, 3, 3, "c\nx\r\r\n"),  # a carriage return that Markdown makes a line of
        inline(1, 9, 9, "x\n"),  # no such line
        dataclasses.replace(GOOD[1], suggestion=suggestion(3, 3, "no block")),
    ],
)
def test_only_the_broken_suggestion_is_moved_to_the_patch(wrong: Placement) -> None:
    """Its hunk keeps its place in the order, with the reason; the others stay inline."""
    proven = prove(HEAD, [GOOD[0], wrong, GOOD[2]], EDITED)
    assert proven == (
        GOOD[0],
        Placement(hunk=SECOND, kind=PlacementKind.PATCH, reason=REPLAY),
        GOOD[2],
    )


def test_suggestions_that_only_clash_are_all_moved() -> None:
    """If each is right alone but not together, none is posted."""
    wide = inline(0, 1, 3, "A\nb\nc\n")
    proven = prove(HEAD, [wide, *GOOD[1:]], EDITED)
    assert [p.reason for p in proven] == [REPLAY] * 3
    assert [p.hunk for p in proven] == [FIRST, SECOND, THIRD]


def test_a_clash_that_is_left_after_the_broken_ones_are_gone_moves_all() -> None:
    """What stays inline is proven once more."""
    wide, broken = inline(0, 1, 3, "A\nb\nc\n"), inline(2, 6, 6, "G\n")
    proven = prove(HEAD, [wide, GOOD[1], broken], EDITED)
    assert [p.reason for p in proven] == [REPLAY] * 3


def test_hunks_that_are_left_out_break_the_proof() -> None:
    proven = prove(HEAD, GOOD[:2], EDITED)
    assert {p.reason for p in proven} == {REPLAY}
