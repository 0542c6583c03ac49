"""An offline model and the real client to ask it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

INSTRUCTION = "Replace string `FizzBuzz` with `MSFTBuzz`."
FILE = 'def fizz(n):\n    """Say FizzBuzz."""\n    return "FizzBuzz" if n % 15 == 0 else str(n)\n'


def _ask(file: str = FILE, instruction: str = INSTRUCTION, **more: Any) -> dict[str, Any]:
    """The JSON of a request."""
    return {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "You edit files."},
            {"role": "user", "content": instruction},
            {"role": "user", "content": file},
        ],
        **more,
    }


@pytest.fixture
def asking() -> Callable[..., dict[str, Any]]:
    """A request as predict-edit makes it, without the prediction."""
    return _ask


@pytest.fixture
def predicting() -> Callable[..., dict[str, Any]]:
    """The same with the file as prediction."""

    def predict(file: str = FILE, instruction: str = INSTRUCTION, **more: Any) -> dict[str, Any]:
        return _ask(file, instruction, prediction={"type": "content", "content": file}, **more)

    return predict


@pytest.fixture
async def model() -> AsyncIterator[ModelSandbox]:
    """A well-behaved offline model."""
    async with ModelSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def client(model: ModelSandbox) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's own client, pointed at the offline model, without retries."""
    async with AsyncOpenAI(base_url=model.base_url, api_key=API_KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def azure_v1(model: ModelSandbox) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's own client on Azure's v1 routes."""
    async with AsyncOpenAI(base_url=model.azure_base_url, api_key=API_KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def azure_dated(model: ModelSandbox) -> AsyncIterator[AsyncAzureOpenAI]:
    """Azure's client on the dated routes."""
    async with AsyncAzureOpenAI(
        azure_endpoint=model.url, api_version="2025-01-01-preview", api_key=API_KEY, max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def http(model: ModelSandbox) -> AsyncIterator[httpx2.AsyncClient]:
    """A plain client that sends the key and shows the bytes."""
    async with httpx2.AsyncClient(
        base_url=model.url, headers={"authorization": f"Bearer {API_KEY}"}
    ) as client:
        yield client


class Streamed:
    """A stream read to its end."""

    def __init__(self, chunks: list[ChatCompletionChunk]) -> None:
        self.chunks = chunks
        self.text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.finish = next(
            (c.choices[0].finish_reason for c in reversed(chunks) if c.choices), None
        )
        self.usage = chunks[-1].usage if chunks else None


@pytest.fixture
def stream() -> Callable[..., Any]:
    """Ask with a stream and read it to its end."""

    async def read(client: AsyncOpenAI, **request: Any) -> Streamed:
        """Ask and read."""
        request.setdefault("stream_options", {"include_usage": True})
        chunks = await client.chat.completions.create(**request, stream=True)
        return Streamed([chunk async for chunk in chunks])

    return read


@pytest.fixture
def configured(model: ModelSandbox) -> Callable[..., None]:
    """Set the running model up differently."""

    def configure(**changes: Any) -> None:
        model.reset(ModelConfig(**changes))

    return configure


@pytest.fixture
def quiet(model: ModelSandbox) -> Callable[[], Any]:
    """Wait until the model has no client any more."""

    async def wait() -> None:
        """Look until nothing is in flight."""
        for _ in range(500):
            if not model.in_flight:
                return
            await asyncio.sleep(0.01)
        pytest.fail("a request is still being answered")

    return wait
