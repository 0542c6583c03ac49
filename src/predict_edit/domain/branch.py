"""Commits, branches and the pull requests from them."""

from __future__ import annotations

import dataclasses


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
    title: str
    body: str
    mine: bool
    """Opened by the account whose token this run holds."""
    base_ref: str
    draft: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchState:
    """A branch and the pull requests from it, as they are now."""

    branch: str
    tip: str | None
    """Its newest commit; ``None`` where there is no such branch."""
    pulls: tuple[BranchPull, ...] = ()
    """Newest first, also those from before the branch was deleted and made again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchMove:
    """A branch that is to point elsewhere, if it still points where it did."""

    branch: str
    before: str | None
    """The commit it must still be at; ``None`` where it must not exist."""
    after: str | None
    """``None`` deletes it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullDraft:
    """A pull request about to be opened."""

    head: str
    base: str
    title: str
    body: str
    draft: bool = False
