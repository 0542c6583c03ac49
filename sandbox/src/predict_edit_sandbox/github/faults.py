"""Failures on demand: a status, a delay, a broken connection, before or after the deed.

``Fault(method="POST", path=r".*/reviews", status=502, when="after")`` performs the first review
and then answers 502, as GitHub was seen to do. ``Fault(nth=7, drop=True)`` breaks the connection
at the seventh request, whatever it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal


@dataclasses.dataclass(slots=True, kw_only=True)
class Fault:
    """One failure. It counts the requests it matches and acts on the ``nth`` of them."""

    method: str = "*"
    """An HTTP method, ``*`` for any."""
    path: str = ".*"
    """A pattern for the whole path, without the prefix of an Enterprise Server."""
    containing: str | None = None
    """Text that the request's body holds, such as the name of a GraphQL mutation."""
    nth: int = 1
    """The first matching request it acts on, counted from 1."""
    times: int | None = 1
    """How many it acts on; ``None`` for all that follow."""
    when: Literal["instead", "after"] = "instead"
    """Whether the request is performed before the failure."""
    status: int | None = None
    """The answer's status; ``None`` leaves the real answer."""
    body: Any = None
    """The answer's JSON, or text; without it GitHub's usual shape."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    delay: float = 0.0
    """Seconds to wait before anything else."""
    drop: bool = False
    """Break the connection and send no answer."""
    act: Callable[[], object] | None = None
    """Called at that moment, to move the head or edit a comment in the middle of a run."""
    seen: int = 0

    def matches(self, method: str, path: str, body: bytes) -> bool:
        """Whether a request is of the kind this fault counts."""
        return (
            self.method in {"*", method}
            and re.fullmatch(self.path, path) is not None
            and (self.containing is None or self.containing.encode() in body)
        )

    @property
    def due(self) -> bool:
        """Whether the request just counted is one to act on."""
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)

    @property
    def stops(self) -> bool:
        """Whether the request is not performed at all."""
        return self.when == "instead" and (self.drop or self.status is not None)

    @property
    def summary(self) -> str:
        """The fault in a few words, for the log."""
        if self.drop:
            return f"drop {self.when}"
        if self.status is not None:
            return f"{self.status} {self.when}"
        return "act" if self.act else f"delay {self.delay}"


class FaultPlan:
    """The faults to come."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Plan a fault and return it, so that a test can look at ``seen``."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Plan no more faults."""
        self._faults.clear()

    def meet(self, method: str, path: str, body: bytes) -> Fault | None:
        """Count a request in every fault it matches; the first that is due, if any."""
        due: Fault | None = None
        for fault in self._faults:
            if fault.matches(method, path, body):
                fault.seen += 1
                due = due or (fault if fault.due else None)
        return due
