"""Answers of the offline model against the openai SDK's own types."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

Make = Callable[..., dict[str, Any]]


def _strictly(kind: Any, data: Any, azure: tuple[str, ...] = ()) -> None:
    """Read as the SDK's type, strictly, and allow no key that the type does not have."""
    read = kind.model_validate_json(json.dumps(data), strict=True)

    def extras(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(extras, value)) if value else set()
        if not hasattr(value, "model_extra"):
            return set()
        found = set(value.model_extra or ())
        return found.union(*(extras(getattr(value, name)) for name in type(value).model_fields))

    assert extras(read) <= set(azure)


@pytest.mark.parametrize(
    ("root", "extra"),
    [
        ("/v1", ()),
        ("/openai/v1", ("content_filter_results", "prompt_filter_results")),
    ],
)
async def test_answers_have_the_documented_shape(
    http: httpx2.AsyncClient, predicting: Make, root: str, extra: tuple[str, ...]
) -> None:
    """Answers and chunks are what the SDK's types describe, but for Azure's filter results."""
    whole = await http.post(f"{root}/chat/completions", json=predicting())
    _strictly(ChatCompletion, whole.json(), extra)

    streamed = await http.post(
        f"{root}/chat/completions",
        json=predicting(stream=True, stream_options={"include_usage": True}),
    )

    events = streamed.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    for chunk in chunks:
        _strictly(ChatCompletionChunk, chunk, extra)
        assert chunk["system_fingerprint"] == "fp_sandbox_stand_in_no_model"
    if extra:
        assert chunks[0]["choices"] == []
        assert chunks[0]["prompt_filter_results"]
        del chunks[0]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1]["choices"] == []
    assert chunks[-2]["choices"][0] | {"content_filter_results": None} == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
        "content_filter_results": None,
    }
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert "stand-in" in streamed.headers["server"]
