"""From GitHub's refusals to the project's errors, in one place.

The sentences are those of GitHub's documentation and of public issue reports. Wordings change, so
every pattern is tolerant: case does not matter, and no sentence has to match as a whole.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import requests

from predict_edit.domain.errors import (
    AnchorRefused,
    BranchMoved,
    EverythingRefused,
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeRefused,
    ForgeUnauthorized,
    ForgeUnavailable,
    PendingReview,
    TextRefused,
)
from predict_edit.github.rest import ApiEndpoint, Effect
from predict_edit.support.text import listed

REASON_LIMIT: Final = 300
REASONS_LIMIT: Final = 10
SECONDARY_WAIT: Final = 60.0
"""Seconds GitHub asks to wait after a secondary limit that does not say how long."""
_SERVER_ERROR: Final = 500
_THROTTLE: Final = re.compile(
    r"secondary rate limit|abuse detection|submitted too quickly"
    r"|retry your request again later|wait a few minutes before you try again",
    re.IGNORECASE,
)
_PRIMARY_LIMIT: Final = re.compile(r"api rate limit (already )?exceeded", re.IGNORECASE)
_NOT_A_LIMIT: Final = re.compile(r"resource not accessible|not permitted", re.IGNORECASE)


class UnwantedAnswer(Exception):
    """An answer that is not followed or read; its text completes "GitHub's answer has"."""


@dataclasses.dataclass(frozen=True, slots=True)
class _RefusalRule:
    """A sentence of GitHub's, what it means and what helps."""

    pattern: str
    cause: str
    next_step: str
    refusal: type[ForgeRefused] = EverythingRefused
    """The class of the error if the sentence comes with a 4xx other than 403."""


_FORBIDDEN: Final = (
    _RefusalRule(
        r"not permitted to create or approve pull requests",
        "This repository does not let workflows open pull requests ({endpoint}).",
        "Tick 'Allow GitHub Actions to create and approve pull requests' under Settings > Actions"
        " > General, or use a token of a GitHub App.",
    ),
    _RefusalRule(
        r"without .?workflows.? permission|workflows? scope",
        "The token may not change files under .github/workflows ({endpoint}).",
        "Exclude those files, or use a token of a GitHub App with the permission `workflows`.",
    ),
    _RefusalRule(
        r"saml",
        "The organization protects this repository with SAML single sign-on ({endpoint}).",
        "Authorize the token for the organization: Settings > Developer settings > Personal"
        " access tokens > Configure SSO.",
    ),
    _RefusalRule(
        r"ip allow list|ip address is not",
        "The organization's IP allow list does not admit this runner ({endpoint}).",
        "Use a runner whose address is on the list.",
    ),
    _RefusalRule(
        r"(advanced|code) security must be enabled|code scanning is not enabled"
        r"|not enabled for code scanning",
        "Code scanning is not switched on in this repository ({endpoint}).",
        "Switch it on under Settings > Advanced Security, or remove `code-scanning` from"
        " `findings`.",
    ),
    _RefusalRule(
        r"archived",
        "The repository is archived and read-only ({endpoint}).",
        "Unarchive it, or work in another repository.",
    ),
    _RefusalRule(
        r"\blocked\b",
        "The conversation of the pull request is locked ({endpoint}).",
        "Unlock it, or use a token of an account with write access.",
    ),
    _RefusalRule(
        r"\bblocked\b",
        "The account of the token is blocked in this repository ({endpoint}).",
        "Unblock it under Settings > Moderation options, or use a token of another account.",
    ),
    _RefusalRule(
        r"flagged|spammy|suspended",
        "GitHub flagged or suspended the account of the token ({endpoint}).",
        "Ask GitHub Support about it, or use a token of another account.",
    ),
)

_REFUSED: Final = (
    _RefusalRule(
        r"one pending review",
        "The account of the token already has a pending review on this pull request ({endpoint}).",
        "Submit or discard that review, then run the command again.",
        PendingReview,
    ),
    _RefusalRule(
        r"body is too long",
        "The text is longer than the 65,536 characters that GitHub accepts ({endpoint}).",
        "Limit the files with `--files`, or use `--deliver patch`.",
        TextRefused,
    ),
    _RefusalRule(
        r"line.*(must be part of|could not be resolved|must precede)"
        r"|path.*(is invalid|could not be resolved)"
        r"|diff hunk can't be blank"
        r"|review (comments|threads) is invalid",
        "GitHub found a suggestion outside the pull request's diff ({endpoint}).",
        "The pull request may have changed in the meantime: run the command again.",
        AnchorRefused,
    ),
    _RefusalRule(
        r"stale_data|expected branch to point|update is not a fast forward",
        "The branch is no longer at the commit that was read ({endpoint}).",
        "Run the command again.",
        BranchMoved,
    ),
    _RefusalRule(
        r"commit_id.*not part of the pull request|no commit found for sha",
        "The commit that was read is no longer in the pull request ({endpoint}).",
        "Run the command again.",
    ),
    _RefusalRule(
        r"pullrequest base invalid",
        "The branch that the pull request goes into no longer exists ({endpoint}).",
        "Run it again for a branch that exists; the edits are in `edits.patch`.",
    ),
    _RefusalRule(
        r"taking too long to generate",
        "GitHub could not compute the diff of the pull request in time ({endpoint}).",
        "Use `--deliver patch` or `--deliver commit`, or split the pull request.",
    ),
    _RefusalRule(
        r"maximum number of (lines|files)|too_large",
        "The diff is larger than GitHub shows ({endpoint}).",
        "Limit the files with `--files`, or split the pull request.",
    ),
)

_REFUSED_BY_STATUS: Final[Mapping[int, str]] = {
    HTTPStatus.NOT_ACCEPTABLE: (
        "The pull request may be too large for this; limit the files with `--files`."
    ),
    HTTPStatus.CONFLICT: (
        "The repository changed in the meantime, or is empty. Run the command again."
    ),
    HTTPStatus.GONE: "It was deleted, or the feature is switched off in the repository's settings.",
}
"""What to do after a refusal that no sentence explains."""


def reasons_of(data: Any, secret: str = "") -> tuple[str, ...]:
    """Return GitHub's own sentences in an error answer: ``message``, then the ``errors``.

    Entries are plain strings or objects; an object without a message gives its fields. Long
    sentences are cut, so that no echoed body ends up in a log. ``secret`` is masked.
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
    if secret:
        sentences = (part.replace(secret, "***") for part in sentences)
    return tuple(dict.fromkeys(part[:REASON_LIMIT] for part in sentences if part))[:REASONS_LIMIT]


def refusal_of(
    status: int,
    headers: Mapping[str, Any],
    data: Any,
    endpoint: ApiEndpoint,
    *,
    secret: str = "",
) -> ForgeError:
    """Return the error for an HTTP answer with a status of 400 or more."""
    reasons = reasons_of(data, secret)
    wait = _rate_limit_wait(status, headers, " ".join(reasons))
    if wait is not None:
        return _rate_limited(endpoint, status, reasons, wait)
    if status >= _SERVER_ERROR:
        return unavailable(endpoint, f"answered {status}", status=status, reasons=reasons)
    return _refused(endpoint, status, reasons)


def graphql_refusal(
    headers: Mapping[str, Any], data: Any, endpoint: ApiEndpoint, *, secret: str = ""
) -> ForgeError:
    """Return the error for GraphQL's ``errors``, most of which GitHub sends with status 200."""
    errors = data.get("errors") if isinstance(data, dict) else None
    reasons = reasons_of({"errors": errors}, secret)
    entries = errors if isinstance(errors, list) else []
    first = next((entry for entry in entries if isinstance(entry, dict)), {})
    kind = str(first.get("type", "")).upper()
    match kind:
        case "NOT_FOUND":
            return _refused(endpoint, HTTPStatus.NOT_FOUND, reasons)
        case "FORBIDDEN" | "INSUFFICIENT_SCOPES":
            return _refused(endpoint, HTTPStatus.FORBIDDEN, reasons)
        case "RATE_LIMITED" | "RATE_LIMIT":
            wait = _rate_limit_wait(HTTPStatus.FORBIDDEN, headers, kind) or SECONDARY_WAIT
            return _rate_limited(endpoint, HTTPStatus.OK, reasons, wait)
        case "" | "INTERNAL" | "SERVICE_UNAVAILABLE" if "extensions" not in first:
            # "Something went wrong while executing your query" has no type.
            return unavailable(endpoint, f"failed.{_quoted(reasons)}"[:-1], reasons=reasons)
    return _refused(endpoint, HTTPStatus.UNPROCESSABLE_ENTITY, reasons)


def no_answer(error: Exception, endpoint: ApiEndpoint, timeout: int) -> ForgeError:
    """Return the error for a request without a usable answer; ``timeout`` is in seconds."""
    match error:
        case UnwantedAnswer():
            return invalid(endpoint, str(error))
        case requests.exceptions.SSLError():
            return ForgeUnavailable(
                f"GitHub's certificate was not accepted ({endpoint.name}).",
                "Set REQUESTS_CA_BUNDLE to the certificates of your authority.",
            )
        case requests.exceptions.Timeout():
            return unavailable(endpoint, f"did not answer within {timeout} s")
        case requests.exceptions.ConnectionError():
            return unavailable(endpoint, "cannot be reached or closed the connection")
        case requests.exceptions.RequestException():
            return unavailable(endpoint, f"sent an incomplete answer, {type(error).__name__}")
    return invalid(endpoint, f"an unknown form ({type(error).__name__})")


def unavailable(
    endpoint: ApiEndpoint,
    what: str,
    *,
    status: int | None = None,
    reasons: tuple[str, ...] = (),
) -> ForgeUnavailable:
    """Return the error for an outage; ``what`` completes "GitHub ..."."""
    unknown = (
        " Whether it was done is not known: look at the pull request before you repeat it."
        if endpoint.effect is Effect.CREATE
        else ""
    )
    return ForgeUnavailable(
        f"GitHub {what} ({endpoint.name}).{unknown}",
        "Run the command again in a few minutes; https://www.githubstatus.com reports outages.",
        status=status,
        reasons=reasons,
    )


def invalid(endpoint: ApiEndpoint, what: str) -> ForgeAnswerInvalid:
    """Return the error for an answer that GitHub does not document; ``what`` completes "has"."""
    return ForgeAnswerInvalid(
        f"GitHub's answer to {endpoint.name} has {what}.",
        "Check that GITHUB_API_URL is the API's address and that no proxy answers in its place; if"
        " both are true, report this.",
    )


def _refused(endpoint: ApiEndpoint, status: int, reasons: tuple[str, ...]) -> ForgeError:
    """Return the error for a 4xx that is not a rate limit, as its status and GitHub's words say."""
    kind: type[ForgeError] = ForgeRefused
    rules: tuple[_RefusalRule, ...] = _REFUSED + _FORBIDDEN
    needed = listed(f"`{permission}`" for permission in endpoint.permission.split(" and "))
    cause = f"GitHub does not accept {endpoint.name} ({status})."
    next_step = _REFUSED_BY_STATUS.get(
        status, "Read what GitHub says; if it stays unclear, report it."
    )
    match status:
        case HTTPStatus.UNAUTHORIZED:
            kind, rules = ForgeUnauthorized, ()
            cause = f"GitHub does not accept the token ({endpoint.name}, 401)."
            next_step = (
                "Check the input `github-token`: the job's own token expires with the job, and a"
                " personal one may have expired."
            )
        case HTTPStatus.FORBIDDEN:
            kind, rules = ForgeForbidden, _FORBIDDEN
            cause = f"The token may not call {endpoint.name} (403)."
            next_step = (
                f"It probably lacks {needed}: add that under `permissions:` of the"
                " workflow or its job. On a pull request from a fork, only some events give a"
                " token that may write."
            )
        case HTTPStatus.NOT_FOUND:
            kind, rules = ForgeNotFound, ()
            cause = f"GitHub found nothing ({endpoint.name}, 404)."
            next_step = (
                "Check that it exists. GitHub says the same of what the token may not see: it"
                f" probably needs {needed}."
            )
    if rule := _known(rules, reasons):
        kind = rule.refusal if kind is ForgeRefused else kind
        cause, next_step = rule.cause.format(endpoint=endpoint.name), rule.next_step
    return kind(cause + _quoted(reasons), next_step, status=status, reasons=reasons)


def _known(rules: tuple[_RefusalRule, ...], reasons: tuple[str, ...]) -> _RefusalRule | None:
    """Return the first rule that knows one of the sentences."""
    spoken = " ".join(reasons)
    return next((rule for rule in rules if re.search(rule.pattern, spoken, re.IGNORECASE)), None)


def _rate_limited(
    endpoint: ApiEndpoint, status: int, reasons: tuple[str, ...], wait: float
) -> ForgeRateLimited:
    """Return the error for a limit that lasts ``wait`` seconds."""
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=min(wait, 86_400.0))
    return ForgeRateLimited(
        f"GitHub's rate limit stops {endpoint.name} ({status}) for about {wait:,.0f} s.",
        f"Run the command again after {end:%H:%M} UTC; fewer files at once need fewer requests.",
        status=status,
        reasons=reasons,
        retry_after=wait,
    )


def _rate_limit_wait(status: int, headers: Mapping[str, Any], spoken: str) -> float | None:
    """Return the seconds to wait after a rate limit; ``None`` if the answer is not one.

    GitHub, "Rate limits for the REST API": 403 or 429; ``retry-after`` says how long, else the
    primary limit ends at ``x-ratelimit-reset`` (epoch seconds), else wait a minute or more.
    """
    throttled = _THROTTLE.search(spoken) is not None
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return SECONDARY_WAIT if throttled else None
    if status not in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return None
    if (asked := _seconds(headers.get("retry-after"))) is not None:
        return asked
    exhausted = headers.get("x-ratelimit-remaining") == "0" and not _NOT_A_LIMIT.search(spoken)
    if exhausted and (reset := _seconds(headers.get("x-ratelimit-reset"))) is not None:
        # The limit ends somewhere within the named second.
        return max(reset - time.time(), 0.0) + 1.0
    limited = throttled or _PRIMARY_LIMIT.search(spoken) or exhausted
    return SECONDARY_WAIT if limited or status == HTTPStatus.TOO_MANY_REQUESTS else None


def _seconds(text: str | None) -> float | None:
    """Return a header's number of seconds; ``None`` if it is not one."""
    try:
        seconds = float(text) if text else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds < float("inf") else None


def _quoted(reasons: tuple[str, ...]) -> str:
    """Return GitHub's sentences, to be added to a cause."""
    return (
        f" GitHub says: {'; '.join(reason.rstrip('.') for reason in reasons)}." if reasons else ""
    )
