"""What asking the model took."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable
from decimal import Decimal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider reported them; ``None`` means not reported, never 0.

    ``rejected_prediction_tokens`` are already inside ``completion_tokens`` (OpenAI, "Predicted
    Outputs"), and ``cached_tokens`` inside ``prompt_tokens``: neither is ever added again.
    """

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None

    @property
    def acceptance(self) -> float | None:
        """Accepted ÷ (accepted + rejected), 0 to 1; ``None`` where nothing was speculated on."""
        accepted, rejected = self.accepted_prediction_tokens, self.rejected_prediction_tokens
        if accepted is None or rejected is None or accepted + rejected == 0:
            return None
        return accepted / (accepted + rejected)

    @staticmethod
    def total(usages: Iterable[Usage | None]) -> Usage:
        """Add up field by field; a field that nobody reported stays ``None``."""
        known = [usage for usage in usages if usage is not None]

        def add(name: str) -> int | None:
            figures = [figure for usage in known if (figure := getattr(usage, name)) is not None]
            return sum(figures) if figures else None

        return Usage(**{field.name: add(field.name) for field in dataclasses.fields(Usage)})


class PredictionState(enum.StrEnum):
    """How one file's prediction was used.

    ``SENT`` with its request; ``OFF`` by setting, size or an earlier refusal; ``REFUSED`` by the
    model for this file, which was then asked without; ``STOPPED`` because predictions cost more
    than they brought in this run.
    """

    SENT = "sent"
    OFF = "off"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What asking for one file took, over all attempts."""

    usage: Usage | None = None
    cost: Decimal | None = None
    """US dollars, ``None`` where the price of the model that answered is not known."""
    overhead: Decimal | None = None
    """The part of ``cost`` that the rejected prediction tokens are billed for."""
    estimate: Usage | None = None
    """Our own count of what was asked and answered before the provider reported any tokens, such
    as a stream that was broken off; ``usage`` and ``cost`` do not hold it."""
    estimated_cost: Decimal | None = None
    """US dollars of ``estimate``, ``None`` where the price is not known."""
    model: str | None = None
    """The model that answered, as the API reports it."""
    prediction: PredictionState = PredictionState.OFF
    attempts: int = 0
    seconds: float = 0.0
