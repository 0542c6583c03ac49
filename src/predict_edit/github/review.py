"""Posting a review, and tidying up after older ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

from predict_edit.domain import Review, ReviewDraft, Suggestion
from predict_edit.domain.errors import ForgeForbidden, ForgeNotFound
from predict_edit.github import answers, endpoints, failures, parsing
from predict_edit.github.client import Client
from predict_edit.github.documents import MINIMIZE


def review_body(draft: ReviewDraft) -> dict[str, Any]:
    """The request body of ``POST /pulls/{number}/reviews``.

    Without ``event`` GitHub would leave the review pending. Comments go bottom up within a file,
    so that no reader of the list shifts anchors that come later.
    """
    return {
        "commit_id": draft.commit_id,
        "body": draft.body,
        "event": "COMMENT",
        "comments": [_comment(suggestion) for suggestion in _bottom_up(draft.suggestions)],
    }


def _bottom_up(suggestions: Sequence[Suggestion]) -> Iterable[Suggestion]:
    """The suggestions by file, in the order the files come in, the last lines first."""
    files = {path: i for i, path in enumerate(dict.fromkeys(s.path for s in suggestions))}
    return sorted(suggestions, key=lambda each: (files[each.path], -each.line))


def _comment(suggestion: Suggestion) -> dict[str, str | int]:
    """One comment; GitHub wants ``start_line`` only where it lies before ``line``."""
    comment: dict[str, str | int] = {
        "path": suggestion.path,
        "body": suggestion.body,
        "line": suggestion.line,
        "side": "RIGHT",
    }
    if suggestion.start_line < suggestion.line:
        comment |= {"start_line": suggestion.start_line, "start_side": "RIGHT"}
    return comment


async def create_review(client: Client, number: int, draft: ReviewDraft) -> Review:
    """Post the review with one request.

    Raises:
        ForgeUnavailable: it is not known whether it stands; look for its marker before posting
            again.
        ForgeRefused: nothing was posted, as far as GitHub's answers can be trusted.
    """
    endpoint = endpoints.CREATE_REVIEW
    answer = await client.rest(endpoint, number=number, body=review_body(draft))
    return parsing.parse(answers.PullReview, answer, endpoint).review(mine=True)


async def review_comment_urls(
    client: Client, number: int, review_id: int
) -> tuple[tuple[str, int, str], ...]:
    """Path, last line and address of each comment of a review.

    The list of one review's comments may leave out the lines, which GitHub's schema calls
    optional; the pull request's list has them.
    """
    endpoint = endpoints.REVIEW_COMMENTS_OF_REVIEW
    pages = await client.pages(endpoint, number=number, id=review_id)
    comments = parsing.parse_pages(answers.ReviewComment, pages, endpoint)
    if any(_line(comment) is None for comment in comments):
        endpoint = endpoints.REVIEW_COMMENTS
        pages = await client.pages(endpoint, number=number)
        comments = [
            comment
            for comment in parsing.parse_pages(answers.ReviewComment, pages, endpoint)
            if comment.pull_request_review_id == review_id
        ]
    return tuple(
        (comment.path, line, comment.html_url)
        for comment in comments
        if (line := _line(comment)) is not None
    )


def _line(comment: answers.ReviewComment) -> int | None:
    """The last line of a comment at the head, else where it was posted."""
    return comment.line if comment.line is not None else comment.original_line


async def update_review_body(client: Client, number: int, review_id: int, body: str) -> None:
    """Replace the text of a review of our own."""
    await client.rest(endpoints.UPDATE_REVIEW, number=number, id=review_id, body={"body": body})


async def delete_pending_review(client: Client, number: int, review_id: int) -> None:
    """Delete a review that was never submitted; GitHub deletes no other."""
    with contextlib.suppress(ForgeNotFound):
        await client.rest(endpoints.DELETE_REVIEW, number=number, id=review_id)


async def minimize_comment(client: Client, node_id: str) -> bool:
    """Hide a comment as outdated; ``False`` where the token may not or GraphQL is missing."""
    if not client.has_graphql:
        return False
    endpoint = endpoints.MINIMIZE
    try:
        answer = await client.graphql(endpoint, MINIMIZE, {"id": node_id})
        if answer.graphql_errors:
            raise failures.graphql_failure(answer, endpoint)
    except (ForgeForbidden, ForgeNotFound):
        return False
    return True
