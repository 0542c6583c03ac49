"""The threads on a pull request's diff, and which of them are resolved."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from predict_edit.domain import ReviewThread
from predict_edit.domain.errors import ForgeAnswerInvalid, ForgeError, ForgeRefused
from predict_edit.github import accounts, answers, endpoints, graph_answers, parsing
from predict_edit.github.client import Client
from predict_edit.github.documents import REVIEW_THREADS
from predict_edit.support.log import log


async def review_threads(client: Client, number: int, marker: str) -> tuple[ReviewThread, ...]:
    """The threads on the diff whose first comment holds ``marker``.

    GraphQL alone tells what is resolved. A host that has no GraphQL, or does not know the question,
    has nothing that could be: there the comments tell the threads.

    Raises:
        ForgeError: GraphQL failed; whether a thread is resolved is then unknown.
    """
    try:
        return await _threads_over_graphql(client, number, marker)
    except ForgeError as error:
        known = not isinstance(error, ForgeRefused | ForgeAnswerInvalid)
        if client.has_graphql and known:
            raise
        log.debug("threads are told by their comments: %s", error)
        try:
            return await _threads_over_rest(client, number, marker)
        except ForgeError:
            raise error from None


async def _threads_over_rest(client: Client, number: int, marker: str) -> tuple[ReviewThread, ...]:
    endpoint = endpoints.REVIEW_COMMENTS
    pages = await client.pages(endpoint, number=number)
    found = parsing.parse_pages(answers.ReviewComment, pages, endpoint)
    replies = collections.Counter(comment.in_reply_to_id for comment in found)
    first = [each for each in found if each.in_reply_to_id is None and marker in each.body]
    login = await accounts.own_login(client) if first else ""
    return tuple(
        ReviewThread(
            path=each.path,
            start_line=each.start_line,
            line=each.line,
            comment=each.comment(mine=accounts.is_account(each.user, login)),
            replies=replies[each.id],
            resolved=False,
            outdated=each.line is None,
            minimized=False,
        )
        for each in first
    )


async def _threads_over_graphql(
    client: Client, number: int, marker: str
) -> tuple[ReviewThread, ...]:
    endpoint = endpoints.REVIEW_THREADS
    threads: list[graph_answers.GraphThread] = []
    after: str | None = None
    while True:
        answer = await client.graphql(
            endpoint,
            REVIEW_THREADS,
            {"owner": client.owner, "name": client.name, "number": number, "after": after},
        )
        page = graph_answers.pull_request_of(graph_answers.Threads, answer, endpoint).threads
        threads += page.nodes
        if not page.page.has_next_page:
            return tuple(_threads(threads, marker))
        after = page.page.end_cursor


def _threads(threads: Iterable[graph_answers.GraphThread], marker: str) -> Iterable[ReviewThread]:
    """The threads that carry the marker, as the domain has them."""
    for thread in threads:
        first = next(iter(thread.comments.nodes), None)
        if first is not None and marker in first.body:
            yield ReviewThread(
                path=thread.path,
                start_line=thread.start_line,
                line=thread.line,
                comment=first.comment(),
                replies=max(thread.comments.total - 1, 0),
                resolved=thread.resolved,
                outdated=thread.outdated,
                minimized=first.minimized,
            )
