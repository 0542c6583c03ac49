"""The conversation of a pull request: the command's comment, its reactions, and our own comments.

Only marked things by the same account are ever touched, so "our own" has to be right. The job's own
token may not ask for its account's name, but GraphQL says what is its own (``viewerDidAuthor``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
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

SHARED_FOR: Final = 3.0
"""Seconds for which one reading serves a question for comments and one for reviews."""

_REACTION_NAMES: Final = {
    Reaction.TAKEN: "EYES",
    Reaction.DONE: "ROCKET",
    Reaction.FAILED: "CONFUSED",
    Reaction.DENIED: "THUMBS_DOWN",
}


@dataclasses.dataclass(slots=True, kw_only=True)
class _Reading:
    """Comments and reviews of a pull request, read together, and never used when stale."""

    task: asyncio.Task[tuple[tuple[Comment, ...], tuple[Review, ...]]]
    writes: int
    """The number of writes before it was started; one more makes it stale."""
    started: float = dataclasses.field(default_factory=time.monotonic)
    unused: set[str] = dataclasses.field(default_factory=lambda: {"comments", "reviews"})

    def serves(self, what: str, writes: int) -> bool:
        """Whether it may answer a question, which it does once for each of the two lists."""
        fresh = time.monotonic() - self.started <= SHARED_FOR
        return fresh and what in self.unused and self.writes == writes


class Comments(PullRequests):
    """The conversation of each pull request."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._readings: dict[int, _Reading] = {}

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

    async def marked_comments(self, number: int, marker: str) -> tuple[Comment, ...]:
        """Return the comments whose body holds ``marker``, oldest first."""
        comments, _ = await self._read(number, "comments")
        return tuple(comment for comment in comments if marker in comment.body)

    async def marked_reviews(self, number: int, marker: str) -> tuple[Review, ...]:
        """Return the reviews whose body holds ``marker``, pending ones of our own included."""
        _, reviews = await self._read(number, "reviews")
        return tuple(review for review in reviews if marker in review.body)

    def expect(self, number: int, first: Awaitable[dict[str, Any]] | None = None) -> _Reading:
        """Begin a reading for the next questions; the running request ``first`` opens it."""
        reading = _Reading(
            task=asyncio.create_task(self._read_all(number, first)), writes=self._client.writes
        )
        # Without a question, a failure is of no interest either.
        reading.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._readings[number] = reading
        return reading

    async def _read(self, number: int, what: str) -> tuple[tuple[Comment, ...], tuple[Review, ...]]:
        """Return the shared reading, or a new one if that is used, old or stale."""
        reading = self._readings.get(number)
        if reading is None or not reading.serves(what, self._client.writes):
            reading = self.expect(number)
        reading.unused.discard(what)
        # A caller that stops waiting must not take the answer from the other one.
        return await asyncio.shield(reading.task)

    async def _read_all(
        self, number: int, first: Awaitable[dict[str, Any]] | None
    ) -> tuple[tuple[Comment, ...], tuple[Review, ...]]:
        """Read all pages of both lists."""
        operation = graphql.CONVERSATION
        comments: list[graphql.GraphComment] = []
        reviews: list[graphql.GraphReview] = []
        variables = first_pages(number)
        for _ in range(MOST_PAGES):
            if not (variables["withComments"] or variables["withReviews"]):
                break
            data = await (first or self._client.graphql(operation, variables))
            first = None
            page = parse(graphql.ConversationPage, data, operation, "repository", "pullRequest")
            brought = (page.comments is not None, page.reviews is not None)
            if brought != (variables["withComments"], variables["withReviews"]):
                raise error_mapping.invalid(operation, "not the requested lists")
            if page.comments:
                comments += page.comments.nodes
                variables["withComments"] = page.comments.more
                variables["afterComment"] = page.comments.cursor
            if page.reviews:
                reviews += page.reviews.nodes
                variables["withReviews"] = page.reviews.more
                variables["afterReview"] = page.reviews.cursor
        else:
            raise error_mapping.invalid(operation, f"more than {MOST_PAGES} pages")
        return (
            tuple(Comment(**dict(comment)) for comment in comments),
            tuple(Review(**dict(review)) for review in reviews),
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
