"""From what the SDK raises to what a person should do."""

from __future__ import annotations

import datetime as dt
import json
import ssl
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain import errors
from predict_edit.llm.model_errors import (
    LONGEST_QUOTE,
    Again,
    Failure,
    body_text,
    explain,
    quote,
    refused_parameter,
    refuses_prediction,
    sentence_of,
    wants_one_message,
    without_echo,
)
from predict_edit.llm.stream import NoStream
from predict_edit.settings.endpoint import SCOPES, Route, SignIn, choose_sign_in, read_endpoint
from predict_edit.settings.fields import ModelSettings

if TYPE_CHECKING:
    from tests.llm.conftest import Wire


REQUEST = httpx2.Request("POST", "https://api.openai.com/v1/chat/completions")
NOW = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)


def target(route: Route = Route.OPENAI, sign_in: SignIn = SignIn.KEY) -> ModelSettings:
    """A model on some route."""
    where: dict[Route, dict[str, str]] = {
        Route.OPENAI: {},
        Route.AZURE_V1: {"base_url": "https://r.openai.azure.com/openai/v1/"},
        Route.AZURE_DATED: {"base_url": "https://r.openai.azure.com", "api_version": "2024-10-21"},
        Route.COMPATIBLE: {"base_url": "https://gateway.example/v1"},
    }
    who: dict[SignIn, dict[str, str]] = {
        SignIn.KEY: {"api_key": "k"},
        SignIn.JOB_IDENTITY: {"azure_tenant_id": "tenant", "azure_client_id": "client"},
        SignIn.MACHINE: {},
    }
    settings = ModelSettings(model="editor", **where[route], **who[sign_in])  # type: ignore[arg-type]
    assert read_endpoint(settings).route is route
    assert choose_sign_in(settings) is sign_in
    return settings


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
        ["gateway.example did not find the address", "`base-url`"],
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
        errors.QuotaExhausted,
        ["is used up", "credit"],
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
    """Even a wait longer than the SDK would honour."""
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
def test_failures_without_a_status_are_explained_too(
    error: Exception, kind: type[errors.PredictEditError], words: str, again: Again
) -> None:
    """Broken lines, timeouts, unreadable and broken-off streams, and our own errors."""
    failure = explain(error, target())
    assert type(failure.error) is kind
    assert words in str(failure.error)
    assert failure.again is again
    assert "file text" not in str(failure.error)


def test_an_error_that_quotes_the_prompt_is_shown_without_it(wire: Wire) -> None:
    """Neither file nor prompt are repeated, and the text is cut."""
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
    """As OpenAI, vLLM and llama.cpp say it; otherwise it stays unknown."""
    error = explain(wire.status_error(400, body), target()).error
    assert isinstance(error, errors.ContextTooLong)
    assert error.limit == limit


OPTIONAL = frozenset({"temperature", "stream", "stream_options", "max_completion_tokens"})


def openai_error(message: str, **fields: Any) -> dict[str, Any]:
    """OpenAI's shape."""
    return {"error": {"message": message, "type": "invalid_request_error", **fields}}


REFUSALS = [
    (
        400,
        openai_error(
            "Unsupported parameter: 'prediction' is not supported with this model.",
            param="prediction",
            code="unsupported_parameter",
        ),
    ),
    (
        400,
        openai_error("Unknown parameter: 'prediction'.", param=None, code="unknown_parameter"),
    ),
    (400, openai_error("Something odd.", param="prediction.content", code=None)),
    (400, openai_error('"prediction" is not currently supported')),
    (400, {"message": '"prediction" is not currently supported', "code": "wrong_api_format"}),
    (400, {"error": "property 'prediction' is unsupported"}),
    (400, b"property 'prediction' is unsupported"),
    (400, {"detail": "Unrecognized request argument supplied: prediction"}),
    (
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "prediction"],
                    "msg": "Extra inputs are not permitted",
                    "input": {"type": "content", "content": "x = 1"},
                }
            ]
        },
    ),
    (400, {"detail": [{"type": "extra_forbidden", "loc": ["body", "prediction"]}]}),
    (400, openai_error("Unrecognized request argument supplied: prediction", code=None)),
    (400, openai_error("Unexpected field: prediction")),
    (400, openai_error("The field prediction is not allowed here")),
]


@pytest.mark.parametrize(("status", "body"), REFUSALS)
def test_every_known_wording_of_a_refused_prediction_is_understood(
    wire: Wire, status: int, body: Any
) -> None:
    """By parameter, by code, or by the text in whatever shape the body has."""
    assert refuses_prediction(wire.status_error(status, body), sent=["print(1)\n"])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (
            400,
            openai_error(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                "'max_completion_tokens' instead.",
                param="max_tokens",
                code="unsupported_parameter",
            ),
        ),
        (400, openai_error("Unknown parameter: 'x'.", param="x", code="unknown_parameter")),
        (
            400,
            openai_error(
                "Unsupported value: 'reasoning_effort' does not support 'max' with this model.",
                param="reasoning_effort",
                code="unsupported_value",
            ),
        ),
        (
            400,
            openai_error("The prediction was not allowed by the filter", code="content_filter"),
        ),
        (
            400,
            openai_error(
                "Unexpected length with prediction",
                param="prediction",
                code="context_length_exceeded",
            ),
        ),
        (401, openai_error("prediction is not supported for this key")),
        (404, openai_error("unknown deployment prediction")),
        (500, openai_error("unexpected prediction failure")),
        (429, openai_error("prediction is not allowed at this rate")),
        (400, openai_error("A good prediction")),
    ],
)
def test_other_refusals_are_not_taken_for_one(wire: Wire, status: int, body: Any) -> None:
    """Other parameters, filters, lengths and statuses leave predictions on."""
    assert not refuses_prediction(wire.status_error(status, body), sent=["print(1)\n"])


def test_a_file_that_mentions_predictions_is_not_a_refusal(wire: Wire) -> None:
    """A 400 that quotes the file is judged without the quote."""
    file = "def unexpected_prediction_not_allowed(model):\n    raise ValueError('unknown')\n"
    body = openai_error(f"Invalid character in: {file}")
    assert not refuses_prediction(wire.status_error(400, body), sent=[file])
    assert refuses_prediction(wire.status_error(400, body), sent=["another file\n"])


@pytest.mark.parametrize(
    "error",
    [
        ValueError("prediction unsupported"),
        openai.APIConnectionError(request=httpx2.Request("POST", "https://x.example")),
    ],
)
def test_only_an_answer_can_be_a_refusal(error: Exception) -> None:
    """Only a 400 or 422 refuses."""
    assert not refuses_prediction(error, sent=[])
    assert refused_parameter(error, optional=OPTIONAL) is None


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (
            400,
            openai_error(
                "Unsupported value: 'temperature' does not support 0 with this model.",
                param="temperature",
                code="unsupported_value",
            ),
            "temperature",
        ),
        (
            400,
            openai_error(
                "Unsupported parameter: 'max_completion_tokens'",
                param="max_completion_tokens",
                code="unsupported_parameter",
            ),
            "max_completion_tokens",
        ),
        (
            400,
            openai_error(
                "Unknown parameter: 'stream_options'.",
                param="stream_options.include_usage",
                code="unknown_parameter",
            ),
            "stream_options",
        ),
        (
            422,
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]},
            "stream_options",
        ),
        (
            400,
            openai_error("Unrecognized request argument supplied: stream_options"),
            "stream_options",
        ),
        (
            422,
            {
                "object": "error",
                "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), "
                "'msg': 'Extra inputs are not permitted'}]",
            },
            "stream_options",
        ),
        (
            400,
            openai_error(
                "Unsupported value: 'stream' does not support true with this model. Your "
                "organization must be verified to stream this model.",
                param="stream",
                code="unsupported_value",
            ),
            "stream",
        ),
        (422, {"detail": [{"type": "missing", "loc": ["body", "temperature"]}]}, None),
        (422, {"detail": "temperature"}, None),
        (422, {"detail": ["temperature", {"type": "extra_forbidden"}]}, None),
        (
            400,
            openai_error("Unknown parameter", param="messages", code="unknown_parameter"),
            None,
        ),
        (400, openai_error("Bad", param="temperature", code="invalid_value"), None),
        (
            500,
            openai_error("Bad", param="temperature", code="unsupported_parameter"),
            None,
        ),
        # LiteLLM, with the reason in the text alone.
        (
            400,
            openai_error(
                "litellm.UnsupportedParamsError: gpt-5 models don't support temperature=0.0. Only "
                "temperature=1 is supported.",
                param="temperature",
                code="400",
            ),
            "temperature",
        ),
        (
            400,
            openai_error(
                "litellm.UnsupportedParamsError: openai does not support parameters: "
                "['stream_options'], for model=x.",
                code="400",
            ),
            "stream_options",
        ),
        (400, openai_error("'temperature' must be above 0", code="400"), None),
        (400, openai_error("prediction and temperature are not supported", code="400"), None),
        (400, openai_error("Only top_p is not supported", param="top_p", code="400"), None),
    ],
)
def test_an_optional_parameter_is_named_where_it_is_refused(
    wire: Wire, status: int, body: Any, name: str | None
) -> None:
    """Only a parameter that was sent, may be left out, and is refused as such."""
    error = wire.status_error(status, body)
    assert refused_parameter(error, optional=OPTIONAL) == name


def test_a_parameter_that_was_not_sent_is_not_dropped(wire: Wire) -> None:
    body = openai_error("No", param="temperature", code="unsupported_parameter")
    assert refused_parameter(wire.status_error(400, body), optional=frozenset()) is None


FILE = 'def total(prices):\n    """Sum."""\n    return sum(prices)  # unexpected prediction\n'


@pytest.mark.parametrize(
    "echo",
    [
        FILE,
        json.dumps(FILE)[1:-1],
        json.dumps(json.dumps(FILE))[1:-1],
        FILE[:40],
        FILE[10:60].replace("\n", " "),
    ],
)
def test_an_echo_of_the_file_is_taken_out(echo: str) -> None:
    """Whole, cut short, escaped once or twice, or folded: the file is not repeated."""
    shown = without_echo(f"Invalid value: {echo} near here", [FILE])
    assert "total" not in shown
    assert "sum(prices)" not in shown
    assert shown.startswith("Invalid value: ")
    assert shown.endswith("near here")


def test_words_that_only_resemble_the_file_stay() -> None:
    """Runs shorter than 20 characters are language, not an echo."""
    text = "Unsupported parameter: 'prediction' is not supported with this model."
    assert without_echo(text, [FILE]) == text


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcDEF123456789",
        "sk-ab********************wxyz",
        "Bearer abc.def-ghi",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl",
        "0123456789abcdef0123456789abcdef",
        "A" * 30 + "1b2C" * 13 + "ZZ",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "github_pat_11AAAAAAA0abcdefghij",
    ],
)
def test_what_looks_like_a_key_is_hidden(secret: str) -> None:
    """Keys and tokens that a provider repeats do not reach a comment."""
    shown = quote(f"Incorrect API key provided: {secret}. Find yours in the settings.")
    assert secret not in shown
    assert "[hidden]" in shown
    assert shown.startswith("Incorrect API key provided")


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_quote_is_one_short_printable_line(text: str, sent: list[str]) -> None:
    """Whatever a provider sends."""
    shown = quote(text, sent)
    assert len(shown) <= LONGEST_QUOTE
    assert not set(shown) & set("\n\r\t\x00\x1b\u202e\u200b")


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=40), st.data())
def test_no_long_run_of_the_file_survives(text: str, data: st.DataObject) -> None:
    """Any piece of 40 characters of the file disappears from a message that repeats it."""
    start = data.draw(st.integers(0, len(text) - 40))
    piece = " ".join(text[start : start + 40].split())
    shown = without_echo(f"Bad: {piece}", [text])
    assert len(piece) < 20 or piece not in shown


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"message": "No.", "code": "x"}, "No."),
        ({"error": "No."}, "No."),
        ({"error": {"message": "No."}}, "No."),
        ({"detail": "Not Found"}, "Not Found"),
        ({"error_description": "No.", "error": "invalid"}, "No."),
        (
            {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "prediction"],
                        "msg": "Extra inputs are not permitted",
                        "input": {"content": "SECRET FILE"},
                    }
                ]
            },
            "body.prediction: Extra inputs are not permitted",
        ),
        ({"detail": ["plain"]}, "plain"),
        ("No.", "No."),
        ("<html><body>Bad Gateway</body></html>", ""),
        (None, ""),
        (["a"], '["a"]'),
        ({"other": 1}, '{"other": 1}'),
    ],
)
def test_the_sentence_is_found_in_every_known_shape(body: object, sentence: str) -> None:
    """OpenAI's, FastAPI's, plain text; a web page has none."""
    assert sentence_of(body) == sentence


def test_a_body_of_any_kind_becomes_text() -> None:
    """Circular and foreign values do not break it."""
    circular: dict[str, object] = {}
    circular["self"] = circular
    assert "self" in body_text(circular)
    assert "object" in body_text({"a": object()})


@pytest.mark.parametrize("run", ["\\", "\\ ", " ", "\\n", '\\"', "a\\"])
def test_a_long_run_of_one_kind_takes_one_look(run: str) -> None:
    """Backslashes are compared with an error in steps that grow only with their number."""
    sent = run * (600_000 // len(run))
    echo = f"The value is wrong: {sent[:4_000]}"
    assert "wrong" in without_echo(echo, [sent])
    assert len(without_echo(echo, [sent])) < 100


def explained(wire: Wire, status: int, body: Any, **headers: str) -> Failure:
    """What an answer of a gateway comes to."""
    error = wire.status_error(status, body, headers=headers)
    return explain(error, target(Route.OPENAI), sent=["x = 1\n"])


@pytest.mark.parametrize(
    ("status", "inner"),
    [
        (429, {"message": "Budget crossed: Exceeded budget for provider openai", "code": "429"}),
        (429, {"message": "You exceeded your current quota.", "type": "throttling_error"}),
        (429, {"message": "No.", "type": "budget_exceeded"}),
        (422, {"message": "Budget has been exceeded! Current cost: 1", "type": "budget_exceeded"}),
        (400, {"message": "Your credit balance is too low to access the API."}),
        (402, {"message": "Insufficient credits"}),
        (402, {"message": "Payment required"}),
        (403, {"message": "x", "code": "insufficient_quota"}),
    ],
)
def test_what_is_used_up_is_no_rate_limit(wire: Wire, status: int, inner: dict[str, str]) -> None:
    """Waiting does not help, whatever status and words a gateway has for it."""
    failure = explained(wire, status, {"error": inner})
    assert type(failure.error) is errors.QuotaExhausted
    assert failure.again is Again.NEVER


@pytest.mark.parametrize(
    ("message", "headers"),
    [
        ("You exceeded your current quota. Please retry in 12.5s.", {}),
        ("You exceeded your current quota", {"retry-after": "3"}),
        ("Quota exceeded for metric: requests per minute", {}),
        ("Too many requests", {}),
    ],
)
def test_a_limit_for_now_is_waited_for(wire: Wire, message: str, headers: dict[str, str]) -> None:
    """Google words its limits a minute like a quota."""
    failure = explained(wire, 429, {"error": {"message": message}}, **headers)
    assert type(failure.error) is errors.ModelRateLimited
    assert failure.again is Again.LATER


def test_a_file_about_quotas_is_no_used_up_one(wire: Wire) -> None:
    """A 400 that quotes the file is judged without the quote."""
    file = "raise Error('Insufficient credits, you have exceeded your current quota')\n"
    error = wire.status_error(400, {"error": {"message": f"Cannot parse: {file}"}})
    assert type(explain(error, target(), sent=[file]).error) is errors.ModelRefused


def test_azures_filter_is_found_where_a_gateway_puts_it(wire: Wire) -> None:
    """LiteLLM passes Azure's details on in a field of its own."""
    inner = {"innererror": {"code": "ResponsibleAIPolicyViolation"}}
    body = {"error": {"message": "No.", "code": "400", "provider_specific_fields": inner}}
    assert type(explained(wire, 400, body).error) is errors.ContentFiltered


def test_a_key_that_a_gateway_does_not_know_is_a_wrong_key(wire: Wire) -> None:
    """LiteLLM without a database says only that it has none."""
    body = {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}}
    error = explained(wire, 400, body).error
    assert type(error) is errors.ModelUnauthorized
    assert "api-key" in error.next_step


@pytest.mark.parametrize(
    ("status", "message", "wanted"),
    [
        (400, "After the optional system message, conversation roles must alternate user/a", True),
        (500, "Jinja Exception: Conversation roles must alternate user/assistant/...", True),
        (400, "System role not supported", True),
        (400, "Only user and assistant roles are supported!", True),
        (401, "System role not supported", False),
        (400, "The role of this key is not supported", False),
    ],
)
def test_chat_templates_that_want_one_message_are_known(
    wire: Wire, status: int, message: str, *, wanted: bool
) -> None:
    """By what Mistral's and Google's templates say, as vLLM and llama.cpp quote it."""
    error = wire.status_error(status, {"error": {"message": message, "code": status}})
    assert wants_one_message(error, sent=["x = 1\n"]) is wanted
    assert not wants_one_message(error, sent=[message])
