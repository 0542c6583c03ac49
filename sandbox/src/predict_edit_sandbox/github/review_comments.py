"""Single comments on the diff, replies, and threads added to a pending review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.github.anchors import Unanchored, comment_refusal
from predict_edit_sandbox.github.drafts import settle
from predict_edit_sandbox.github.nouns import PullRequest, Review, ReviewComment, Thread, User
from predict_edit_sandbox.github.refusals import (
    check_body_length,
    custom_error,
    not_found,
    validation_failed,
)
from predict_edit_sandbox.github.reviews import (
    ONE_PENDING,
    add_comment,
    attach,
    begin,
    check_commit,
    pending_of,
    publish,
)
from predict_edit_sandbox.github.state import State


def remove_comment(comment: ReviewComment) -> None:
    """Take a comment out of its thread, and the thread away with its last comment."""
    comment.thread.comments.remove(comment)
    if not comment.thread.comments:
        comment.pull.threads.remove(comment.thread)


def _refuse_while_pending(pull: PullRequest, user: User) -> None:
    """A single comment is a review of its own, and there can be one pending review only."""
    if pending_of(pull, user):
        raise custom_error("PullRequestReview", "user_id", f"user_id {ONE_PENDING}")


def create_single_comment(
    state: State, pull: PullRequest, user: User, asked: Mapping[str, Any]
) -> ReviewComment:
    """Post one comment on the diff, which makes a review of its own.

    Raises:
        Refusal: 422.
    """
    _refuse_while_pending(pull, user)
    check_body_length("PullRequestReviewComment", asked["body"])
    commit = asked.get("commit_id") or pull.head_sha
    check_commit(pull, commit)
    draft = settle(state, pull, commit, asked)
    if isinstance(draft, Unanchored):
        raise comment_refusal(draft)
    review = begin(state, pull, user, "", commit)
    pull.reviews.append(review)
    comment = attach(state, review, draft)
    publish(state, review, "COMMENT")
    return comment


def reply(state: State, comment: ReviewComment, user: User, body: str) -> ReviewComment:
    """Reply to the first comment of a thread.

    Raises:
        Refusal: 404, the comment is itself a reply; 422.
    """
    if comment.reply_to is not None:
        raise not_found()
    if not body.strip():
        raise validation_failed(
            {"resource": "PullRequestReviewComment", "code": "missing_field", "field": "body"}
        )
    _refuse_while_pending(comment.pull, user)
    check_body_length("PullRequestReviewComment", body)
    review = begin(state, comment.pull, user, "", comment.pull.head_sha)
    comment.pull.reviews.append(review)
    made = add_comment(state, comment.thread, review, body, comment)
    publish(state, review, "COMMENT")
    return made


def add_thread(state: State, review: Review, entry: Mapping[str, Any]) -> Thread | None:
    """Add a thread to a pending review, over GraphQL.

    Where the line or the path is not in the diff GitHub says nothing and makes nothing: ``None``.
    """
    check_body_length("PullRequestReviewThread", entry["body"])
    draft = settle(state, review.pull, review.commit_id, entry)
    return None if isinstance(draft, Unanchored) else attach(state, review, draft).thread
