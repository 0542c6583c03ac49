"""The models the stand-in pretends to have, and how they differ in the requests they take.

Names, versions and limits are those that OpenAI, Azure and Cerebras publish; nothing else about
these models is imitated.
"""

from __future__ import annotations

import dataclasses
import enum


class PredictionRefusal(enum.Enum):
    """How a model that takes no predictions says so; the texts are those seen on real servers."""

    OPENAI = "Unsupported parameter: 'prediction' is not supported with this model."
    NOT_CURRENTLY = '"prediction" is not currently supported'
    PROPERTY = "property 'prediction' is unsupported"
    EXTRA_FORBIDDEN = "Extra inputs are not permitted"
    """422 with a ``detail`` list, as servers built on pydantic answer."""
    UNRECOGNIZED = "Unrecognized request argument supplied: prediction"
    """Azure before the api-version that introduced predictions."""
    IGNORED = "ignored"
    """No refusal: the field has no effect, and usage has no details."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model."""

    name: str
    reported: str
    """What answers carry in ``model``."""
    context: int = 128_000
    """Tokens of prompt and answer together."""
    output_limit: int = 16_384
    """Tokens of answer and rejected predictions together."""
    refusal: PredictionRefusal | None = None
    """``None``: it takes predictions."""
    efforts: tuple[str, ...] = ()
    """Values of ``reasoning_effort`` that it takes. A model that takes any reasons, and refuses
    ``max_tokens``, ``stop`` and a temperature other than 1."""
    prediction_prompt_tokens: int = 0
    """Prompt tokens that a prediction adds; 16 in the published samples of the gpt-4o family."""


def _gpt_4o(name: str, reported: str) -> ModelSpec:
    return ModelSpec(name=name, reported=reported, prediction_prompt_tokens=16)


def _gpt_41(name: str) -> ModelSpec:
    return ModelSpec(
        name=name, reported=f"{name}-2025-04-14", context=1_047_576, output_limit=32_768
    )


def _reasoning(name: str, context: int, *efforts: str) -> ModelSpec:
    return ModelSpec(
        name=name,
        reported=name,
        context=context,
        output_limit=128_000,
        refusal=PredictionRefusal.OPENAI,
        efforts=(*efforts, "low", "medium", "high", "xhigh"),
    )


_MODELS = (
    _gpt_4o("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    _gpt_4o("gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
    _gpt_4o("gpt-4o", "gpt-4o-2024-11-20"),
    _gpt_41("gpt-4.1"),
    _gpt_41("gpt-4.1-mini"),
    _gpt_41("gpt-4.1-nano"),
    _reasoning("gpt-5.6-terra", 400_000, "none"),
    _reasoning("gpt-6-luna", 1_050_000, "none"),
    _reasoning("gpt-6.1-sol", 1_050_000),
    ModelSpec(name="gemma-4-31b", reported="gemma-4-31b", refusal=PredictionRefusal.NOT_CURRENTLY),
    ModelSpec(name="strict-gateway", reported="gpt-oss-120b", refusal=PredictionRefusal.PROPERTY),
    ModelSpec(
        name="pydantic-server", reported="local-model", refusal=PredictionRefusal.EXTRA_FORBIDDEN
    ),
    ModelSpec(name="silent-server", reported="local-model", refusal=PredictionRefusal.IGNORED),
    ModelSpec(name="small-output", reported="small-output", output_limit=4_096),
    ModelSpec(name="small-context", reported="small-context", context=6_000),
)

CATALOGUE: dict[str, ModelSpec] = {
    alias: model for model in _MODELS for alias in (model.name, model.reported)
}
"""By configured name and by reported name."""
