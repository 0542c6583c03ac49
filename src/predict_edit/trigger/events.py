"""From an event of GitHub Actions to what it requests, or to the reason why it is ignored.

Only the event's own payload is read: the comment's author as GitHub names them, never
``GITHUB_ACTOR``, which names whoever re-ran the job. Of a payload, just the fields that are used
are declared. What the runner's environment or another field also says may be missing, so that a
forwarded or handwritten event works too. Sources: GitHub Docs, "Events that trigger workflows" and
"Webhook events and payloads".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar

import pydantic

from predict_edit.domain.edits import Aim
from predict_edit.domain.errors import CommandError, EventError, InvalidInput, MissingInput
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.support.markers import is_ours
from predict_edit.support.text import listed, quoted
from predict_edit.trigger.command import (
    Command,
    EditCommand,
    clean_instruction,
    parse_command,
    recipe_named,
)
from predict_edit.trigger.requests import BranchTask, Ignored, PullRequestCommand, Request


class _Payload(pydantic.BaseModel):
    """The fields that are read; what a value is never shows in an error."""

    # Built on first use: a run reads one event, and most end there.
    model_config = pydantic.ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class _UserPayload(_Payload):
    login: str = pydantic.Field(min_length=1)
    type: str | None = None
    id: int | None = None

    @property
    def is_person(self) -> bool:
        """Whether this is not an app, by its type or else by the suffix that GitHub reserves."""
        if self.type is None:
            return not self.login.endswith("[bot]")
        return self.type == "User"


class _RepositoryPayload(_Payload):
    full_name: str = pydantic.Field(pattern=r"^[\w.-]+/[\w.-]+$")


class _CommentPayload(_Payload):
    """GitHub sends no user for a comment whose author's account was deleted."""

    id: int
    body: str | None
    user: _UserPayload | None
    node_id: str | None = None
    html_url: str | None = None
    performed_via_github_app: object = None


class _ReviewCommentPayload(_CommentPayload):
    """A comment on lines of the diff, or on a whole file."""

    path: str = pydantic.Field(min_length=1)
    diff_hunk: str = ""
    line: int | None = None
    start_line: int | None = None
    side: Literal["LEFT", "RIGHT"] | None = None
    start_side: Literal["LEFT", "RIGHT"] | None = None
    in_reply_to_id: int | None = None


class _IssuePayload(_Payload):
    number: int = pydantic.Field(gt=0)
    pull_request: dict[str, object] | None = None
    """Present only if the issue is a pull request."""


class _PullRequestPayload(_Payload):
    number: int = pydantic.Field(gt=0)


class _Event(_Payload):
    repository: _RepositoryPayload | None = None
    sender: _UserPayload | None = None


class _ActionEvent(_Payload):
    action: str


class _IssueCommentEvent(_Event):
    comment: _CommentPayload
    issue: _IssuePayload


class _ReviewCommentEvent(_Event):
    comment: _ReviewCommentPayload
    pull_request: _PullRequestPayload


class _DispatchEvent(_Event):
    inputs: dict[str, object] | None = None


class _ScheduleEvent(_Event):
    """GitHub documents no more of it than the cron line."""

    schedule: str


_Model = TypeVar("_Model", bound=_Payload)


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
) -> Request:
    """Read what an event requests.

    Args:
        name: ``GITHUB_EVENT_NAME``.
        payload: the JSON object at ``GITHUB_EVENT_PATH``.
        word: the word that opens a command.
        instruction: the action's input of that name, for ``workflow_dispatch``.
        pull_request: the action's input of that name, for ``workflow_dispatch``.
        repository: ``GITHUB_REPOSITORY``, used if the payload does not name it, as that of
            ``schedule`` need not.
        ref: the action's input of that name.
        scoped: whether inputs say which files of a branch are meant: ``ref``, ``files`` or
            ``findings``. A dispatch without a pull request is about those.
        fallback: the instruction for a dispatch that carries none.

    A command on a closed pull request is a command: its author gets an answer.

    Raises:
        EventError: the payload lacks what GitHub always sends.
        MissingInput: a dispatch without a pull request or without an instruction.
        InvalidInput: a dispatch with a pull request that is not a number.
    """
    match name:
        case CommandSource.ISSUE_COMMENT:
            return _read_issue_comment(payload, word, repository)
        case CommandSource.REVIEW_COMMENT:
            return _read_review_comment(payload, word, repository)
        case CommandSource.DISPATCH:
            event = _validated(_DispatchEvent, payload)
            if scoped and pull_request is None and not _named_pull_request(event):
                return _read_task(event, repository, instruction, ref)
            return _read_dispatch(event, repository, instruction, pull_request, fallback)
        case CommandSource.SCHEDULE:
            return _read_schedule(payload, repository, instruction, ref)
        case _:
            return Ignored(reason=f"the event {quoted(name)} carries no command")


def _read_issue_comment(payload: Mapping[str, object], word: str, repository: str) -> Request:
    """Read a comment in the conversation of an issue or pull request."""
    if ignored := _not_created(payload):
        return ignored
    event = _validated(_IssueCommentEvent, payload)
    if event.issue.pull_request is None:
        return Ignored(reason="the comment is on an issue, not on a pull request")
    parsed = _parsed(event.comment, event.sender, word)
    if isinstance(parsed, Ignored):
        return parsed
    return PullRequestCommand(
        repository=_repository_of(event, repository),
        pull_request=event.issue.number,
        command=_reference(event.comment, CommandSource.ISSUE_COMMENT),
        parsed=parsed,
    )


def _read_review_comment(payload: Mapping[str, object], word: str, repository: str) -> Request:
    """Read a comment in a review thread, whose file and lines are the aim."""
    if ignored := _not_created(payload):
        return ignored
    event = _validated(_ReviewCommentEvent, payload)
    comment = event.comment
    parsed = _parsed(comment, event.sender, word)
    if isinstance(parsed, Ignored):
        return parsed
    # Lines on the left side count in the base's file, which is not the one that is edited.
    line = comment.line if comment.side != "LEFT" else None
    start = comment.start_line if comment.start_side != "LEFT" else None
    return PullRequestCommand(
        repository=_repository_of(event, repository),
        pull_request=event.pull_request.number,
        command=_reference(comment, CommandSource.REVIEW_COMMENT),
        parsed=parsed,
        aim=Aim(
            path=comment.path,
            start_line=None if line is None else start or line,
            line=line,
            diff_hunk=comment.diff_hunk,
        ),
        in_reply_to=comment.in_reply_to_id,
    )


def _not_created(payload: Mapping[str, object]) -> Ignored | None:
    """Accept new comments only: an edit of an old one would run with today's secrets."""
    action = _validated(_ActionEvent, payload).action
    if action == "created":
        return None
    return Ignored(reason=f"a comment that was {quoted(action)}, not created, is not a command")


def _parsed(
    comment: _CommentPayload, sender: _UserPayload | None, word: str
) -> Command | CommandError | Ignored:
    """Parse a person's comment; ignore everybody else's."""
    body = comment.body or ""
    if reason := _not_by_a_person(comment, sender):
        return Ignored(reason=reason)
    if is_ours(body):
        return Ignored(reason="the comment holds this tool's own marker")
    try:
        parsed = parse_command(body, word)
    except CommandError as error:
        return error
    return parsed or Ignored(reason=f"the comment does not start with {quoted(word)}")


def _not_by_a_person(comment: _CommentPayload, sender: _UserPayload | None) -> str | None:
    """Say why a comment is not a person's own; ``None`` if it is."""
    user = comment.user
    if user is None:
        return "the comment has no author"
    if not user.is_person:
        return f"{quoted(user.login)} is not a person"
    if comment.performed_via_github_app is not None:
        return f"an app wrote the comment for {quoted(user.login)}"
    if sender is not None and not _same(user, sender):
        return f"the comment is by {quoted(user.login)}, the event by {quoted(sender.login)}"
    return None


def _same(user: _UserPayload, sender: _UserPayload) -> bool:
    """Compare accounts by number if both have one: it outlives a change of name."""
    if user.id is not None and sender.id is not None:
        return user.id == sender.id
    return user.login.casefold() == sender.login.casefold()


def _reference(comment: _CommentPayload, source: CommandSource) -> CommandRef:
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


def _read_dispatch(
    event: _DispatchEvent,
    repository: str,
    instruction: str | None,
    pull_request: int | None,
    fallback: str | None,
) -> PullRequestCommand | Ignored:
    """Read a dispatch about a pull request.

    GitHub lets only people with write access dispatch. The instruction is taken as typed: it is not
    a command with options. ``run NAME`` alone names a recipe.
    """
    if ignored := _not_sent_by_a_person(event):
        return ignored
    number = pull_request or _number(_named_pull_request(event))
    text = instruction or (event.inputs or {}).get("instruction") or fallback
    if not isinstance(text, str) or not text.strip():
        raise MissingInput(
            "`instruction` is missing.",
            "A workflow that is dispatched passes it on: `instruction: ${{ inputs.instruction }}`.",
        )
    try:
        parsed: Command | CommandError = recipe_named(text) or EditCommand(
            instruction=clean_instruction(text)
        )
    except CommandError as error:
        parsed = error
    return PullRequestCommand(
        repository=_repository_of(event, repository),
        pull_request=number,
        command=_dispatched_by(event.sender, text),
        parsed=parsed,
    )


def _read_task(
    event: _DispatchEvent, repository: str, instruction: str | None, ref: str | None
) -> BranchTask | Ignored:
    """Read a dispatch about a branch."""
    if ignored := _not_sent_by_a_person(event):
        return ignored
    text = instruction or (event.inputs or {}).get("instruction")
    return BranchTask(
        repository=_repository_of(event, repository),
        ref=ref,
        instruction=_cleaned(text if isinstance(text, str) else None),
        command=_dispatched_by(event.sender),
    )


def _not_sent_by_a_person(event: _DispatchEvent) -> Ignored | None:
    """Ignore apps, although GitHub lets them dispatch: only people give commands."""
    if event.sender is None or event.sender.is_person:
        return None
    return Ignored(reason=f"{quoted(event.sender.login)} is not a person")


def _read_schedule(
    payload: Mapping[str, object], repository: str, instruction: str | None, ref: str | None
) -> BranchTask:
    """Read a scheduled run; nobody asked for it, so nobody's role counts."""
    event = _validated(_ScheduleEvent, payload)
    return BranchTask(
        repository=_repository_of(event, repository),
        ref=ref,
        instruction=_cleaned(instruction),
        command=CommandRef(source=CommandSource.SCHEDULE, comment_id=None, author=None),
    )


def _dispatched_by(sender: _UserPayload | None, body: str = "") -> CommandRef:
    return CommandRef(
        source=CommandSource.DISPATCH,
        comment_id=None,
        author=sender.login if sender else None,
        author_id=sender.id if sender else None,
        body=body,
    )


def _cleaned(instruction: str | None) -> str | None:
    """Bring an instruction into the form of every other.

    Raises:
        InvalidInput: it is too long.
    """
    if instruction is None or not instruction.strip():
        return None
    try:
        return clean_instruction(instruction)
    except CommandError as error:
        raise InvalidInput(f"The input `instruction`: {error.cause}", error.next_step) from None


def _named_pull_request(event: _DispatchEvent) -> str:
    """The dispatch's own input, which GitHub sends as text; empty if there is none."""
    value = (event.inputs or {}).get("pull-request")
    return str(value).strip() if isinstance(value, str | int) else ""


def _number(text: str) -> int:
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


def _validated(model: type[_Model], payload: Mapping[str, object]) -> _Model:
    """Check a payload against a model.

    Raises:
        EventError: naming the fields that are missing or wrong, never their values.
    """
    try:
        return model.model_validate(payload)
    except pydantic.ValidationError as error:
        fields = {".".join(map(str, problem["loc"])) for problem in error.errors()}
        raise EventError(
            f"The event lacks {listed(quoted(field) for field in sorted(fields))}, or has it in "
            "another form than GitHub sends.",
            "Start the action from a workflow, with the event file that the runner wrote.",
        ) from None


def _repository_of(event: _Event, known: str) -> str:
    """The repository that the payload names, else the one the runner works for.

    Raises:
        EventError: neither names one.
    """
    name = event.repository.full_name if event.repository else known
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise EventError(
            "It is not known which repository the event is for.", "Check GITHUB_REPOSITORY."
        )
    return name
