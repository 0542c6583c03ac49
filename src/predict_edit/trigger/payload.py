"""The payloads of the events that can carry a command: just the fields that are read.

GitHub may add others. Source: "Webhook events and payloads". What the runner's environment or
another field tells as well may be missing: a forwarded or handwritten event is as good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar

import pydantic

from predict_edit.domain.errors import EventError
from predict_edit.support.text import listed, quoted


class Payload(pydantic.BaseModel):
    """The fields that are read; what a value is never shows in an error."""

    # Built on first use: a run reads one event, and most end there.
    model_config = pydantic.ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class User(Payload):
    """An account: the author of a comment, or whoever caused the event."""

    login: str = pydantic.Field(min_length=1)
    type: str | None = None
    id: int | None = None

    @property
    def is_person(self) -> bool:
        """Whether this is no app; without a type, an app's name tells (GitHub reserves it)."""
        if self.type is None:
            return not self.login.endswith("[bot]")
        return self.type == "User"


class Repository(Payload):
    """Where it happened."""

    full_name: str = pydantic.Field(pattern=r"^[\w.-]+/[\w.-]+$")


class Comment(Payload):
    """A comment; GitHub sends no user for one of a deleted account."""

    id: int
    body: str | None
    user: User | None
    node_id: str | None = None
    html_url: str | None = None
    performed_via_github_app: object = None


class ReviewComment(Comment):
    """A comment on lines of the diff, or on a whole file."""

    path: str = pydantic.Field(min_length=1)
    diff_hunk: str = ""
    line: int | None = None
    start_line: int | None = None
    side: Literal["LEFT", "RIGHT"] | None = None
    start_side: Literal["LEFT", "RIGHT"] | None = None
    in_reply_to_id: int | None = None


class Issue(Payload):
    """An issue, which is a pull request where it says so."""

    number: int = pydantic.Field(gt=0)
    pull_request: dict[str, object] | None = None


class PullRequest(Payload):
    """The pull request of a review."""

    number: int = pydantic.Field(gt=0)


class ActionEvent(Payload):
    """What every event about a comment says first."""

    action: str


class IssueCommentEvent(ActionEvent):
    """A comment in the conversation of an issue or pull request."""

    comment: Comment
    issue: Issue
    repository: Repository | None = None
    sender: User | None = None


class ReviewCommentEvent(ActionEvent):
    """A comment in a review thread."""

    comment: ReviewComment
    pull_request: PullRequest
    repository: Repository | None = None
    sender: User | None = None


class DispatchEvent(Payload):
    """A workflow that was started by hand or through the API."""

    repository: Repository | None = None
    inputs: dict[str, object] | None = None
    sender: User | None = None


class ScheduleEvent(Payload):
    """A workflow that the clock started; GitHub documents no more of it than the cron line."""

    schedule: str
    repository: Repository | None = None


_Model = TypeVar("_Model", bound=Payload)


def validated(model: type[_Model], payload: Mapping[str, object]) -> _Model:
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


def repository_of(named: Repository | None, known: str) -> str:
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
