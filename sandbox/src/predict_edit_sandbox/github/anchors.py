"""Which lines of a pull request can carry a comment, and the words of the refusal for others.

GitHub's rule: on the right side the added and the context lines of a hunk, on the left side the
removed ones; both ends of a range in the same hunk, even where two hunks touch.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from predict_edit_sandbox.github.gitdiff import DiffHunk, DiffLine, hunks_of
from predict_edit_sandbox.github.nouns import Side
from predict_edit_sandbox.github.refusals import Refusal, unprocessable, validation_failed


class Unanchored(enum.Enum):
    """Why a comment has no place."""

    PATH = "path"
    LINE = "line"
    START_LINE = "start line"
    ORDER = "order"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Lines a comment asks for. ``start_line`` is ``None`` for a single line."""

    path: str
    line: int
    side: Side = "RIGHT"
    start_line: int | None = None
    start_side: Side | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of an anchor in the diff."""

    position: int
    diff_hunk: str
    deleted_lines_inside: bool
    """Removed lines stand between its ends: GitHub takes the comment but applies no suggestion."""


def _find(hunk: DiffHunk, side: Side, line: int) -> int | None:
    """Index of a commentable line in a hunk."""
    for index, row in enumerate(hunk.lines):
        if side == "RIGHT" and row.new == line:
            return index
        if side == "LEFT" and row.kind == "-" and row.old == line:
            return index
    return None


def place(patch: str | None, anchor: Anchor) -> Place | Unanchored:
    """The place of an anchor in a file's patch, or why it has none."""
    start_side = anchor.start_side or anchor.side
    if (
        anchor.start_line is not None
        and start_side == anchor.side
        and anchor.start_line >= anchor.line
    ):
        return Unanchored.ORDER
    for hunk in hunks_of(patch):
        end = _find(hunk, anchor.side, anchor.line)
        if end is None:
            continue
        start: int | None = end
        if anchor.start_line is not None:
            start = _find(hunk, start_side, anchor.start_line)
            if start is None or start >= end:
                return Unanchored.START_LINE
        inside = hunk.lines[start : end + 1]
        last = hunk.lines[end]
        return Place(
            position=last.position,
            diff_hunk=_shown(hunk, last),
            deleted_lines_inside=any(row.kind == "-" for row in inside),
        )
    return Unanchored.LINE if anchor.start_line is None else Unanchored.START_LINE


def _shown(hunk: DiffHunk, last: DiffLine) -> str:
    """The piece of diff above a comment: the header and all lines down to the commented one."""
    rows = hunk.text.split("\n")
    before = hunk.lines[0].position - 1
    return "\n".join(rows[: last.position - before + 1])


def at_position(patch: str | None, position: int) -> tuple[Side, int] | None:
    """Side and line of a legacy position."""
    for hunk in hunks_of(patch):
        for row in hunk.lines:
            if row.position == position:
                return ("RIGHT", row.new) if row.new is not None else ("LEFT", row.old or 0)
    return None


def review_refusal(reasons: list[Unanchored], *, old_wording: bool) -> Refusal:
    """The 422 of the reviews endpoint, which does not say which comment it means."""
    kinds = set(reasons)
    if Unanchored.ORDER in kinds:
        return unprocessable("Pull request review thread start line must precede the end line.")
    blank = "Pull request review thread diff hunk can't be blank"
    if Unanchored.PATH in kinds:
        old = f"Pull request review thread path is invalid and {blank}"
        return unprocessable(old if old_wording else "Path could not be resolved")
    if not old_wording:
        return unprocessable("Line could not be resolved")
    line = "Pull request review thread line must be part of the diff"
    if Unanchored.START_LINE in kinds:
        start = "Pull request review thread start line must be part of the same hunk as the line."
        return unprocessable(f"{line}, {start}, and {blank}")
    return unprocessable(f"{line} and {blank}")


def comment_refusal(reason: Unanchored) -> Refusal:
    """The 422 of the endpoint for a single comment."""
    thread = "pull_request_review_thread"
    resource = "PullRequestReviewComment"
    blank: dict[str, Any] = {
        "resource": resource,
        "code": "missing_field",
        "field": f"{thread}.diff_hunk",
    }
    field, said = {
        Unanchored.PATH: ("path", "is invalid"),
        Unanchored.LINE: ("line", "must be part of the diff"),
        Unanchored.START_LINE: ("start_line", "must be part of the same hunk as the line."),
        Unanchored.ORDER: ("start_line", "must precede the end line."),
    }[reason]
    first: dict[str, Any] = {
        "resource": resource,
        "code": "custom",
        "field": f"{thread}.{field}",
        "message": f"{thread}.{field} {said}",
    }
    return validation_failed(first, *([] if reason is Unanchored.ORDER else [blank]))
