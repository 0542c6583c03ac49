"""Faults of the offline model, as the real client sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from predict_edit_sandbox.model import FaultKind, ModelSandbox, Quirk
from predict_edit_sandbox.model import faults as plan
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.delivery import REFUSAL
from predict_edit_sandbox.model.faults import WELL, Call, failing, spoiling

Make = Callable[..., dict[str, Any]]
Read = Callable[..., Any]
LONG = "".join(f"line {number}\n" for number in range(100))


@pytest.fixture
def fault(configured: Read) -> Read:
    """Make every request fail in one way."""

    def choose(kind: FaultKind, **more: Any) -> None:
        configured(planner=plan.always(failing(kind, **more)))

    return choose


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.SERVER_ERROR, openai.InternalServerError),
        (FaultKind.UNAVAILABLE, openai.InternalServerError),
        (FaultKind.RATE_LIMITED, openai.RateLimitError),
        (FaultKind.PROMPT_FILTERED, openai.BadRequestError),
        (FaultKind.CONTEXT_TOO_LONG, openai.BadRequestError),
        (FaultKind.CUT, openai.APIConnectionError),
        (FaultKind.MALFORMED, json.JSONDecodeError),
        (FaultKind.ERROR_EVENT, openai.APIError),
    ],
)
async def test_errors(
    client: AsyncOpenAI,
    stream: Read,
    predicting: Make,
    fault: Read,
    model: ModelSandbox,
    kind: FaultKind,
    error: type[Exception],
) -> None:
    """Each fault that a client can notice is noticed as the error it should be."""
    fault(kind)

    with pytest.raises(error):
        await stream(client, **predicting(LONG))

    assert model.exchanges[0].fault is kind


@pytest.mark.parametrize("kind", [FaultKind.ENDS_EARLY, FaultKind.HTML, FaultKind.JSON])
async def test_silent_faults(
    client: AsyncOpenAI, stream: Read, predicting: Make, fault: Read, kind: FaultKind
) -> None:
    """Some faults raise nothing in the client; only the finish reason is missing."""
    fault(kind)

    answer = await stream(client, **predicting(LONG))

    assert answer.finish is None
    assert answer.usage is None
    assert len(answer.text) < len(LONG)


@pytest.mark.parametrize(
    ("kind", "finish"),
    [(FaultKind.LENGTH, "length"), (FaultKind.ANSWER_FILTERED, "content_filter")],
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_finish_reasons(
    client: AsyncOpenAI,
    stream: Read,
    predicting: Make,
    fault: Read,
    kind: FaultKind,
    finish: str,
    streamed: bool,
) -> None:
    """An answer can end half way with another finish reason; what was written is billed."""
    fault(kind)

    if streamed:
        answer = await stream(client, **predicting(LONG))
        text, seen, usage = answer.text, answer.finish, answer.usage
    else:
        completion = await client.chat.completions.create(**predicting(LONG))
        text, seen = completion.choices[0].message.content, completion.choices[0].finish_reason
        usage = completion.usage

    assert seen == finish
    assert 0 < len(text) < len(LONG)
    assert LONG.startswith(text)
    assert 0 < usage.completion_tokens < 400


async def test_refusal(client: AsyncOpenAI, stream: Read, predicting: Make, fault: Read) -> None:
    """A refusal comes in its own field and with no text."""
    fault(FaultKind.REFUSAL)

    answer = await stream(client, **predicting())
    completion = await client.chat.completions.create(**predicting())

    refusals = [c.choices[0].delta.refusal for c in answer.chunks if c.choices]
    assert REFUSAL in refusals
    assert answer.text == ""
    assert completion.choices[0].message.refusal == REFUSAL
    assert completion.choices[0].message.content is None


async def test_usage_missing(
    client: AsyncOpenAI, stream: Read, predicting: Make, fault: Read
) -> None:
    """Usage can be missing altogether, or have no details."""
    fault(FaultKind.NO_USAGE)
    none = await stream(client, **predicting())
    fault(FaultKind.BARE_USAGE)
    bare = await stream(client, **predicting())

    assert none.usage is None
    assert none.finish == "stop"
    assert bare.usage.prompt_tokens > 0
    assert bare.usage.completion_tokens_details is None


async def test_endless(
    client: AsyncOpenAI, predicting: Make, fault: Read, model: ModelSandbox, quiet: Read
) -> None:
    """An endless stream goes on past its file until the client hangs up."""
    fault(FaultKind.ENDLESS)
    received = 0

    chunks = await client.chat.completions.create(**predicting(LONG), stream=True)
    async for chunk in chunks:
        if chunk.choices:
            received += len(chunk.choices[0].delta.content or "")
        if received > 3 * len(LONG):
            break
    await chunks.close()
    await quiet()

    assert received > 3 * len(LONG)
    assert not model.exchanges[0].complete


async def _read(client: AsyncOpenAI, **request: Any) -> None:
    """Ask, and read whatever comes to its end."""
    answer: Any = await client.chat.completions.create(**request)
    async for _ in answer:
        pass


@pytest.mark.parametrize("streamed", [True, False])
async def test_stall(
    model: ModelSandbox, predicting: Make, fault: Read, quiet: Read, streamed: bool
) -> None:
    """A stalled answer ends when the client's patience does."""
    fault(FaultKind.STALL)
    await model.warm()

    async with AsyncOpenAI(
        base_url=model.base_url, api_key=API_KEY, max_retries=0, timeout=0.5
    ) as client:
        with pytest.raises(openai.APITimeoutError):
            await _read(client, **predicting(LONG), stream=streamed)
    await quiet()

    assert not model.exchanges[0].complete


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.MALFORMED])
async def test_whole_answers_break_too(
    client: AsyncOpenAI, predicting: Make, fault: Read, kind: FaultKind
) -> None:
    """Faults of a stream have their counterpart in an answer that is not streamed."""
    fault(kind)

    with pytest.raises((openai.APIConnectionError, json.JSONDecodeError)):
        await client.chat.completions.create(**predicting(LONG))


async def test_redirect(http: httpx2.AsyncClient, predicting: Make, fault: Read) -> None:
    """A redirect points to its configured target."""
    fault(FaultKind.REDIRECT, location="http://127.0.0.1:9/v1/chat/completions")

    answer = await http.post("/v1/chat/completions", json=predicting())

    assert answer.status_code == 307
    assert answer.headers["location"].startswith("http://127.0.0.1:9/")


async def test_azure_prompt_filter(azure_v1: AsyncOpenAI, predicting: Make, fault: Read) -> None:
    """Azure says in the inner error which policy was violated."""
    fault(FaultKind.PROMPT_FILTERED)

    with pytest.raises(openai.BadRequestError) as refused:
        await azure_v1.chat.completions.create(**predicting())

    assert refused.value.code == "content_filter"
    assert "ResponsibleAIPolicyViolation" in str(refused.value.body)


async def test_quirks_over_http(
    client: AsyncOpenAI, configured: Read, stream: Read, predicting: Make
) -> None:
    """A quirk spoils the text, and the spoilt text is what is counted."""
    configured(planner=plan.first_attempt(spoiling(Quirk.FENCED)))

    spoilt = await stream(client, **predicting("a\n"))
    right = await stream(client, **predicting("a\n"))

    assert spoilt.text == "```\na\n```"
    assert right.text == "a\n"
    assert spoilt.usage.completion_tokens > right.usage.completion_tokens


def _call(number: int, attempt: int = 1, file: str = "x") -> Call:
    """What a planner sees."""
    return Call(number=number, attempt=attempt, model="m", file=file, predicted=True)


BAD = failing(FaultKind.SERVER_ERROR)


@pytest.mark.parametrize(
    ("planner", "call", "bad"),
    [
        (plan.well, _call(1), False),
        (plan.always(BAD), _call(7), True),
        (plan.first(2, BAD), _call(2), True),
        (plan.first(2, BAD), _call(3), False),
        (plan.every(3, BAD), _call(6), True),
        (plan.every(3, BAD), _call(7), False),
        (plan.every(3, BAD, offset=2), _call(7), True),
        (plan.first_attempt(BAD), _call(9, 1), True),
        (plan.first_attempt(BAD), _call(9, 2), False),
        (plan.about("x", BAD), _call(1), True),
        (plan.about("y", BAD), _call(1), False),
        (plan.either(plan.about("y", BAD), plan.every(2, BAD)), _call(2), True),
        (plan.either(plan.about("y", BAD), plan.every(2, BAD)), _call(1), False),
    ],
)
def test_planners(planner: plan.Planner, call: Call, bad: bool) -> None:
    """Each planner picks the requests it says."""
    assert planner(call) == (BAD if bad else WELL)
