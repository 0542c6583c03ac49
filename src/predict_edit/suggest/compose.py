"""Hunks and commentable lines in, suggestions out: each the smallest that GitHub can apply.

A suggestion replaces whole lines of the head, so an insertion takes one line beside it along and a
deletion is a block without lines. What GitHub could not apply exactly is refused with a reason.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Final

from predict_edit.domain.edits import Hunk, Placement, PlacementKind, Suggestion
from predict_edit.suggest.anchors import OUTSIDE, Anchors

BODY_LIMIT: Final = 60_000
"""Characters; GitHub refuses comments over 65,536, and a marker still has to fit in."""

LINE_TAKEN: Final = "the only line to put it on already has a suggestion"
EMPTY_FILE: Final = "the file is empty, so there is no line to put it on"
FINAL_NEWLINE: Final = "a suggestion cannot remove the line end at the end of the file"
NO_CHANGE: Final = "GitHub would see no change in it"
CARRIAGE_RETURN: Final = "a suggestion cannot hold carriage returns"
NUL: Final = "a suggestion cannot hold NUL characters"
BYTE_ORDER_MARK: Final = "a suggestion might not keep the file's byte-order mark"
TOO_LONG: Final = "too long for a review comment"

_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The file that suggestions are made for, as it is at the pinned head."""

    path: str
    lines: Sequence[str]
    anchors: Anchors


def compose(head: Head, hunks: Sequence[Hunk]) -> tuple[Placement, ...]:
    """Return one placement for each hunk: inline where GitHub can apply it, in the patch elsewhere.

    ``hunks`` is what changes in the head, top down. No two suggestions share a line. Neighbours
    stay apart, however close they are: so there are as many suggestions as hunks inline, and
    the counts show that nothing is lost.
    """
    placements: list[Placement] = []
    taken = 0
    for hunk in hunks:
        placements.append(_placed(head, hunk, taken))
        if (suggestion := placements[-1].suggestion) is not None:
            taken = suggestion.line
    return tuple(placements)


def fenced(lines: Sequence[str]) -> str:
    """Return a suggestion block around lines without line feed.

    No line at all makes the closing fence follow the opening one, which deletes; one empty line
    makes a blank line. The fence is longer than any run of backticks inside, as CommonMark asks.
    """
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}suggestion", *lines, fence])


def _placed(head: Head, hunk: Hunk, taken: int) -> Placement:
    """Place a hunk by the smallest suggestion that performs it and starts below line ``taken``."""
    refusals: list[str] = []
    for start, end in _ranges(head, hunk):
        old = "".join(head.lines[start - 1 : end])
        above, below = head.lines[start - 1 : hunk.start - 1], head.lines[hunk.end : end]
        new = "".join((*above, *hunk.added, *below))
        body = fenced(_block_lines(old, new))
        reason = LINE_TAKEN if start <= taken else head.anchors.refusal(start, end)
        reason = reason or _unfit(old, new, start)
        if reason is None and len(body) <= BODY_LIMIT:
            suggestion = Suggestion(path=head.path, start_line=start, line=end, body=body)
            return Placement(hunk=hunk, kind=PlacementKind.INLINE, suggestion=suggestion)
        refusals.append(reason or TOO_LONG)
    # "Outside" says least: where one of two lines is outside, the other was nearer to taking it.
    refusals.sort(key=lambda reason: reason == OUTSIDE)
    reason = refusals[0] if refusals else EMPTY_FILE
    return Placement(hunk=hunk, kind=PlacementKind.PATCH, reason=reason)


def _ranges(head: Head, hunk: Hunk) -> Iterator[tuple[int, int]]:
    """The lines to replace; for an insertion first the line above, then the line below it."""
    start, end = hunk.start, hunk.end
    if start <= end:
        yield start, end
        return
    if start > 1:
        yield start - 1, start - 1
    if start <= len(head.lines):
        yield start, start


def _unfit(old: str, new: str, start: int) -> str | None:
    """Why a comment cannot carry this text; CommonMark rewrites carriage returns and NUL."""
    if old == new:
        return NO_CHANGE
    if "\r" in new:
        return CARRIAGE_RETURN
    if "\0" in new:
        return NUL
    if start == 1 and (old.startswith(_BYTE_ORDER_MARK) or new.startswith(_BYTE_ORDER_MARK)):
        return BYTE_ORDER_MARK
    if old.endswith("\n") and new and not new.endswith("\n"):
        return FINAL_NEWLINE
    return None


def _block_lines(old: str, new: str) -> list[str]:
    """Make what goes between the fences.

    GitHub keeps the line feed behind the last replaced line, if there is one. If there is
    none, at the end of a file without final newline, a new line feed is one more empty line.
    """
    if not old.endswith("\n"):
        return new.split("\n")
    return new.removesuffix("\n").split("\n") if new else []
