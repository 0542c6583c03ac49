"""What is already written on the pull request, and which of it is our own.

Only marked things by the same account are ever touched, so "our own" has to be right. GraphQL says
so itself (``viewerDidAuthor``); REST needs the account's name, which the job's own token may not
ask for.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from typing import Final

from predict_edit.domain import Comment, Review
from predict_edit.domain.errors import ForgeError, ForgeUnauthorized
from predict_edit.github import (
    accounts,
    answers,
    contents_graphql,
    endpoints,
    failures,
    graph_answers,
    parsing,
)
from predict_edit.github.answer import Answer
from predict_edit.github.client import Client
from predict_edit.github.documents import CONVERSATION, ground
from predict_edit.support.log import log

SHARED_FOR: Final = 3.0
"""Seconds for which one reading serves a question for comments and one for reviews."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """All comments and reviews of a pull request."""

    comments: tuple[Comment, ...]
    reviews: tuple[Review, ...]


class _Reading:
    """One reading that is under way or done, and what it was not yet used for."""

    def __init__(self, task: asyncio.Task[_Written]) -> None:
        self.task = task
        self.unused = {"comments", "reviews"}
        self.started = time.monotonic()


class Conversations:
    """Comments and reviews of a pull request, read together and never stale.

    A reading is used once for comments and once for reviews, within a few seconds, and not after
    anything was written.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._readings: dict[int, _Reading] = {}
        self._login: str | None = None
        self._seen: set[int] | None = None

    def lists(self, comment_id: int | None) -> bool:
        """Whether the host lists this comment; taken for granted until a list was read."""
        return self._seen is None or comment_id in self._seen

    def _note(self, ids: Iterable[int]) -> None:
        """Keep which comments were listed, also those that are deleted later."""
        self._seen = (self._seen or set()) | set(ids)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Something is written within: whatever was read before or meanwhile is forgotten."""
        self._readings.clear()
        try:
            yield
        finally:
            self._readings.clear()

    def expect(self, number: int, first: Awaitable[Answer]) -> None:
        """Use an answer that is under way for the next questions; it has the first pages."""
        reading = _Reading(asyncio.create_task(_over_graphql(self._client, number, first)))
        # Perhaps nobody asks; then nobody needs to hear what went wrong either.
        reading.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._readings[number] = reading

    async def comments(self, number: int, marker: str) -> tuple[Comment, ...]:
        """The comments whose body holds ``marker``, oldest first."""
        if not self._client.has_graphql:
            return await self._comments_over_rest(number, marker)
        try:
            written = await self._read(number, "comments")
        except ForgeUnauthorized:
            raise
        except ForgeError as error:
            log.debug("comments are read over REST: %s", error)
            return await self._comments_over_rest(number, marker)
        self._note(comment.id for comment in written.comments)
        return tuple(comment for comment in written.comments if marker in comment.body)

    async def reviews(self, number: int, marker: str) -> tuple[Review, ...]:
        """The reviews whose body holds ``marker``, pending ones of our own included."""
        if not self._client.has_graphql:
            return await self._reviews_over_rest(number, marker)
        try:
            written = await self._read(number, "reviews")
        except ForgeUnauthorized:
            raise
        except ForgeError as error:
            log.debug("reviews are read over REST: %s", error)
            return await self._reviews_over_rest(number, marker)
        return tuple(review for review in written.reviews if marker in review.body)

    async def _read(self, number: int, what: str) -> _Written:
        """The shared reading, or a new one where that is used, old or forgotten."""
        reading = self._readings.get(number)
        if (
            reading is None
            or what not in reading.unused
            or time.monotonic() - reading.started > SHARED_FOR
        ):
            reading = _Reading(asyncio.create_task(_over_graphql(self._client, number)))
            self._readings[number] = reading
        reading.unused.discard(what)
        # Whoever gives up waiting must not take the answer from the other one.
        return await asyncio.shield(reading.task)

    async def _comments_over_rest(self, number: int, marker: str) -> tuple[Comment, ...]:
        """Marked comments by REST; ours are those by the token's account."""
        endpoint = endpoints.COMMENTS
        pages = await self._client.pages(endpoint, number=number)
        listed = parsing.parse_pages(answers.IssueComment, pages, endpoint)
        self._note(comment.id for comment in listed)
        found = [comment for comment in listed if marker in (comment.body or "")]
        login = await self._own_login() if found else ""
        return tuple(entry.comment(mine=accounts.is_account(entry.user, login)) for entry in found)

    async def _reviews_over_rest(self, number: int, marker: str) -> tuple[Review, ...]:
        """Marked reviews by REST; ours are those by the token's account."""
        endpoint = endpoints.REVIEWS
        pages = await self._client.pages(endpoint, number=number)
        found = [
            review
            for review in parsing.parse_pages(answers.PullReview, pages, endpoint)
            if marker in (review.body or "")
        ]
        login = await self._own_login() if found else ""
        return tuple(entry.review(mine=accounts.is_account(entry.user, login)) for entry in found)

    async def _own_login(self) -> str:
        """The account of the token, asked for once."""
        if self._login is None:
            self._login = await accounts.own_login(self._client)
        return self._login


async def ask_together(
    client: Client, number: int, commit: str, files: Mapping[str, str | None]
) -> Answer:
    """Ask for files at a commit and for the first pages of a conversation, in one request.

    Raises:
        ForgeError: it failed; the two have to be asked for apart.
    """
    variables = contents_graphql.variables_of(client, commit, files) | _first_pages(client, number)
    return await client.together(endpoints.GROUND, ground(len(files)), variables)


def _first_pages(client: Client, number: int) -> dict[str, str | int | bool | None]:
    """The variables of the first question for a conversation."""
    return {
        "owner": client.owner,
        "name": client.name,
        "number": number,
        "withComments": True,
        "withReviews": True,
        "afterComment": None,
        "afterReview": None,
    }


async def _over_graphql(
    client: Client, number: int, first: Awaitable[Answer] | None = None
) -> _Written:
    """Read all pages of both lists; ``first`` may bring the first ones."""
    endpoint = endpoints.CONVERSATION
    comments: list[graph_answers.GraphComment] = []
    reviews: list[graph_answers.GraphReview] = []
    variables = _first_pages(client, number)
    while variables["withComments"] or variables["withReviews"]:
        answer = await _brought(first) if first else None
        if answer is None:
            answer = await client.graphql(endpoint, CONVERSATION, variables)
        first = None
        page = graph_answers.pull_request_of(graph_answers.Conversation, answer, endpoint)
        if variables["withComments"] is not (page.comments is not None) or variables[
            "withReviews"
        ] is not (page.reviews is not None):
            raise failures.invalid(endpoint, "not the lists that were asked for")
        if page.comments:
            comments += page.comments.nodes
            variables["withComments"] = page.comments.page.has_next_page
            variables["afterComment"] = page.comments.page.end_cursor
        if page.reviews:
            reviews += page.reviews.nodes
            variables["withReviews"] = page.reviews.page.has_next_page
            variables["afterReview"] = page.reviews.page.end_cursor
    return _Written(
        comments=tuple(comment.comment() for comment in comments),
        reviews=tuple(review.review() for review in reviews),
    )


async def _brought(first: Awaitable[Answer]) -> Answer | None:
    """An answer that is under way, ``None`` where it went wrong."""
    try:
        return await first
    except ForgeUnauthorized:
        raise
    except ForgeError:
        return None
