"""What the stand-in refuses, in the words of GitHub where they are publicly known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"
BODY_MAXIMUM = 65_536
"""Characters a comment or review body may have."""


class Refusal(Exception):
    """An answer other than success.

    ``errors`` is the list GitHub puts beside the message: plain sentences or objects, as the
    endpoint has it. ``kind`` is the ``type`` of the same refusal over GraphQL.
    """

    def __init__(
        self,
        status: int,
        message: str,
        errors: Sequence[str | Mapping[str, Any]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        kind: str = "UNPROCESSABLE",
    ) -> None:
        super().__init__(status, message, tuple(errors))
        self.status = status
        self.message = message
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.kind = kind

    @property
    def sentence(self) -> str:
        """Message and plain errors in one line, as GraphQL has it."""
        said = [
            error if isinstance(error, str) else str(error.get("message", error.get("code", "")))
            for error in self.errors
        ]
        return ", ".join(said) or self.message

    def body(self) -> dict[str, Any]:
        """The JSON that GitHub's REST API sends."""
        answer: dict[str, Any] = {"message": self.message}
        if self.errors:
            answer["errors"] = [
                error if isinstance(error, str) else dict(error) for error in self.errors
            ]
        answer["documentation_url"] = DOCUMENTATION
        answer["status"] = str(self.status)
        return answer


def not_found(what: str = "Not Found") -> Refusal:
    """404: it does not exist, or the token may not see it."""
    return Refusal(404, what, kind="NOT_FOUND")


def bad_credentials() -> Refusal:
    """401: no token, or an unknown one."""
    return Refusal(401, "Bad credentials", kind="UNAUTHORIZED")


def not_accessible() -> Refusal:
    """403: the token lacks a permission."""
    return Refusal(403, "Resource not accessible by integration", kind="FORBIDDEN")


def unprocessable(*errors: str) -> Refusal:
    """422 with plain sentences, as the reviews endpoint sends them."""
    return Refusal(422, "Unprocessable Entity", errors)


def validation_failed(*errors: Mapping[str, Any]) -> Refusal:
    """422 with objects, as most endpoints send them."""
    return Refusal(422, "Validation Failed", errors)


def custom_error(resource: str, field: str, message: str, code: str = "custom") -> Refusal:
    """422 with one object that carries a message."""
    return validation_failed(
        {"resource": resource, "code": code, "field": field, "message": message}
    )


def invalid_request(reason: str) -> Refusal:
    """422 for a body whose shape is wrong."""
    return Refusal(422, f"Invalid request.\n\n{reason}")


def content_creation_limit() -> Refusal:
    """403: too much content was created in a short time (a secondary rate limit)."""
    return Refusal(
        403,
        "You have exceeded a secondary rate limit and have been temporarily blocked from content "
        "creation. Please retry your request again later.",
        headers={"retry-after": "60"},
        kind="RATE_LIMITED",
    )


def primary_rate_limit(reset: int) -> Refusal:
    """403: the requests of the hour are used up; ``reset`` is when they come back (epoch)."""
    return Refusal(
        403,
        "API rate limit exceeded for installation.",
        headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)},
        kind="RATE_LIMITED",
    )


def check_body_length(resource: str, body: str) -> None:
    """Refuse a body over 65,536 characters."""
    if len(body) > BODY_MAXIMUM:
        raise custom_error(
            resource,
            "data",
            f"Body is too long (maximum is {BODY_MAXIMUM} characters)",
            "unprocessable",
        )
