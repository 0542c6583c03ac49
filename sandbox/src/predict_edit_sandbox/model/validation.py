"""Checks a request's body against the openai SDK's own types, and against their exact keys.

The SDK's parameter types do not know what they do not know: a key that does not exist passes. So
keys are checked one by one first, as the API does, which reports an unknown key before anything
else.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from predict_edit_sandbox.model.refusals import Refusal, error

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_NESTED: Mapping[str, frozenset[str]] = {
    "prediction": frozenset({"type", "content"}),
    "stream_options": frozenset({"include_usage", "include_obfuscation"}),
}
_MESSAGE = frozenset(
    {"role", "content", "name", "refusal", "audio", "function_call", "tool_calls", "tool_call_id"}
)


@functools.cache
def _adapters() -> tuple[TypeAdapter[Any], TypeAdapter[Any], frozenset[str]]:
    # The SDK's types take half a second to import; the first request pays for it.
    from openai.types.chat import completion_create_params as params  # noqa: PLC0415
    from pydantic import TypeAdapter  # noqa: PLC0415

    streaming, whole = (
        params.CompletionCreateParamsStreaming,
        params.CompletionCreateParamsNonStreaming,
    )
    keys = streaming.__required_keys__ | streaming.__optional_keys__
    return TypeAdapter(streaming), TypeAdapter(whole), frozenset(keys)


def warm() -> None:
    """Load what the first request would have to wait for."""
    _adapters()


def check(body: Any) -> Refusal | None:
    """``None`` for a body that the API documents, otherwise what is wrong with it."""
    streaming, whole, keys = _adapters()
    if not isinstance(body, dict):
        return error(400, "We could not parse the JSON body of your request.")
    for unknown in _unknown_keys(body, keys):
        return error(
            400, f"Unknown parameter: '{unknown}'.", code="unknown_parameter", param=unknown
        )
    return _types(streaming if body.get("stream") else whole, body)


def _types(adapter: TypeAdapter[Any], body: dict[str, Any]) -> Refusal | None:
    from pydantic import ValidationError  # noqa: PLC0415  # slow to load

    reading = None
    try:
        checked = adapter.validate_python(body, strict=True)
        for reading in checked:
            _read(checked[reading])
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = first["loc"][0] if first["loc"] else None
        # While an iterable is read, places in it are counted from its own start.
        param = (
            place if isinstance(place, str) and place in {*body, "messages", "model"} else reading
        )
        if first["type"] == "missing":
            return error(
                400,
                f"Missing required parameter: '{param}'.",
                code="missing_required_parameter",
                param=param,
            )
        return error(
            400,
            f"Invalid type for '{param}': {first['msg']}.",
            code="invalid_type",
            param=param,
        )
    if not body["messages"]:
        return error(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1.",
            code="empty_array",
            param="messages",
        )
    return None


def _read(value: Any) -> None:
    """Walk through a validated value: the SDK's iterables are only checked while they are read."""
    if isinstance(value, str | bytes):
        return
    if isinstance(value, Mapping):
        for entry in value.values():
            _read(entry)
    elif isinstance(value, Iterable):
        for entry in value:
            _read(entry)


def _unknown_keys(body: Mapping[str, Any], keys: frozenset[str]) -> Iterator[str]:
    yield from (key for key in body if key not in keys)
    for name, known in _NESTED.items():
        if isinstance(inside := body.get(name), Mapping):
            yield from (f"{name}.{key}" for key in inside if key not in known)
    messages = body.get("messages")
    if isinstance(messages, list):
        for number, message in enumerate(messages):
            if isinstance(message, Mapping):
                yield from (f"messages[{number}].{key}" for key in message if key not in _MESSAGE)
