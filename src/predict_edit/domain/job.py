"""Who asks for what, and where."""

from __future__ import annotations

import dataclasses
import enum


class Role(enum.IntEnum):
    """What GitHub lets a person do in a repository, least first.

    The names are those of GitHub's repository roles; ``NONE`` is a stranger.
    """

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


class CommandSource(enum.StrEnum):
    """Where a command was given, which decides the endpoint its reactions go to."""

    ISSUE_COMMENT = "issue_comment"
    REVIEW_COMMENT = "pull_request_review_comment"
    DISPATCH = "workflow_dispatch"
    SCHEDULE = "schedule"


class Reaction(enum.StrEnum):
    """The reactions of the contract; the values are those of GitHub's reactions endpoint."""

    TAKEN = "eyes"
    DONE = "rocket"
    FAILED = "confused"
    DENIED = "-1"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The review thread a command was given in: the only file edited, and what is meant there."""

    path: str
    start_line: int | None
    """First commented line at the head, ``None`` when the thread is outdated or on the file."""
    line: int | None
    """Last commented line at the head."""
    diff_hunk: str
    """The piece of diff GitHub shows above the thread."""
    thread: tuple[str, ...] = ()
    """The earlier comments of the thread, oldest first."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommandRef:
    """The comment that carried a command, as far as answering it needs."""

    source: CommandSource
    comment_id: int | None
    author: str | None
    node_id: str | None = None
    body: str = ""
    url: str = ""
    author_id: int | None = None
    """The number of the author's account, which outlives a change of name."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One command, resolved: what to do, where, and for whom."""

    repository: str
    """``owner/name``."""
    pull_request: int
    """Its number; 0 if there is none, or none yet."""
    instruction: str
    command: CommandRef
    pinned_sha: str | None = None
    """What the commenter says they looked at: a prefix, 7 to 40 hex digits, of the head SHA."""
    aim: Aim | None = None
