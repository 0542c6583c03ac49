"""Comments in the conversation of a pull request, and reactions."""

from __future__ import annotations

from predict_edit_sandbox.github.nouns import (
    REACTIONS,
    IssueComment,
    PullRequest,
    Reaction,
    ReviewComment,
    User,
)
from predict_edit_sandbox.github.refusals import (
    check_body_length,
    not_found,
    validation_failed,
)
from predict_edit_sandbox.github.state import State


def _check(body: str) -> None:
    """Refuse a blank body and one that is too long."""
    if not body.strip():
        raise validation_failed(
            {"resource": "IssueComment", "code": "missing_field", "field": "body"}
        )
    check_body_length("IssueComment", body)


def create_comment(state: State, pull: PullRequest, user: User, body: str) -> IssueComment:
    """Write a comment.

    Raises:
        Refusal: 422, the body is blank or longer than 65,536 characters.
    """
    _check(body)
    now = state.clock()
    comment = IssueComment(
        id=state.next_id(), pull=pull, author=user, body=body, created_at=now, updated_at=now
    )
    pull.comments.append(comment)
    pull.updated_at = now
    return comment


def edit_comment(state: State, comment: IssueComment, body: str) -> IssueComment:
    """Replace a comment's body.

    Raises:
        Refusal: 422, the body is blank or longer than 65,536 characters.
    """
    _check(body)
    comment.body = body
    comment.updated_at = state.clock()
    return comment


def react(
    state: State, target: IssueComment | ReviewComment, user: User, content: str
) -> tuple[Reaction, bool]:
    """Put a reaction on a comment; the second part says whether it is new.

    Raises:
        Refusal: 422, there is no such reaction.
    """
    if content not in REACTIONS:
        raise validation_failed({"resource": "Reaction", "code": "invalid", "field": "content"})
    for reaction in target.reactions:
        if reaction.user == user and reaction.content == content:
            return reaction, False
    made = Reaction(id=state.next_id(), user=user, content=content, created_at=state.clock())
    target.reactions.append(made)
    return made, True


def unreact(target: IssueComment | ReviewComment, number: int) -> None:
    """Take a reaction away.

    Raises:
        Refusal: 404.
    """
    for reaction in target.reactions:
        if reaction.id == number:
            target.reactions.remove(reaction)
            return
    raise not_found()
