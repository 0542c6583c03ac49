"""Which lines take a suggestion, and when that cannot be known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from predict_edit.domain.edits import ChangedFile, SourceFile
from predict_edit.suggest.anchors import (
    DELETED_LINES,
    FILE_REMOVED,
    LOCAL_MISMATCH,
    NO_PULL_REQUEST,
    OUTSIDE,
    PATCH_INCOMPLETE,
    PATCH_MISMATCH,
    PATCH_MISSING,
    PATCH_UNREADABLE,
    TWO_HUNKS,
    Anchors,
    Span,
    anchors_of,
)
from predict_edit.suggest.diff import local_patch
from predict_edit.suggest.place import anchors_for

HEAD = "".join(f"{number}\n" for number in range(1, 31))
BASE = HEAD.replace("\n5\n", "\nfive\n").replace("\n6\n", "\n6\ngone\n").replace("\n25\n", "\n")
PATCH = """\
@@ -2,9 +2,8 @@
 2
 3
 4
-five
+5
 6
-gone
 7
 8
 9
@@ -23,6 +22,7 @@ 21
 22
 23
 24
+25
 26
 27
 28"""
SPANS = (
    Span(first=2, last=4, hunk=0),
    Span(first=5, last=6, hunk=0),
    Span(first=7, last=9, hunk=0),
    Span(first=22, last=28, hunk=1),
)


def change(patch: str | None = PATCH, **fields: object) -> ChangedFile:
    whole = ChangedFile(
        path="f", status="modified", blob_sha=None, additions=2, deletions=2, patch=patch
    )
    return dataclasses.replace(whole, **fields)  # type: ignore[arg-type]


def head_of(changed: ChangedFile) -> SourceFile:
    return SourceFile(path="f", text=HEAD, blob_sha="", change=changed)


def test_spans_end_at_hunk_borders_and_deleted_lines() -> None:
    """Added and context lines form spans, which a suggestion may fill."""
    assert anchors_of(change(), HEAD) == Anchors(spans=SPANS)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (2, 4, None),  # context only
        (5, 5, None),  # an added line
        (5, 6, None),  # from added to context
        (4, 5, DELETED_LINES),  # the deleted line stands before the one that replaces it
        (6, 7, DELETED_LINES),  # a line is gone from in between
        (9, 22, TWO_HUNKS),
        (1, 1, OUTSIDE),  # just above the first hunk
        (1, 2, OUTSIDE),
        (9, 10, OUTSIDE),  # just below it
        (15, 16, OUTSIDE),
        (28, 29, OUTSIDE),
        (30, 30, OUTSIDE),
    ],
)
def test_a_range_is_refused_with_githubs_reason(start: int, end: int, expected: str | None) -> None:
    """Both ends must lie in one span."""
    anchors = anchors_of(change(), HEAD)
    assert isinstance(anchors, Anchors)
    assert anchors.refusal(start, end) == expected


def test_two_hunks_that_touch_stay_apart() -> None:
    """Adjacent line numbers are not enough if the diff has a border between them."""
    patch = "@@ -1,2 +1,2 @@\n 1\n-x\n+2\n@@ -3,2 +3,2 @@\n 3\n-x\n+4"
    anchors = anchors_of(change(patch), "1\n2\n3\n4\n")
    assert isinstance(anchors, Anchors)
    assert anchors.refusal(2, 3) == TWO_HUNKS


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (None, NO_PULL_REQUEST),
        (change(status="removed"), FILE_REMOVED),
        (change(None), PATCH_MISSING),  # withheld because it is large
        (change(PATCH[:-10]), PATCH_UNREADABLE),  # cut off inside a hunk
        (change(PATCH[: PATCH.index("\n@@ -23")]), PATCH_INCOMPLETE),  # cut between hunks
        (change(""), PATCH_INCOMPLETE),
        (change(additions=3), PATCH_INCOMPLETE),
        (change(deletions=1), PATCH_INCOMPLETE),
        (change(PATCH + "\n+one more"), PATCH_UNREADABLE),  # longer than its header says
        (change(PATCH + "\n\\ No newline at"), PATCH_UNREADABLE),  # cut off inside git's marker
        (change("Binary files differ"), PATCH_UNREADABLE),
        (change("From 1234\n" + PATCH), PATCH_UNREADABLE),  # mail, not a patch
        (change(PATCH.replace("@@ -2,9", "@@ -x,9")), PATCH_UNREADABLE),
        (change(PATCH.replace("@@ -2,9", f"@@ -{'9' * 5000},9")), PATCH_UNREADABLE),
        (change(PATCH + "\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-a\n+b"), PATCH_UNREADABLE),
        (change(PATCH.replace("+5", "+V")), PATCH_MISMATCH),  # another version
        (change(PATCH.replace(" 27", " XX")), PATCH_MISMATCH),
        (change(PATCH + "\n\\ No newline at end of file"), PATCH_MISMATCH),
        (change(PATCH.replace("+22,7", "+21,7")), PATCH_MISMATCH),
        (change(PATCH.replace("-23,6", "-24,6")), PATCH_MISMATCH),  # a hunk is missing
    ],
)
def test_a_diff_that_is_missing_cut_off_or_wrong_gives_no_anchors(
    changed: ChangedFile | None, reason: str
) -> None:
    """No line is trusted, and the reason says why."""
    assert anchors_of(changed, HEAD) == reason


@pytest.mark.parametrize("patch", [None, PATCH[:-10], PATCH.replace("+5", "+V")])
def test_the_base_text_replaces_githubs_diff(patch: str | None) -> None:
    """With the file at the merge base, the anchors are the same as GitHub's."""
    assert anchors_for(head_of(change(patch)), BASE) == Anchors(spans=SPANS)


@pytest.mark.parametrize(
    ("changed", "base"),
    [
        (change(None), BASE.replace("2", "two")),  # not the merge base
        (change(None, additions=1), BASE),  # GitHub counts otherwise
        (change(None, additions=0, deletions=0), BASE),  # seen as binary by GitHub
        (change(None), HEAD),  # no difference at all
    ],
)
def test_a_base_that_does_not_give_githubs_counts_is_not_used(
    changed: ChangedFile, base: str
) -> None:
    """Our own diff counts only if it must be GitHub's."""
    found = anchors_for(head_of(changed), base)
    assert not isinstance(found, Anchors) or not found.spans


def test_every_line_of_an_added_file_takes_suggestions() -> None:
    """A new file is one hunk, so its diff is known even if GitHub sends none."""
    every = Anchors(spans=(Span(first=1, last=30, hunk=0),))
    patch = "@@ -0,0 +1,30 @@\n" + "\n".join(f"+{line}" for line in HEAD.split("\n")[:-1])
    counts = {"status": "added", "additions": 30, "deletions": 0}
    assert anchors_of(change(patch, **counts), HEAD) == every
    assert anchors_of(change(None, **counts), HEAD) == every
    counts["additions"] = 29
    assert anchors_of(change(None, **counts), HEAD) == LOCAL_MISMATCH


def test_an_empty_line_of_a_hunk_is_context() -> None:
    """Its blank was lost on the way."""
    lost = change("@@ -1,3 +1,3 @@\n 1\n\n-x\n+3", additions=1, deletions=1)
    spans = (Span(first=1, last=2, hunk=0), Span(first=3, last=3, hunk=0))
    assert anchors_of(lost, "1\n\n3\n") == Anchors(spans=spans)


def test_hunks_out_of_order_are_not_trusted() -> None:
    """Git writes them top down."""
    one, two = "@@ -1 +1 @@\n-x\n+1", "@@ -3 +3 @@\n-x\n+3"
    assert isinstance(anchors_of(change(f"{one}\n{two}"), "1\n2\n3\n"), Anchors)
    swapped = anchors_of(change(f"{two}\n{one}"), "1\n2\n3\n")
    assert swapped == PATCH_MISMATCH


def test_a_file_that_the_pull_request_emptied_has_no_lines() -> None:
    """Its diff is fine, but has no line to comment on."""
    emptied = change("@@ -1,2 +0,0 @@\n-a\n-b", additions=0)
    assert anchors_of(emptied, "") == Anchors(spans=())


def test_a_pure_rename_shows_no_line() -> None:
    """If the pull request changes no line, none takes a comment."""
    renamed = change(None, status="renamed", additions=0, deletions=0)
    assert anchors_of(renamed, HEAD) == Anchors(spans=())


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize(
    "line", ["form\ffeed", "a\u2028b", "\x85", "lone\rreturn", "-- sql", "++ x"]
)
def test_odd_lines_are_read_right(
    line: str,
    end: str,
    patch_of: Callable[[str, str], str | None],
    source: Callable[..., SourceFile],
) -> None:
    """Other line separators and lines that look like headers count as one line each."""
    head = f"{line}\n\n{line}\nnew\n{line}{end}"
    patch = patch_of(f"{line}\n{line}\n{line}\n\nold\n{line}", head)
    anchors = anchors_of(source(head, patch).change, head)
    assert isinstance(anchors, Anchors)
    assert anchors.refusal(5, 5) is None


def test_a_local_diff_looks_like_the_patch_of_the_files_list() -> None:
    """It has hunks only, no final line feed, and is empty if nothing differs."""
    assert local_patch("a\n", "a\n") == ""
    assert local_patch("a\n", "b") == "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file"


def test_words_behind_a_hunk_header_may_be_cut_inside_a_character() -> None:
    """Git cuts the repeated line by bytes; the lines themselves are unchanged."""
    base = "x" + "é" * 60 + "\n" + "y\n" * 9
    head = base + "z\n"
    assert local_patch(base, head).endswith("\n+z")
