"""The ports: to the host of the pull request, and to whatever edits a file as instructed.

``predict_edit.github`` and ``predict_edit.llm`` implement them over HTTP; tests or others may take
their place. Every method of the host may raise a :class:`predict_edit.domain.errors.ForgeError`,
unless it says *best effort*.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from predict_edit.domain.edits import (
    ChangedFile,
    ChangePlan,
    EditRequest,
    FailedEdit,
    FileEdit,
    PlanRequest,
    ReviewDraft,
    SourceFile,
)
from predict_edit.domain.repository import (
    BranchMove,
    BranchPull,
    BranchState,
    CommandRef,
    Comment,
    Commit,
    CommitDraft,
    FileContent,
    HostedRepository,
    PullRequest,
    Reaction,
    Review,
    ReviewThread,
    Role,
    TreeFile,
)


class GitHost(Protocol):
    """One repository on its host."""

    async def role_of(self, login: str, account: int | None = None) -> Role:
        """Return the role of a person; ``Role.NONE`` for one the repository does not know.

        It is also that if the login belongs to another account now.
        """

    async def pull_request(self, number: int) -> PullRequest:
        """Return the pull request as it is now."""

    async def changed_files(
        self, number: int, pull: Awaitable[PullRequest] | None = None
    ) -> tuple[ChangedFile, ...]:
        """Return all files of the pull request, in GitHub's order.

        ``pull`` is the pull request, which knows how many there are, if it is read just now.
        """

    async def merge_base(self, base: str, head: str) -> str:
        """Return the newest commit that both have in their history, where the diff starts."""

    async def read_files(
        self, commit: str, files: Mapping[str, str | None], *, beside: int | None = None
    ) -> dict[str, FileContent]:
        """Return files at a commit, in as few requests as the host allows.

        ``beside`` is the number of a pull request whose :meth:`conversation` is asked for next; the
        host may answer both in one request.

        ``files`` maps path to blob SHA, ``None`` if it is unknown. What is at the commit counts,
        verified against its object id. A path that does not exist there is missing.
        """

    async def react(self, command: CommandRef, reaction: Reaction) -> bool:
        """Put a reaction on the command; ``False`` if it is not a comment, or GitHub refused."""

    async def look_again(self, number: int, command: CommandRef) -> tuple[str, str, str | None]:
        """Return newest commit, state and the command's comment as it reads now.

        In one request if the host can. The comment is ``None`` if it was deleted; commit and state
        may be empty then.
        """

    async def create_comment(self, number: int, body: str) -> Comment:
        """Write a comment into the conversation."""

    async def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment of our own."""

    async def close_comment(
        self, comment: Comment, body: str, command: CommandRef, reaction: Reaction
    ) -> None:
        """Do :meth:`edit_comment` and then :meth:`react`, in one request if the host can."""

    async def conversation(self, number: int) -> tuple[tuple[Comment, ...], tuple[Review, ...]]:
        """Return comments and reviews, oldest first, pending reviews of our own included."""

    async def create_review(self, number: int, draft: ReviewDraft) -> Review:
        """Post a review with event ``COMMENT``, all or nothing; never retried blindly."""

    async def has_comments(self, number: int, review_id: int) -> bool:
        """Decide whether a review has comments on the diff."""

    async def threads(self, number: int, *, newest: bool = False) -> tuple[ReviewThread, ...]:
        """Return the threads on the diff with their comments, oldest first.

        Of each, the host may return only the first comments, or only the ``newest``.
        """

    async def minimize_comment(self, node_id: str) -> bool:
        """Hide a comment or review of our own as outdated; ``False`` if we may not."""

    async def update_review_body(self, number: int, review_id: int, body: str) -> None:
        """Replace the text of a review of our own."""

    async def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted; one that is gone already is not an error."""

    async def open_alerts(self, ref: str) -> list[Any]:
        """Return the open code scanning alerts of a git reference, such as ``refs/heads/main``.

        They are the host's JSON objects, which :mod:`predict_edit.findings.code_scanning` reads.
        """

    async def commit(self, draft: CommitDraft) -> Commit:
        """Commit on a branch, or refuse if it is no longer at the expected commit."""

    async def aclose(self) -> None:
        """Close the connections."""

    async def repository(self) -> HostedRepository:
        """Return what is known of the repository itself."""

    async def branch_tip(self, name: str) -> str | None:
        """Return the newest commit of a branch; ``None`` if it does not exist."""

    async def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return all files of a commit, submodules and links included, by path."""

    async def branch_state(self, name: str) -> BranchState:
        """Return a branch and the pull requests from it, in one request."""

    async def pulls_into(self, head: str, base: str) -> tuple[tuple[str, BranchState], ...]:
        """Return the open pull requests into two branches, each with its own branch."""

    async def create_branch(self, name: str, commit: str) -> None:
        """Create a branch; refused if it exists."""

    async def move_branches(self, moves: Sequence[BranchMove]) -> None:
        """Move, create and delete branches, all or none, each only from where it is said to be.

        The host must check and move in one step, so that no push in between is lost.
        """

    async def open_pull_request(
        self, head: str, base: str, *, title: str, body: str, draft: bool = False
    ) -> BranchPull:
        """Open a pull request between two branches of the repository."""

    async def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, close: bool = False
    ) -> None:
        """Change a pull request of our own, or close it."""

    async def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels to an issue or pull request."""


Progress = Callable[[int], None]
"""Called with the number of characters received so far for one file."""


class Editor(Protocol):
    """Edits files, several at a time; one object lives for one run."""

    @property
    def model(self) -> str:
        """The model that answered, as its API names it; until then the configured one."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know about the model, a sentence each."""

    def declines(self, file: SourceFile) -> str | None:
        """Say why a file cannot be asked for at all, such as its length; nothing is paid yet."""

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Ask for one file. Never raises for what can go wrong with one file: it says so."""

    async def plan(self, request: PlanRequest) -> ChangePlan:
        """Ask which files a change concerns. Never raises for what can go wrong: it says so."""

    async def aclose(self) -> None:
        """Let go of connections."""
