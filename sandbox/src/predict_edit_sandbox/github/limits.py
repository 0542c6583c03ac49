"""Rate limits: the primary one of the hour and the secondary one for creating content."""

from __future__ import annotations

import collections
import datetime as dt
import time

from predict_edit_sandbox.github.refusals import content_creation_limit, primary_rate_limit
from predict_edit_sandbox.github.switches import Switches

HOUR = 3600
MINUTE = 60.0


class RateLimits:
    """Counts requests by resource (``core`` and ``graphql``)."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._used: collections.Counter[str] = collections.Counter()
        self._reset = int(time.time()) + HOUR
        self._created: collections.deque[float] = collections.deque()

    def count(self, resource: str) -> None:
        """Count a request.

        Raises:
            Refusal: 403, the hour's requests are used up.
        """
        if time.time() >= self._reset:
            self._used.clear()
            self._reset = int(time.time()) + HOUR
        if self._used[resource] >= self._switches.requests_per_hour:
            raise primary_rate_limit(self._reset)
        self._used[resource] += 1

    def count_creation(self) -> None:
        """Count something that creates content.

        Raises:
            Refusal: 403, too much in the last minute.
        """
        now = time.monotonic()
        while self._created and now - self._created[0] > MINUTE:
            self._created.popleft()
        limit = self._switches.content_creations
        if limit is not None and len(self._created) >= limit:
            raise content_creation_limit()
        self._created.append(now)

    @property
    def resets_at(self) -> dt.datetime:
        """When the hour is over."""
        return dt.datetime.fromtimestamp(self._reset, dt.UTC)

    def overview(self, resource: str) -> dict[str, int]:
        """The figures of one resource."""
        limit, used = self._switches.requests_per_hour, self._used[resource]
        return {
            "limit": limit,
            "remaining": max(0, limit - used),
            "reset": self._reset,
            "used": used,
        }

    def headers(self, resource: str) -> dict[str, str]:
        """The headers that every answer carries."""
        figures = {f"x-ratelimit-{name}": str(n) for name, n in self.overview(resource).items()}
        return {**figures, "x-ratelimit-resource": resource}
