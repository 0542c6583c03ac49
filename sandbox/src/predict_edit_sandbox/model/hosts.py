"""How the APIs of other providers differ from OpenAI's where predictions are concerned.

As their documentation says; see the docstring of each :class:`Host`. Each turns a request of its
own into one that the rest of the stand-in answers, and its answers into the provider's form.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.model import tokens
from predict_edit_sandbox.model.answers import Accounts
from predict_edit_sandbox.model.catalogue import ModelSpec
from predict_edit_sandbox.model.refusals import Refusal, error


class Host(enum.Enum):
    """Whose API this is."""

    OPENAI = "OpenAI"
    OPENROUTER = "OpenRouter"
    """Ignores what the model does not take, unless ``provider.require_parameters`` asks for a host
    that does: then 404. Its list of models has ``supported_parameters``."""
    FIREWORKS = "Fireworks"
    """A prediction counts against ``max_tokens``, whose default is 2,048, and is free; figures only
    with ``perf_metrics_in_response``. It may be a plain string."""
    CEREBRAS = "Cerebras"
    """As OpenAI; answers of fewer than 170 tokens accept nothing."""
    MISTRAL = "Mistral"
    """Refuses fields that it does not know, and a prediction whose content is not a string; reports
    no figures of predictions."""


OWN_FIELDS = {
    Host.OPENROUTER: frozenset({"provider"}),
    Host.FIREWORKS: frozenset({"perf_metrics_in_response"}),
}
_UNKNOWN_TO_MISTRAL = ("stream_options", "max_completion_tokens", "reasoning_effort")
_FIREWORKS_DEFAULT = 2_048
CEREBRAS_LEAST = 170


def received(host: Host, body: dict[str, Any]) -> dict[str, Any]:
    """The request without the provider's own fields, in OpenAI's form."""
    plain = {name: value for name, value in body.items() if name not in OWN_FIELDS.get(host, ())}
    if host is Host.FIREWORKS and isinstance(body.get("prediction"), str):
        plain["prediction"] = {"type": "content", "content": body["prediction"]}
    return plain


def refused(host: Host, body: Mapping[str, Any]) -> Refusal | None:
    """What the provider does not take before it looks at the model."""
    if host is not Host.MISTRAL:
        return None
    forbidden = [name for name in _UNKNOWN_TO_MISTRAL if name in body]
    details = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
        for name in forbidden
    ]
    prediction = body.get("prediction")
    if prediction is not None and not isinstance(prediction.get("content"), str):
        details.append(
            {
                "type": "string_type",
                "loc": ["body", "prediction", "content"],
                "msg": "Input should be a valid string",
            }
        )
    return Refusal(status=422, body={"detail": details}) if details else None


def for_model(host: Host, body: dict[str, Any], spec: ModelSpec) -> dict[str, Any] | Refusal:
    """The request as it reaches the model."""
    if host is Host.OPENROUTER:
        known = supported(spec)
        unknown = {name for name in ("prediction", "temperature") if name in body} - set(known)
        if unknown and (body.get("provider") or {}).get("require_parameters"):
            return error(
                404,
                "No endpoints found that can handle the requested parameters. To learn more about "
                "provider routing, visit: https://openrouter.ai/docs/guides/routing",
                code="404",
            )
        return {name: value for name, value in body.items() if name not in unknown}
    if host is Host.FIREWORKS:
        predicted = (body.get("prediction") or {}).get("content") or ""
        asked = body.get("max_tokens") or _FIREWORKS_DEFAULT
        return body | {"max_tokens": max(1, asked - len(tokens.encode(tokens.text_of(predicted))))}
    return body


def supported(spec: ModelSpec) -> list[str]:
    """What OpenRouter's list says that a model takes."""
    takes = ["max_completion_tokens", "max_tokens", "stop"]
    takes += ["reasoning_effort"] if spec.efforts else ["temperature"]
    return takes if spec.refusal else [*takes, "prediction"]


def booked(host: Host, accounts: Accounts) -> Accounts:
    """What the provider bills."""
    if host is Host.FIREWORKS:
        return dataclasses.replace(accounts, completion=accounts.completion - accounts.rejected)
    return accounts


def metrics(host: Host, body: Mapping[str, Any], accounts: Accounts) -> dict[str, Any]:
    """What the last chunk holds besides the usage."""
    if host is not Host.FIREWORKS or not body.get("perf_metrics_in_response"):
        return {}
    predicted = tokens.text_of((body.get("prediction") or {}).get("content") or "")
    figures = {
        "speculation-prompt-tokens": len(tokens.encode(predicted)),
        "speculation-matched-tokens": accounts.accepted,
    }
    return {"perf_metrics": figures}
