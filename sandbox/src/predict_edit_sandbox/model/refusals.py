"""Which requests the stand-in refuses, and with which words.

The bodies have the shape of the API that is asked (:class:`Dialect`). Where the real text is
published or was seen on a live server, it is that text; where it is not (predictions beside
another feature, context length on Azure) the wording is ours and only shape, ``param`` and
``code`` follow the API.

What is refused beside ``prediction`` is the list of OpenAI's guide and Azure's how-to: tools,
``n`` above 1, ``logprobs``, positive penalties, audio and other modalities than text, and
``max_completion_tokens``.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Any

from predict_edit_sandbox.model.catalogue import ModelSpec, PredictionRefusal


class Dialect(enum.Enum):
    """Whose error bodies a route answers with."""

    OPENAI = "openai"
    AZURE_V1 = "azure-v1"
    AZURE_DATED = "azure-dated"

    @property
    def azure(self) -> bool:
        """Whether this is one of Azure's routes."""
        return self is not Dialect.OPENAI


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is not a completion."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


def error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str | None = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    """OpenAI's error object; Azure uses it too for what the model itself refuses."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return Refusal(status=status, body=body, headers=headers or {})


def gateway_error(status: int, code: str, message: str) -> Refusal:
    """The error object of Azure's gateway: a code and a message."""
    return Refusal(status=status, body={"error": {"code": code, "message": message}})


def wrong_key(dialect: Dialect, key: str) -> Refusal:
    """401 for an unknown key."""
    if dialect.azure:
        return gateway_error(
            401,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to "
            "provide a valid key for an active subscription and use a correct regional API "
            "endpoint for your resource.",
        )
    if not key:
        return error(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    shown = f"{key[:4]}{'*' * 8}{key[-4:]}"
    return error(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def no_role(dialect: Dialect) -> Refusal:
    """403 for an identity without the role."""
    if dialect.azure:
        return gateway_error(
            403,
            "PermissionDenied",
            "The principal lacks the required data action `Microsoft.CognitiveServices/accounts/"
            "OpenAI/deployments/chat/completions/action` to perform `POST /openai/deployments/"
            "{deployment-id}/chat/completions` operation.",
        )
    return error(
        403, "You are not allowed to sample from this model", code="permission_denied", kind=None
    )


def unknown_model(dialect: Dialect, name: str) -> Refusal:
    """404 for a model or deployment that does not exist."""
    if dialect.azure:
        return gateway_error(
            404,
            "DeploymentNotFound",
            "The API deployment for this resource does not exist. If you created the deployment "
            "within the last 5 minutes, please wait a moment and try again.",
        )
    return error(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def by_context(spec: ModelSpec, tokens: int) -> Refusal | None:
    """Whether a prompt is too long for the model."""
    return context_too_long(spec, tokens) if tokens > spec.context else None


def context_too_long(spec: ModelSpec, tokens: int) -> Refusal:
    """400 for a prompt that the model's context cannot hold."""
    return error(
        400,
        f"This model's maximum context length is {spec.context} tokens. However, your messages "
        f"resulted in {tokens} tokens. Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    )


def prompt_filtered(dialect: Dialect) -> Refusal:
    """400 for a prompt that the content filter stopped."""
    refusal = error(
        400,
        "The response was filtered due to the prompt triggering the content management policy. "
        "Please modify your prompt and retry.",
        code="content_filter",
        param="prompt",
        kind=None if dialect.azure else "invalid_request_error",
    )
    if dialect.azure:
        refusal.body["error"]["innererror"] = {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {"jailbreak": {"filtered": True, "detected": True}},
        }
    return refusal


def rate_limited(dialect: Dialect, retry_after: float) -> Refusal:
    """429 with both of the headers that OpenAI's client honours."""
    headers = {
        "retry-after-ms": str(round(retry_after * 1000)),
        "retry-after": str(max(0, round(retry_after))),
    }
    if dialect.azure:
        message = (
            "Requests to the ChatCompletions_Create Operation have exceeded call rate limit. "
            f"Please retry after {max(1, round(retry_after))} seconds."
        )
        return dataclasses.replace(gateway_error(429, "429", message), headers=headers)
    return error(
        429,
        f"Rate limit reached. Please try again in {round(retry_after * 1000)}ms.",
        code="rate_limit_exceeded",
        kind="requests",
        headers=headers,
    )


def unsupported(param: str, message: str | None = None) -> Refusal:
    """400 for a parameter that exists, but not for this model or not beside another."""
    text = message or f"Unsupported parameter: '{param}' is not supported with this model."
    return error(400, text, code="unsupported_parameter", param=param)


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and value > 0


_BESIDE_PREDICTION: Mapping[str, Callable[[Any], bool]] = {
    "tools": bool,
    "functions": bool,
    "n": lambda value: isinstance(value, int) and value > 1,
    "logprobs": bool,
    "top_logprobs": lambda value: value is not None,
    "presence_penalty": _positive,
    "frequency_penalty": _positive,
    "audio": lambda value: value is not None,
    "modalities": lambda value: value is not None and list(value) != ["text"],
    "max_completion_tokens": lambda value: value is not None,
}


def _prediction(spec: ModelSpec) -> Refusal | None:
    match spec.refusal:
        case None | PredictionRefusal.IGNORED:
            return None
        case PredictionRefusal.OPENAI:
            return unsupported("prediction", spec.refusal.value)
        case PredictionRefusal.EXTRA_FORBIDDEN:
            detail = {
                "type": "extra_forbidden",
                "loc": ["body", "prediction"],
                "msg": spec.refusal.value,
            }
            return Refusal(status=422, body={"detail": [detail]})
        case PredictionRefusal.NOT_CURRENTLY:
            text = {"message": spec.refusal.value, "type": "invalid_request_error"}
            return Refusal(status=400, body={**text, "param": "prediction", "code": "wrong_api"})
        case _:
            return error(400, spec.refusal.value)


def by_model(spec: ModelSpec, body: Mapping[str, Any]) -> Refusal | None:
    """What this model does not take, ``None`` for a request that it does."""
    if body.get("prediction") is not None:
        if refusal := _prediction(spec):
            return refusal
        if spec.refusal is None:
            for param, refused in _BESIDE_PREDICTION.items():
                if refused(body.get(param)):
                    return unsupported(
                        param, f"Unsupported parameter: '{param}' cannot be used with predictions."
                    )
    if spec.efforts:
        return _reasoning(spec, body)
    if body.get("reasoning_effort") is not None and spec.refusal is not PredictionRefusal.IGNORED:
        return unsupported("reasoning_effort")
    return None


def _reasoning(spec: ModelSpec, body: Mapping[str, Any]) -> Refusal | None:
    if body.get("max_tokens") is not None:
        return unsupported(
            "max_tokens",
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
        )
    for param in ("stop", "logit_bias"):
        if body.get(param) is not None:
            return unsupported(param)
    for param, known in (("temperature", (None, 1)), ("reasoning_effort", (None, *spec.efforts))):
        value = body.get(param)
        if value not in known:
            supported = ", ".join(f"'{one}'" for one in known[1:])
            return error(
                400,
                f"Unsupported value: '{param}' does not support '{value}' with this model. "
                f"Supported values are: {supported}.",
                code="unsupported_value",
                param=param,
            )
    return None
