"""The forge that GitHub is; every method is told in :class:`predict_edit.domain.ports.Forge`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

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
from predict_edit.github import (
    again,
    branch,
    comments,
    contents,
    contents_graphql,
    conversation,
    pulls,
    review,
    snapshot,
    threads,
    trees,
)
from predict_edit.github.client import Client
from predict_edit.github.record import RequestRecord

if TYPE_CHECKING:
    from predict_edit.domain import FindingsReport


class GitHubForge:
    """One repository on github.com or a GitHub Enterprise Server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._conversations = conversation.Conversations(client)
        self._reactions = comments.Reactions(client)

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """Every request so far, in the order in which they ended."""
        return tuple(self._client.requests)

    async def role_of(self, login: str) -> Role:
        """The role of a person."""
        return await snapshot.role_of(self._client, login)

    async def pull_request(self, number: int) -> PullRequest:
        """The pull request as it is now."""
        return await snapshot.pull_request(self._client, number)

    async def head_sha(self, number: int) -> str:
        """The newest commit of the pull request, read afresh."""
        return (await snapshot.pull_request(self._client, number)).head_sha

    async def changed_files(self, number: int) -> tuple[ChangedFile, ...]:
        """All pages of the pull request's files."""
        return await snapshot.changed_files(self._client, number)

    async def merge_base(self, base: str, head: str) -> str:
        """The newest commit that both have in their history."""
        return await snapshot.merge_base(self._client, base, head)

    async def read_files(
        self, commit: str, files: Mapping[str, str | None], *, beside: int | None = None
    ) -> dict[str, FileContent]:
        """Files at a commit, verified against their object ids."""
        if beside is None or not contents_graphql.fit_together(self._client, commit, files):
            return await contents.read_files(self._client, commit, files)
        asking = conversation.ask_together(self._client, beside, commit, files)
        asked = asyncio.create_task(asking)
        self._conversations.expect(beside, asked)
        return await contents.read_files(self._client, commit, files, asked)

    async def thread(self, number: int, comment_id: int) -> tuple[str, ...]:
        """The other comments of a review thread, oldest first."""
        return await comments.thread(self._client, number, comment_id)

    async def react(self, command: CommandRef, reaction: Reaction) -> None:
        """Put a reaction on the command; best effort."""
        await self._reactions.add(command, reaction)

    async def unreact(self, command: CommandRef, reaction: Reaction) -> None:
        """Take our own reaction off again; best effort."""
        await self._reactions.remove(command, reaction)

    async def command_body(self, command: CommandRef) -> str | None:
        """The command's comment as it reads now."""
        listed = self._conversations.lists(command.comment_id)
        return await comments.command_body(self._client, command, listed=listed)

    async def look_again(self, number: int, command: CommandRef) -> tuple[str, str | None]:
        """The newest commit, and the command's comment as it reads now."""
        listed = self._conversations.lists(command.comment_id)
        return await again.look_again(self._client, number, command, listed=listed)

    async def marked_comments(self, number: int, marker: str) -> tuple[Comment, ...]:
        """The comments of the conversation that hold ``marker``."""
        return await self._conversations.comments(number, marker)

    async def create_comment(self, number: int, body: str) -> Comment:
        """Write a comment into the conversation."""
        with self._conversations.changing():
            return await comments.create_comment(self._client, number, body)

    async def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment of our own."""
        with self._conversations.changing():
            await comments.edit_comment(self._client, comment_id, body)

    async def close_comment(
        self, comment: Comment, body: str, command: CommandRef, reaction: Reaction
    ) -> None:
        """Replace a comment of our own and put a reaction on the command."""
        with self._conversations.changing():
            if await comments.edit_and_react(self._client, comment, body, command, reaction):
                return
            await comments.edit_comment(self._client, comment.id, body)
        await self._reactions.add(command, reaction)

    async def marked_reviews(self, number: int, marker: str) -> tuple[Review, ...]:
        """The reviews that hold ``marker``, pending ones included."""
        return await self._conversations.reviews(number, marker)

    async def review_threads(self, number: int, marker: str) -> tuple[ReviewThread, ...]:
        """The threads on the diff whose first comment holds ``marker``."""
        return await threads.review_threads(self._client, number, marker)

    async def create_review(self, number: int, draft: ReviewDraft) -> Review:
        """Post a review, all or nothing, asked once."""
        with self._conversations.changing():
            return await review.create_review(self._client, number, draft)

    async def review_comment_urls(
        self, number: int, review_id: int
    ) -> Sequence[tuple[str, int, str]]:
        """Path, last line and address of each comment of a review."""
        return await review.review_comment_urls(self._client, number, review_id)

    async def update_review_body(self, number: int, review_id: int, body: str) -> None:
        """Replace the text of a review of our own."""
        with self._conversations.changing():
            await review.update_review_body(self._client, number, review_id, body)

    async def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted."""
        with self._conversations.changing():
            await review.delete_pending_review(self._client, number, review_id)

    async def minimize_comment(self, node_id: str) -> bool:
        """Hide a comment or review of our own as outdated."""
        with self._conversations.changing():
            return await review.minimize_comment(self._client, node_id)

    async def commit(self, draft: CommitDraft) -> Commit:
        """Commit on a branch that is still at the expected commit."""
        return await branch.commit(self._client, draft)

    async def open_alerts(self, ref: str) -> FindingsReport:
        """The open code scanning alerts of a git reference."""
        from predict_edit.github import scanning  # noqa: PLC0415 - most runs have no use for it

        return await scanning.open_alerts(self._client, ref)

    async def default_branch(self) -> str:
        """The name of the branch that pull requests go to."""
        return await branch.default_branch(self._client)

    async def branch_tip(self, name: str) -> str | None:
        """The newest commit of a branch."""
        return await branch.tip(self._client, name)

    async def branch_state(self, name: str) -> BranchState:
        """A branch and the pull requests from it."""
        return await branch.state(self._client, name)

    async def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """All files of a commit."""
        return await trees.files(self._client, commit)

    async def create_branch(self, name: str, commit: str) -> None:
        """Make a branch."""
        await branch.create(self._client, name, commit)

    async def move_branches(self, moves: Sequence[BranchMove]) -> None:
        """Move, make and delete branches in one step."""
        await branch.move(self._client, moves)

    async def open_pull_request(self, draft: PullDraft) -> BranchPull:
        """Open a pull request."""
        return await pulls.open_pull(self._client, draft)

    async def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, close: bool = False
    ) -> None:
        """Change a pull request of our own, or close it."""
        await pulls.update(self._client, number, title=title, body=body, close=close)

    async def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels."""
        await pulls.label(self._client, number, labels)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()
