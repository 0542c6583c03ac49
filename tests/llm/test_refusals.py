"""Which refusals are about the prediction, or about another part that can be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest

from predict_edit.llm.refusals import refused_parameter, refuses_prediction

if TYPE_CHECKING:
    from tests.llm.conftest import Wire

OPTIONAL = frozenset({"temperature", "stream_options", "max_completion_tokens"})


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


def test_a_file_that_speaks_of_predictions_is_no_refusal(wire: Wire) -> None:
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
def test_what_is_no_answer_is_no_refusal(error: Exception) -> None:
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
    ],
)
def test_an_optional_parameter_is_named_where_it_is_refused(
    wire: Wire, status: int, body: Any, name: str | None
) -> None:
    """Only a parameter that was sent, may be left out, and is refused as such."""
    error = wire.status_error(status, body)
    assert refused_parameter(error, optional=OPTIONAL) == name


def test_a_parameter_that_was_not_sent_is_not_dropped(wire: Wire) -> None:
    """What the request does not carry cannot be left out."""
    body = openai_error("No", param="temperature", code="unsupported_parameter")
    assert refused_parameter(wire.status_error(400, body), optional=frozenset()) is None
