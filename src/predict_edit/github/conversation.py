"""The conversation of a pull request: the command's comment, its reactions, and our own comments.

Only marked things by the same account are ever touched, so "our own" has to be right. The job's own
token may not ask for its account's name, but GraphQL says what is its own (``viewerDidAuthor``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, Final

from github.IssueComment import IssueComment
from github.PullRequestComment import PullRequestComment
from github.Repository import Repository

from predict_edit.domain.errors import ForgeError, ForgeNotFound, ForgeRefused
from predict_edit.domain.repository import CommandRef, CommandSource, Comment, Reaction, Review
from predict_edit.github import error_mapping, graphql, rest
from predict_edit.github.client import MOST_PAGES, Client, parse
from predict_edit.github.pull_requests import PullRequests
from predict_edit.support.log import log

_REACTION_NAMES: Final = {
    Reaction.TAKEN: "EYES",
    Reaction.DONE: "ROCKET",
    Reaction.FAILED: "CONFUSED",
    Reaction.DENIED: "THUMBS_DOWN",
}


Conversation = tuple[tuple[Comment, ...], tuple[Review, ...]]


class Comments(PullRequests):
    """The conversation of each pull request."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._expected: dict[int, asyncio.Task[Conversation]] = {}

    async def react(self, command: CommandRef, reaction: Reaction) -> bool:
        """Put a reaction on the command; a failure is worth no more than a debug line."""
        if command.comment_id is None:
            return False
        try:
            await self._client.call(
                rest.REACT,
                lambda repository: _comment(repository, command).create_reaction(reaction.value),
                once=True,
            )
        except ForgeError as error:
            log.debug("no reaction %s: %s", reaction.name, error)
            return False
        return True

    async def command_body(self, command: CommandRef) -> str | None:
        """Return the command's comment as it reads now; ``None`` if it was deleted."""
        if command.comment_id is None:
            return command.body
        try:
            data = await self._client.call(
                rest.COMMENT, lambda repository: _comment(repository, command).raw_data
            )
        except ForgeNotFound:
            return None
        except ForgeRefused as error:
            if error.status == HTTPStatus.GONE:
                return None
            raise
        return parse(rest.Body, data, rest.COMMENT).body

    async def look_again(self, number: int, command: CommandRef) -> tuple[str, str, str | None]:
        """Return newest commit and state, and the command's comment as it reads now.

        The comment is ``None`` if it was deleted; commit and state may be empty then.

        Raises:
            ForgeError: one of them could not be read.
        """
        if not command.node_id:
            pull, body = await asyncio.gather(self.pull_request(number), self.command_body(command))
            return pull.head_sha, pull.state, body
        operation = graphql.HEAD_AND_COMMAND
        try:
            data = await self._client.graphql(
                operation, {"number": number, "command": command.node_id}
            )
        except ForgeNotFound:
            return "", "", None
        head = parse(graphql.PullHead, data, operation, "repository", "pullRequest")
        body = parse(rest.Body, data, operation, "node").body
        return head.head_ref_oid, head.state.lower(), body

    async def create_comment(self, number: int, body: str) -> Comment:
        """Write a comment into the conversation."""
        endpoint = rest.CREATE_COMMENT
        data = await self._client.call(
            endpoint, lambda repository: repository.get_issue(number).create_comment(body).raw_data
        )
        return Comment(**dict(parse(rest.IssueComment, data, endpoint)), mine=True)

    async def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment of our own."""
        await self._client.call(
            rest.EDIT_COMMENT,
            lambda repository: repository.get_issue(0).get_comment(comment_id).edit(body),
        )

    async def close_comment(
        self, comment: Comment, body: str, command: CommandRef, reaction: Reaction
    ) -> None:
        """Replace a comment of our own and put a reaction on the command, in one request.

        Raises:
            ForgeError: GitHub does not take the text; a refused reaction is not an error.
        """
        if not command.node_id:
            await self.edit_comment(comment.id, body)
            await self.react(command, reaction)
            return
        await self._client.graphql(
            graphql.CLOSE,
            {
                "comment": comment.node_id,
                "body": body,
                "command": command.node_id,
                "reaction": _REACTION_NAMES[reaction],
            },
            essential="updateIssueComment",
        )

    def expect(self, number: int, first: Awaitable[dict[str, Any]]) -> None:
        """Begin to read for the next question; the running request ``first`` opens it."""
        task = asyncio.create_task(self._read(number, first))
        # Without a question, a failure is of no interest either.
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._expected[number] = task

    async def conversation(self, number: int) -> Conversation:
        """Return comments and reviews, oldest first, pending reviews of our own included."""
        expected = self._expected.pop(number, None)
        return await (expected or self._read(number))

    async def _read(
        self, number: int, first: Awaitable[dict[str, Any]] | None = None
    ) -> Conversation:
        """Read all pages of both lists."""
        operation = graphql.CONVERSATION
        found: dict[str, list[Any]] = {"Comment": [], "Review": []}
        variables = first_pages(number)
        for _ in range(MOST_PAGES):
            if not (variables["withComments"] or variables["withReviews"]):
                break
            data = await (first or self._client.graphql(operation, variables))
            first = None
            answer = parse(graphql.ConversationPage, data, operation, "repository", "pullRequest")
            for kind, page in (("Comment", answer.comments), ("Review", answer.reviews)):
                if variables[f"with{kind}s"] != (page is not None):
                    raise error_mapping.invalid(operation, "not the requested lists")
                if page is not None:
                    found[kind] += page.nodes
                    variables |= {f"with{kind}s": page.more, f"after{kind}": page.cursor}
        else:
            raise error_mapping.invalid(operation, f"more than {MOST_PAGES} pages")
        return (
            tuple(Comment(**dict(comment)) for comment in found["Comment"]),
            tuple(Review(**dict(review)) for review in found["Review"]),
        )


def first_pages(number: int) -> dict[str, Any]:
    """Return the variables of the first question for a conversation."""
    return {
        "number": number,
        "withComments": True,
        "withReviews": True,
        "afterComment": None,
        "afterReview": None,
    }


def _comment(repository: Repository, command: CommandRef) -> IssueComment | PullRequestComment:
    """Return a comment that was not read; the number of its pull request is not in its address."""
    number = command.comment_id or 0
    if command.source is CommandSource.REVIEW_COMMENT:
        return repository.get_pull(0).get_review_comment(number)
    return repository.get_issue(0).get_comment(number)
