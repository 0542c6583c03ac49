"""What a failed request means: from GitHub's answer to the one error tree, in one place."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import time
from http import HTTPStatus
from typing import Any, Final

import requests
from github.Requester import Requester

from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeRefused,
    ForgeUnauthorized,
    ForgeUnavailable,
)
from predict_edit.github import refusals
from predict_edit.github.answer import Answer
from predict_edit.github.endpoints import Effect, Endpoint
from predict_edit.github.transport import ForeignRedirect

REASON_LIMIT: Final = 300
REASONS_LIMIT: Final = 10
SECONDARY_WAIT: Final = 60.0
"""Seconds GitHub asks to wait after a secondary limit that does not say how long."""
_SERVER_ERROR: Final = 500
_WHERE_PERMISSIONS_STAND: Final = (
    "add that under `permissions:` of the workflow or its job. On a pull request from a fork, only"
    " some events give a token that may write."
)


def reasons_of(data: Any) -> tuple[str, ...]:
    """GitHub's own sentences in an error answer: ``message``, then the entries of ``errors``.

    Entries are plain strings or objects; an object without a message gives its fields. Long
    sentences are cut, so that no body that GitHub echoes ends in a log.
    """
    if not isinstance(data, dict):
        return ()
    found = [data.get("message")]
    errors = data.get("errors")
    for entry in errors if isinstance(errors, list) else [errors]:
        if isinstance(entry, dict):
            known = (entry.get(key) for key in ("type", "resource", "field", "code"))
            message = entry.get("message")
            facts = " ".join(str(value) for value in known if value)
            found.append(f"{message} ({facts})" if message and facts else message or facts)
        else:
            found.append(entry)
    sentences = (" ".join(part.split()) for part in found if isinstance(part, str))
    return tuple(dict.fromkeys(part[:REASON_LIMIT] for part in sentences if part))[:REASONS_LIMIT]


def failure_of(answer: Answer, endpoint: Endpoint) -> ForgeError:
    """The error for an HTTP answer with a status of 400 or more."""
    reasons = reasons_of(answer.data)
    spoken = " ".join(reasons)
    wait = rate_limit_wait(answer, spoken)
    if wait is not None:
        return _rate_limited(endpoint, answer.status, reasons, wait)
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return _unauthorized(endpoint, reasons)
        case HTTPStatus.FORBIDDEN:
            return forbidden(endpoint, reasons)
        case HTTPStatus.NOT_FOUND:
            return not_found(endpoint, reasons)
        case status if status >= _SERVER_ERROR:
            return unavailable(endpoint, f"answered {status}", status=status, reasons=reasons)
    return refused(endpoint, answer.status, reasons)


def rate_limit_wait(answer: Answer, spoken: str) -> float | None:
    """Seconds to wait when the answer is a rate limit, ``None`` when it is none.

    GitHub, "Rate limits for the REST API": 403 or 429; ``retry-after`` says how long, else the
    primary limit ends at ``x-ratelimit-reset`` (epoch seconds), else at least a minute.
    """
    headers = answer.headers
    throttled = refusals.THROTTLE.search(spoken) is not None
    limited = (
        throttled or refusals.PRIMARY_LIMIT.search(spoken) or Requester.isRateLimitError(spoken)
    )
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return SECONDARY_WAIT if throttled else None
    if answer.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return None
    exhausted = headers.get("x-ratelimit-remaining") == "0" and not re.search(
        r"resource not accessible|not permitted", spoken, re.IGNORECASE
    )
    told = _seconds(headers.get("retry-after"))
    if told is not None:
        return told
    if exhausted and (reset := _seconds(headers.get("x-ratelimit-reset"))) is not None:
        # The limit ends somewhere within the second that is named.
        return max(reset - time.time(), 0.0) + 1.0
    if limited or exhausted or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return SECONDARY_WAIT
    return None


def _seconds(text: str | None) -> float | None:
    """A header's number of seconds; ``None`` where it is none."""
    try:
        seconds = float(text) if text else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds < float("inf") else None


def _quoted(reasons: tuple[str, ...]) -> str:
    """GitHub's sentences, to be added to a cause."""
    return (
        f" GitHub says: {'; '.join(reason.rstrip('.') for reason in reasons)}." if reasons else ""
    )


def _unauthorized(endpoint: Endpoint, reasons: tuple[str, ...]) -> ForgeUnauthorized:
    """The error for a 401."""
    return ForgeUnauthorized(
        f"GitHub does not accept the token ({endpoint.name}, 401).{_quoted(reasons)}",
        "Check the input `github-token`: the job's own token ends with the job, a personal one may"
        " have expired.",
        status=HTTPStatus.UNAUTHORIZED,
        reasons=reasons,
    )


def forbidden(endpoint: Endpoint, reasons: tuple[str, ...]) -> ForgeForbidden:
    """The error for a 403 that is no rate limit, or GraphQL's ``FORBIDDEN``."""
    cause = f"The token may not do {endpoint.name} (403)."
    next_step = f"It probably lacks `{endpoint.permission}`: {_WHERE_PERMISSIONS_STAND}"
    if rule := refusals.known(refusals.FORBIDDEN, reasons):
        cause, next_step = rule.cause.format(endpoint=endpoint.name), rule.next_step
    return ForgeForbidden(
        cause + _quoted(reasons), next_step, status=HTTPStatus.FORBIDDEN, reasons=reasons
    )


def not_found(endpoint: Endpoint, reasons: tuple[str, ...] = ()) -> ForgeNotFound:
    """The error for a 404, or GraphQL's ``NOT_FOUND``."""
    return ForgeNotFound(
        f"GitHub does not know what was asked for ({endpoint.name}, 404).{_quoted(reasons)}",
        "Check that it exists. GitHub also answers so when the token may not see it: it probably"
        f" needs `{endpoint.permission}`.",
        status=HTTPStatus.NOT_FOUND,
        reasons=reasons,
    )


def refused(endpoint: Endpoint, status: int, reasons: tuple[str, ...]) -> ForgeRefused:
    """The error for a 422 and every other 4xx, of the class that GitHub's sentences tell."""
    kind: type[ForgeRefused] = ForgeRefused
    cause = f"GitHub does not accept {endpoint.name} ({status})."
    next_step = refusals.REFUSED_BY_STATUS.get(
        status, "Read what GitHub says; if it stays unclear, report it."
    )
    if rule := refusals.known(refusals.REFUSED, reasons):
        kind = rule.refusal
        cause, next_step = rule.cause.format(endpoint=endpoint.name), rule.next_step
    return kind(cause + _quoted(reasons), next_step, status=status, reasons=reasons)


def _rate_limited(
    endpoint: Endpoint, status: int, reasons: tuple[str, ...], wait: float
) -> ForgeRateLimited:
    """The error for a limit that lasts ``wait`` seconds."""
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=min(wait, 86_400.0))
    return ForgeRateLimited(
        f"GitHub's rate limit stops {endpoint.name} ({status}) for about {wait:.0f} s.",
        f"Give the command again after {end:%H:%M} UTC; fewer files at once need fewer requests.",
        status=status,
        reasons=reasons,
        retry_after=wait,
    )


def unavailable(
    endpoint: Endpoint,
    what: str,
    *,
    status: int | None = None,
    reasons: tuple[str, ...] = (),
) -> ForgeUnavailable:
    """The error when no useful answer came; ``what`` completes "GitHub ..."."""
    unknown = (
        " It is not known whether it was done: look at the pull request before you repeat it."
        if endpoint.effect is Effect.CREATE
        else ""
    )
    return ForgeUnavailable(
        f"GitHub {what} ({endpoint.name}).{unknown}",
        "Try again in some minutes; https://www.githubstatus.com tells of outages.",
        status=status,
        reasons=reasons,
    )


def no_answer(error: Exception, endpoint: Endpoint, timeout: int) -> ForgeError:
    """The error for a request that brought no complete answer; ``timeout`` is in seconds."""
    match error:
        case ForeignRedirect():
            return invalid(endpoint, "a redirect to another address, not followed")
        case requests.exceptions.SSLError():
            return ForgeUnavailable(
                f"GitHub's certificate was not accepted ({endpoint.name}).",
                "Name your authority's certificates in REQUESTS_CA_BUNDLE.",
            )
        case requests.exceptions.Timeout():
            return unavailable(endpoint, f"did not answer within {timeout} s")
        case requests.exceptions.ConnectionError():
            return unavailable(endpoint, "cannot be reached or hung up")
    return unavailable(endpoint, f"sent an unusable answer, {type(error).__name__}")


def invalid(endpoint: Endpoint, what: str, *, status: int | None = None) -> ForgeAnswerInvalid:
    """The error for an answer that is not what GitHub documents; ``what`` completes "has ..."."""
    return ForgeAnswerInvalid(
        f"GitHub's answer to {endpoint.name} has {what}.",
        "Check that GITHUB_API_URL is the API's address and no proxy answers in its place; if it"
        " is, report this.",
        status=status,
    )


def graphql_failure(answer: Answer, endpoint: Endpoint) -> ForgeError:
    """The error for a GraphQL answer with ``errors``; GitHub sends most of them with status 200."""
    errors = answer.data.get("errors")
    reasons = reasons_of({"errors": errors})
    first = next((entry for entry in errors if isinstance(entry, dict)), {}) if errors else {}
    kind = str(first.get("type", "")).upper()
    match kind:
        case "NOT_FOUND":
            return not_found(endpoint, reasons)
        case "FORBIDDEN" | "INSUFFICIENT_SCOPES":
            return forbidden(endpoint, reasons)
        case "RATE_LIMITED" | "RATE_LIMIT":
            wait = rate_limit_wait(dataclasses.replace(answer, status=HTTPStatus.FORBIDDEN), kind)
            return _rate_limited(endpoint, answer.status, reasons, wait or SECONDARY_WAIT)
        case "" | "INTERNAL" | "SERVICE_UNAVAILABLE" if "extensions" not in first:
            # "Something went wrong while executing your query" carries no type.
            return unavailable(endpoint, f"failed.{_quoted(reasons)}"[:-1], reasons=reasons)
    return refused(endpoint, HTTPStatus.UNPROCESSABLE_ENTITY, reasons)
