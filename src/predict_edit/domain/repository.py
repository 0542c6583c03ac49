"""A repository on its host: pull requests, files, branches, comments and the people in it."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final


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


PENDING: Final = "PENDING"
"""The state of a review that was never submitted."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request at the moment it was read; ``head_sha`` is pinned from then on."""

    number: int
    state: str
    """``open``, ``closed`` or ``merged``."""
    head_sha: str
    head_ref: str
    head_repository: str | None
    """``owner/name``, ``None`` when the fork was deleted."""
    base_sha: str
    base_ref: str
    changed_files: int
    """GitHub's count of changed files; the files endpoint lists at most 3,000 of them."""
    url: str = ""
    default_branch: str = ""
    """The default branch of the repository that it goes to; empty if the host does not say."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostedRepository:
    """The repository that a run works for."""

    default_branch: str
    """The branch that pull requests go to."""
    may_push: bool
    """Whether the token may push; if the host denies or omits that, only a try says it surely."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file as read at one commit."""

    path: str
    blob_sha: str
    data: bytes | None
    """``None`` for what is not a blob (a submodule) or was too large to be sent."""
    mode: int
    """Git file mode, such as ``0o100644``."""
    size: int = 0
    """Bytes of the blob."""
    binary: bool = False
    """The host or a NUL byte says that this is not text; ``data`` is then ``None``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file in the tree of a commit, without its content."""

    path: str
    blob_sha: str
    mode: int
    """Git file mode, such as ``0o100644``."""
    size: int
    """Bytes; 0 for what is not a blob."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommitDraft:
    """A commit about to be made on the tip of a branch."""

    repository: str
    """``owner/name`` of the branch, which for a fork is not the pull request's own."""
    branch: str
    expected_head: str
    """The commit the branch must still be at."""
    headline: str
    body: str
    files: tuple[tuple[str, bytes | None], ...]
    """Path and new content; ``None`` deletes the file."""
    executable: frozenset[str] = frozenset()
    """Paths whose mode is to stay that of an executable file."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as the host made it."""

    sha: str
    url: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchPull:
    """A pull request from a branch of the repository itself."""

    number: int
    state: str
    """``open``, ``closed`` or ``merged``."""
    url: str
    body: str
    mine: bool
    """Opened by the account whose token this run holds."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchState:
    """A branch and the pull requests from it, as they are now."""

    tip: str | None
    """Its newest commit; ``None`` if the branch does not exist."""
    pulls: tuple[BranchPull, ...] = ()
    """Newest first, also those from before the branch was deleted and made again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchMove:
    """A branch that is to point elsewhere, if it still points where it did."""

    branch: str
    before: str | None
    """The commit it must still be at; ``None`` if it must not exist."""
    after: str | None
    """``None`` deletes it."""


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
    author_id: int | None = None
    """The number of the author's account, as far as the host was asked for it."""
    author_type: str = ""
    """``User`` for a person, as far as the host was asked."""
    minimized: bool = False
    """Whether it is hidden."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A posted review."""

    id: int
    url: str
    body: str = ""
    mine: bool = True
    node_id: str = ""
    state: str = "COMMENTED"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReviewThread:
    """A conversation on lines of the diff, identified by its first comment."""

    path: str
    start_line: int | None
    """``None`` for a single line, and if the thread is outdated."""
    line: int | None
    """Last commented line at the head, ``None`` if the thread is outdated."""
    comment: Comment
    """The first comment that was read, which is the first of all unless only the newest were."""
    replies: int
    resolved: bool
    outdated: bool
    comments: tuple[Comment, ...] = ()
    """Oldest first, as far as they were read."""
    diff_hunk: str = ""
    """The piece of diff that GitHub shows above it."""
    on_base: bool = False
    """Whether its lines are those of the base, as it is about deleted ones."""
    original_commit: str = ""
    """The commit that it was written for; empty if the host does not say."""
    original_start_line: int | None = None
    """``None`` for a single line."""
    original_line: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is on a line of the head, and nobody resolved or hid it."""
        closed = self.resolved or self.outdated or self.comment.minimized
        return self.line is not None and not closed


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
