"""Endpoints for reviews and comments on the diff."""

from __future__ import annotations

from typing import Any

from predict_edit_sandbox.github import lookup, render_discussion, review_comments, reviews
from predict_edit_sandbox.github.exchange import Call, Needs, Reply, Route, listed
from predict_edit_sandbox.github.nouns import Review, ReviewComment
from predict_edit_sandbox.github.refusals import (
    check_body_length,
    custom_error,
    invalid_request,
)

_READ: Needs = (("pull_requests", "read"),)
_WRITE: Needs = (("pull_requests", "write"),)


def _review(call: Call) -> Review:
    """The review of the path."""
    return lookup.review(call.pull, call.number("review"), call.token.user)


def list_reviews(call: Call) -> Reply:
    """The reviews of a pull request, oldest first; pending ones to their author only."""
    found = lookup.visible_reviews(call.pull, call.token.user)
    return listed(call, found, lambda review: render_discussion.review(call.urls, review))


def create_review(call: Call) -> Reply:
    """Post a review with its comments, all or nothing."""
    made = reviews.create_review(
        call.state,
        call.pull,
        call.token,
        comments=call.field("comments", list) or [],
        body=call.field("body", str) or "",
        event=call.field("event", str),
        commit_id=call.field("commit_id", str),
    )
    return Reply(json=render_discussion.review(call.urls, made))


def get_review(call: Call) -> Reply:
    """One review."""
    return Reply(json=render_discussion.review(call.urls, _review(call)))


def edit_review(call: Call) -> Reply:
    """Replace a review's body, submitted or not."""
    body = call.field("body", str, required=True)
    return Reply(json=render_discussion.review(call.urls, reviews.edit_review(_review(call), body)))


def delete_review(call: Call) -> Reply:
    """Delete a pending review."""
    review = _review(call)
    reviews.delete_pending(review)
    return Reply(json=render_discussion.review(call.urls, review))


def submit_review(call: Call) -> Reply:
    """Submit a pending review."""
    review = reviews.submit_review(
        call.state,
        _review(call),
        call.token,
        event=call.field("event", str, required=True),
        body=call.field("body", str),
    )
    return Reply(json=render_discussion.review(call.urls, review))


def comments_of_review(call: Call) -> Reply:
    """The comments that came with a review."""
    return listed(
        call,
        _review(call).comments,
        lambda comment: render_discussion.legacy_review_comment(call.state, call.urls, comment),
    )


def list_comments(call: Call) -> Reply:
    """All comments on the diff."""
    return listed(
        call,
        call.pull.review_comments,
        lambda comment: render_discussion.review_comment(call.state, call.urls, comment),
    )


def _no_subschema(detail: str) -> Exception:
    """422: the keys do not go together."""
    return invalid_request(f'No subschema in "oneOf" matched. {detail}')


def create_comment(call: Call) -> Reply:
    """Post one comment: on a line, on a file, or as a reply."""
    body = call.field("body", str, required=True)
    answered = call.field("in_reply_to", int)
    if answered is not None:
        root = lookup.review_comment(call.repository, answered)
        made = review_comments.reply(call.state, root, call.token.user, body)
        return _made(call, made)
    asked: dict[str, Any] = {
        "body": body,
        "path": call.field("path", str, required=True),
        "commit_id": call.field("commit_id", str, required=True),
        "line": call.field("line", int),
        "side": call.field("side", str),
        "start_line": call.field("start_line", int),
        "start_side": call.field("start_side", str),
        "position": call.field("position", int),
    }
    subject = call.field("subject_type", str)
    if subject not in {None, "file"}:
        # "line" said outright is refused too, as PyGithub's users found.
        raise _no_subschema(f'{subject} is not a member of ["line", "file"].')
    if subject == "file":
        asked["subject_type"] = "file"
    elif asked["line"] is None and asked["position"] is None:
        raise _no_subschema('"position", "line", "in_reply_to" weren\'t supplied.')
    for side in (asked["side"], asked["start_side"]):
        if side not in {None, "LEFT", "RIGHT"}:
            raise _no_subschema(f'{side} is not a member of ["LEFT", "RIGHT"].')
    if not body.strip():
        raise custom_error("PullRequestReviewComment", "body", "body can't be blank")
    made = review_comments.create_single_comment(call.state, call.pull, call.token.user, asked)
    return _made(call, made)


def _made(call: Call, comment: ReviewComment) -> Reply:
    """201 with the comment."""
    shown = render_discussion.review_comment(call.state, call.urls, comment)
    return Reply(status=201, json=shown, headers={"location": shown["url"]})


def get_comment(call: Call) -> Reply:
    """One comment on the diff."""
    found = lookup.review_comment(call.repository, call.number("comment"))
    return Reply(json=render_discussion.review_comment(call.state, call.urls, found))


def edit_comment(call: Call) -> Reply:
    """Replace the body of a comment on the diff."""
    found = lookup.review_comment(call.repository, call.number("comment"))
    body = call.field("body", str, required=True)
    check_body_length("PullRequestReviewComment", body)
    found.body = body
    found.updated_at = call.state.clock()
    return Reply(json=render_discussion.review_comment(call.state, call.urls, found))


def delete_comment(call: Call) -> Reply:
    """Delete a comment on the diff."""
    review_comments.remove_comment(lookup.review_comment(call.repository, call.number("comment")))
    return Reply(status=204)


def reply(call: Call) -> Reply:
    """Reply to the first comment of a thread."""
    found = lookup.review_comment(call.repository, call.number("comment"))
    body = call.field("body", str, required=True)
    return _made(call, review_comments.reply(call.state, found, call.token.user, body))


_PULLS = "/repos/{owner}/{repo}/pulls"
_REVIEWS = _PULLS + r"/{number:\d+}/reviews"
_REVIEW = _REVIEWS + r"/{review:\d+}"
_LIST = _PULLS + r"/{number:\d+}/comments"
_ONE = _PULLS + r"/comments/{comment:\d+}"
ROUTES = (
    Route(method="GET", path=_REVIEWS, handler=list_reviews, needs=_READ),
    Route(method="POST", path=_REVIEWS, handler=create_review, needs=_WRITE, creates_content=True),
    Route(method="GET", path=_REVIEW, handler=get_review, needs=_READ),
    Route(method="PUT", path=_REVIEW, handler=edit_review, needs=_WRITE),
    Route(method="DELETE", path=_REVIEW, handler=delete_review, needs=_WRITE),
    Route(method="GET", path=_REVIEW + "/comments", handler=comments_of_review, needs=_READ),
    Route(
        method="POST",
        path=_REVIEW + "/events",
        handler=submit_review,
        needs=_WRITE,
        creates_content=True,
    ),
    Route(method="GET", path=_LIST, handler=list_comments, needs=_READ),
    Route(method="POST", path=_LIST, handler=create_comment, needs=_WRITE, creates_content=True),
    Route(method="GET", path=_ONE, handler=get_comment, needs=_READ),
    Route(method="PATCH", path=_ONE, handler=edit_comment, needs=_WRITE),
    Route(method="DELETE", path=_ONE, handler=delete_comment, needs=_WRITE),
    Route(
        method="POST",
        path=_LIST + r"/{comment:\d+}/replies",
        handler=reply,
        needs=_WRITE,
        creates_content=True,
    ),
)
