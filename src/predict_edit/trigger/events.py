"""From an event of GitHub Actions to a command, or to the reason why there is none.

Only the event's own payload is read: who GitHub says wrote the comment, never ``GITHUB_ACTOR``,
which names whoever re-ran the job. Source: "Events that trigger
workflows".
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from predict_edit import marker
from predict_edit.domain import Aim, CommandRef, CommandSource
from predict_edit.errors import CommandError, EventError, InvalidInput, MissingInput
from predict_edit.trigger.command import Command, EditCommand, clean_instruction, parse_command
from predict_edit.trigger.payload import (
    ActionEvent,
    Comment,
    DispatchEvent,
    IssueCommentEvent,
    Repository,
    ReviewCommentEvent,
    ScheduleEvent,
    User,
    validated,
)
from predict_edit.trigger.recipe import recipe_named
from predict_edit.wording import quoted


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nothing to do, and why, in a sentence for the log."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """A person gave a command on a pull request; whether they may is not known yet."""

    repository: str
    """``owner/name``."""
    pull_request: int
    command: CommandRef
    parsed: Command | CommandError
    """What was said, or what is wrong with it: strangers get no answer even to that."""
    aim: Aim | None = None
    """The review thread, without its earlier comments, which are not in the payload."""
    in_reply_to: int | None = None
    """The first comment of the review thread, where the command is a reply."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tasked:
    """A run over a branch, without a pull request: by hand, through the API or by the clock."""

    repository: str
    """``owner/name``."""
    ref: str | None
    """The branch to edit; ``None`` for the default branch."""
    instruction: str | None
    """As given, perhaps ``run NAME``; ``None`` where the config or the findings decide."""
    command: CommandRef


Trigger = Ignored | Commanded | Tasked


def read_event(
    name: str,
    payload: Mapping[str, object],
    *,
    word: str,
    instruction: str | None = None,
    pull_request: int | None = None,
    repository: str = "",
    ref: str | None = None,
    scoped: bool = False,
    fallback: str | None = None,
) -> Trigger:
    """Tell what an event asks for.

    Args:
        name: ``GITHUB_EVENT_NAME``.
        payload: the JSON object at ``GITHUB_EVENT_PATH``.
        word: the word that opens a command.
        instruction: the action's input of that name, for ``workflow_dispatch``.
        pull_request: the action's input of that name, for ``workflow_dispatch``.
        repository: ``GITHUB_REPOSITORY``, where the payload does not name it: that of
            ``schedule`` need not.
        ref: the action's input of that name.
        scoped: whether inputs say which files of a branch are meant: ``ref``, ``files`` or
            ``findings``. A dispatch without a pull request is about those.
        fallback: the instruction for a dispatch that carries none.

    A command on a closed pull request is a command: its author gets an answer.

    Raises:
        EventError: the payload lacks what GitHub always sends.
        MissingInput: a dispatch without a pull request or without an instruction.
        InvalidInput: a dispatch with a pull request that is no number.
    """
    match name:
        case CommandSource.ISSUE_COMMENT:
            return _read_issue_comment(payload, word, repository)
        case CommandSource.REVIEW_COMMENT:
            return _read_review_comment(payload, word, repository)
        case CommandSource.DISPATCH:
            if scoped and pull_request is None and _names_no_pull_request(payload):
                return _read_task(payload, repository, instruction, ref)
            return _read_dispatch(payload, repository, instruction, pull_request, fallback)
        case CommandSource.SCHEDULE:
            return _read_schedule(payload, repository, instruction, ref)
        case _:
            return Ignored(reason=f"the event {quoted(name)} carries no command")


def _read_issue_comment(payload: Mapping[str, object], word: str, repository: str) -> Trigger:
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
        repository=_repository(event.repository, repository),
        pull_request=event.issue.number,
        command=_reference(event.comment, CommandSource.ISSUE_COMMENT),
        parsed=said,
    )


def _read_review_comment(payload: Mapping[str, object], word: str, repository: str) -> Trigger:
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
        repository=_repository(event.repository, repository),
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


def _read_dispatch(
    payload: Mapping[str, object],
    repository: str,
    instruction: str | None,
    pull_request: int | None,
    fallback: str | None,
) -> Trigger:
    """Read a run that somebody started by hand or through the API.

    GitHub lets only people with write access dispatch; apps are left out all the same, because
    only people command. The instruction is taken as it is: it is no command with options. ``run
    NAME`` alone names a recipe.
    """
    event = validated(DispatchEvent, payload)
    sender = event.sender
    if sender is not None and not sender.is_person:
        return Ignored(reason=f"{quoted(sender.login)} is no person")
    inputs = event.inputs or {}
    number = pull_request or _number(inputs.get("pull-request"))
    said = instruction or inputs.get("instruction") or fallback
    if not isinstance(said, str) or not said.strip():
        raise MissingInput(
            "`instruction` is missing.",
            "A workflow that is dispatched passes it on: `instruction: ${{ inputs.instruction }}`.",
        )
    try:
        parsed: Command | CommandError = recipe_named(said) or EditCommand(
            instruction=clean_instruction(said)
        )
    except CommandError as error:
        parsed = error
    return Commanded(
        repository=_repository(event.repository, repository),
        pull_request=number,
        command=CommandRef(
            source=CommandSource.DISPATCH,
            comment_id=None,
            author=sender.login if sender else None,
            author_id=sender.id if sender else None,
            body=said,
        ),
        parsed=parsed,
    )


def _names_no_pull_request(payload: Mapping[str, object]) -> bool:
    """Whether the dispatch itself leaves the pull request out, too."""
    inputs = validated(DispatchEvent, payload).inputs or {}
    return not str(inputs.get("pull-request") or "").strip()


def _read_task(
    payload: Mapping[str, object], repository: str, instruction: str | None, ref: str | None
) -> Tasked | Ignored:
    """Read a dispatch that is about a branch."""
    event = validated(DispatchEvent, payload)
    sender = event.sender
    if sender is not None and not sender.is_person:
        return Ignored(reason=f"{quoted(sender.login)} is no person")
    said = instruction or (event.inputs or {}).get("instruction")
    return Tasked(
        repository=_repository(event.repository, repository),
        ref=ref,
        instruction=_cleaned(said if isinstance(said, str) else None),
        command=CommandRef(
            source=CommandSource.DISPATCH,
            comment_id=None,
            author=sender.login if sender else None,
            author_id=sender.id if sender else None,
        ),
    )


def _read_schedule(
    payload: Mapping[str, object], repository: str, instruction: str | None, ref: str | None
) -> Tasked:
    """Read a run by the clock; nobody asked for it, so nobody's role counts."""
    event = validated(ScheduleEvent, payload)
    return Tasked(
        repository=_repository(event.repository, repository),
        ref=ref,
        instruction=_cleaned(instruction),
        command=CommandRef(source=CommandSource.SCHEDULE, comment_id=None, author=None),
    )


def _repository(named: Repository | None, known: str) -> str:
    """The repository that the payload names, else the one the runner works for.

    Raises:
        EventError: neither tells.
    """
    name = named.full_name if named else known
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise EventError(
            "It is not known which repository the event is for.", "Check GITHUB_REPOSITORY."
        )
    return name


def _cleaned(instruction: str | None) -> str | None:
    """An instruction in the form of every other; ``None`` where there is none.

    Raises:
        InvalidInput: it is too long.
    """
    if instruction is None or not instruction.strip():
        return None
    try:
        return clean_instruction(instruction)
    except CommandError as error:
        raise InvalidInput(f"The input `instruction`: {error.cause}", error.next_step) from None


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
    if marker.is_ours(body):
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


def _number(value: object) -> int:
    """Read the pull request of a dispatch, which GitHub sends as text."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not text:
        raise MissingInput(
            "`pull-request` is missing.",
            "A workflow that is dispatched passes it on: "
            "`pull-request: ${{ inputs.pull-request }}`. To edit a branch, give `files`.",
        )
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise InvalidInput(
            f"The input `pull-request` is {quoted(text)}.", "Give the number of a pull request."
        )
    return int(text)
