"""From what the SDK raises to what a person should do.

Every exception of openai, httpx2 and json that asking a model can raise becomes one error of the
project's tree, with a cause and a next step, and the advice whether asking again can help. The
steps are those of Azure's "Predicted outputs" troubleshooting, spelled out.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import re
from collections.abc import Callable, Sequence

import httpx2
import openai

from predict_edit.domain import errors
from predict_edit.llm import advice
from predict_edit.llm.advice import Target
from predict_edit.llm.echo import body_text, quote, sentence_of
from predict_edit.llm.rate import retry_after
from predict_edit.llm.stream import NoStream

_SERVER_ERROR = 500
_TIMEOUTS = (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError)
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})
"""OpenAI's and Azure's code, and that of llama.cpp's server."""
_CONTEXT = re.compile(r"context (?:length|size|window)\D{0,30}(\d[\d,]{2,9})")
_BROKEN_LINES = (openai.APIConnectionError, httpx2.HTTPError, OSError)


class Again(enum.Enum):
    """Whether the same request may succeed later."""

    NEVER = enum.auto()
    SOON = enum.auto()
    """After a short pause: the server or the line failed."""
    LATER = enum.auto()
    """When the rate limit allows."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed request, understood."""

    error: errors.PredictEditError
    again: Again = Again.NEVER
    wait: float | None = None
    """Seconds the server asks to wait."""


def explain(
    error: Exception,
    target: Target,
    *,
    sent: Sequence[str] = (),
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Failure:
    """What an exception of one request means.

    ``sent`` are the texts of the request; nothing of them is quoted back.
    """
    if isinstance(error, errors.PredictEditError):
        return _ours(error)
    if isinstance(error, openai.APIStatusError):
        return _status(error, target, sent, now())
    if isinstance(error, _TIMEOUTS):
        return _timeout(target)
    if isinstance(error, _BROKEN_LINES):
        return _connection(error, target)
    return _unexpected(error, target, sent)


def _ours(error: errors.PredictEditError) -> Failure:
    """An error raised while the answer was read: only a stream that broke may do better."""
    broken = isinstance(error, errors.StreamCutShort | errors.ModelTimeout)
    return Failure(
        error=error,
        again=Again.SOON if broken and not isinstance(error, NoStream) else Again.NEVER,
    )


def _timeout(target: Target) -> Failure:
    return Failure(
        error=errors.ModelTimeout(
            f"{target.endpoint.host} did not answer in time.",
            "Run the command again; raise `timeout` for long files or slow models.",
        ),
        again=Again.SOON,
    )


def _connection(error: Exception, target: Target) -> Failure:
    reason = error.__cause__ or error
    return Failure(
        error=errors.ModelUnavailable(
            f"The connection to {target.endpoint.host} failed or broke ({type(reason).__name__}).",
            "Run the command again; if it persists, check `base-url` and that the runner reaches "
            "this host.",
        ),
        again=Again.SOON,
    )


def _unexpected(error: Exception, target: Target, sent: Sequence[str]) -> Failure:
    """An error inside a stream, an unreadable one, or something the SDK has no class for."""
    if type(error) is openai.APIError:
        return _frame(error, target, sent)
    if isinstance(error, ValueError | openai.APIResponseValidationError):
        return Failure(
            error=errors.StreamCutShort(
                f"{target.endpoint.host} sent a stream that cannot be read "
                f"({type(error).__name__}).",
                "Run the command again; if it persists, check that `base-url` is the root of an "
                "OpenAI-compatible API.",
            ),
            again=Again.SOON,
        )
    return Failure(
        error=errors.ModelUnavailable(
            f"The request failed ({type(error).__name__}: {quote(str(error), sent)}).",
            "Run the command again; if it persists, check `base-url` and `model`.",
        )
    )


def _codes(error: openai.APIError) -> set[str]:
    """The codes of an error, Azure's inner one too, in lower case."""
    found = {str(error.code or ""), str(error.type or "")}
    body = error.body
    while isinstance(body, dict):
        found.add(str(body.get("code") or ""))
        body = body.get("innererror") or body.get("inner_error")
    return {code.lower() for code in found if code}


def said(error: openai.APIError, sent: Sequence[str]) -> str:
    """What the provider said, fit to be shown, as the end of a sentence."""
    # A status error's own message is Python's rendering of the body.
    spoken = sentence_of(error.body) if isinstance(error, openai.APIStatusError) else error.message
    words = quote(spoken, sent).rstrip(".")
    return f": “{words}”." if words else "."


def _by_content(error: openai.APIError, target: Target, sent: Sequence[str]) -> Failure | None:
    """Errors known by their code, whatever status or frame carried them."""
    codes, text = _codes(error), body_text(error.body).lower()
    if codes & {"content_filter", "responsibleaipolicyviolation"}:
        return Failure(
            error=errors.ContentFiltered(
                "The provider's content filter refused the request.",
                "Look for text in this file or instruction that the filter may object to; Azure "
                "shows and sets the filter with the deployment.",
            )
        )
    if codes & _TOO_LONG or "maximum context length" in text:
        named = _CONTEXT.search(text)
        return Failure(
            error=errors.ContextTooLong(
                f"The file and the prompt do not fit into the context of {target.model}.",
                "Exclude the file (`exclude`), set `context: none`, or choose a model with a "
                "longer context.",
                limit=int(named[1].replace(",", "")) if named else None,
            )
        )
    if "insufficient_quota" in codes:
        return Failure(
            error=errors.ModelRateLimited(
                f"The account at {target.endpoint.host} has no quota left{said(error, sent)}",
                "Check plan, credit and spending limit of the account; waiting does not help.",
            )
        )
    return None


def _frame(error: openai.APIError, target: Target, sent: Sequence[str]) -> Failure:
    """An error that arrived inside a stream, after status 200."""
    if known := _by_content(error, target, sent):
        return known
    codes = _codes(error)
    if codes & {"rate_limit_exceeded", "429", "too_many_requests"}:
        return Failure(error=_rate_limited(error, target, sent, None), again=Again.LATER)
    return Failure(
        error=errors.ModelUnavailable(
            f"{target.endpoint.host} broke off its answer with an error{said(error, sent)}",
            "Run the command again.",
        ),
        again=Again.SOON,
    )


def _rate_limited(
    error: openai.APIError, target: Target, sent: Sequence[str], wait: float | None
) -> errors.ModelRateLimited:
    asked = f", which asks to wait {wait:.0f} s" if wait else ""
    return errors.ModelRateLimited(
        f"The rate limit of {target.model} was reached{asked}{said(error, sent)}",
        "Lower `concurrency`, raise `timeout`, or raise the rate limit of the account or "
        "deployment.",
    )


def _status(
    error: openai.APIStatusError,
    target: Target,
    sent: Sequence[str],
    now: dt.datetime,
) -> Failure:
    status = error.status_code
    wait = retry_after(error.response.headers, now)
    stop = error.response.headers.get("x-should-retry") == "false"
    if (known := _by_content(error, target, sent)) is not None and status < _SERVER_ERROR:
        return known
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        return Failure(
            error=_rate_limited(error, target, sent, wait),
            again=Again.NEVER if stop else Again.LATER,
            wait=wait,
        )
    if status in {408, 409} or status >= _SERVER_ERROR:
        return Failure(
            error=errors.ModelUnavailable(
                f"{target.endpoint.host} answered {status}{said(error, sent)}",
                "Run the command again; if it persists, look at the provider's status page.",
            ),
            again=Again.NEVER if stop else Again.SOON,
            wait=wait,
        )
    return Failure(error=advice.refusal(error, target, said(error, sent)))
