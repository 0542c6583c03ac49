"""Comments on a pull request: who wrote them, and whether they are commands."""

from __future__ import annotations

from collections.abc import Mapping

from predict_edit.domain import Aim, CommandRef, CommandSource
from predict_edit.domain.errors import CommandError
from predict_edit.support.markers import is_ours
from predict_edit.support.text import quoted
from predict_edit.trigger.asked import Commanded, Ignored, Trigger
from predict_edit.trigger.command import Command, parse_command
from predict_edit.trigger.payload import (
    ActionEvent,
    Comment,
    IssueCommentEvent,
    ReviewCommentEvent,
    User,
    repository_of,
    validated,
)


def read_issue_comment(payload: Mapping[str, object], word: str, repository: str) -> Trigger:
    """Read a comment in the conversation of an issue or pull request."""
    if ignored := _not_created(payload):
        return ignored
    event = validated(IssueCommentEvent, payload)
    if event.issue.pull_request is None:
        return Ignored(reason="the comment is on an issue, not on a pull request")
    said = _said(event.comment, event.sender, word)
    if isinstance(said, Ignored):
        return said
    return Commanded(
        repository=repository_of(event.repository, repository),
        pull_request=event.issue.number,
        command=_reference(event.comment, CommandSource.ISSUE_COMMENT),
        parsed=said,
    )


def read_review_comment(payload: Mapping[str, object], word: str, repository: str) -> Trigger:
    """Read a comment in a review thread, whose file and lines are the aim."""
    if ignored := _not_created(payload):
        return ignored
    event = validated(ReviewCommentEvent, payload)
    comment = event.comment
    said = _said(comment, event.sender, word)
    if isinstance(said, Ignored):
        return said
    # Lines on the left side count in the base's file, which is not the one that is edited.
    line = comment.line if comment.side != "LEFT" else None
    start = comment.start_line if comment.start_side != "LEFT" else None
    return Commanded(
        repository=repository_of(event.repository, repository),
        pull_request=event.pull_request.number,
        command=_reference(comment, CommandSource.REVIEW_COMMENT),
        parsed=said,
        aim=Aim(
            path=comment.path,
            start_line=None if line is None else start or line,
            line=line,
            diff_hunk=comment.diff_hunk,
        ),
        in_reply_to=comment.in_reply_to_id,
    )


def _not_created(payload: Mapping[str, object]) -> Ignored | None:
    """Only a new comment is a command: an edit of an old one would run with today's secrets."""
    action = validated(ActionEvent, payload).action
    if action == "created":
        return None
    return Ignored(reason=f"a comment that was {quoted(action)}, not created, is no command")


def _said(comment: Comment, sender: User | None, word: str) -> Command | CommandError | Ignored:
    """Read what a person says in a comment; ignore everything that is not a person's."""
    body = comment.body or ""
    if reason := _no_person(comment, sender):
        return Ignored(reason=reason)
    if is_ours(body):
        return Ignored(reason="the comment holds this tool's own marker")
    try:
        parsed = parse_command(body, word)
    except CommandError as error:
        return error
    return parsed or Ignored(reason=f"the comment does not start with {quoted(word)}")


def _no_person(comment: Comment, sender: User | None) -> str | None:
    """Say why a comment is not a person's own; ``None`` where it is."""
    user = comment.user
    if user is None:
        return "the comment has no author"
    if not user.is_person:
        return f"{quoted(user.login)} is no person"
    if comment.performed_via_github_app is not None:
        return f"an app wrote the comment for {quoted(user.login)}"
    if sender is not None and not _same(user, sender):
        return f"the comment is by {quoted(user.login)}, the event by {quoted(sender.login)}"
    return None


def _same(user: User, sender: User) -> bool:
    """Tell whether two accounts are one; numbers outlive a change of name."""
    if user.id is not None and sender.id is not None:
        return user.id == sender.id
    return user.login.casefold() == sender.login.casefold()


def _reference(comment: Comment, source: CommandSource) -> CommandRef:
    """Keep of a comment what answering it needs."""
    return CommandRef(
        source=source,
        comment_id=comment.id,
        author=comment.user.login if comment.user else None,
        node_id=comment.node_id,
        body=comment.body or "",
        url=comment.html_url or "",
        author_id=comment.user.id if comment.user else None,
    )
