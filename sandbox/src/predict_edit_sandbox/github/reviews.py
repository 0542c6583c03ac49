"""Reviews and comments on the diff, accepted and refused as GitHub does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from predict_edit_sandbox.github.anchors import (
    Unanchored,
    review_refusal,
)
from predict_edit_sandbox.github.drafts import Draft, check_shape, settle
from predict_edit_sandbox.github.nouns import (
    PullRequest,
    Review,
    ReviewComment,
    Thread,
    Token,
    User,
)
from predict_edit_sandbox.github.refusals import (
    BODY_MAXIMUM,
    check_body_length,
    unprocessable,
)
from predict_edit_sandbox.github.state import State

_STATES: Mapping[str, Literal["COMMENTED", "APPROVED", "CHANGES_REQUESTED"]] = {
    "COMMENT": "COMMENTED",
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
}
ONE_PENDING = "can only have one pending review per pull request"
_TOO_LONG = f"Body is too long (maximum is {BODY_MAXIMUM} characters)"


def pending_of(pull: PullRequest, user: User) -> Review | None:
    """A person's review that is not submitted yet."""
    for review in pull.reviews:
        if review.state == "PENDING" and review.author == user:
            return review
    return None


def check_commit(pull: PullRequest, commit: str) -> None:
    """Refuse a commit that never was part of the pull request."""
    store = pull.repository.store
    if commit == pull.head_sha or commit in pull.earlier_heads:
        return
    known = store.resolve(commit) == commit and len(commit) == len(pull.head_sha)
    if not known or not any(
        store.is_ancestor(commit, head) for head in (pull.head_sha, *pull.earlier_heads)
    ):
        raise unprocessable("commit_id is not part of the pull request")


def _check_event(pull: PullRequest, token: Token, event: str | None, *, empty: bool) -> None:
    """Refuse an event that does not exist or that this account may not use."""
    if event is None:
        return
    if event not in _STATES:
        raise unprocessable(
            "Variable $event of type PullRequestReviewEvent was provided invalid value"
        )
    verb = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}.get(event)
    if verb and pull.author == token.user:
        raise unprocessable(f"Review Can not {verb} your own pull request")
    if event == "APPROVE" and token.actions:
        raise unprocessable("GitHub Actions is not permitted to approve pull requests.")
    if empty and event != "APPROVE":
        # GitHub requires a body or comments here; its wording is not known.
        raise unprocessable("Body can't be blank")


def _settle_all(
    state: State, pull: PullRequest, commit: str, comments: Sequence[Any]
) -> list[Draft]:
    """Find a place for every comment, or refuse them all."""
    check_shape(comments, file_subject=state.switches.file_subject_in_reviews)
    if any(not entry["body"].strip() for entry in comments):
        raise unprocessable("Pull request review thread body can't be blank")
    if any(len(entry["body"]) > BODY_MAXIMUM for entry in comments):
        raise unprocessable(_TOO_LONG)
    maximum = state.switches.comments_per_review
    if maximum is not None and len(comments) > maximum:
        raise unprocessable("was submitted too quickly")
    settled = [settle(state, pull, commit, entry) for entry in comments]
    homeless = [result for result in settled if isinstance(result, Unanchored)]
    if homeless:
        raise review_refusal(homeless, old_wording=state.switches.old_wording)
    return [result for result in settled if isinstance(result, Draft)]


def begin(state: State, pull: PullRequest, user: User, body: str, commit: str) -> Review:
    """A review that has not been submitted yet."""
    return Review(
        id=state.next_id(),
        pull=pull,
        author=user,
        body=body,
        state="PENDING",
        commit_id=commit,
        created_at=state.clock(),
    )


def attach(state: State, review: Review, draft: Draft) -> ReviewComment:
    """Make a thread with its first comment."""
    anchor, where = draft.anchor, draft.place
    thread = Thread(
        id=state.next_id(),
        pull=review.pull,
        path=draft.path,
        commit_id=review.commit_id,
        line=anchor.line if anchor else None,
        side=anchor.side if anchor else "RIGHT",
        start_line=anchor.start_line if anchor else None,
        start_side=(anchor.start_side or anchor.side) if anchor and anchor.start_line else None,
        position=where.position if where else None,
        diff_hunk=where.diff_hunk if where else "",
    )
    review.pull.threads.append(thread)
    return add_comment(state, thread, review, draft.body)


def add_comment(
    state: State,
    thread: Thread,
    review: Review,
    body: str,
    reply_to: ReviewComment | None = None,
) -> ReviewComment:
    """Put a comment into a thread."""
    now = state.clock()
    comment = ReviewComment(
        id=state.next_id(),
        thread=thread,
        review=review,
        author=review.author,
        body=body,
        created_at=now,
        updated_at=now,
        reply_to=reply_to,
    )
    thread.comments.append(comment)
    return comment


def create_review(
    state: State,
    pull: PullRequest,
    token: Token,
    *,
    comments: Sequence[Any],
    body: str = "",
    event: str | None = None,
    commit_id: str | None = None,
) -> Review:
    """Post a review with all its comments, or nothing at all; without ``event`` it stays pending.

    Raises:
        Refusal: 422.
    """
    if pending_of(pull, token.user):
        raise unprocessable(f"User {ONE_PENDING}")
    _check_event(pull, token, event, empty=not body.strip() and not comments)
    if len(body) > BODY_MAXIMUM:
        raise unprocessable(_TOO_LONG)
    commit = commit_id or pull.head_sha
    check_commit(pull, commit)
    review = begin(state, pull, token.user, body, commit)
    try:
        drafts = _settle_all(state, pull, commit, comments)
    except Exception:
        if state.switches.orphan_review_after_refusal and event and body:
            pull.reviews.append(review)
            publish(state, review, event)
        raise
    pull.reviews.append(review)
    for draft in drafts:
        attach(state, review, draft)
    if event is not None:
        publish(state, review, event)
    return review


def publish(state: State, review: Review, event: str) -> None:
    """Show a pending review to everybody."""
    review.state = _STATES[event]
    review.submitted_at = state.clock()
    review.pull.updated_at = review.submitted_at


def submit_review(
    state: State, review: Review, token: Token, *, event: str, body: str | None = None
) -> Review:
    """Submit a pending review.

    Raises:
        Refusal: 422, it is not pending, or the event is not allowed.
    """
    if review.state != "PENDING":
        raise unprocessable("Can not submit a review that is not pending")
    text = review.body if body is None else body
    _check_event(review.pull, token, event, empty=not text.strip() and not review.comments)
    if len(text) > BODY_MAXIMUM:
        raise unprocessable(_TOO_LONG)
    review.body = text
    publish(state, review, event)
    return review


def edit_review(review: Review, body: str) -> Review:
    """Replace the body of a review.

    Raises:
        Refusal: 422, it is too long.
    """
    check_body_length("PullRequestReview", body)
    review.body = body
    return review


def delete_pending(review: Review) -> None:
    """Delete a pending review with its comments.

    Raises:
        Refusal: 422, a submitted review cannot be deleted.
    """
    if review.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    pull = review.pull
    mine = set(review.comments)
    for thread in pull.threads:
        thread.comments = [comment for comment in thread.comments if comment not in mine]
    pull.threads = [thread for thread in pull.threads if thread.comments]
    pull.reviews.remove(review)
