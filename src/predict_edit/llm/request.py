"""The body of a request: exactly what is needed, because every extra is refused somewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from predict_edit.edit.prompt import Message
from predict_edit.llm.models import Capability

OPTIONAL = frozenset({"temperature", "stream_options", "max_completion_tokens"})
"""Parameters that a request can do without when a server refuses them."""


def body(
    *,
    model: str,
    messages: Sequence[Message],
    prediction: str | None,
    capability: Capability,
    most_tokens: int | None = None,
    dropped: Collection[str] = (),
) -> dict[str, Any]:
    """The JSON of one streamed chat completion.

    With a prediction: model, messages, prediction, temperature 0, stream and usage, nothing else;
    ``n``, ``tools``, ``logprobs``, penalties, audio and ``max_completion_tokens`` exclude it
    (Azure, "Predicted outputs", "Unsupported features"). Without one, ``most_tokens`` becomes
    ``max_completion_tokens``. What the model or server is known to refuse is left out.
    """
    fields: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
    }
    if prediction is not None:
        fields["prediction"] = {"type": "content", "content": prediction}
    elif most_tokens is not None:
        fields["max_completion_tokens"] = most_tokens
    refused = OPTIONAL & (capability.refuses | set(dropped))
    return {name: value for name, value in fields.items() if name not in refused}
