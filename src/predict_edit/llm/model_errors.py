"""Explain failed requests: from what the SDK raises to what a person should do.

Every exception of openai, httpx2 and json that asking a model can raise becomes one error of the
project's tree, with a cause, a next step, and whether a retry can help. The
steps are those of Azure's "Predicted outputs" troubleshooting, spelled out for the way of signing
in and the shape of the address at hand. An error body may echo the request: the file, the prompt,
or part of a key. What is shown to people, and what error texts are matched against, goes through
:func:`quote` and :func:`without_echo` first.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

import httpx2
import openai

from predict_edit.domain import errors
from predict_edit.llm.stream import NoStream
from predict_edit.llm.throttle import retry_after
from predict_edit.settings.endpoint import (
    ROLE,
    Route,
    SignIn,
    choose_sign_in,
    other_scope,
    read_endpoint,
)
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.unicode import is_shown

_SERVER_ERROR = 500
_TIMEOUTS = (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError)
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})
"""OpenAI's and Azure's code, and that of llama.cpp's server."""
_CONTEXT = re.compile(r"context (?:length|size|window)\D{0,30}(\d[\d,]{2,9})")
_BROKEN_LINES = (openai.APIConnectionError, httpx2.HTTPError, OSError)

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

_REDIRECTS = range(300, 400)

_STATUSES = frozenset({400, 422})
_PREDICTION_CODES = frozenset({"unsupported_parameter", "unknown_parameter"})
_PARAMETER_CODES = _PREDICTION_CODES | {"unsupported_value"}
_GATEWAY_CODES = frozenset({"None", "400", "422"})
"""What a gateway sends for a code: its status, or nothing. What is meant is in the text."""
_OTHER_CODES = frozenset({"content_filter", "context_length_exceeded"})
_OBJECTIONS = re.compile(
    r"unsupported|not (currently )?supported|unknown|unrecognized|extra_forbidden|extra inputs"
    r"|not permitted|unexpected|not allowed"
)
_UNSUPPORTED = re.compile(
    r"unsupported|not support|n.t support|extra inputs are not permitted"
    r"|(unrecognized|unknown|unexpected) (request )?(argument|parameter|field|keyword|property)"
)
_SPENT_CODES = frozenset({"insufficient_quota", "budget_exceeded", "billing_hard_limit_reached"})
_SPENT = re.compile(
    r"exceeded your current quota|(exceeded|crossed) (your |the |its )?budget"
    r"|budget (has been |was )?exceeded|credit balance is too low"
    r"|insufficient (credits?|balance|funds|quota)|billing hard limit"
)
_SPENT_FOR_NOW = re.compile(r"retry_?delay|retry in|per[ _]?(minute|day|second|request)")
"""Google words a limit per minute as a used-up quota."""
_ONE_MESSAGE = re.compile(
    r"roles must alternate|system role (is )?not supported"
    r"|only user(,| and) assistant( and tool)? roles"
)
"""Chat templates of Mistral's and Google's models, as vLLM and llama.cpp quote them."""

LONGEST_QUOTE = 300
"""Characters of provider text that are shown."""

_LONGEST_READ = 8_000
_SHORTEST_SECRET = 8
_RUN = 20
"""A run of this many characters that also occurs in the sent text counts as an echo of it."""

_KEY_LIKE = re.compile(
    r"""(?ix)
    \bbearer\s+\S+                       # a header
    | \beyJ[\w.+/=*-]{8,}                # a JSON web token
    | \b(?:sk|pk|rk)-[\w*.-]{4,}         # OpenAI and its like, masked ones too
    | \bgh[opsur]_\w{8,} | \bgithub_pat_\w+
    | \b[0-9a-f]{32}\b | \b[A-Za-z0-9]{84}\b   # Azure, old and new
    | [\w+/=-]{48,}                      # whatever else is too long to be a word
    """
)
# Each run of backslashes is tried once, from its start, and never backwards.
_ESCAPED_QUOTE = re.compile(r"(?<!\\)\\++([\"'])")
_SPACES = re.compile(r"(?:(?<!\\)\\++[nrt]|\s)++")


class Again(enum.Enum):
    """Whether the same request may succeed later."""

    NEVER = enum.auto()
    SOON = enum.auto()
    """After a short pause: the server or the line failed."""
    LATER = enum.auto()
    """When the rate limit allows."""
    CHANGED = enum.auto()
    """At once: what was refused is sent in another way."""


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """One failed request, understood."""

    error: errors.PredictEditError
    again: Again = Again.NEVER
    wait: float | None = None
    """Seconds the server asks to wait."""


def explain(  # noqa: PLR0911 - one for each kind of exception
    error: Exception,
    settings: ModelSettings,
    *,
    sent: Sequence[str] = (),
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Failure:
    """Explain an exception of one request.

    ``sent`` are the texts of the request; nothing of them is quoted back.
    """
    if isinstance(error, errors.PredictEditError):
        # Raised while the answer was read: only a stream that broke may do better.
        broken = isinstance(error, errors.StreamCutShort | errors.ModelTimeout)
        retry = broken and not isinstance(error, NoStream)
        return Failure(error, Again.SOON if retry else Again.NEVER)
    if isinstance(error, openai.APIStatusError):
        return _status(error, settings, sent, now())
    if isinstance(error, _TIMEOUTS):
        timeout = errors.ModelTimeout(
            f"{_host(settings)} did not answer in time.",
            "Run the command again; raise `timeout` for long files or slow models.",
        )
        return Failure(timeout, Again.SOON)
    if isinstance(error, _BROKEN_LINES):
        return Failure(_broken_line(error, _host(settings)), Again.SOON)
    if type(error) is openai.APIError:
        return _frame(error, settings, sent)
    if isinstance(error, ValueError | RecursionError | openai.APIResponseValidationError):
        unreadable = errors.StreamCutShort(
            f"{_host(settings)} sent a stream that cannot be read ({type(error).__name__}).",
            "Run the command again; if it persists, check that `base-url` is the root of an "
            "OpenAI-compatible API.",
        )
        return Failure(unreadable, Again.SOON)
    unknown = errors.ModelUnavailable(
        f"The request failed ({type(error).__name__}: {quote(str(error), sent)}).",
        "Run the command again; if it persists, check `base-url` and `model`.",
    )
    return Failure(unknown)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and whatever led to it."""
    yield error
    for inner in (error.__cause__ or error.__context__, *getattr(error, "exceptions", ())):
        if inner is not None:
            yield from _causes(inner)


def _broken_line(error: Exception, host: str) -> errors.ModelUnavailable:
    """Tell a name that is unknown from a port that is closed and from a line that broke."""
    causes = tuple(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return errors.ModelUnavailable(
            f"The name {host} could not be resolved.",
            "Check the host name in `base-url`, and that the runner can resolve names.",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return errors.ModelUnavailable(
            f"{host} refused the connection.",
            "Check the port in `base-url`, that the server is running, and that the runner "
            "reaches this host.",
        )
    reason = type(error.__cause__ or error).__name__
    return errors.ModelUnavailable(
        f"The connection to {host} failed or broke ({reason}).",
        "Run the command again; if it persists, check `base-url` and that the runner reaches "
        "this host.",
    )


def may_be_billed(error: Exception) -> bool:
    """Decide whether the server may have worked on a request that failed so."""
    if isinstance(error, openai.APIStatusError | errors.SignInError):
        return False
    return not isinstance(error.__cause__ or error, _NEVER_SENT)


_INNER = ("error", "innererror", "inner_error", "provider_specific_fields")
"""Where Azure puts the code that counts, and where LiteLLM puts all of that."""


def _codes(error: openai.APIError) -> set[str]:
    """The codes of an error, Azure's inner one too, in lower case."""
    found = {str(error.code or ""), str(error.type or "")}
    parts = [error.body]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            found.add(str(part.get("code") or ""))
            parts += [part.get(name) for name in _INNER]
    return {code.lower() for code in found if code}


def _host(settings: ModelSettings) -> str:
    """The host of the API."""
    return read_endpoint(settings).host


def _without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Take the secrets of the request out of a text."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "[hidden]")
    return text


def _quoted(error: openai.APIError, settings: ModelSettings, sent: Sequence[str]) -> str:
    """The provider's words, fit to be shown, as the end of a sentence."""
    # A status error's own message is Python's rendering of the body.
    spoken = sentence_of(error.body) if isinstance(error, openai.APIStatusError) else error.message
    words = quote(_without_secrets(spoken, settings.secrets), sent).rstrip(".")
    return f": “{words}”." if words else "."


def _by_content(
    error: openai.APIError, settings: ModelSettings, sent: Sequence[str]
) -> errors.ModelError | None:
    """Know an error by its code, whatever status or frame carried it."""
    codes, text = _codes(error), body_text(error.body).lower()
    if codes & {"content_filter", "responsibleaipolicyviolation"}:
        return errors.ContentFiltered(
            "The provider's content filter refused the request.",
            "Look for text in this file or instruction that the filter may object to; Azure "
            "shows and sets the filter with the deployment.",
        )
    if codes & _TOO_LONG or "maximum context length" in text:
        named = _CONTEXT.search(text)
        return errors.ContextTooLong(
            f"The file and the prompt do not fit into the context of {settings.model}.",
            "Exclude the file (`exclude`), set `context: none`, or choose a model with a longer "
            "context.",
            limit=int(named[1].replace(",", "")) if named else None,
        )
    if _is_spent(error, codes, text, sent):
        return errors.QuotaExhausted(
            f"The quota or budget of the account at {_host(settings)} is used up"
            f"{_quoted(error, settings, sent)}",
            "Check plan, credit and spending limit of the account, and the budgets of a gateway; "
            "waiting will not help.",
        )
    if "no connected db" in text:
        # LiteLLM looks for a key that it does not know in a database that it does not have.
        return _refusal(httpx2.codes.UNAUTHORIZED, settings, _quoted(error, settings, sent))
    return None


def _is_spent(error: openai.APIError, codes: set[str], text: str, sent: Sequence[str]) -> bool:
    """Decide whether waiting cannot help, as there is nothing left to spend."""
    status = getattr(error, "status_code", None)
    if codes & _SPENT_CODES or status == httpx2.codes.PAYMENT_REQUIRED:
        return True
    asked_to_wait = isinstance(error, openai.APIStatusError) and (
        "retry-after" in error.response.headers
    )
    if asked_to_wait or not _SPENT.search(text) or _SPENT_FOR_NOW.search(text):
        return False
    return _SPENT.search(without_echo(text, sent)) is not None


def _frame(error: openai.APIError, settings: ModelSettings, sent: Sequence[str]) -> Failure:
    """Explain an error that arrived inside a stream, after status 200."""
    if known := _by_content(error, settings, sent):
        return Failure(known)
    if _codes(error) & {"rate_limit_exceeded", "429", "too_many_requests"}:
        return Failure(_rate_limited(error, settings, sent, None), Again.LATER)
    broken_off = errors.ModelUnavailable(
        f"{_host(settings)} broke off its answer with an error{_quoted(error, settings, sent)}",
        "Run the command again.",
    )
    return Failure(broken_off, Again.SOON)


def _rate_limited(
    error: openai.APIError, settings: ModelSettings, sent: Sequence[str], wait: float | None
) -> errors.ModelRateLimited:
    asked = f"; the server asks to wait {wait:,.0f} s" if wait else ""
    return errors.ModelRateLimited(
        f"The rate limit of {settings.model} was reached{asked}{_quoted(error, settings, sent)}",
        "Lower `concurrency`, raise `timeout`, or raise the rate limit of the account or "
        "deployment.",
    )


def _status(
    error: openai.APIStatusError, settings: ModelSettings, sent: Sequence[str], now: dt.datetime
) -> Failure:
    """Explain a status that is not 200."""
    status, headers = error.status_code, error.response.headers
    wait = retry_after(headers, now)
    stop = headers.get("x-should-retry") == "false"
    if (known := _by_content(error, settings, sent)) is not None and status < _SERVER_ERROR:
        return Failure(known)
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        limited = _rate_limited(error, settings, sent, wait)
        return Failure(limited, Again.NEVER if stop else Again.LATER, wait)
    if status in {408, 409} or status >= _SERVER_ERROR:
        unavailable = errors.ModelUnavailable(
            f"{_host(settings)} answered {status}{_quoted(error, settings, sent)}",
            "Run the command again; if it persists, look at the provider's status page.",
        )
        return Failure(unavailable, Again.NEVER if stop else Again.SOON, wait)
    if status in _REDIRECTS:
        to = urlsplit(headers.get("location", "")).netloc
        return Failure(
            errors.ModelRefused(
                f"{_host(settings)} redirects{f' to {quote(to)}' if to else ''} ({status}). The "
                "file was not sent there.",
                "Set `base-url` to the address that serves the API without a redirect.",
            )
        )
    return Failure(_refusal(status, settings, _quoted(error, settings, sent)))


def _refusal(status: int, settings: ModelSettings, words: str) -> errors.ModelError:
    """Explain a 4xx that asking again does not change; ``words`` ends the sentence."""
    kind, cause, steps = _REFUSALS.get(status, _OTHER_REFUSAL)
    endpoint = read_endpoint(settings)
    azure = endpoint.is_azure
    way = "entra" if choose_sign_in(settings) is not SignIn.KEY else "azure" if azure else "other"
    shape = (
        "`https://NAME.openai.azure.com/`, with an `api-version` that exists"
        if endpoint.route is Route.AZURE_DATED
        else "`https://NAME.openai.azure.com/openai/v1/`"
    )
    step = steps.get(way) or steps["azure" if azure and "azure" in steps else "other"]
    return kind(
        f"{endpoint.host} {cause} ({status}){words}",
        step.format(
            settings=settings,
            host=endpoint.host,
            scope=other_scope(settings.azure_scope),
            shape=shape,
        ),
    )


_REFUSALS: dict[int, tuple[type[errors.ModelError], str, dict[str, str]]] = {
    httpx2.codes.UNAUTHORIZED: (
        errors.ModelUnauthorized,
        "rejected the credential",
        {
            "entra": "The token was for the scope `{settings.azure_scope}`; if this resource "
            "expects the other one, set `azure-scope: {scope}`. The identity needs the role "
            f"*{ROLE}* on the Azure OpenAI resource, and `base-url` must name a resource in its "
            "tenant.",
            "azure": "Check that `api-key` is a key of the very resource that `base-url` names, "
            "and that it was not regenerated.",
            "other": "Check the key (`api-key`): that it is whole, was not revoked, and belongs to "
            "{host}.",
        },
    ),
    httpx2.codes.FORBIDDEN: (
        errors.ModelForbidden,
        "denied access",
        {
            "entra": f"Give the identity the role *{ROLE}* on the Azure OpenAI resource (it takes "
            "some minutes to work), and check the resource's firewall. The token was for the scope "
            "`{settings.azure_scope}`; the other one is `{scope}`.",
            "azure": "Check that the resource allows keys and that its firewall or private network "
            "lets the runner in.",
            "other": "Check that the key's project may use {settings.model}, and from this region.",
        },
    ),
    httpx2.codes.NOT_FOUND: (
        errors.ModelNotFound,
        "did not find the address or the model",
        {
            "azure": "Check three things: `model` is the name of your deployment, not of the model "
            "behind it (now `{settings.model}`); `base-url` has your resource's name and the shape "
            "{shape}; the model is not retired, which takes its deployments away.",
            "other": "Check three things: `model` is a name that this API knows (now "
            "`{settings.model}`); `base-url` is the root of the API and usually ends in `/v1`; the "
            "model is not retired.",
        },
    ),
    httpx2.codes.CONTENT_TOO_LARGE: (
        errors.ContextTooLong,
        "rejected the request as too large",
        {"other": "Exclude the file (`exclude`) or set `context: none`."},
    ),
}
_REFUSALS[httpx2.codes.METHOD_NOT_ALLOWED] = _REFUSALS[httpx2.codes.NOT_FOUND]
"""As a web server answers at an address that is not the API's."""
_OTHER_REFUSAL = (
    errors.ModelRefused,
    "refused the request",
    {
        "other": "Check that {settings.model} is a chat model of this API and region. If the text "
        "is about predicted outputs, set `prediction: off`; if it is about `api-version`, use the "
        "v1 address without one."
    },
)
"""By status: class, cause, and next step by the way of signing in."""


def refuses_prediction(error: Exception, *, sent: Sequence[str]) -> bool:
    """Decide whether a request that carried ``prediction`` failed because of it.

    Providers word it differently and put it into different shapes of body, so the text counts
    if no code or parameter is given. ``sent`` are the request's texts: an echo of them is not an
    objection, even if a file mentions predictions.
    """
    if not isinstance(error, openai.APIStatusError) or error.status_code not in {*_STATUSES, 404}:
        return False
    if error.status_code == httpx2.codes.NOT_FOUND:
        # OpenRouter, asked to use no host that would ignore a parameter.
        return "handle the requested parameters" in _own_words(error, sent)
    if error.code in _OTHER_CODES:
        return False
    if error.param is not None and _root(error.param) == "prediction":
        return True
    text = _own_words(error, sent)
    if "prediction" not in text:
        return False
    return error.code in _PREDICTION_CODES or _OBJECTIONS.search(text) is not None


def refused_parameter(
    error: Exception, *, optional: AbstractSet[str], sent: Sequence[str] = ()
) -> str | None:
    """Find the optional parameter of the request that the server refused, if it is one.

    By code and parameter as OpenAI and Azure send them, by the location of an ``extra_forbidden``
    entry as FastAPI servers do, or by the text, which is all that LiteLLM passes on; a reasoning
    effort by its mere name, as servers object to its values in many ways.
    """
    if not isinstance(error, openai.APIStatusError) or error.status_code not in _STATUSES:
        return None
    if error.code in _PARAMETER_CODES and error.param is not None:
        name = _root(error.param)
        return name if name in optional else None
    text = _own_words(error, sent)
    extras = [name for name in _forbidden_extras(error.body) if name in optional]
    extras += [name for name in optional & {"reasoning_effort"} if name in text]
    if extras:
        return extras[0]
    refused = _UNSUPPORTED.search(text) and "prediction" not in text
    if str(error.code) not in _GATEWAY_CODES or not refused:
        return None
    if error.param is not None:
        return _root(error.param) if _root(error.param) in optional else None
    return next((name for name in sorted(optional) if re.search(rf"\b{name}\b", text)), None)


def wants_one_message(error: Exception, *, sent: Sequence[str]) -> bool:
    """Decide whether the model's chat template refuses several messages in a row, or a system's."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in {400, 422, 500}:
        return False
    told = _ONE_MESSAGE.search(body_text(error.body).lower())
    return told is not None and _ONE_MESSAGE.search(_own_words(error, sent)) is not None


def _own_words(error: openai.APIStatusError, sent: Sequence[str]) -> str:
    """All that an error says, in lower case, without what it echoes of the request."""
    return without_echo(f"{error.message}\n{body_text(error.body)}", sent).lower()


def _root(param: str) -> str:
    """``prediction`` of ``body.prediction.content``."""
    names = param.split(".")
    return names[1] if names[0] == "body" and len(names) > 1 else names[0]


def _forbidden_extras(body: object) -> Iterator[str]:
    """The fields that a pydantic error list calls extra."""
    details = body.get("detail") if isinstance(body, dict) else None
    for item in details if isinstance(details, list) else ():
        if isinstance(item, dict) and item.get("type") == "extra_forbidden":
            place = item.get("loc")
            if isinstance(place, list):
                yield _root(".".join(map(str, place)))


def _flat(text: str) -> str:
    """Put a text on one line, with single blanks and escaped quotes undone, to compare it."""
    return _ESCAPED_QUOTE.sub(r"\1", _SPACES.sub(" ", text))


def without_echo(text: str, sent: Sequence[str]) -> str:
    """Put ``text`` on one line, and take out every longer run that also occurs in ``sent``.

    Echoes are found although they may be cut short, JSON-escaped or folded differently.
    """
    text = _flat(text[:_LONGEST_READ])
    if len(text) < _RUN:
        return text
    echoed = bytearray(len(text))
    wanted = {text[start : start + _RUN] for start in range(len(text) - _RUN + 1)}
    for source in map(_flat, sent):
        found = wanted.intersection(
            source[start : start + _RUN] for start in range(len(source) - _RUN + 1)
        )
        if not found:
            continue
        for start in range(len(text) - _RUN + 1):
            if text[start : start + _RUN] in found:
                echoed[start : start + _RUN] = b"\x01" * _RUN
    kept = "".join("\0" if echo else char for echo, char in zip(echoed, text, strict=True))
    return re.sub("\0+", "…", kept)


def _printed(text: str) -> str:
    return "".join(char if is_shown(char) else " " for char in text)


def quote(text: str, sent: Sequence[str] = ()) -> str:
    """Make provider text fit to be shown: no echo, nothing like a key, one short line."""
    text = _KEY_LIKE.sub("[hidden]", without_echo(_printed(text), sent)).strip()
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1].rstrip()}…"


def body_text(body: object) -> str:
    """Read all of an error body as text, whatever its shape."""
    if body is None:
        return ""
    if isinstance(body, str):
        return body
    try:
        return json.dumps(body, default=str, ensure_ascii=False)
    except ValueError:  # a circular structure
        return str(body)
    except RecursionError:  # nested more deeply than any server means to be read
        return ""


def sentence_of(body: object) -> str:
    """Find the sentence for people inside an error body of any known shape.

    OpenAI's ``{"message": …}`` (already out of ``{"error": …}``), ``{"error": "text"}``,
    FastAPI's ``{"detail": …}``, plain text; everything else as JSON.
    """
    inner = body
    while isinstance(inner, dict):
        holder, inner = inner, None
        for name in ("message", "error_description", "error", "detail", "msg", "title"):
            found = holder.get(name)
            if isinstance(found, str) and found.strip():
                return found
            if isinstance(found, list) and found:
                return "; ".join(_validation_line(item) for item in found[:3])
            if isinstance(found, dict):
                body = inner = found
                break
    text = body_text(body)
    return "" if text.lstrip().startswith("<") else text


def _validation_line(item: object) -> str:
    """One entry of a pydantic error list, without the input it echoes."""
    if not isinstance(item, dict):
        return str(item)
    place = item.get("loc")
    where = ".".join(map(str, place)) if isinstance(place, list | tuple) else ""
    message = str(item.get("msg") or item.get("type") or "")
    return ": ".join(part for part in (where, message) if part)
