"""The conversation of a pull request: the command's comment, its reactions, and our own comments.

Only marked things by the same account are ever touched, so "our own" has to be right. The job's own
token may not ask for its account's name, but GraphQL says what is its own (``viewerDidAuthor``).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Iterator
from http import HTTPStatus
from typing import Any, Final

from github.IssueComment import IssueComment
from github.PullRequestComment import PullRequestComment
from github.Repository import Repository

from predict_edit.domain.errors import ForgeError, ForgeNotFound, ForgeRefused
from predict_edit.domain.repository import CommandRef, CommandSource, Comment, Reaction, Review
from predict_edit.github import error_mapping, graphql, rest
from predict_edit.github.client import Client, parse
from predict_edit.support.log import log

SHARED_FOR: Final = 3.0
"""Seconds for which one reading serves a question for comments and one for reviews."""

_REACTION_NAMES: Final = {
    Reaction.TAKEN: "EYES",
    Reaction.DONE: "ROCKET",
    Reaction.FAILED: "CONFUSED",
    Reaction.DENIED: "THUMBS_DOWN",
}


def _comment(
    repository: Repository, comment_id: int, source: CommandSource
) -> IssueComment | PullRequestComment:
    """Return a comment that was not read; the number of its pull request is not in its address."""
    if source is CommandSource.REVIEW_COMMENT:
        return repository.get_pull(0).get_review_comment(comment_id)
    return repository.get_issue(0).get_comment(comment_id)


async def react(client: Client, command: CommandRef, reaction: Reaction) -> None:
    """Put a reaction on the command; a failure is not worth more than a line in the debug log."""
    comment = command.comment_id
    if comment is None:
        return
    try:
        await client.call(
            rest.REACT,
            lambda repository: _comment(repository, comment, command.source).create_reaction(
                reaction.value
            ),
            once=True,
        )
    except ForgeError as error:
        log.debug("no reaction %s: %s", reaction.name, error)


async def command_body(client: Client, command: CommandRef) -> str | None:
    """Return the command's comment as it reads now; ``None`` if it was deleted."""
    comment = command.comment_id
    if comment is None:
        return command.body
    try:
        data = await client.call(
            rest.COMMENT,
            lambda repository: _comment(repository, comment, command.source).raw_data,
        )
    except ForgeNotFound:
        return None
    except ForgeRefused as error:
        if error.status == HTTPStatus.GONE:
            return None
        raise
    return parse(rest.Body, data, rest.COMMENT).body or ""


async def head_and_command(
    client: Client, number: int, command: CommandRef
) -> tuple[str, str, str | None]:
    """Return newest commit and state, and a comment with a node ID as it reads now, in one request.

    The comment is ``None`` if it was deleted; commit and state may be empty then.

    Raises:
        ForgeError: one of them could not be read.
    """
    operation = graphql.HEAD_AND_COMMAND
    try:
        data = await client.graphql(operation, {"number": number, "command": command.node_id})
    except ForgeNotFound:
        return "", "", None
    head = parse(graphql.PullHead, data, operation, "repository", "pullRequest")
    return head.oid, head.state.lower(), parse(rest.Body, data, operation, "node").body or ""


async def create_comment(client: Client, number: int, body: str) -> Comment:
    """Write a comment into the conversation."""
    endpoint = rest.CREATE_COMMENT
    data = await client.call(
        endpoint, lambda repository: repository.get_issue(number).create_comment(body).raw_data
    )
    return parse(rest.IssueComment, data, endpoint).own()


async def edit_comment(client: Client, comment_id: int, body: str) -> None:
    """Replace a comment of our own."""
    await client.call(
        rest.EDIT_COMMENT,
        lambda repository: repository.get_issue(0).get_comment(comment_id).edit(body),
    )


async def close_comment(
    client: Client, comment: Comment, body: str, command: CommandRef, reaction: Reaction
) -> None:
    """Replace a comment of our own and put a reaction on the command, in one request.

    Raises:
        ForgeError: GitHub does not take the text; a refused reaction is not an error.
    """
    if not command.node_id:
        await edit_comment(client, comment.id, body)
        await react(client, command, reaction)
        return
    await client.graphql(
        graphql.CLOSE,
        {
            "comment": comment.node_id,
            "body": body,
            "command": command.node_id,
            "reaction": _REACTION_NAMES[reaction],
        },
        essential="updateIssueComment",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Conversation:
    """All comments and reviews of a pull request."""

    comments: tuple[Comment, ...]
    reviews: tuple[Review, ...]


class _ConversationReading:
    """A reading that is running or done, and what it has not been used for yet."""

    def __init__(self, task: asyncio.Task[_Conversation]) -> None:
        self.task = task
        self.unused = {"comments", "reviews"}
        self.started = time.monotonic()


class ConversationReader:
    """Comments and reviews of a pull request, read together and never stale.

    A reading is used once for comments and once for reviews, within a few seconds, and not after
    anything was written.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._readings: dict[int, _ConversationReading] = {}

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Forget what was read before a change, and what is read while it is made."""
        self._readings.clear()
        try:
            yield
        finally:
            self._readings.clear()

    def expect(self, number: int, first: Awaitable[dict[str, Any]]) -> None:
        """Use a running request for the next questions; its answer has the first pages."""
        reading = _ConversationReading(asyncio.create_task(_read_all(self._client, number, first)))
        # If nobody asks, nobody needs to hear of a failure either.
        reading.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._readings[number] = reading

    async def marked_comments(self, number: int, marker: str) -> tuple[Comment, ...]:
        """Return the comments whose body holds ``marker``, oldest first."""
        found = (await self._read(number, "comments")).comments
        return tuple(comment for comment in found if marker in comment.body)

    async def marked_reviews(self, number: int, marker: str) -> tuple[Review, ...]:
        """Return the reviews whose body holds ``marker``, pending ones of our own included."""
        found = (await self._read(number, "reviews")).reviews
        return tuple(review for review in found if marker in review.body)

    async def _read(self, number: int, what: str) -> _Conversation:
        """Return the shared reading, or a new one if that is used, old or forgotten."""
        reading = self._readings.get(number)
        if (
            reading is None
            or what not in reading.unused
            or time.monotonic() - reading.started > SHARED_FOR
        ):
            reading = _ConversationReading(asyncio.create_task(_read_all(self._client, number)))
            self._readings[number] = reading
        reading.unused.discard(what)
        # A caller that stops waiting must not take the answer from the other one.
        return await asyncio.shield(reading.task)


def first_pages(number: int) -> dict[str, Any]:
    """Return the variables of the first question for a conversation."""
    return {
        "number": number,
        "withComments": True,
        "withReviews": True,
        "afterComment": None,
        "afterReview": None,
    }


async def _read_all(
    client: Client, number: int, first: Awaitable[dict[str, Any]] | None = None
) -> _Conversation:
    """Read all pages of both lists; ``first`` may bring the first ones."""
    operation = graphql.CONVERSATION
    comments: list[graphql.GraphComment] = []
    reviews: list[graphql.GraphReview] = []
    variables = first_pages(number)
    while variables["withComments"] or variables["withReviews"]:
        data = await (first or client.graphql(operation, variables))
        first = None
        page = parse(graphql.ConversationPage, data, operation, "repository", "pullRequest")
        brought = (page.comments is not None, page.reviews is not None)
        if brought != (variables["withComments"], variables["withReviews"]):
            raise error_mapping.invalid(operation, "not the requested lists")
        if page.comments:
            comments += page.comments.nodes
            variables["withComments"] = page.comments.page.has_next_page
            variables["afterComment"] = page.comments.page.end_cursor
        if page.reviews:
            reviews += page.reviews.nodes
            variables["withReviews"] = page.reviews.page.has_next_page
            variables["afterReview"] = page.reviews.page.end_cursor
    return _Conversation(
        comments=tuple(comment.comment() for comment in comments),
        reviews=tuple(review.review() for review in reviews),
    )
