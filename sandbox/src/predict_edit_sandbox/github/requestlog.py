"""What was asked of the stand-in, for tests and for the demonstration to look at."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any


@dataclasses.dataclass(slots=True, kw_only=True)
class LoggedRequest:
    """One request. ``status`` is ``None`` while it is under way or when the connection was cut."""

    index: int
    """1 for the first request."""
    method: str
    path: str
    """Without the prefix of a GitHub Enterprise Server and without the query."""
    query: dict[str, str]
    body: Any
    """The JSON that was sent, or ``None``."""
    request_bytes: int
    login: str | None
    """The account behind the token."""
    in_flight: int
    """Requests under way when this one came, itself included."""
    started: float
    """Seconds on a clock of its own."""
    seconds: float = 0.0
    status: int | None = None
    response_bytes: int = 0
    performed: bool = False
    """Whether the stand-in did what was asked, whatever it then answered."""
    fault: str | None = None
    """The fault that was injected."""

    @property
    def ended(self) -> float:
        """When it was answered, on the clock of ``started``."""
        return self.started + self.seconds

    @property
    def writes(self) -> bool:
        """Whether something could be changed by it."""
        if self.path == "/graphql":
            text = str((self.body or {}).get("query", "")) if isinstance(self.body, dict) else ""
            return text.lstrip().startswith("mutation")
        return self.method not in {"GET", "HEAD"}


@dataclasses.dataclass(slots=True, kw_only=True)
class RequestLog:
    """All requests in the order in which they came."""

    requests: list[LoggedRequest] = dataclasses.field(default_factory=list)
    in_flight: int = 0

    @property
    def most_in_flight(self) -> int:
        """The largest number of requests that were under way at once."""
        return max((request.in_flight for request in self.requests), default=0)

    def matching(self, method: str, ending: str) -> list[LoggedRequest]:
        """The requests with a method whose path ends so."""
        return [
            request
            for request in self.requests
            if request.method == method and request.path.endswith(ending)
        ]

    def clear(self) -> None:
        """Forget what was asked so far."""
        self.requests.clear()


def round_trips(requests: Iterable[LoggedRequest]) -> int:
    """How many round trips lie one behind the other, whatever goes on beside them.

    That is the longest chain of requests of which each came after the one before was answered.
    """
    count, free_at = 0, -math.inf
    for request in sorted(requests, key=lambda each: each.ended):
        if request.started >= free_at:
            count, free_at = count + 1, request.ended
    return count
