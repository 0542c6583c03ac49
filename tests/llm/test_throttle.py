"""How many requests run side by side, and how long they wait."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.llm.throttle import Throttle, backoff, duration, retry_after

NOW = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Now."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def pace(most: int = 8) -> tuple[Throttle, Time]:
    """A pace on a clock of its own."""
    time = Time()
    return Throttle(most, clock=time.clock, sleep=time.sleep), time


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "300"}, 0.3),
        ({"retry-after": "300"}, 300.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "20", "retry-after": "7"}, 0.02),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "later"}, None),
        ({"retry-after": "9" * 1_000_000}, None),
        ({"retry-after": "Sun, 22 Nov 99999999999 11:00:00 GMT"}, None),
        ({"retry-after-ms": "1" * 65, "retry-after": "7"}, 7.0),
        ({}, None),
    ],
)
def test_what_the_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds, seconds and HTTP dates are read; nonsense asks for nothing."""
    assert retry_after(headers, NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1.0), ("6m0s", 360.0), ("20ms", 0.02), ("1h2m3.5s", 3723.5), ("", None), ("9", None)],
)
def test_durations_are_read_as_openai_writes_them(text: str, seconds: float | None) -> None:
    """Units are required; milliseconds are not minutes."""
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_backoff_stays_within_its_bounds(attempt: int, drawn: float) -> None:
    """Never above the most, never below three quarters of the step, for any attempt."""
    step = min(8.0, 0.5 * 2 ** min(attempt - 1, 30))
    assert 0.75 * step <= backoff(attempt, draw=lambda: drawn) <= step


def test_a_429_halves_at_once_and_success_grows_slowly() -> None:
    """Eight become four; four successes make five again."""
    paced, time = pace(8)
    time.now = 1.0
    paced.limited(started=0.5, wait=None)
    assert paced.limit == 4
    for _ in range(5):
        paced.succeeded({})
    assert paced.limit == 5


def test_requests_of_one_burst_cut_once() -> None:
    """Eight 429s for requests that were sent together halve the number once, not eight times."""
    paced, time = pace(8)
    time.now = 1.0
    for _ in range(8):
        paced.limited(started=0.5, wait=None)
    assert paced.limit == 4
    paced.limited(started=1.5, wait=None)
    assert paced.limit == 2


def test_the_number_never_leaves_its_bounds() -> None:
    """At least one, at most as many as allowed."""
    paced, time = pace(2)
    for second in range(1, 20):
        time.now = float(second)
        paced.limited(started=second - 0.5, wait=None)
    assert paced.limit == 1
    for _ in range(50):
        paced.succeeded({})
    assert paced.limit == 2


async def test_a_wait_that_the_server_asks_for_holds_everyone_back() -> None:
    """After Retry-After: 200, longer than the SDK would honour, no request starts for 200 s."""
    paced, time = pace(4)
    paced.limited(started=0.0, wait=200.0)
    starts: list[float] = []

    async def work() -> None:
        async with paced.slot():
            starts.append(time.clock())

    await asyncio.gather(*(work() for _ in range(4)))
    assert min(starts) >= 200.0


@pytest.mark.parametrize(
    ("headers", "limit", "pause"),
    [
        ({"x-ratelimit-remaining-requests": "2"}, 2, 0.0),
        ({"x-ratelimit-remaining-requests": "100"}, 8, 0.0),
        (
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "3s"},
            8,
            3.0,
        ),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 8, 60.0),
        ({"x-ratelimit-remaining-tokens": "0"}, 8, 0.0),
        ({"x-ratelimit-remaining-requests": "plenty"}, 8, 0.0),
    ],
)
async def test_headers_slow_down_before_a_429(
    headers: dict[str, str], limit: int, pause: float
) -> None:
    """Few requests left mean fewer side by side; none left means a pause until the reset."""
    paced, time = pace(8)
    paced.succeeded(headers)
    assert paced.limit == limit
    async with paced.slot():
        assert time.now == pytest.approx(pause)


async def all_free(paced: Throttle) -> None:
    """Take every place at once."""
    async with asyncio.timeout(5), contextlib.AsyncExitStack() as stack:
        for _ in range(paced.limit):
            await stack.enter_async_context(paced.slot())


async def test_no_more_run_than_allowed_and_all_get_their_turn() -> None:
    """Fifty files through three places, in the order in which they came."""
    paced, _ = pace(3)
    order: list[int] = []
    running = most = 0

    async def work(number: int) -> None:
        nonlocal running, most
        async with paced.slot():
            order.append(number)
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(work(number) for number in range(50)))
    assert order == list(range(50))
    assert most == 3
    await all_free(paced)


@given(st.data())
async def test_cancelled_waiters_cost_no_other_turn(data: st.DataObject) -> None:
    """If one is cancelled at any moment, the others finish."""
    paced, _ = pace(data.draw(st.integers(1, 3)))
    done: list[int] = []

    async def work(number: int, steps: int) -> None:
        async with paced.slot():
            for _ in range(steps):
                await asyncio.sleep(0)
            done.append(number)

    count = data.draw(st.integers(1, 8))
    tasks = [
        asyncio.create_task(work(number, data.draw(st.integers(0, 3)))) for number in range(count)
    ]
    cancelled = data.draw(st.sets(st.integers(0, count - 1)))
    for number in sorted(cancelled):
        for _ in range(data.draw(st.integers(0, 3))):
            await asyncio.sleep(0)
        if data.draw(st.booleans()):
            paced.limited(started=1e9 + number, wait=None)
        tasks[number].cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), timeout=5)
    assert set(range(count)) - cancelled <= set(done)
    await all_free(paced)


async def test_a_waiter_cancelled_just_before_a_place_gets_free_is_passed_over() -> None:
    """The place goes to the next in line, in the same turn of the loop."""
    paced, _ = pace(1)
    done: list[str] = []

    async def work(name: str) -> None:
        async with paced.slot():
            done.append(name)

    async with paced.slot():
        first, second = asyncio.create_task(work("first")), asyncio.create_task(work("second"))
        await asyncio.sleep(0)
        first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert done == ["second"]
    await all_free(paced)


@pytest.mark.parametrize("name", ["remaining-requests", "remaining-tokens", "reset-requests"])
@pytest.mark.parametrize("text", ["1" * 1_000_000, "0." * 500_000, "1s" * 500_000, "9" * 5_000])
def test_a_header_of_very_many_digits_says_nothing(name: str, text: str) -> None:
    """Reading it would take time that grows with its square."""
    paced, _ = pace(8)
    paced.succeeded({"x-ratelimit-remaining-requests": "0", f"x-ratelimit-{name}": text})
    assert paced.limit == 8
