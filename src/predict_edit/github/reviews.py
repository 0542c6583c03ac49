"""Reviews and review threads: posting, reading, and tidying up."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from github.Commit import Commit

from predict_edit.domain.edits import ReviewDraft, Suggestion
from predict_edit.domain.errors import ForgeForbidden, ForgeNotFound
from predict_edit.domain.repository import PENDING, Comment, Review, ReviewThread
from predict_edit.github import error_mapping, graphql, rest
from predict_edit.github.client import MOST_PAGES, HostPart, parse


class Reviews(HostPart):
    """Reviews with suggestions, and the threads that they begin."""

    async def create_review(self, number: int, draft: ReviewDraft) -> Review:
        """Post a review with one request.

        Raises:
            ForgeUnavailable: whether it was posted is unknown; look for its marker before posting
                again.
            ForgeRefused: nothing was posted, as far as GitHub's answers can be trusted.
        """
        endpoint = rest.CREATE_REVIEW
        data = await self._client.call(
            endpoint,
            lambda repository: (
                repository.get_pull(number)
                .create_review(
                    # Only its name is sent; `get_commit` would read it first.
                    commit=Commit(repository.requester, attributes={"sha": draft.commit_id}),
                    body=draft.body,
                    # Without an event GitHub would leave the review pending.
                    event="COMMENT",
                    comments=review_comments(draft.suggestions),  # type: ignore[arg-type]
                )
                .raw_data
            ),
        )
        return Review(**dict(parse(rest.PullReview, data, endpoint)), mine=True)

    async def has_comments(self, number: int, review_id: int) -> bool:
        """Decide whether a review has comments on the diff."""
        path = f"pulls/{number}/reviews/{review_id}/comments"
        return bool(await self._client.pages(rest.REVIEW_COMMENTS_OF_REVIEW, path, limit=1))

    async def threads(self, number: int, *, newest: bool = False) -> tuple[ReviewThread, ...]:
        """Return the threads on the diff, with the first 100 comments of each, or the last 100."""
        operation = graphql.NEWEST_OF_THREADS if newest else graphql.REVIEW_THREADS
        threads: list[graphql.GraphThread] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = parse(
                graphql.GraphPage[graphql.GraphThread],
                await self._client.graphql(operation, {"number": number, "after": after}),
                operation,
                *("repository", "pullRequest", "reviewThreads"),
            )
            threads += page.nodes
            after = page.cursor
            if not page.more:
                break
        else:
            raise error_mapping.invalid(operation, f"more than {MOST_PAGES} pages")
        found = []
        for each in threads:
            sent = [one for one in each.comments if one.state != PENDING]
            comments = tuple(Comment(**one.model_dump()) for one in sent)
            if comments:
                fields = each.model_dump()
                if each.start_side not in {None, each.side}:
                    # From a removed line to one of the head, whose numbers have nothing in common.
                    fields |= {"start_line": None, "original_start_line": None}
                thread = ReviewThread(
                    **fields,
                    comment=comments[0],
                    comments=comments,
                    replies=max(each.total - 1 - len(each.comments) + len(sent), 0),
                    on_base=each.side == "LEFT",
                )
                found.append(thread)
        return tuple(found)

    async def update_review_body(self, number: int, review_id: int, body: str) -> None:
        """Replace the text of a review of our own; PyGithub would read the review first."""
        await self._client.request(
            rest.UPDATE_REVIEW, "PUT", f"pulls/{number}/reviews/{review_id}", input={"body": body}
        )

    async def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that was never submitted; GitHub deletes no other."""
        with contextlib.suppress(ForgeNotFound):
            await self._client.request(
                rest.DELETE_REVIEW, "DELETE", f"pulls/{number}/reviews/{review_id}"
            )

    async def minimize_comment(self, node_id: str) -> bool:
        """Hide a comment as outdated; ``False`` if the token may not."""
        try:
            await self._client.graphql(graphql.MINIMIZE, {"id": node_id})
        except (ForgeForbidden, ForgeNotFound):
            return False
        return True


def review_comments(suggestions: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """Return the ``comments`` of a review.

    They go bottom up within a file, so that no reader of the list shifts later anchors.
    """
    files = {path: i for i, path in enumerate(dict.fromkeys(s.path for s in suggestions))}
    ordered = sorted(suggestions, key=lambda each: (files[each.path], -each.line))
    return [_comment(suggestion) for suggestion in ordered]


def _comment(suggestion: Suggestion) -> dict[str, Any]:
    """Return one comment; GitHub wants ``start_line`` only if it lies before ``line``."""
    comment: dict[str, Any] = {
        "path": suggestion.path,
        "body": suggestion.body,
        "line": suggestion.line,
        "side": "RIGHT",
    }
    if suggestion.start_line < suggestion.line:
        comment |= {"start_line": suggestion.start_line, "start_side": "RIGHT"}
    return comment
