"""From an event of GitHub Actions to what it requests, or to the reason why it is ignored.

Only the event's own payload is read: the comment's author as GitHub names them, never
``GITHUB_ACTOR``, the account that re-ran the job. Of a payload, just the fields that are used
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
from predict_edit.support.validation import Validated, inside
from predict_edit.trigger.command import (
    Command,
    EditCommand,
    clean_instruction,
    parse_command,
    recipe_named,
)
from predict_edit.trigger.requests import (
    BranchTask,
    ClosedPullRequest,
    Ignored,
    PullRequestCommand,
    Request,
)


class _User(Validated):
    login: str = pydantic.Field(min_length=1)
    type: str | None = None
    id: int | None = None

    @property
    def is_person(self) -> bool:
        """Whether this is not an app, by its type and by the suffix that GitHub reserves."""
        return self.type in {None, "User"} and not self.login.casefold().endswith("[bot]")

    def same_as(self, other: _User) -> bool:
        """Compare accounts by number if both have one: it outlives a change of name."""
        if self.id is not None and other.id is not None:
            return self.id == other.id
        return self.login.casefold() == other.login.casefold()


class _Repository(Validated):
    full_name: str = pydantic.Field(pattern=r"^[\w.-]+/[\w.-]+$")


class _Comment(Validated):
    """GitHub sends no user for a comment whose author's account was deleted."""

    id: int
    body: str | None
    user: _User | None
    node_id: str | None = None
    html_url: str | None = None
    performed_via_github_app: object = None
    in_reply_to_id: int | None = None


class _ReviewComment(_Comment):
    """A comment on lines of the diff, or on a whole file."""

    path: str = pydantic.Field(min_length=1)
    diff_hunk: str = ""
    line: int | None = None
    start_line: int | None = None
    side: Literal["LEFT", "RIGHT"] | None = None
    start_side: Literal["LEFT", "RIGHT"] | None = None

    @property
    def aim(self) -> Aim:
        """The file and its lines.

        Lines on the left side count in the base's file, which is not the one that is edited.
        """
        line = self.line if self.side != "LEFT" else None
        start = self.start_line if self.start_side != "LEFT" else None
        return Aim(
            path=self.path,
            start_line=None if line is None else start or line,
            line=line,
            diff_hunk=self.diff_hunk,
        )


class _Event(Validated):
    repository: _Repository | None = None
    sender: _User | None = None


class _IssueCommentEvent(_Event):
    action: str
    comment: _Comment
    number: int = inside("issue", "number", gt=0)
    pull_request: dict[str, object] | None = inside("issue", "pull_request", default=None)
    """Present only if the issue is a pull request."""


class _ReviewCommentEvent(_Event):
    action: str
    comment: _ReviewComment
    number: int = inside("pull_request", "number", gt=0)


_CommentEvent = _IssueCommentEvent | _ReviewCommentEvent
_COMMENTS: Mapping[str, type[_CommentEvent]] = {
    CommandSource.ISSUE_COMMENT: _IssueCommentEvent,
    CommandSource.REVIEW_COMMENT: _ReviewCommentEvent,
}


class _DispatchEvent(_Event):
    inputs: dict[str, object] | None = None

    @property
    def app(self) -> _User | None:
        """The app that dispatched it: GitHub lets apps, but only people give commands."""
        return None if self.sender is None or self.sender.is_person else self.sender

    def given(self, name: str) -> str:
        """Return the dispatch's own input, which GitHub sends as text; empty without one."""
        value = (self.inputs or {}).get(name)
        return value.strip() if isinstance(value, str) else ""


class _PullRequestEvent(_Event):
    action: str = ""
    number: int = 0
    head: str = inside("pull_request", "head", "ref", default="")
    head_repository: str | None = inside("pull_request", "head", "repo", "full_name", default=None)
    """``None`` if a fork was deleted."""
    base: str = inside("pull_request", "base", "ref", default="")


class _ScheduleEvent(_Event):
    """GitHub documents no more of it than the cron line."""

    schedule: str


_Model = TypeVar("_Model", bound=Validated)


def read_event(
    name: str,
    payload: Mapping[str, object],
    *,
    word: str,
    instruction: str | None = None,
    pull_request: str = "",
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
        pull_request: the action's input of that name, for ``workflow_dispatch``; if it is empty,
            the dispatch's own input counts.
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
        case CommandSource.ISSUE_COMMENT | CommandSource.REVIEW_COMMENT:
            return _read_comment(_validated(_COMMENTS[name], payload), name, word, repository)
        case CommandSource.DISPATCH:
            event = _validated(_DispatchEvent, payload)
            text = instruction or event.given("instruction")
            number = pull_request or event.given("pull-request")
            if scoped and not number and event.app is None:
                return _branch_task(event, repository, text, ref)
            return _read_dispatch(event, repository, text or fallback, number)
        case "pull_request":
            return _read_pull_request(_validated(_PullRequestEvent, payload), repository)
        case CommandSource.SCHEDULE:
            scheduled = _validated(_ScheduleEvent, payload)
            # No person asked for it, so no role counts.
            return _branch_task(scheduled, repository, instruction, ref)
        case _:
            return Ignored(reason=f"the event {quoted(name)} carries no command")


def _read_pull_request(event: _PullRequestEvent, repository: str) -> Request:
    """Read that a pull request was merged or closed; nothing else that happens to it counts."""
    if event.action != "closed":
        return Ignored(reason="only the action `closed` of the event `pull_request` is handled")
    name = _repository_of(event, repository)
    if event.head_repository != name:
        return Ignored(reason="nothing of ours goes into the branch of a fork")
    if not (event.number and event.head and event.base):
        return Ignored(reason="the event lacks the pull request's number or one of its branches")
    return ClosedPullRequest(
        repository=name, pull_request=event.number, head=event.head, base=event.base
    )


def _read_comment(event: _CommentEvent, source: str, word: str, repository: str) -> Request:
    """Read a comment in the conversation or in a review thread."""
    comment, body = event.comment, event.comment.body or ""
    if event.action != "created":
        # An edit of an old comment would run with today's secrets.
        action = quoted(event.action)
        return Ignored(reason=f"a comment that was {action}, not created, is not a command")
    if isinstance(event, _IssueCommentEvent) and event.pull_request is None:
        return Ignored(reason="the comment is on an issue, not on a pull request")
    if reason := _not_by_a_person(comment, event.sender):
        return Ignored(reason=reason)
    if is_ours(body):
        return Ignored(reason="the comment holds this tool's own marker")
    try:
        parsed: Command | CommandError | None = parse_command(body, word)
    except CommandError as error:
        parsed = error
    if parsed is None:
        return Ignored(reason=f"the comment does not start with {quoted(word)}")
    return PullRequestCommand(
        repository=_repository_of(event, repository),
        pull_request=event.number,
        command=CommandRef(
            source=CommandSource(source),
            comment_id=comment.id,
            author=comment.user.login if comment.user else None,
            node_id=comment.node_id,
            body=body,
            url=comment.html_url or "",
            author_id=comment.user.id if comment.user else None,
        ),
        parsed=parsed,
        aim=comment.aim if isinstance(comment, _ReviewComment) else None,
        in_reply_to=comment.in_reply_to_id,
    )


def _not_by_a_person(comment: _Comment, sender: _User | None) -> str | None:
    """Say why a comment is not a person's own; ``None`` if it is."""
    user = comment.user
    if user is None:
        return "the comment has no author"
    if not user.is_person:
        return f"{quoted(user.login)} is not a person"
    if comment.performed_via_github_app is not None:
        return f"an app wrote the comment for {quoted(user.login)}"
    if sender is not None and not user.same_as(sender):
        return f"the comment is by {quoted(user.login)}, the event by {quoted(sender.login)}"
    return None


def _read_dispatch(
    event: _DispatchEvent, repository: str, text: str | None, number: str
) -> PullRequestCommand | Ignored:
    """Read a dispatch about a pull request.

    GitHub lets only people with write access dispatch. The instruction is taken as typed: it is not
    a command with options. ``run NAME`` alone names a recipe.
    """
    if event.app is not None:
        return Ignored(reason=f"{quoted(event.app.login)} is not a person")
    if not number:
        raise MissingInput(
            "`pull-request` is missing.",
            "In a workflow that is dispatched, pass it on: "
            "`pull-request: ${{ inputs.pull-request }}`. To edit a branch, give `files`.",
        )
    if not re.fullmatch(r"#?[1-9][0-9]{0,9}", number):
        raise InvalidInput(
            f"The input `pull-request` is {quoted(number)}, which is not the number of a pull "
            "request.",
            "Give its number alone, such as 7 or #7.",
        )
    if not text or not text.strip():
        raise MissingInput(
            "`instruction` is missing.",
            "In a workflow that is dispatched, pass it on: "
            "`instruction: ${{ inputs.instruction }}`.",
        )
    try:
        parsed: Command | CommandError = recipe_named(text) or EditCommand(
            instruction=clean_instruction(text)
        )
    except CommandError as error:
        parsed = error
    return PullRequestCommand(
        repository=_repository_of(event, repository),
        pull_request=int(number.removeprefix("#")),
        command=_sent_by(event, text),
        parsed=parsed,
    )


def _branch_task(
    event: _DispatchEvent | _ScheduleEvent, repository: str, text: str | None, ref: str | None
) -> BranchTask:
    """Read a dispatch about a branch, or a scheduled run.

    Raises:
        InvalidInput: the instruction is too long.
    """
    try:
        instruction = clean_instruction(text or "") or None
    except CommandError as error:
        raise InvalidInput(f"The input `instruction`: {error.cause}", error.next_step) from None
    return BranchTask(
        repository=_repository_of(event, repository),
        ref=ref,
        instruction=instruction,
        command=_sent_by(event),
    )


def _sent_by(event: _DispatchEvent | _ScheduleEvent, body: str = "") -> CommandRef:
    dispatched = isinstance(event, _DispatchEvent)
    sender = event.sender if dispatched else None
    return CommandRef(
        source=CommandSource.DISPATCH if dispatched else CommandSource.SCHEDULE,
        comment_id=None,
        author=sender.login if sender else None,
        author_id=sender.id if sender else None,
        body=body,
    )


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
    """Return the repository that the payload names, else the one the runner works for.

    Raises:
        EventError: neither names one.
    """
    name = event.repository.full_name if event.repository else known
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise EventError(
            "Neither the event nor GITHUB_REPOSITORY names a repository.",
            "Set GITHUB_REPOSITORY to `owner/name`.",
        )
    return name
