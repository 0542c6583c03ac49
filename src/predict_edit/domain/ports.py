"""The seam to the host of the pull request.

``predict_edit.github`` implements it over HTTP; tests and another host may stand in. Every method
may raise a :class:`predict_edit.domain.errors.ForgeError`; those that say *best effort* never do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from predict_edit.domain import (
    BranchMove,
    BranchPull,
    BranchState,
    ChangedFile,
    CommandRef,
    Comment,
    Commit,
    CommitDraft,
    FileContent,
    PullDraft,
    PullRequest,
    Reaction,
    Review,
    ReviewDraft,
    ReviewThread,
    Role,
    TreeFile,
)

if TYPE_CHECKING:
    from predict_edit.domain import FindingsReport


class Forge(Protocol):
    """One repository on its host."""

    async def role_of(self, login: str) -> Role:
        """The role of a person; ``Role.NONE`` for somebody the repository does not know."""

    async def pull_request(self, number: int) -> PullRequest:
        """The pull request as it is now."""

    async def changed_files(self, number: int) -> tuple[ChangedFile, ...]:
        """All pages of the pull request's files, in GitHub's order."""

    async def merge_base(self, base: str, head: str) -> str:
        """The newest commit that both have in their history, which the diff starts from."""

    async def read_files(
        self, commit: str, files: Mapping[str, str | None], *, beside: int | None = None
    ) -> dict[str, FileContent]:
        """Files at a commit, in as few requests as the host allows.

        ``beside`` is the number of a pull request whose comments and reviews are asked for at the
        same moment, which the host may answer together.

        ``files`` maps path to blob SHA, ``None`` where it is not known. Data is verified against
        the blob SHA. A path that does not exist at the commit is missing from the answer.
        """

    async def thread(self, number: int, comment_id: int) -> tuple[str, ...]:
        """The bodies of the review thread that holds the comment, oldest first, itself excluded."""

    async def react(self, command: CommandRef, reaction: Reaction) -> None:
        """Put a reaction on the command; best effort."""

    async def unreact(self, command: CommandRef, reaction: Reaction) -> None:
        """Take our own reaction off again; best effort."""

    async def marked_comments(self, number: int, marker: str) -> tuple[Comment, ...]:
        """The comments of the pull request's conversation whose body holds ``marker``."""

    async def command_body(self, command: CommandRef) -> str | None:
        """The command's comment as it reads now; ``None`` when it was deleted."""

    async def look_again(self, number: int, command: CommandRef) -> tuple[str, str | None]:
        """:meth:`head_sha` and :meth:`command_body`, in one request where the host can.

        The commit is empty where it could not be read.
        """

    async def create_comment(self, number: int, body: str) -> Comment:
        """Write a comment into the conversation."""

    async def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment of our own."""

    async def close_comment(
        self, comment: Comment, body: str, command: CommandRef, reaction: Reaction
    ) -> None:
        """:meth:`edit_comment` and then :meth:`react`, in one request where the host can."""

    async def marked_reviews(self, number: int, marker: str) -> tuple[Review, ...]:
        """The reviews of the pull request whose body holds ``marker``, pending ones included."""

    async def create_review(self, number: int, draft: ReviewDraft) -> Review:
        """Post a review with event ``COMMENT``, all or nothing; never retried blindly."""

    async def review_comment_urls(
        self, number: int, review_id: int
    ) -> Sequence[tuple[str, int, str]]:
        """Path, last line and address of each comment of a review."""

    async def head_sha(self, number: int) -> str:
        """The newest commit of the pull request, read afresh."""

    async def review_threads(self, number: int, marker: str) -> tuple[ReviewThread, ...]:
        """The threads on the diff whose first comment holds ``marker``, oldest first."""

    async def minimize_comment(self, node_id: str) -> bool:
        """Hide a comment or review of our own as outdated; ``False`` where we may not."""

    async def update_review_body(self, number: int, review_id: int, body: str) -> None:
        """Replace the text of a review of our own."""

    async def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted; nothing happens when it is gone already."""

    async def open_alerts(self, ref: str) -> FindingsReport:
        """The open code scanning alerts of a git reference, such as ``refs/heads/main``."""

    async def commit(self, draft: CommitDraft) -> Commit:
        """Commit on a branch, or refuse when it is no longer at the expected commit."""

    async def aclose(self) -> None:
        """Let go of connections."""


class RepositoryForge(Forge, Protocol):
    """A repository whose branches are read and written without a pull request to begin with."""

    async def default_branch(self) -> str:
        """The name of the branch that pull requests go to."""

    async def branch_tip(self, name: str) -> str | None:
        """The newest commit of a branch; ``None`` where there is no such branch."""

    async def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """All files of a commit, submodules and links included, by path."""

    async def branch_state(self, name: str) -> BranchState:
        """A branch and the pull requests from it, in one request."""

    async def create_branch(self, name: str, commit: str) -> None:
        """Make a branch; refused where it exists."""

    async def move_branches(self, moves: Sequence[BranchMove]) -> None:
        """Move, make and delete branches, all or none, each only if it is where it is said to be.

        The host must check and move in one step: nobody's push between may be lost.
        """

    async def open_pull_request(self, draft: PullDraft) -> BranchPull:
        """Open a pull request between two branches of the repository."""

    async def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, close: bool = False
    ) -> None:
        """Change a pull request of our own, or close it."""

    async def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels to an issue or pull request."""
