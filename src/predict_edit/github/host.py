"""GitHub as the host; :class:`predict_edit.domain.ports.GitHost` describes every method."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from predict_edit.domain.edits import ChangedFile, FindingsReport, ReviewDraft
from predict_edit.domain.repository import (
    BranchMove,
    BranchPull,
    BranchState,
    CommandRef,
    Comment,
    Commit,
    CommitDraft,
    FileContent,
    PullDraft,
    PullRequest,
    Reaction,
    Review,
    ReviewThread,
    Role,
    TreeFile,
)
from predict_edit.github import branches, comments, contents, graphql, pull_requests, reviews
from predict_edit.github.client import Client


class GitHubHost:
    """One repository on github.com or a GitHub Enterprise Server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._conversation = comments.ConversationReader(client)

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._client.requests

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def role_of(self, login: str) -> Role:
        """Return the role of a person."""
        return await pull_requests.role_of(self._client, login)

    async def pull_request(self, number: int) -> PullRequest:
        """Return the pull request as it is now."""
        return await pull_requests.pull_request(self._client, number)

    async def head_sha(self, number: int) -> str:
        """Return the newest commit of the pull request, read afresh."""
        return (await self.pull_request(number)).head_sha

    async def changed_files(self, number: int) -> tuple[ChangedFile, ...]:
        """Return all files of the pull request."""
        return await pull_requests.changed_files(self._client, number)

    async def merge_base(self, base: str, head: str) -> str:
        """Return the newest commit that both have in their history."""
        return await pull_requests.merge_base(self._client, base, head)

    async def read_files(
        self, commit: str, files: Mapping[str, str | None], *, beside: int | None = None
    ) -> dict[str, FileContent]:
        """Return files at a commit, verified against their object ids."""
        if beside is None or not 0 < len(files) <= graphql.FILES_PER_QUERY:
            return await contents.read_files(self._client, commit, files)
        variables = contents.variables_of(commit, files) | comments.first_pages(beside)
        operation = graphql.files_and_conversation(len(files))
        asked = asyncio.create_task(self._client.graphql(operation, variables))
        self._conversation.expect(beside, asked)
        return await contents.read_files(self._client, commit, files, asked)

    async def thread(self, number: int, comment_id: int) -> tuple[str, ...]:
        """Return the other comments of a review thread, oldest first."""
        return await reviews.thread(self._client, number, comment_id)

    async def react(self, command: CommandRef, reaction: Reaction) -> None:
        """Put a reaction on the command; best effort."""
        await comments.react(self._client, command, reaction)

    async def command_body(self, command: CommandRef) -> str | None:
        """Return the command's comment as it reads now."""
        return await comments.command_body(self._client, command)

    async def look_again(self, number: int, command: CommandRef) -> tuple[str, str, str | None]:
        """Return newest commit and state, and the command's comment as it reads now."""
        if command.node_id:
            return await comments.head_and_command(self._client, number, command)
        pull, body = await asyncio.gather(self.pull_request(number), self.command_body(command))
        return pull.head_sha, pull.state, body

    async def marked_comments(self, number: int, marker: str) -> tuple[Comment, ...]:
        """Return the comments of the conversation that hold ``marker``."""
        return await self._conversation.marked_comments(number, marker)

    async def create_comment(self, number: int, body: str) -> Comment:
        """Write a comment into the conversation."""
        with self._conversation.changing():
            return await comments.create_comment(self._client, number, body)

    async def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment of our own."""
        with self._conversation.changing():
            await comments.edit_comment(self._client, comment_id, body)

    async def close_comment(
        self, comment: Comment, body: str, command: CommandRef, reaction: Reaction
    ) -> None:
        """Replace a comment of our own and put a reaction on the command."""
        with self._conversation.changing():
            await comments.close_comment(self._client, comment, body, command, reaction)

    async def marked_reviews(self, number: int, marker: str) -> tuple[Review, ...]:
        """Return the reviews that hold ``marker``, pending ones included."""
        return await self._conversation.marked_reviews(number, marker)

    async def review_threads(self, number: int, marker: str) -> tuple[ReviewThread, ...]:
        """Return the threads on the diff whose first comment holds ``marker``."""
        return await reviews.review_threads(self._client, number, marker)

    async def create_review(self, number: int, draft: ReviewDraft) -> Review:
        """Post a review, all or nothing, sent once."""
        with self._conversation.changing():
            return await reviews.create_review(self._client, number, draft)

    async def review_comment_urls(
        self, number: int, review_id: int
    ) -> Sequence[tuple[str, int, str]]:
        """Return path, last line and address of each comment of a review."""
        return await reviews.review_comment_urls(self._client, number, review_id)

    async def update_review_body(self, number: int, review_id: int, body: str) -> None:
        """Replace the text of a review of our own."""
        with self._conversation.changing():
            await reviews.update_review_body(self._client, number, review_id, body)

    async def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted."""
        with self._conversation.changing():
            await reviews.delete_pending_review(self._client, number, review_id)

    async def minimize_comment(self, node_id: str) -> bool:
        """Hide a comment or review of our own as outdated."""
        with self._conversation.changing():
            return await reviews.minimize_comment(self._client, node_id)

    async def open_alerts(self, ref: str) -> FindingsReport:
        """Return the open code scanning alerts of a git reference."""
        from predict_edit.github import code_scanning  # noqa: PLC0415 - few runs use it

        return await code_scanning.open_alerts(self._client, ref)

    async def commit(self, draft: CommitDraft) -> Commit:
        """Commit on a branch that is still at the expected commit."""
        return await branches.commit(self._client, draft)

    async def default_branch(self) -> str:
        """Return the name of the branch that pull requests go to."""
        return await branches.default_branch(self._client)

    async def branch_tip(self, name: str) -> str | None:
        """Return the newest commit of a branch."""
        return await branches.tip(self._client, name)

    async def branch_state(self, name: str) -> BranchState:
        """Return a branch and the pull requests from it."""
        return await branches.state(self._client, name)

    async def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return all files of a commit."""
        return await contents.tree(self._client, commit)

    async def create_branch(self, name: str, commit: str) -> None:
        """Create a branch."""
        await branches.create(self._client, name, commit)

    async def move_branches(self, moves: Sequence[BranchMove]) -> None:
        """Move, create and delete branches in one step."""
        await branches.move(self._client, moves)

    async def open_pull_request(self, draft: PullDraft) -> BranchPull:
        """Open a pull request."""
        return await pull_requests.open_pull_request(self._client, draft)

    async def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, close: bool = False
    ) -> None:
        """Change a pull request of our own, or close it."""
        await pull_requests.update_pull_request(
            self._client, number, title=title, body=body, close=close
        )

    async def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels."""
        await pull_requests.label(self._client, number, labels)
