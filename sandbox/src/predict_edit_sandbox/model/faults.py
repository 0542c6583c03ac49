"""What can go wrong between a request and its answer, and when it does."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable

from predict_edit_sandbox.model.quirks import Quirk


class FaultKind(enum.Enum):
    """One way to fail. The first group answers with a status, the second spoils an answer."""

    SERVER_ERROR = "500, OpenAI's shape"
    UNAVAILABLE = "503 with HTML, as a gateway answers"
    RATE_LIMITED = "429 with retry-after"
    PROMPT_FILTERED = "400 content_filter"
    CONTEXT_TOO_LONG = "400 context_length_exceeded"
    REDIRECT = "307 to another host"
    HTML = "200 with a web page"
    JSON = "200 with JSON that is no completion"

    CUT = "the connection breaks half way"
    ENDS_EARLY = "the stream ends half way, cleanly, without a finish reason"
    ENDLESS = "the last line is repeated until the client hangs up"
    STALL = "nothing more comes after the first half, the connection stays open"
    MALFORMED = "one data line in the middle is no JSON"
    ERROR_EVENT = "an error object in the middle of the stream"
    LENGTH = "finish reason length half way"
    ANSWER_FILTERED = "finish reason content_filter half way"
    REFUSAL = "a refusal instead of an answer"
    NO_USAGE = "the usage is never reported"
    BARE_USAGE = "usage without details, as servers report it that ignore predictions"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failure with what belongs to it."""

    kind: FaultKind
    retry_after: float = 0.05
    """Seconds a rate limit asks to wait."""
    location: str = ""
    """Where a redirect points."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one request is answered; the default is: rightly."""

    fault: Fault | None = None
    quirks: frozenset[Quirk] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is known of a request when its behaviour is chosen."""

    number: int
    """1 for the first request with a valid key that the sandbox gets."""
    attempt: int
    """1 for the first request about this file's text."""
    model: str
    file: str
    predicted: bool


Planner = Callable[[Call], Behaviour]
"""Chooses how a request is answered."""

WELL = Behaviour()


def well(_: Call) -> Behaviour:
    """Answer everything rightly."""
    return WELL


def failing(kind: FaultKind, *, retry_after: float = 0.05, location: str = "") -> Behaviour:
    """A behaviour with this fault."""
    return Behaviour(fault=Fault(kind=kind, retry_after=retry_after, location=location))


def spoiling(*quirks: Quirk) -> Behaviour:
    """A behaviour with these quirks."""
    return Behaviour(quirks=frozenset(quirks))


def always(behaviour: Behaviour) -> Planner:
    """Behave so for every request."""
    return lambda _: behaviour


def first(count: int, behaviour: Behaviour) -> Planner:
    """Behave so for the first ``count`` requests."""
    return lambda call: behaviour if call.number <= count else WELL


def every(step: int, behaviour: Behaviour, *, offset: int = 0) -> Planner:
    """Behave so for each ``step``-th request."""
    return lambda call: behaviour if (call.number + offset) % step == 0 else WELL


def first_attempt(behaviour: Behaviour) -> Planner:
    """Behave so for the first request about each file."""
    return lambda call: behaviour if call.attempt == 1 else WELL


def about(text: str, behaviour: Behaviour) -> Planner:
    """Behave so for files that hold ``text``."""
    return lambda call: behaviour if text in call.file else WELL


def either(*planners: Planner) -> Planner:
    """The first planner that has something in mind decides."""
    return lambda call: next((b for p in planners if (b := p(call)) != WELL), WELL)
