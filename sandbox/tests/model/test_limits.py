"""Rate limits of the offline model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
from openai import AsyncOpenAI

from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY, Latency, RateLimit

Make = Callable[..., dict[str, Any]]
Read = Callable[..., Any]


async def test_rate_limit__requests(
    http: httpx2.AsyncClient, configured: Read, asking: Make
) -> None:
    """Each answer says what is left; beyond it comes 429 with the time to wait."""
    configured(rate_limit=RateLimit(requests=2, window=30))

    answers = [await http.post("/v1/chat/completions", json=asking()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    remaining = [answer.headers["x-ratelimit-remaining-requests"] for answer in answers]
    assert remaining == ["1", "0", "0"]
    assert 20_000 < int(answers[-1].headers["retry-after-ms"]) <= 30_000


async def test_rate_limit__tokens(http: httpx2.AsyncClient, configured: Read, asking: Make) -> None:
    """Prompt tokens are limited too."""
    configured(rate_limit=RateLimit(tokens=100))

    answers = [await http.post("/v1/chat/completions", json=asking()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert 0 < int(answers[0].headers["x-ratelimit-remaining-tokens"]) < 100


async def test_rate_limit__window_passes(
    model: ModelSandbox, configured: Read, asking: Make
) -> None:
    """The client's own retry gets through when the window has passed."""
    configured(rate_limit=RateLimit(requests=1, window=0.3))

    async with AsyncOpenAI(base_url=model.base_url, api_key=API_KEY, max_retries=2) as client:
        for _ in range(2):
            await client.chat.completions.create(**asking())

    assert [exchange.status for exchange in model.exchanges] == [200, 429, 200]


async def test_rate_limit__azure(http: httpx2.AsyncClient, configured: Read, asking: Make) -> None:
    """Azure's 429 has the gateway's shape."""
    configured(rate_limit=RateLimit(requests=0))

    answer = await http.post("/openai/v1/chat/completions", json=asking())

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "429"


async def test_rate_limit__in_flight(
    model: ModelSandbox, http: httpx2.AsyncClient, configured: Read, asking: Make
) -> None:
    """More requests at the same time than allowed get 429."""
    await model.warm()
    configured(rate_limit=RateLimit(in_flight=2), latency=Latency(first_token=0.3))

    answers = await asyncio.gather(
        *(http.post("/v1/chat/completions", json=asking()) for _ in range(3))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 200, 429]
