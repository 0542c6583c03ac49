"""What the stand-in remembers of each request, for a test or a benchmark to look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from predict_edit_sandbox.model.answers import Accounts
from predict_edit_sandbox.model.faults import FaultKind


@dataclasses.dataclass(slots=True, kw_only=True)
class Exchange:
    """One request for a completion and what became of it; filled in while it is answered.

    Times are those of :func:`time.monotonic`. Headers are as received, so they hold the key.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = dataclasses.field(repr=False)
    """Lower-case names."""
    raw: bytes = dataclasses.field(repr=False)
    started: float
    in_flight: int
    """Requests being answered when this one came, itself included."""
    body: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    """Empty where the request had no JSON object."""
    file: str = dataclasses.field(default="", repr=False)
    """What the stand-in took for the file."""
    understood: tuple[str, ...] = ()
    note: str = ""
    """What is odd about the request."""
    plans: bool = False
    """Whether it asked for a plan of a change."""
    fault: FaultKind | None = None
    status: int = 0
    """0 while nothing was sent."""
    answer: str = dataclasses.field(default="", repr=False)
    """The visible text that was sent, all of it or until the connection ended."""
    accounts: Accounts | None = None
    """Tokens of the whole answer, also where it was not sent to its end."""
    tokens_sent: int = 0
    complete: bool = False
    """Everything that was to be sent was sent."""
    first_byte: float | None = None
    ended: float | None = None

    @property
    def predicted(self) -> bool:
        """Whether the request carried a prediction."""
        return self.body.get("prediction") is not None

    @property
    def streamed(self) -> bool:
        """Whether the answer was to be a stream."""
        return bool(self.body.get("stream"))

    @property
    def seconds(self) -> float | None:
        """From the request to the end of the answer; ``None`` while it lasts."""
        return None if self.ended is None else self.ended - self.started
