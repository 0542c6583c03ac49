"""What is known about model families: predictions, limits, retirement, refused parameters.

The table steers what is tried first and what is warned of; it never forbids a model. Names that
it does not know are tried, and what the API answers counts more than this table. State of
knowledge: November 2026. Predictions: the vendors' pages on predicted outputs, and recorded 400
answers of the newer families. Dates: OpenAI's and Azure's retirement schedules, which have moved
before.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from predict_edit.settings.endpoint import Endpoint, host_of

WARNING_DAYS = 60
"""A retirement that is at most this many days away is warned of."""

REASONING_TOKENS = 25_000
"""Room for the hidden reasoning of one answer (OpenAI, "Reasoning models")."""

_REASONING = frozenset({"temperature", "max_tokens", "stop", "logit_bias"})


Fields = tuple[tuple[str, Any], ...]
"""Names and values of a request's fields."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How the API of one provider differs from the others."""

    name: str
    hosts: tuple[str, ...] = ()
    price_list: str | None = None
    """Its name in genai-prices; without one, the price of the model's maker counts."""
    cap: str = "max_completion_tokens"
    """The field for the most tokens of an answer."""
    caps_predictions: bool = False
    """Whether the cap has to be sent beside a prediction too."""
    lacks: frozenset[str] = frozenset()
    """Fields that it is known to refuse."""
    extra: Fields = ()
    """Fields of its own for every request."""
    beside_prediction: Fields = ()
    """Fields of its own for requests with a prediction."""
    least_tokens: int = 0
    """Files with fewer tokens gain nothing from a prediction."""


AZURE = Provider(name="Azure", price_list="azure")
"""Known by its route: a gateway in front of it may have any host."""
COMPATIBLE = Provider(name="OpenAI-compatible")
PROVIDERS = (
    Provider(name="OpenAI", hosts=("api.openai.com",), price_list="openai"),
    # Without this, a model or host that takes no predictions ignores them in silence.
    Provider(
        name="OpenRouter",
        hosts=("openrouter.ai",),
        price_list="openrouter",
        beside_prediction=(("provider", {"require_parameters": True}),),
    ),
    # Ends every answer at 2,048 tokens, the prediction's included, unless told otherwise.
    Provider(
        name="Fireworks",
        hosts=("api.fireworks.ai",),
        price_list="fireworks",
        cap="max_tokens",
        caps_predictions=True,
        extra=(("perf_metrics_in_response", True),),
    ),
    Provider(name="Cerebras", hosts=("api.cerebras.ai",), price_list="cerebras", least_tokens=170),
    Provider(
        name="Mistral",
        hosts=("api.mistral.ai",),
        price_list="mistral",
        cap="max_tokens",
        lacks=frozenset({"stream_options"}),
    ),
)
"""One row for each provider that is known by its host."""


def provider_of(endpoint: Endpoint) -> Provider:
    """Find the provider of an endpoint."""
    if endpoint.is_azure:
        return AZURE
    host = host_of(endpoint.base_url)
    return next((provider for provider in PROVIDERS if host in provider.hosts), COMPATIBLE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What one model or family can do; ``None`` means not known."""

    takes_predictions: bool | None = None
    output_limit: int | None = None
    """Tokens one answer may have, rejected prediction tokens included."""
    context_window: int | None = None
    """Tokens of prompt and answer together."""
    retires_openai: dt.date | None = None
    retires_azure: dt.date | None = None
    bills_cache_writes: bool = False
    """Whether what is written to the prompt cache costs more than other input."""
    refuses: frozenset[str] = frozenset()
    """Request parameters that are answered with 400."""
    least_effort: str | None = None
    """The least ``reasoning_effort`` that it is known to take, as an edit needs little thought."""
    reasoning_tokens: int = 0
    """Output tokens of hidden reasoning that an answer may need besides its text."""

    def effort(self, wanted: str) -> str | None:
        """Return the ``reasoning_effort`` to ask for; with ``auto``, the least that it takes."""
        return self.least_effort if wanted == "auto" else wanted

    def room(self, effort: str | None) -> int:
        """Return the output tokens to keep free for hidden reasoning."""
        return 0 if effort == "none" else self.reasoning_tokens

    def retirement(self, provider: Provider) -> dt.date | None:
        """Return when the provider retires the model, if it is OpenAI or Azure."""
        dates = {"OpenAI": self.retires_openai, "Azure": self.retires_azure}
        return dates.get(provider.name)


UNKNOWN = Capability()

_JANUARY, _APRIL = dt.date(2027, 1, 14), dt.date(2027, 4, 14)
_GONE_OPENAI, _GONE_AZURE = dt.date(2026, 10, 23), dt.date(2026, 10, 14)

_4O = Capability(
    takes_predictions=True,
    output_limit=16_384,
    context_window=128_000,
    retires_openai=_JANUARY,
    retires_azure=_APRIL,
)
_41 = dataclasses.replace(_4O, output_limit=32_768, context_window=1_047_576)

_5 = Capability(
    takes_predictions=False,
    output_limit=128_000,
    context_window=400_000,
    refuses=_REASONING,
    least_effort="minimal",
    reasoning_tokens=REASONING_TOKENS,
)
_6 = dataclasses.replace(_5, context_window=1_050_000, bills_cache_writes=True, least_effort="low")

# The first pattern that matches counts, so the narrower ones come first. `$` after an optional
# date keeps relatives with other limits (audio, search, realtime) out.
_DATED = r"(-\d{4}-\d{2}-\d{2})?$"
_TABLE: tuple[tuple[str, Capability], ...] = (
    (
        r"gpt-4o-2024-05-13$",
        dataclasses.replace(
            _4O,
            takes_predictions=False,
            output_limit=4_096,
            retires_openai=_GONE_OPENAI,
            retires_azure=None,
        ),
    ),
    (rf"(gpt-4o(-mini)?{_DATED}|chatgpt-4o-latest$)", _4O),
    (
        rf"gpt-4\.1-nano{_DATED}",
        dataclasses.replace(_41, retires_openai=_GONE_OPENAI, retires_azure=_GONE_AZURE),
    ),
    (rf"gpt-4\.1(-mini)?{_DATED}", _41),
    (r"gpt-5\.[6-9]", dataclasses.replace(_6, least_effort="none")),
    (r"gpt-5\.[1-5]", dataclasses.replace(_5, least_effort="none")),
    (r"gpt-5(?!\d)", _5),
    (
        r"gpt-6-luna(?![a-z])",
        dataclasses.replace(_6, retires_azure=dt.date(2028, 3, 11), least_effort="none"),
    ),
    (r"gpt-6(\.1)?-sol(?![a-z])", dataclasses.replace(_6, retires_azure=dt.date(2028, 3, 11))),
    (r"gpt-6(?!\d)", _6),
    (
        r"o[134](-mini|-pro)?(-\d{4}-\d{2}-\d{2})?$",
        dataclasses.replace(_5, output_limit=100_000, context_window=200_000, least_effort="low"),
    ),
)


def look_up(*names: str | None) -> Capability:
    """Look up the first of the names that the table knows.

    Give the name that the API reported before the configured one: on Azure the configured name is
    a deployment and may say anything. A gateway's prefix (``openai/gpt-4.1``) is ignored.
    """
    for name in names:
        if not name:
            continue
        bare = name.strip().lower().rsplit("/", maxsplit=1)[-1]
        for pattern, capability in _TABLE:
            if re.match(pattern, bare):
                return capability
    return UNKNOWN


def retirement_warning(
    names: Iterable[str | None], *, provider: Provider, today: dt.date
) -> str | None:
    """Warn of a model that is gone or retires within :data:`WARNING_DAYS` days."""
    shown = [name for name in names if name]
    date = look_up(*shown).retirement(provider)
    if date is None or (date - today).days > WARNING_DAYS:
        return None
    when = "was to be" if date <= today else "is to be"
    return (
        f"The model {shown[0]} {when} retired by {provider.name} on {date.isoformat()}, as far as "
        "known; choose a successor in time."
    )
