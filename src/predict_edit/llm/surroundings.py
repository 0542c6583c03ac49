"""What time, chance and other parts of the program bring into a run."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import Callable

from predict_edit.llm.effort import Attempt
from predict_edit.llm.rate import Clock, Sleep


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
