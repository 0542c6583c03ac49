"""Limits that hold before each call: how long an answer may get, tokens, money and time.

Predictions exclude a token limit in the request (``max_completion_tokens`` is refused beside
them), so the limit that holds is our own: the stream is closed when the text grows past what the
file can need.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from predict_edit.domain.edits import Usage
from predict_edit.domain.errors import BudgetExceeded, InvalidInput
from predict_edit.edit import chunks
from predict_edit.edit.chunks import Count
from predict_edit.edit.prompt import Message, Part
from predict_edit.llm import tokens
from predict_edit.llm.models import Capability
from predict_edit.settings.fields import AnswerPolicy

MINUTES = "PREDICT_EDIT_MINUTES"
"""The variable with the minutes a run may take; GitHub does not tell a job its own limit."""

SHARE_OF_LIMIT = 0.75
"""A file may need this share of the output limit; rejected prediction tokens need the rest."""
LEAST_BYTES_PER_TOKEN = 2
"""Only armoured keys and tables of numbers have fewer: of 1,186 files of 175 kinds 9 % did, the
least 1.4. Such an answer may be cut off, and is then asked for in parts."""
SHORT_CHARACTERS = 1_600
"""A file of about 400 tokens: up to this, the whole file is as quick as exact edits."""
SHARE_OF_PART = 0.5
"""A part of a longer file may need this share, as any part may grow."""

_ROOM_FACTOR, _ROOM_CHARACTERS = 3, 24_000
_TIGHT_FACTOR, _TIGHT_TOKENS = 1.5, 512
_MOST_CHARACTERS_PER_TOKEN = 4.0


def deadline(
    environ: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic
) -> float | None:
    """Compute when a run that starts now must end, by the clock; ``None`` if nothing says so.

    Raises:
        InvalidInput: the variable is not a number above 0.
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
            f"The variable {MINUTES} is not a number of minutes.",
            "Set it a little below the job's `timeout-minutes`, such as 28 for 30.",
        )
    return clock() + 60 * minutes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most one call may take; tokens are counted only if a budget needs them."""

    characters: int
    """Of visible text; reading stops there."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    """Visible text and hidden reasoning."""
    prediction_tokens: int = 0
    """What a rejected prediction can add, if one is sent."""
    cache_writes: bool = False
    """Whether the whole prompt may be billed as written to the cache."""

    def usage(self, *, predicted: bool) -> Usage:
        """The most that the provider may bill."""
        extra = self.prediction_tokens if predicted else 0
        return Usage(
            prompt_tokens=self.prompt_tokens or 0,
            cache_write_tokens=self.prompt_tokens if self.cache_writes else None,
            completion_tokens=(self.output_tokens or 0) + extra,
        )


def wide(text: str) -> Bound:
    """Bound an answer by common sense alone."""
    return Bound(characters=_ROOM_FACTOR * len(text) + _ROOM_CHARACTERS)


def tight(messages: Sequence[Message], text: str, capability: Capability, count: Count) -> Bound:
    """Bound an answer if tokens or money are limited: half as much again as the file, and some.

    ``text``, the prediction, is the last of the messages.
    """
    size = count(text)
    visible = int(_TIGHT_FACTOR * size) + _TIGHT_TOKENS
    most = visible + capability.reasoning_tokens
    density = min(_MOST_CHARACTERS_PER_TOKEN, max(1.0, len(text) / size)) if size else 1.0
    sizes = [*(count(message.content) for message in messages[:-1]), size]
    return Bound(
        characters=int(visible * density),
        prompt_tokens=tokens.of_request(sizes),
        output_tokens=min(most, capability.output_limit or most),
        prediction_tokens=size,
        cache_writes=capability.bills_cache_writes,
    )


def fits(text: str, limit: int | None, count: Count) -> bool:
    """Decide whether a model with this output limit can write the file out in one answer.

    With room for the edit: the file alone may need :data:`SHARE_OF_LIMIT` of the limit.
    """
    return (
        len(text.encode("utf-8", "surrogatepass")) <= uncounted(limit)
        or limit is None
        or count(text) <= int(limit * SHARE_OF_LIMIT)
    )


def uncounted(limit: int | None) -> float:
    """Compute the bytes up to which a file counts as one that fits, with its tokens unknown."""
    return math.inf if limit is None else LEAST_BYTES_PER_TOKEN * int(limit * SHARE_OF_LIMIT)


def prefers_edits(
    answer: AnswerPolicy, text: str, *, predicted: bool, limit: int | None, count: Count
) -> bool:
    """Decide whether to ask for exact edits first, given whether a prediction would be sent."""
    if answer != "auto":
        return answer == "edits"
    long = len(text) > SHORT_CHARACTERS
    return long and not (predicted and fits(text, limit, count))


def part_tokens(limit: int) -> int:
    """Tokens of a part of a file that is too long for one answer."""
    return max(1, int(limit * SHARE_OF_PART))


def parts_of(text: str, capability: Capability, count: Count) -> tuple[Part, ...]:
    """Cut a file into the parts it is asked for in; none if it is asked for as a whole.

    Raises:
        FileTooLong: it does not fit into one answer, and there is no place to cut it.
    """
    limit = capability.output_limit
    if limit is None or fits(text, limit, count):
        return ()
    return chunks.plan(
        text,
        most=part_tokens(limit),
        largest=int(limit * SHARE_OF_LIMIT),
        count=count,
        context=capability.context_window,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reservation:
    """The most one call may take."""

    tokens: int
    cost: Decimal | None
    """US dollars; ``None`` if the price is not known, which no limit on money allows."""


class Budget:
    """The limits of one run on tokens and money, and what is left of them.

    A call reserves the most it can take, and is not made if that does not fit; afterwards the
    reservation is replaced by what was used. As long as the upper bounds are honest, what is
    spent never exceeds a limit, however many calls run side by side in one thread.
    """

    def __init__(self, max_tokens: int | None, max_cost: Decimal | None) -> None:
        self._max_tokens = max_tokens
        self._max_cost = max_cost
        self._spent_tokens = 0
        self._spent_cost = Decimal(0)
        self._open: set[Reservation] = set()
        self._waiting: list[asyncio.Future[None]] = []

    def check(self, tokens: int, cost: Decimal | None) -> None:
        """Make sure that several calls, together, fit into what is not spent yet.

        It is for work that is of no use half done. What calls in flight have set aside does not
        count, as most of it is given back.

        Raises:
            BudgetExceeded: they do not fit, or money is limited and the price not known.
        """
        self._check("The file takes several calls, together", tokens, cost, held=())

    async def reserve(self, tokens: int, cost: Decimal | None) -> Reservation:
        """Set aside the most one call may take; wait while calls in flight may give some back.

        Raises:
            BudgetExceeded: it does not fit although no other call has anything set aside.
        """
        while True:
            try:
                return self.reserve_now(tokens, cost)
            except BudgetExceeded:
                if not self._open:
                    raise
                settled = asyncio.get_running_loop().create_future()
                self._waiting.append(settled)
                await settled

    def reserve_now(self, tokens: int, cost: Decimal | None) -> Reservation:
        """Set aside the most one call may take.

        Raises:
            BudgetExceeded: a limit would not hold, or money is limited and the price not known.
            ValueError: an upper bound below zero.
        """
        if tokens < 0 or (cost is not None and cost < 0):
            message = "an upper bound cannot be negative"
            raise ValueError(message)
        self._check("The call may take", tokens, cost, held=self._open)
        reservation = Reservation(tokens=tokens, cost=cost)
        self._open.add(reservation)
        return reservation

    def settle(self, reservation: Reservation, usage: Usage | None, cost: Decimal | None) -> None:
        """Replace a reservation by what was used, and let the waiting calls try again.

        What the provider did not report counts as much as was set aside for it: a cut stream may
        be billed in full. A call that was never made settles with a usage and a cost of 0.

        Raises:
            ValueError: the reservation was settled before.
        """
        if reservation not in self._open:
            message = "this reservation was settled before"
            raise ValueError(message)
        self._open.remove(reservation)
        prompt = usage.prompt_tokens if usage else None
        completion = usage.completion_tokens if usage else None
        if prompt is None or completion is None:
            # One figure alone still counts if it is above everything that was set aside.
            self._spent_tokens += max(reservation.tokens, prompt or 0, completion or 0)
        else:
            self._spent_tokens += prompt + completion
        self._spent_cost += (reservation.cost if cost is None else cost) or Decimal(0)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _check(
        self,
        what: str,
        tokens: int,
        cost: Decimal | None,
        *,
        held: Sequence[Reservation] | set[Reservation],
    ) -> None:
        """Refuse what does not fit beside what is spent and ``held``."""
        limit = self._max_tokens
        reserved = sum(reservation.tokens for reservation in held)
        if limit is not None and self._spent_tokens + reserved + tokens > limit:
            aside = f" and {reserved:,} set aside for calls under way" if held else ""
            raise BudgetExceeded(
                f"{what} up to {tokens:,} tokens; {self._spent_tokens:,} of the {limit:,} that "
                f"`max-tokens` allows are spent{aside}.",
                "Raise `max-tokens`, or run the command for fewer or smaller files.",
            )
        if self._max_cost is None:
            return
        if cost is None:
            raise BudgetExceeded(
                f"Cost is limited (`max-cost` is ${self._max_cost:f}) and the price of the model "
                "is not known.",
                "Set the model's price under `prices:` in .github/predict-edit.yml, or limit "
                "`max-tokens` instead.",
            )
        set_aside = sum((each.cost or Decimal(0) for each in held), Decimal(0))
        if self._spent_cost + set_aside + cost > self._max_cost:
            aside = f" and ${set_aside:.4f} set aside for calls under way" if held else ""
            raise BudgetExceeded(
                f"{what} up to ${cost:.4f}; ${self._spent_cost:.4f} of the ${self._max_cost:f} "
                f"that `max-cost` allows are spent{aside}.",
                "Raise `max-cost`, or run the command for fewer or smaller files.",
            )
