"""What a person is told for everything that can go wrong with a request."""

from __future__ import annotations

import datetime as dt
import json
import ssl
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest

from predict_edit.domain import errors
from predict_edit.llm.advice import Target
from predict_edit.llm.auth import SCOPES
from predict_edit.llm.failures import Again, explain
from predict_edit.llm.stream import NoStream
from predict_edit.settings.endpoint import Endpoint, Route
from predict_edit.settings.sign_in import SignIn

if TYPE_CHECKING:
    from tests.llm.conftest import Wire

REQUEST = httpx2.Request("POST", "https://api.openai.com/v1/chat/completions")
NOW = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)


def target(route: Route = Route.OPENAI, sign_in: SignIn = SignIn.KEY) -> Target:
    """A model asked by some route."""
    addresses = {
        Route.OPENAI: "https://api.openai.com/v1",
        Route.AZURE_V1: "https://r.openai.azure.com/openai/v1/",
        Route.AZURE_DATED: "https://r.openai.azure.com",
        Route.COMPATIBLE: "https://gateway.example/v1",
    }
    return Target(
        model="editor",
        endpoint=Endpoint(route=route, base_url=addresses[route]),
        sign_in=sign_in,
        scope=SCOPES[0],
    )


def body(message: str, **fields: Any) -> dict[str, Any]:
    """OpenAI's error body."""
    return {"error": {"message": message, **fields}}


STATUSES = [
    # status, body, route, sign-in, error, words of cause and next step, again
    (
        401,
        body("Incorrect API key provided: sk-proj-abcdefghijkl.", code="invalid_api_key"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelUnauthorized,
        ["(401)", "Incorrect API key provided", "`api-key`", "api.openai.com"],
        Again.NEVER,
    ),
    (
        401,
        body("Access denied due to invalid subscription key or wrong API endpoint."),
        Route.AZURE_V1,
        SignIn.KEY,
        errors.ModelUnauthorized,
        ["key of the very resource that `base-url` names"],
        Again.NEVER,
    ),
    (
        401,
        body("Principal does not have access", code="401"),
        Route.AZURE_V1,
        SignIn.JOB_IDENTITY,
        errors.ModelUnauthorized,
        [*SCOPES, "azure-scope", "Cognitive Services OpenAI User"],
        Again.NEVER,
    ),
    (
        403,
        body("The principal lacks the required data action", code="PermissionDenied"),
        Route.AZURE_V1,
        SignIn.MACHINE,
        errors.ModelForbidden,
        ["(403)", "*Cognitive Services OpenAI User*", "firewall", *SCOPES],
        Again.NEVER,
    ),
    (
        403,
        body("Public access is disabled."),
        Route.AZURE_DATED,
        SignIn.KEY,
        errors.ModelForbidden,
        ["allows keys", "private network"],
        Again.NEVER,
    ),
    (
        403,
        body("Project does not have access to model", code="model_not_found"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelForbidden,
        ["project may use editor"],
        Again.NEVER,
    ),
    (
        404,
        body("The API deployment for this resource does not exist.", code="DeploymentNotFound"),
        Route.AZURE_V1,
        SignIn.KEY,
        errors.ModelNotFound,
        [
            "name of your deployment, not of the model",
            "`editor`",
            "https://NAME.openai.azure.com/openai/v1/",
            "retired",
        ],
        Again.NEVER,
    ),
    (
        404,
        body("Resource not found", code="404"),
        Route.AZURE_DATED,
        SignIn.KEY,
        errors.ModelNotFound,
        ["deployment", "`api-version` that exists", "retired"],
        Again.NEVER,
    ),
    (
        404,
        body("The model `editor` does not exist", code="model_not_found"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelNotFound,
        ["`editor`", "`/v1`", "retired"],
        Again.NEVER,
    ),
    (
        404,
        b"<html>nginx</html>",
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ModelNotFound,
        ["gateway.example does not know the address", "`base-url`"],
        Again.NEVER,
    ),
    (
        400,
        body(
            "Unsupported parameter: 'prediction' is not supported with this model.",
            param="prediction",
            code="unsupported_parameter",
            type="invalid_request_error",
        ),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelRefused,
        ["'prediction' is not supported with this model", "`prediction: off`"],
        Again.NEVER,
    ),
    (
        400,
        body(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelRefused,
        ["'max_tokens' is not supported with this model"],
        Again.NEVER,
    ),
    (
        400,
        body("Unknown parameter: 'x'.", param="x", code="unknown_parameter"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelRefused,
        ["Unknown parameter: 'x'”."],
        Again.NEVER,
    ),
    (
        400,
        body(
            "Unsupported value: 'reasoning_effort' does not support 'max' with this model.",
            code="unsupported_value",
        ),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelRefused,
        ["'reasoning_effort' does not support 'max'"],
        Again.NEVER,
    ),
    (
        400,
        {"message": '"prediction" is not currently supported'},
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ModelRefused,
        ['"prediction" is not currently supported'],
        Again.NEVER,
    ),
    (
        400,
        {"error": "property 'prediction' is unsupported"},
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ModelRefused,
        ["property 'prediction' is unsupported"],
        Again.NEVER,
    ),
    (
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "prediction"],
                    "msg": "Extra inputs are not permitted",
                }
            ]
        },
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ModelRefused,
        ["(422)", "body.prediction: Extra inputs are not permitted"],
        Again.NEVER,
    ),
    (
        400,
        b"unsupported api-version",
        Route.AZURE_DATED,
        SignIn.KEY,
        errors.ModelRefused,
        ["unsupported api-version", "v1 address"],
        Again.NEVER,
    ),
    (
        400,
        body(
            "This model's maximum context length is 128000 tokens.",
            code="context_length_exceeded",
        ),
        Route.OPENAI,
        SignIn.KEY,
        errors.ContextTooLong,
        ["context of editor", "`exclude`"],
        Again.NEVER,
    ),
    (
        400,
        {"detail": "This model's maximum context length is 8192 tokens"},
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ContextTooLong,
        ["`context: none`"],
        Again.NEVER,
    ),
    (
        413,
        b"Request Entity Too Large",
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ContextTooLong,
        ["(413)", "`exclude`"],
        Again.NEVER,
    ),
    (
        400,
        body(
            "The response was filtered due to the prompt",
            code="content_filter",
            innererror={"code": "ResponsibleAIPolicyViolation"},
        ),
        Route.AZURE_V1,
        SignIn.KEY,
        errors.ContentFiltered,
        ["content filter"],
        Again.NEVER,
    ),
    (
        400,
        body("filtered", innererror={"code": "ResponsibleAIPolicyViolation"}),
        Route.AZURE_V1,
        SignIn.KEY,
        errors.ContentFiltered,
        ["content filter"],
        Again.NEVER,
    ),
    (
        429,
        body("Rate limit reached for requests"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelRateLimited,
        ["rate limit of editor", "`concurrency`", "Rate limit reached"],
        Again.LATER,
    ),
    (
        429,
        body("You exceeded your current quota", code="insufficient_quota"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelRateLimited,
        ["no quota left", "credit"],
        Again.NEVER,
    ),
    (
        500,
        body("The server had an error"),
        Route.OPENAI,
        SignIn.KEY,
        errors.ModelUnavailable,
        ["answered 500", "The server had an error", "status page"],
        Again.SOON,
    ),
    (
        502,
        b"<html><h1>Bad Gateway</h1></html>",
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ModelUnavailable,
        ["answered 502."],
        Again.SOON,
    ),
    (408, b"", Route.OPENAI, SignIn.KEY, errors.ModelUnavailable, ["408"], Again.SOON),
    (409, b"", Route.OPENAI, SignIn.KEY, errors.ModelUnavailable, ["409"], Again.SOON),
    (
        307,
        b"",
        Route.COMPATIBLE,
        SignIn.KEY,
        errors.ModelRefused,
        ["redirects", "not sent there", "`base-url`"],
        Again.NEVER,
    ),
    (418, body("teapot"), Route.COMPATIBLE, SignIn.KEY, errors.ModelRefused, ["418"], Again.NEVER),
]


@pytest.mark.parametrize(
    ("status", "sent_body", "route", "sign_in", "kind", "words", "again"),
    STATUSES,
    ids=[f"{row[0]}-{row[4].__name__}-{number}" for number, row in enumerate(STATUSES)],
)
def test_every_status_has_a_cause_and_a_next_step(
    wire: Wire,
    status: int,
    sent_body: Any,
    route: Route,
    sign_in: SignIn,
    kind: type[errors.ModelError],
    words: list[str],
    again: Again,
) -> None:
    """The vendor's troubleshooting, as sentences for the case at hand."""
    failure = explain(wire.status_error(status, sent_body), target(route, sign_in))
    assert type(failure.error) is kind
    assert failure.again is again
    shown = str(failure.error)
    assert failure.error.cause
    assert failure.error.next_step
    assert [word for word in words if word not in shown] == []
    assert "sk-proj" not in shown


def test_the_target_of_a_redirect_is_named_without_its_path(wire: Wire) -> None:
    """The host helps, the path may hold a token."""
    error = wire.status_error(302, b"", headers={"location": "https://login.example/?token=abc"})
    failure = explain(error, target())
    assert "to login.example" in failure.error.cause
    assert "abc" not in str(failure.error)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after-ms": "300"}, 0.3),
        ({"retry-after": "300"}, 300.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:10 GMT"}, 130.0),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_is_asked_for_comes_along(
    wire: Wire, headers: dict[str, str], wait: float | None, status: int
) -> None:
    """Also a wait longer than the SDK would honour."""
    failure = explain(wire.status_error(status, {}, headers=headers), target(), now=lambda: NOW)
    assert failure.wait == (None if wait is None else pytest.approx(wait))


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_says_not_to_retry_is_obeyed(wire: Wire, status: int) -> None:
    """`x-should-retry: false` ends it."""
    error = wire.status_error(status, {}, headers={"x-should-retry": "false"})
    assert explain(error, target()).again is Again.NEVER


def connection_error(cause: Exception) -> openai.APIConnectionError:
    """As the SDK raises it."""
    error = openai.APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words", "again"),
    [
        (
            connection_error(httpx2.RemoteProtocolError("peer closed connection")),
            errors.ModelUnavailable,
            "RemoteProtocolError",
            Again.SOON,
        ),
        (
            connection_error(ssl.SSLCertVerificationError("self-signed")),
            errors.ModelUnavailable,
            "SSLCertVerificationError",
            Again.SOON,
        ),
        (httpx2.ReadError("reset"), errors.ModelUnavailable, "ReadError", Again.SOON),
        (ConnectionResetError(), errors.ModelUnavailable, "ConnectionResetError", Again.SOON),
        (
            openai.APITimeoutError(request=REQUEST),
            errors.ModelTimeout,
            "did not answer in time",
            Again.SOON,
        ),
        (httpx2.ReadTimeout("slow"), errors.ModelTimeout, "`timeout`", Again.SOON),
        (
            json.JSONDecodeError("Expecting value", "{file text", 1),
            errors.StreamCutShort,
            "JSONDecodeError",
            Again.SOON,
        ),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
            errors.StreamCutShort,
            "UnicodeDecodeError",
            Again.SOON,
        ),
        (
            openai.APIError("The server is overloaded", REQUEST, body={"code": "server_error"}),
            errors.ModelUnavailable,
            "The server is overloaded",
            Again.SOON,
        ),
        (
            openai.APIError("slow down", REQUEST, body={"code": "rate_limit_exceeded"}),
            errors.ModelRateLimited,
            "slow down",
            Again.LATER,
        ),
        (
            openai.APIError("filtered", REQUEST, body={"code": "content_filter"}),
            errors.ContentFiltered,
            "content filter",
            Again.NEVER,
        ),
        (
            openai.APIError("x", REQUEST, body={"code": "context_length_exceeded"}),
            errors.ContextTooLong,
            "context",
            Again.NEVER,
        ),
        (
            openai.APIResponseValidationError(
                response=httpx2.Response(200, request=REQUEST), body=None
            ),
            errors.StreamCutShort,
            "cannot be read",
            Again.SOON,
        ),
        (openai.OpenAIError("odd"), errors.ModelUnavailable, "OpenAIError: odd", Again.NEVER),
        (errors.StreamCutShort("Cut.", "Again."), errors.StreamCutShort, "Cut.", Again.SOON),
        (errors.ModelTimeout("Stalled.", "Again."), errors.ModelTimeout, "Stalled.", Again.SOON),
        (NoStream("Page.", "Check."), NoStream, "Page.", Again.NEVER),
        (errors.AnswerTooLong("Long.", "Split."), errors.AnswerTooLong, "Long.", Again.NEVER),
        (errors.SignInError("No.", "Do."), errors.SignInError, "No.", Again.NEVER),
    ],
)
def test_what_is_no_status_is_explained_too(
    error: Exception, kind: type[errors.PredictEditError], words: str, again: Again
) -> None:
    """Broken lines, timeouts, unreadable and broken-off streams, and our own errors."""
    failure = explain(error, target())
    assert type(failure.error) is kind
    assert words in str(failure.error)
    assert failure.again is again
    assert "file text" not in str(failure.error)


def test_an_error_that_quotes_the_prompt_is_shown_without_it(wire: Wire) -> None:
    """Neither file nor prompt come back, and the text is cut."""
    file = "PASSWORD_HASH = compute(salt, rounds=12)\n" * 30
    error = wire.status_error(400, body(f"Invalid content: '{file}' in messages[3]"))
    shown = str(explain(error, target(), sent=["You are an editor.", file]).error)
    assert "PASSWORD" not in shown
    assert "Invalid content" in shown
    assert "in messages[3]" in shown
    assert len(shown) < 900


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ({"error": {"message": "This model's maximum context length is 128000 tokens. However, "
                    "your messages resulted in 130001 tokens.",
                    "code": "context_length_exceeded"}}, 128_000),
        ({"detail": "This model's maximum context length is 8,192 tokens."}, 8_192),
        ({"error": {"message": "request (9000 tokens) exceeds the available context size "
                    "(4096 tokens)", "type": "exceed_context_size_error"}}, 4_096),
        ({"error": {"message": "Too long.", "code": "context_length_exceeded"}}, None),
    ],
)  # fmt: skip
def test_the_context_is_read_where_the_provider_names_it(
    wire: Wire, body: object, limit: int | None
) -> None:
    """As OpenAI, vLLM and llama.cpp say it; where nobody does, it stays unknown."""
    error = explain(wire.status_error(400, body), target()).error
    assert isinstance(error, errors.ContextTooLong)
    assert error.limit == limit
