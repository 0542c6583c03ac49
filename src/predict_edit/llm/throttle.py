"""Decide how many requests are in flight, and how long to wait before another one.

The number of requests side by side grows slowly with success and is halved by a 429. A wait that
the server asks for holds back the whole run, because limits belong to the deployment, not to a
file.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email.utils
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_LONGEST_RESET = 60.0
_LONGEST_HEADER = 64
"""Characters of a header that may be a time or a number; what is longer says nothing."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Read the seconds the server asks to wait; ``None`` if it does not say.

    ``retry-after-ms`` is OpenAI's and Azure's; ``retry-after`` is seconds or an HTTP date (RFC
    9110).
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with contextlib.suppress(ValueError):
            seconds = float(_short(headers, name)) * unit
            if math.isfinite(seconds):
                return max(0.0, seconds)
    with contextlib.suppress(ValueError, OverflowError):
        until = email.utils.parsedate_to_datetime(_short(headers, "retry-after"))
        if until.tzinfo is None:
            until = until.replace(tzinfo=dt.UTC)
        return max(0.0, (until - now).total_seconds())
    return None


def _short(headers: Mapping[str, str], name: str) -> str:
    """A header, empty if it is missing or too long to mean anything."""
    text = headers.get(name, "").strip()
    return text if len(text) <= _LONGEST_HEADER else ""


def duration(text: str) -> float | None:
    """Read OpenAI's ``x-ratelimit-reset-*`` as seconds, such as ``6m0s``, ``1.5s`` or ``20ms``."""
    parts = _DURATION.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        return None
    return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)


def backoff(
    attempt: int, *, first: float = 0.5, most: float = 8.0, draw: Callable[[], float]
) -> float:
    """Compute the seconds before retry number ``attempt`` (from 1), doubled each time.

    Up to a quarter is taken off at random so that files do not retry in step.
    """
    whole = min(most, first * 2.0 ** min(attempt - 1, 30))
    return float(whole * (1 - 0.25 * draw()))


class Throttle:
    """Lets an adaptive number of requests run, and none while the server asks to wait."""

    def __init__(
        self, most: int, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._most = max(1, most)
        self._limit = float(self._most)
        self._clock = clock
        self._sleep = sleep
        self._places = asyncio.Semaphore(self._most)
        self._made = self._most
        """How many places there are, taken or free; those above the limit go once they are free."""
        self._resume_at = -math.inf
        self._last_cut = -math.inf
        self.last_success = -math.inf
        """When a request of this run last got through, by the clock."""
        self.limits: Mapping[str, str] = {}
        """The last ``x-ratelimit-*`` headers of an answer, as sent, by lower-case name."""

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(self._limit))

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place, first come, first served, and hold it."""
        await self._places.acquire()
        while self._made > self.limit:
            self._made -= 1
            await self._places.acquire()
        try:
            while (wait := self._resume_at - self._clock()) > 0:
                await self._sleep(wait)
            yield
        finally:
            if self._made > self.limit:
                self._made -= 1
            else:
                self._places.release()

    def succeeded(self, headers: Mapping[str, str]) -> None:
        """Allow a little more after a request got through, unless the headers warn."""
        self.last_success = self._clock()
        self._limit = min(float(self._most), self._limit + 1 / self._limit)
        sent = {name.lower(): text for name, text in headers.items()}
        self.limits = {n: text for n, text in sent.items() if n.startswith("x-ratelimit-")}
        self._heed(headers)
        while self._made < self.limit:
            self._made += 1
            self._places.release()

    def limited(self, *, started: float, wait: float | None) -> None:
        """Allow half as many after a request that ``started`` then was answered with 429.

        Requests that were already in flight at the last cut do not cut again.
        """
        now = self._clock()
        if started >= self._last_cut:
            self._limit = max(1.0, self._limit / 2)
            self._last_cut = now
        if wait:
            self._resume_at = max(self._resume_at, now + wait)

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Slow down before the server answers with 429 (OpenAI, "Rate limits in headers").

        A remainder of 0 without a time of reset is not believed: some servers always send it.
        """
        for kind in ("requests", "tokens"):
            try:
                left = int(_short(headers, f"x-ratelimit-remaining-{kind}"))
            except ValueError:
                continue
            if left <= 0:
                reset = duration(_short(headers, f"x-ratelimit-reset-{kind}"))
                if reset is not None:
                    pause = min(reset, _LONGEST_RESET)
                    self._resume_at = max(self._resume_at, self._clock() + pause)
            elif kind == "requests":
                self._limit = max(1.0, min(self._limit, float(left)))
