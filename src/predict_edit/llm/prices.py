"""What tokens cost, offline, in US dollars.

Every figure is an estimate: price lists lag behind, regions differ, and nobody tells predictions
apart. What is not known is ``None``, never 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from predict_edit.domain import Usage
from predict_edit.settings.fields import Price

Overrides = Sequence[tuple[str, Price]]
"""Names, or beginnings of names, of models or deployments, with their prices."""

_MILLION = Decimal(1_000_000)


def cost(
    usage: Usage,
    model: str,
    *,
    provider: str | None = None,
    overrides: Overrides = (),
    configured: str | None = None,
) -> Decimal | None:
    """Dollars of one call.

    Uncached prompt tokens, cached ones at their own price, and completion tokens, which already
    hold the rejected prediction tokens (OpenAI, "Predicted Outputs").

    Args:
        usage: As reported; without prompt or completion tokens the cost is not known. Cached
            tokens that were not reported count as not cached.
        model: The model that answered, as the API names it.
        provider: Whose price list; without it, that of the model's maker.
        overrides: Prices that win over every list.
        configured: The model's name in the settings, such as an Azure deployment, which
            overrides may also name.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    prompt, completion = max(usage.prompt_tokens, 0), max(usage.completion_tokens, 0)
    cached = min(max(usage.cached_tokens or 0, 0), prompt)
    price = override_for(model, overrides)
    if price is None and configured is not None:
        price = override_for(configured, overrides)
    if price is not None:
        cached_price = price.input if price.cached is None else price.cached
        total = (prompt - cached) * price.input + cached * cached_price + completion * price.output
        return total / _MILLION
    return _listed(prompt, cached, completion, model, provider)


def overhead(
    usage: Usage,
    model: str,
    *,
    provider: str | None = None,
    overrides: Overrides = (),
    configured: str | None = None,
) -> Decimal | None:
    """Dollars that rejected prediction tokens added; ``None`` where they were not reported."""
    if usage.rejected_prediction_tokens is None:
        return None
    rejected = Usage(prompt_tokens=0, completion_tokens=usage.rejected_prediction_tokens)
    return cost(rejected, model, provider=provider, overrides=overrides, configured=configured)


def without_prediction(
    usage: Usage,
    model: str,
    *,
    provider: str | None = None,
    overrides: Overrides = (),
    configured: str | None = None,
) -> Decimal | None:
    """Dollars the same call would have cost without a prediction, as an estimate.

    The same prompt, as the prediction itself is not billed as one, and a completion without the
    rejected tokens.
    """
    if usage.completion_tokens is None or usage.rejected_prediction_tokens is None:
        return None
    left = max(usage.completion_tokens - usage.rejected_prediction_tokens, 0)
    plain = dataclasses.replace(usage, completion_tokens=left)
    return cost(plain, model, provider=provider, overrides=overrides, configured=configured)


def override_for(model: str, overrides: Overrides) -> Price | None:
    """The price set for a model: by its exact name, else by the longest beginning of it."""
    name = model.lower()
    fitting = [(key, price) for key, price in overrides if key and name.startswith(key.lower())]
    return max(fitting, key=lambda item: len(item[0]))[1] if fitting else None


def _listed(
    prompt: int, cached: int, completion: int, model: str, provider: str | None
) -> Decimal | None:
    """Dollars by the price list that comes with genai-prices; it is never updated at run time."""
    # Importing takes a quarter of a second, which a refused command should not pay.
    import genai_prices  # noqa: PLC0415

    tokens = genai_prices.Usage(
        input_tokens=prompt, cache_read_tokens=cached, output_tokens=completion
    )
    try:
        price = genai_prices.calc_price(tokens, model_ref=model, provider_id=provider)
    except (LookupError, ValueError):
        return None
    return price.total_price
