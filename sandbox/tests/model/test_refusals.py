"""What the offline model refuses, seen through the real clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI

from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

Make = Callable[..., dict[str, Any]]
Read = Callable[..., Any]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("tools", [TOOL]),
        ("n", 2),
        ("logprobs", True),
        ("presence_penalty", 0.5),
        ("frequency_penalty", 0.1),
        ("audio", {"voice": "alloy", "format": "wav"}),
        ("modalities", ["text", "audio"]),
        ("max_completion_tokens", 100),
    ],
)
async def test_unsupported_beside_prediction(
    client: AsyncOpenAI, predicting: Make, asking: Make, param: str, value: Any
) -> None:
    """Each feature of the published list is refused beside a prediction, and only there."""
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(**predicting(**{param: value}))

    assert refused.value.param == param
    assert refused.value.code == "unsupported_parameter"
    answer = await client.chat.completions.create(**asking(**{param: value}))
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("n", 1),
        ("presence_penalty", 0),
        ("frequency_penalty", -1),
        ("modalities", ["text"]),
        ("max_tokens", 500),
        ("temperature", 0),
        ("seed", 1),
        ("store", True),
        ("stop", ["x"]),
    ],
)
async def test_supported_beside_prediction(
    client: AsyncOpenAI, predicting: Make, param: str, value: Any
) -> None:
    """What no list names is taken."""
    answer = await client.chat.completions.create(**predicting(**{param: value}))
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("gpt-5.6-terra", 400, "'prediction' is not supported with this model."),
        ("gemma-4-31b", 400, '"prediction" is not currently supported'),
        ("strict-gateway", 400, "property 'prediction' is unsupported"),
        ("pydantic-server", 422, "extra_forbidden"),
    ],
)
async def test_models_without_predictions(
    client: AsyncOpenAI, predicting: Make, asking: Make, name: str, status: int, text: str
) -> None:
    """A model without predictions refuses them with the words seen on real servers."""
    with pytest.raises(openai.APIStatusError) as refused:
        await client.chat.completions.create(**predicting(model=name))

    assert refused.value.status_code == status
    assert text in str(refused.value.body)
    answer = await client.chat.completions.create(**asking(model=name))
    assert answer.choices[0].finish_reason == "stop"


async def test_exact_openai_refusal(client: AsyncOpenAI, predicting: Make) -> None:
    """OpenAI's refusal has the recorded type, param and code."""
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(**predicting(model="gpt-5.6-terra"))

    assert refused.value.body == {
        "message": "Unsupported parameter: 'prediction' is not supported with this model.",
        "type": "invalid_request_error",
        "param": "prediction",
        "code": "unsupported_parameter",
    }


async def test_predictions_ignored(client: AsyncOpenAI, stream: Read, predicting: Make) -> None:
    """A server that ignores predictions reports no details."""
    answer = await stream(client, **predicting(model="silent-server"))

    assert answer.usage.completion_tokens > 0
    assert answer.usage.completion_tokens_details is None


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"max_tokens": 5}, "max_tokens"),
        ({"stop": "x"}, "stop"),
        ({"temperature": 0}, "temperature"),
    ],
)
async def test_reasoning_models(
    client: AsyncOpenAI, asking: Make, more: dict[str, Any], param: str
) -> None:
    """A reasoning model refuses what such models refuse."""
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(**asking(model="gpt-5.6-terra", **more))

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"max_output": 5}, "max_output", "unknown_parameter"),
        ({"prediction": {"type": "content", "content": "x", "y": 1}}, "prediction.y", None),
        ({"stream": True, "stream_options": {"usage": True}}, "stream_options.usage", None),
        ({"messages": [{"role": "user", "content": "x", "z": 1}]}, "messages[0].z", None),
        ({"messages": [{"role": "person", "content": "x"}]}, "messages", "invalid_type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages", None),
        ({"messages": []}, "messages", "empty_array"),
        ({"prediction": {"type": "text", "content": "x"}}, "prediction", "invalid_type"),
        ({"prediction": {"type": "content"}}, "prediction", None),
        ({"temperature": "0"}, "temperature", "invalid_type"),
        ({"model": None}, "model", "invalid_type"),
    ],
)
async def test_wrong_bodies(
    http: httpx2.AsyncClient, asking: Make, change: dict[str, Any], param: str, code: str | None
) -> None:
    """A body that the SDK's types do not describe is refused, unknown keys included."""
    answer = await http.post("/v1/chat/completions", json=asking() | change)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert code in {None, error["code"]}


async def test_missing_parameter(http: httpx2.AsyncClient, asking: Make) -> None:
    """A missing parameter is named."""
    body = asking()
    del body["messages"]

    answer = await http.post("/v1/chat/completions", json=body)

    assert answer.json()["error"]["message"] == "Missing required parameter: 'messages'."


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff"])
async def test_no_json(http: httpx2.AsyncClient, raw: bytes) -> None:
    """Anything but a JSON object is refused."""
    answer = await http.post("/v1/chat/completions", content=raw)

    assert answer.status_code == 400


async def test_wrong_key(model: ModelSandbox, asking: Make) -> None:
    """OpenAI's routes answer a wrong key with OpenAI's body and show little of the key."""
    async with AsyncOpenAI(
        base_url=model.base_url, api_key="sk-0123456789abcdef", max_retries=0
    ) as stranger:
        with pytest.raises(openai.AuthenticationError) as refused:
            await stranger.chat.completions.create(**asking())
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.retrieve("gpt-4o")

    assert refused.value.code == "invalid_api_key"
    assert "0123456789" not in str(refused.value)


async def test_no_key(model: ModelSandbox, asking: Make) -> None:
    """A request without a key gets that answer."""
    async with httpx2.AsyncClient(base_url=model.url) as client:
        answer = await client.post("/v1/chat/completions", json=asking())

    assert answer.status_code == 401
    assert "didn't provide an API key" in answer.json()["error"]["message"]


async def test_wrong_key__azure(model: ModelSandbox, asking: Make) -> None:
    """Azure's routes answer with the gateway's code and message."""
    async with AsyncOpenAI(
        base_url=model.azure_base_url, api_key="wrong", max_retries=0
    ) as stranger:
        with pytest.raises(openai.AuthenticationError) as refused:
            await stranger.chat.completions.create(**asking())

    assert refused.value.code == "401"
    assert "invalid subscription key" in str(refused.value)


@pytest.mark.parametrize("root", ["/v1", "/openai/v1"])
async def test_no_role(http: httpx2.AsyncClient, configured: Read, asking: Make, root: str) -> None:
    """A known identity without the role is forbidden."""
    configured(forbidden_keys=frozenset({API_KEY}))

    answer = await http.post(f"{root}/chat/completions", json=asking())

    assert answer.status_code == 403


async def test_unknown_model(
    client: AsyncOpenAI, azure_v1: AsyncOpenAI, azure_dated: AsyncAzureOpenAI, asking: Make
) -> None:
    """An unknown name is 404, in each vendor's words."""
    codes = []
    for asked in (client, azure_v1, azure_dated):
        with pytest.raises(openai.NotFoundError) as refused:
            await asked.chat.completions.create(**asking(model="nobody"))
        codes.append(refused.value.code)

    assert codes == ["model_not_found", "DeploymentNotFound", "DeploymentNotFound"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404),
        ("?api-version=2024-06-01", 400),
        ("?api-version=2024-12-01-preview", 400),
        ("?api-version=2025-01-01-preview", 200),
        ("?api-version=2025-04-01", 200),
    ],
)
async def test_api_versions(
    http: httpx2.AsyncClient, predicting: Make, query: str, status: int
) -> None:
    """Azure's dated routes need an api-version, and one that has predictions."""
    body = predicting()
    del body["model"]

    answer = await http.post(f"/openai/deployments/gpt-4o/chat/completions{query}", json=body)

    assert answer.status_code == status


async def test_context_too_long(client: AsyncOpenAI, asking: Make) -> None:
    """A prompt above the model's context is refused with its code."""
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(**asking("word " * 130_000))

    assert refused.value.code == "context_length_exceeded"


@pytest.mark.parametrize("limit", [{"max_tokens": 10}, {"max_completion_tokens": 10}])
async def test_output_limit(client: AsyncOpenAI, asking: Make, limit: dict[str, int]) -> None:
    """An answer that reaches the limit ends with finish reason length."""
    completion = await client.chat.completions.create(**asking("word " * 100, **limit))

    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 10


async def test_output_limit__rejected_tokens_count(client: AsyncOpenAI, predicting: Make) -> None:
    """Rejected predicted tokens eat into what the model may write."""
    file = "word " * 4_090

    fits = await client.chat.completions.create(**predicting(file, "-", model="small-output"))
    spoilt = await client.chat.completions.create(
        **predicting("x " + file, "Replace `x` with `a b c`", model="small-output")
    )

    assert fits.choices[0].finish_reason == "stop"
    assert spoilt.choices[0].finish_reason == "length"
