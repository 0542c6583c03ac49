"""The model's recorded answers, against the types of OpenAI's SDK."""

from __future__ import annotations

import json
from typing import Any

import pydantic
import pytest
from openai.types import shared
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)

from .conftest import AZURE, Interaction, all_of, body_of

STREAMED = {"model", "messages", "stream", "stream_options"}
MAY_BE_SENT = STREAMED | {"prediction", "reasoning_effort", "temperature", "seed"}
OF_AZURE = {"content_filter_results", "prompt_filter_results"}


def extras(value: Any) -> set[str]:
    """The keys that the SDK's types do not have."""
    if isinstance(value, list):
        return set().union(*map(extras, value)) if value else set()
    if not isinstance(value, pydantic.BaseModel):
        return set()
    known = (getattr(value, name) for name in type(value).model_fields)
    return set(value.model_extra or ()).union(*map(extras, known))


def read_strictly(kind: type[pydantic.BaseModel], text: str, *, azure: bool) -> Any:
    """Read as the SDK's type, strictly; keys it does not have are Azure's filter results only."""
    read = kind.model_validate_json(text, strict=True)
    assert extras(read) <= (OF_AZURE if azure else set())
    return read


@pytest.mark.parametrize("interaction", all_of("test_model"))
def test_requests_to_the_model(interaction: Interaction) -> None:
    """Each is of the published type and has no key beyond those that are meant to be sent."""
    asked = json.loads(interaction["request"]["body"])
    kind: Any = CompletionCreateParamsNonStreaming
    if asked.get("stream"):
        kind = CompletionCreateParamsStreaming
        assert set(asked) >= STREAMED
        assert asked["stream_options"] == {"include_usage": True}
    pydantic.TypeAdapter(kind).validate_python(asked)
    assert set(asked) <= MAY_BE_SENT
    assert {message["role"] for message in asked["messages"]} <= {"system", "user"}
    if "prediction" in asked:
        file = asked["messages"][-1]["content"]
        assert asked["prediction"] == {"type": "content", "content": file}


@pytest.mark.parametrize("interaction", all_of("test_model"))
def test_answers_of_the_model(interaction: Interaction) -> None:
    """Completions, chunks and errors are of the published types, in the published order."""
    text = body_of(interaction)
    azure = interaction["request"]["uri"].startswith(AZURE)
    if interaction["response"]["status"]["code"] != 200:
        check_model_error(json.loads(text), azure=azure)
        return
    if interaction["response"]["headers"]["content-type"] != ["text/event-stream; charset=utf-8"]:
        assert read_strictly(ChatCompletion, text, azure=azure).choices[0].finish_reason == "stop"
        return
    events = text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [
        read_strictly(ChatCompletionChunk, event.removeprefix("data: "), azure=azure)
        for event in events[:-2]
    ]
    *written, closing = chunks[1:] if azure else chunks
    assert closing.choices == []
    assert (
        closing.usage.total_tokens == closing.usage.prompt_tokens + closing.usage.completion_tokens
    )
    assert written[0].choices[0].delta.role == "assistant"
    ends = [chunk.choices[0].finish_reason for chunk in written]
    assert ends[-1] in {"stop", "length", "content_filter"}
    assert set(ends[:-1]) == {None}


def check_model_error(answer: dict[str, Any], *, azure: bool) -> None:
    """OpenAI's error object, Azure's shorter one, or one of the shapes of compatible servers."""
    if "detail" in answer:
        assert {entry["type"] for entry in answer["detail"]} == {"extra_forbidden"}
        return
    error = answer.get("error", answer)
    if azure and "type" not in error:
        assert set(error) == {"code", "message"}
        return
    inner = error.pop("innererror", None)
    assert inner is None or azure
    # The SDK requires `type`, which Azure's filter leaves null.
    shared.ErrorObject.model_validate({**error, "type": error["type"] or ""}, strict=True)
