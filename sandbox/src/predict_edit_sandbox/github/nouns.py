"""The nouns of the stand-in: what a GitHub server remembers.

Values are frozen; what GitHub changes in place (comments, reviews, pull requests) is not. Every
noun knows its parent, so that it can be shown from anywhere.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Literal

from predict_edit_sandbox.github.gitstore import GitStore
from predict_edit_sandbox.github.roles import Role

Side = Literal["LEFT", "RIGHT"]
Classifier = Literal["ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM"]
Access = Literal["read", "write"]
Instant = dt.datetime
Clock = Callable[[], Instant]

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account. ``type`` is ``User`` or ``Bot``."""

    id: int
    login: str
    type: str = "User"

    @property
    def node_id(self) -> str:
        """The name of this account over GraphQL."""
        return f"U_{self.id}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token may do.

    ``permissions`` maps ``contents``, ``pull_requests``, ``issues``, ... to ``read`` or ``write``
    (``write`` includes ``read``). ``actions`` marks the token of an Actions job, which GitHub
    binds to one repository, and which never may write to a fork or approve.
    """

    value: str = dataclasses.field(repr=False)
    user: User
    permissions: Mapping[str, Access]
    actions: bool = True

    def may(self, permission: str, access: Access) -> bool:
        """Whether the token has a permission."""
        held = self.permissions.get(permission)
        return held == "write" or (held == "read" and access == "read")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What code scanning found at one line of a reference."""

    number: int
    ref: str
    """Whole, such as ``refs/heads/main``."""
    path: str
    line: int
    rule: str
    message: str
    tool: str
    severity: Literal["none", "note", "warning", "error"]
    state: Literal["open", "dismissed", "fixed"]


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Repository:
    """One repository of the stand-in, backed by a git directory."""

    id: int
    owner: User
    name: str
    store: GitStore = dataclasses.field(repr=False)
    default_branch: str
    created_at: Instant
    private: bool = False
    fork_of: Repository | None = None
    roles: dict[str, Role] = dataclasses.field(default_factory=dict)
    pulls: dict[int, PullRequest] = dataclasses.field(default_factory=dict, repr=False)
    next_number: int = 1
    verified: set[str] = dataclasses.field(default_factory=set)
    """Commits that GitHub itself made and signed."""
    protected: set[str] = dataclasses.field(default_factory=set)
    """Branches that only a pull request may change."""
    alerts: list[Alert] = dataclasses.field(default_factory=list, repr=False)
    """What code scanning found, oldest first; none where nothing was ever uploaded."""

    def add_alert(
        self,
        path: str,
        line: int,
        message: str = "`os` imported but unused",
        *,
        ref: str = "refs/heads/main",
        rule: str = "F401",
        tool: str = "ruff",
        severity: Literal["none", "note", "warning", "error"] = "error",
        state: Literal["open", "dismissed", "fixed"] = "open",
    ) -> Alert:
        """Upload one result to code scanning."""
        alert = Alert(
            number=len(self.alerts) + 1,
            ref=ref,
            path=path,
            line=line,
            rule=rule,
            message=message,
            tool=tool,
            severity=severity,
            state=state,
        )
        self.alerts.append(alert)
        return alert

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    @property
    def node_id(self) -> str:
        """The name of this repository over GraphQL."""
        return f"R_{self.id}"


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Reaction:
    """One reaction of one account."""

    id: int
    user: User
    content: str
    created_at: Instant


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class PullRequest:
    """A pull request. ``head_repository`` is ``None`` once its fork was deleted."""

    id: int
    number: int
    repository: Repository
    head_repository: Repository | None
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    author: User
    title: str
    body: str | None
    created_at: Instant
    updated_at: Instant
    state: Literal["open", "closed"] = "open"
    closed_at: Instant | None = None
    merged: bool = False
    labels: list[str] = dataclasses.field(default_factory=list)
    draft: bool = False
    locked: bool = False
    maintainer_can_modify: bool = True
    earlier_heads: list[str] = dataclasses.field(default_factory=list)
    comments: list[IssueComment] = dataclasses.field(default_factory=list, repr=False)
    reviews: list[Review] = dataclasses.field(default_factory=list, repr=False)
    threads: list[Thread] = dataclasses.field(default_factory=list, repr=False)

    @property
    def node_id(self) -> str:
        """The name of this pull request over GraphQL."""
        return f"PR_{self.id}"

    @property
    def review_comments(self) -> list[ReviewComment]:
        """All comments on the diff that others can see, oldest first."""
        shown = [
            comment
            for thread in self.threads
            for comment in thread.comments
            if comment.review.state != "PENDING"
        ]
        return sorted(shown, key=lambda comment: comment.id)


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class IssueComment:
    """A comment in the conversation of a pull request."""

    id: int
    pull: PullRequest
    author: User
    body: str
    created_at: Instant
    updated_at: Instant
    reactions: list[Reaction] = dataclasses.field(default_factory=list)
    minimized: Classifier | None = None

    @property
    def node_id(self) -> str:
        """The name of this comment over GraphQL."""
        return f"IC_{self.id}"


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Review:
    """A review; ``PENDING`` until it is submitted, and seen by its author only until then."""

    id: int
    pull: PullRequest
    author: User
    body: str
    state: Literal["PENDING", "COMMENTED", "APPROVED", "CHANGES_REQUESTED", "DISMISSED"]
    commit_id: str
    created_at: Instant
    submitted_at: Instant | None = None
    minimized: Classifier | None = None

    @property
    def node_id(self) -> str:
        """The name of this review over GraphQL."""
        return f"PRR_{self.id}"

    @property
    def comments(self) -> list[ReviewComment]:
        """The comments that came with this review, in the order in which they were sent."""
        return [
            comment
            for thread in self.pull.threads
            for comment in thread.comments
            if comment.review is self
        ]


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Thread:
    """A conversation about some lines, or about a whole file (``line`` is ``None`` then).

    ``line`` and ``start_line`` are those of the commit it was made at and never change.
    """

    id: int
    pull: PullRequest
    path: str
    commit_id: str
    line: int | None
    side: Side = "RIGHT"
    start_line: int | None = None
    start_side: Side | None = None
    position: int | None = None
    diff_hunk: str = ""
    comments: list[ReviewComment] = dataclasses.field(default_factory=list, repr=False)
    resolved_by: User | None = None

    @property
    def node_id(self) -> str:
        """The name of this thread over GraphQL."""
        return f"PRRT_{self.id}"

    @property
    def start(self) -> int | None:
        """First line of the range."""
        return self.start_line if self.start_line is not None else self.line


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class ReviewComment:
    """A comment on the diff."""

    id: int
    thread: Thread
    review: Review
    author: User
    body: str
    created_at: Instant
    updated_at: Instant
    reply_to: ReviewComment | None = None
    reactions: list[Reaction] = dataclasses.field(default_factory=list)
    minimized: Classifier | None = None

    @property
    def node_id(self) -> str:
        """The name of this comment over GraphQL."""
        return f"PRRC_{self.id}"

    @property
    def pull(self) -> PullRequest:
        """The pull request it stands on."""
        return self.thread.pull


Node = User | Repository | PullRequest | IssueComment | Review | Thread | ReviewComment
