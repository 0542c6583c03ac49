"""The answers of GitHub's REST API, as far as they are used, checked on entry.

Only what nothing can be done without is required here. GitHub's published schema requires more, but
a host that is like GitHub, or a proxy, may leave out titles, addresses and counts; those are never
worth a failed run. Unknown fields are ignored: GitHub adds some all the time.
"""

from __future__ import annotations

from typing import Annotated

import pydantic

from predict_edit.domain import Comment, Review
from predict_edit.github.parsing import FromGitHub

Sha = Annotated[str, pydantic.StringConstraints(min_length=1)]
"""Content is verified by computing it, so its form needs no check of its own."""


class Account(FromGitHub):
    """A user, a bot or an organization."""

    login: str


class Permission(FromGitHub):
    """GET collaborators/{login}/permission."""

    permission: str
    role_name: str = ""


class _Repository(FromGitHub):
    """The repository of a branch."""

    full_name: str


class _Branch(FromGitHub):
    """Head or base of a pull request."""

    ref: str
    sha: Sha
    repo: _Repository | None = None


class Pull(FromGitHub):
    """GET pulls/{number}."""

    number: int
    state: str = "open"
    title: str = ""
    html_url: str = ""
    changed_files: int = 0
    head: _Branch
    base: _Branch


class PullFile(FromGitHub):
    """One entry of GET pulls/{number}/files."""

    filename: str
    status: str
    sha: Sha | None = None
    additions: int | None = None
    deletions: int | None = None
    patch: str | None = None
    previous_filename: str | None = None

    def counted(self, sign: str) -> int:
        """How many lines of the patch begin with ``sign``, where no count was sent with it."""
        return sum(line.startswith(sign) for line in (self.patch or "").split("\n"))


class _NamedCommit(FromGitHub):
    """A commit, as far as its name."""

    sha: Sha


class Named(_NamedCommit):
    """A git object that was made: its name alone."""


class GitCommit(_NamedCommit):
    """GET and POST git/commits."""

    tree: _NamedCommit | None = None
    html_url: str = ""


class Comparison(FromGitHub):
    """Two commits side by side."""

    merge_base_commit: _NamedCommit


class Repository(FromGitHub):
    """GET repos/{owner}/{repo}."""

    default_branch: str


class _GitObject(FromGitHub):
    """What a ref points at."""

    sha: Sha


class GitRef(FromGitHub):
    """GET git/ref/{ref}; ``ref`` says whether it is the one that was asked for."""

    ref: str
    object: _GitObject


class NewPull(FromGitHub):
    """POST pulls."""

    number: int
    html_url: str = ""
    title: str = ""
    body: str | None = None
    draft: bool = False


class ListedPull(NewPull):
    """One entry of GET pulls."""

    state: str = "open"
    merged_at: str | None = None
    user: Account | None = None
    head: _Branch
    base: _Branch


class Blob(FromGitHub):
    """GET git/blobs/{sha}."""

    content: str
    encoding: str
    size: int = 0


class TreeEntry(FromGitHub):
    """One entry of GET git/trees/{sha}."""

    path: str
    mode: Annotated[str, pydantic.StringConstraints(pattern=r"^[0-7]{5,6}$")]
    type: str
    sha: Sha
    size: int = 0


class Tree(FromGitHub):
    """GET git/trees/{sha}."""

    truncated: bool = False
    tree: list[TreeEntry]


class Content(FromGitHub):
    """GET contents/{path}, for anything but a directory."""

    type: str
    path: str
    sha: Sha
    size: int = 0
    encoding: str = "none"
    content: str = ""


class IssueComment(FromGitHub):
    """A comment of the conversation."""

    id: int
    node_id: str = ""
    html_url: str = ""
    body: str | None = None
    user: Account | None = None
    created_at: str = ""

    def comment(self, *, mine: bool) -> Comment:
        """The domain's comment."""
        return Comment(
            id=self.id,
            body=self.body or "",
            url=self.html_url,
            mine=mine,
            node_id=self.node_id,
            author=self.user.login if self.user else "",
            created_at=self.created_at,
        )


class ReviewComment(FromGitHub):
    """A comment on the diff."""

    id: int
    path: str
    html_url: str = ""
    body: str = ""
    node_id: str = ""
    user: Account | None = None
    line: int | None = None
    start_line: int | None = None
    original_line: int | None = None
    in_reply_to_id: int | None = None
    pull_request_review_id: int | None = None
    created_at: str = ""

    def comment(self, *, mine: bool) -> Comment:
        """The domain's comment."""
        return Comment(
            id=self.id,
            body=self.body,
            url=self.html_url,
            mine=mine,
            node_id=self.node_id,
            author=self.user.login if self.user else "",
            created_at=self.created_at,
        )


class PullReview(FromGitHub):
    """A review."""

    id: int
    node_id: str = ""
    html_url: str = ""
    state: str = "COMMENTED"
    body: str | None = None
    commit_id: str | None = None
    user: Account | None = None

    def review(self, *, mine: bool) -> Review:
        """The domain's review."""
        return Review(
            id=self.id,
            url=self.html_url,
            body=self.body or "",
            mine=mine,
            node_id=self.node_id,
            state=self.state,
            commit_id=self.commit_id,
        )


class ReactionAnswer(FromGitHub):
    """A reaction."""

    id: int


class Body(FromGitHub):
    """Any comment of which only the text is wanted."""

    body: str | None = None
