"""What stands on a pull request: comments, reviews and their threads."""

from __future__ import annotations

import dataclasses

from predict_edit.domain.placement import Suggestion


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on a pull request, as far as finding our own again needs."""

    id: int
    body: str
    url: str
    mine: bool
    """Written by the account whose token this run holds."""
    node_id: str = ""
    author: str = ""
    created_at: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A posted review."""

    id: int
    url: str
    body: str = ""
    mine: bool = True
    node_id: str = ""
    state: str = "COMMENTED"
    commit_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReviewThread:
    """A conversation on lines of the diff, told by its first comment."""

    path: str
    start_line: int | None
    """``None`` for a single line, and where the thread is outdated."""
    line: int | None
    """Last commented line at the head, ``None`` where the thread is outdated."""
    comment: Comment
    """The first comment."""
    replies: int
    resolved: bool
    outdated: bool
    minimized: bool
    """Whether the first comment is hidden already."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDraft:
    """A review about to be posted, event ``COMMENT``."""

    commit_id: str
    body: str
    suggestions: tuple[Suggestion, ...]
