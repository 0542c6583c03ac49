"""What time, chance and other parts of the program bring into a run."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import random
import time
from collections.abc import Callable, Mapping

from predict_edit.domain.errors import InvalidInput
from predict_edit.llm.effort import Attempt
from predict_edit.llm.rate import Clock, Sleep

MINUTES = "PREDICT_EDIT_MINUTES"
"""The variable that holds the minutes a run may take; GitHub does not tell a job's limit."""


def deadline(environ: Mapping[str, str], *, clock: Clock = time.monotonic) -> float | None:
    """When a run that starts now must end, by the clock; ``None`` where nobody says so.

    Raises:
        InvalidInput: the variable holds no number above 0.
    """
    text = environ.get(MINUTES, "").strip()
    if not text:
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise InvalidInput(
            f"The variable {MINUTES} is no number of minutes.",
            "Set it a little below the job's `timeout-minutes`, such as 28 for 30.",
        )
    return clock() + 60 * minutes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Replaced by tests; the defaults are those of a real run."""

    count: Callable[[str], int]
    """Tokens of a text."""
    clock: Clock = time.monotonic
    sleep: Sleep = asyncio.sleep
    draw: Callable[[], float] = random.random
    deadline: float | None = None
    """When the run must end, by the clock."""
    stall: float = 60.0
    """Seconds without a chunk after which a stream counts as dead."""
    on_attempt: Callable[[Attempt], None] = lambda _: None
    """Told of every attempt, with an estimate where the provider reported no usage."""
