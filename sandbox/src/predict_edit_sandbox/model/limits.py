"""Counts requests and tokens against a rate limit and reports it, as OpenAI does."""

from __future__ import annotations

import time
from collections.abc import Callable

from predict_edit_sandbox.model.config import RateLimit


class Meter:
    """One window of a rate limit."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._start = 0.0
        self._requests = 0
        self._tokens = 0

    def take(self, tokens: int, in_flight: int) -> float | None:
        """Count one request; ``None`` lets it through, otherwise the seconds to wait."""
        now = self._clock()
        if self._requests == 0 or now - self._start >= self.limit.window:
            self._start, self._requests, self._tokens = now, 0, 0
        if self.limit.in_flight is not None and in_flight > self.limit.in_flight:
            return 0.05
        if self._requests + 1 > self.limit.requests or self._tokens + tokens > self.limit.tokens:
            return self._left(now)
        self._requests += 1
        self._tokens += tokens
        return None

    def headers(self) -> dict[str, str]:
        """The ``x-ratelimit`` headers as they are now."""
        left = f"{round(self._left(self._clock()) * 1000)}ms"
        return {
            "x-ratelimit-limit-requests": str(self.limit.requests),
            "x-ratelimit-remaining-requests": str(self.limit.requests - self._requests),
            "x-ratelimit-reset-requests": left,
            "x-ratelimit-limit-tokens": str(self.limit.tokens),
            "x-ratelimit-remaining-tokens": str(self.limit.tokens - self._tokens),
            "x-ratelimit-reset-tokens": left,
        }

    def _left(self, now: float) -> float:
        return max(0.0, self._start + self.limit.window - now) if self._requests else 0.0
