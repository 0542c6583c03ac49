"""A scripted model server on the loopback, and what the tests need around it."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

import httpx2
import openai
import pytest
from aiohttp import web

from predict_edit.domain.edits import EditRequest, SourceFile
from predict_edit.llm.auth import open_client
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.shutdown import shut_down

FIZZBUZZ = """
for number in range(1, 101):
    if number % 3 == 0 and number % 5 == 0:
        print("FizzBuzz")
    elif number % 3 == 0:
        print("Fizz")
    elif number % 5 == 0:
        print("Buzz")
    else:
        print(number)
"""
PUBLISHED_USAGE = {
    "completion_tokens": 77,
    "prompt_tokens": 124,
    "total_tokens": 201,
    "completion_tokens_details": {
        "accepted_prediction_tokens": 6,
        "audio_tokens": 0,
        "reasoning_tokens": 0,
        "rejected_prediction_tokens": 4,
    },
    "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
}
MODEL = "gpt-4o-mini-2024-07-18"

Reply = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]


def frame(
    content: str | None = None,
    *,
    finish: str | None = None,
    choices: bool = True,
    delta: Mapping[str, Any] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """One chunk of a streamed chat completion, as OpenAI and Azure send them."""
    inner = dict(delta) if delta is not None else {}
    if content is not None:
        inner["content"] = content
    choice = {"index": 0, "delta": inner, "finish_reason": finish, "logprobs": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1737612112,
        "model": MODEL,
        "choices": [choice] if choices else [],
        "usage": None,
        **extra,
    }


def whole(
    text: str, *, usage: Mapping[str, Any] | None = PUBLISHED_USAGE, finish: str = "stop"
) -> list[Any]:
    """The frames of a complete answer, in the documented order."""
    pieces = [text[start : start + 7] for start in range(0, len(text), 7)]
    return [
        frame("", delta={"role": "assistant"}),
        *(frame(piece) for piece in pieces),
        frame(finish=finish),
        frame(choices=False, usage=usage),
        "[DONE]",
    ]


def lines(frames: Iterable[Any]) -> bytes:
    """Frames as the bytes of an event stream; a string frame is sent as it is."""
    return b"".join(
        f"data: {item if isinstance(item, str) else json.dumps(item)}\n\n".encode()
        for item in frames
    )


def stream(
    frames: Iterable[Any],
    *,
    pause: float = 0.0,
    hang: bool = False,
    cut: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Answer with an event stream; a number is a rest of so many seconds.

    ``cut`` drops the connection at the end, ``hang`` never ends.
    """
    sent = list(frames)

    async def reply(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", **(headers or {})}
        )
        await response.prepare(request)
        for item in sent:
            if isinstance(item, float):
                await asyncio.sleep(item)
                continue
            await response.write(lines([item]))
            await asyncio.sleep(pause)
        if hang:
            await asyncio.sleep(30)
        if cut and request.transport is not None:
            request.transport.abort()
        return response

    return reply


def endless(*, content: bool = True, looping: bool = False) -> Reply:
    """Stream for ever, new text, the same text or empty frames, until the client hangs up."""

    async def reply(request: web.Request, _: Mapping[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in itertools.count():
            said = "all work and no play\n" * 20 if looping else f"{number} bottles of beer\n" * 8
            await response.write(lines([frame(said) if content else frame(choices=False)]))
            await asyncio.sleep(0.001)
        return response

    return reply


def answer(
    status: int, body: Any, *, headers: Mapping[str, str] | None = None, kind: str = ""
) -> Reply:
    """Answer at once, with JSON or, given a content type, with text."""

    async def reply(_: web.Request, __: Mapping[str, Any]) -> web.StreamResponse:
        if kind:
            return web.Response(status=status, text=body, content_type=kind, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return reply


def error(message: str, *, status: int = 400, **fields: Any) -> Reply:
    """An error body as OpenAI sends it."""
    inner = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return answer(status, {"error": {**inner, **fields}})


@dataclasses.dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    at: float


class ModelServer:
    """Plays queued replies in order, then the default."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies: collections.deque[Reply] = collections.deque()
        self.default: Reply = stream(whole("unused"))
        self.busy = 0
        self.most_busy = 0
        self.hung_up = 0
        self.url = ""

    def play(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        return [received.body for received in self.received]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record, then play."""
        body = json.loads(await request.text())
        now = asyncio.get_running_loop().time()
        self.received.append(
            Received(request.path, dict(request.query), dict(request.headers), body, now)
        )
        reply = self.replies.popleft() if self.replies else self.default
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            return await reply(request, body)
        except (ConnectionError, asyncio.CancelledError):
            self.hung_up += 1
            raise
        finally:
            self.busy -= 1


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    """A model server of this test's own."""
    played = ModelServer()
    application = web.Application()
    application.router.add_post("/{path:.*}", played.handle)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    played.url = f"http://127.0.0.1:{port}"
    yield played
    await shut_down(runner)


@pytest.fixture
def settings(server: ModelServer) -> ModelSettings:
    """Settings that lead to the server, with patience for a busy machine."""
    return ModelSettings(
        model="gpt-4o-mini",
        base_url=f"{server.url}/v1",
        api_key="key-1",
        timeout=30.0,
        answer="file",
    )


@pytest.fixture
async def client(settings: ModelSettings) -> AsyncIterator[openai.AsyncOpenAI]:
    """A client as the action opens it."""
    opened = open_client(settings, environ={}, mask=lambda _: None)
    yield opened
    await opened.close()


class Wire:
    """The builders of this file, for tests that cannot import it."""

    FIZZBUZZ = FIZZBUZZ
    EDITED = FIZZBUZZ.replace("FizzBuzz", "MSFTBuzz")
    MODEL = MODEL
    PUBLISHED_USAGE = PUBLISHED_USAGE
    frame = staticmethod(frame)
    whole = staticmethod(whole)
    lines = staticmethod(lines)
    stream = staticmethod(stream)
    endless = staticmethod(endless)
    answer = staticmethod(answer)
    error = staticmethod(error)

    @staticmethod
    def request(text: str = FIZZBUZZ, path: str = "fizz.py") -> EditRequest:
        """The vendor's own example as a request."""
        return EditRequest(
            file=SourceFile(path=path, text=text, blob_sha="0" * 40),
            instruction="Replace string `FizzBuzz` with `MSFTBuzz`.",
        )

    @staticmethod
    def status_error(
        status: int,
        body: Any,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> openai.APIStatusError:
        """The SDK's own error for an answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = httpx2.Response(
            status,
            content=content,
            headers=dict(headers or {}),
            request=httpx2.Request("POST", "https://api.openai.com/v1/chat/completions"),
        )
        made = openai.AsyncOpenAI(api_key="key-1", base_url="https://api.openai.com/v1")
        return made._make_status_error_from_response(response)


@pytest.fixture
def wire() -> Wire:
    """Frames, replies and errors."""
    return Wire()
