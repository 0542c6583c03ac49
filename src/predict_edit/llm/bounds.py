"""How long an answer may get, before it is asked for.

Predictions exclude a token limit in the request (``max_completion_tokens`` is refused beside
them), so the limit that holds is our own: the stream is closed when the text grows past what the
file can need.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from predict_edit.domain import Usage
from predict_edit.edit.prompt import Message
from predict_edit.llm.models import Capability

Count = Callable[[str], int]

SHARE_OF_LIMIT = 0.75
"""A file may need this share of the output limit; rejected prediction tokens need the rest."""
SHARE_OF_PIECE = 0.5
"""A piece of a longer file may need this share."""

_ROOM_FACTOR, _ROOM_CHARACTERS = 3, 20_000
_TIGHT_FACTOR, _TIGHT_TOKENS = 1.5, 512
_REASONING_TOKENS = 25_000
_PER_MESSAGE, _PER_REQUEST = 4, 20
_MOST_CHARACTERS_PER_TOKEN = 4.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What one call may take at most; tokens are counted only where a budget needs them."""

    characters: int
    """Of visible text; reading stops there."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    """Visible text and hidden reasoning."""
    prediction_tokens: int = 0
    """What a rejected prediction can add, where one is sent."""

    def usage(self, *, predicted: bool) -> Usage:
        """What the provider may bill at most."""
        extra = self.prediction_tokens if predicted else 0
        return Usage(
            prompt_tokens=self.prompt_tokens or 0,
            completion_tokens=(self.output_tokens or 0) + extra,
        )

    def total(self, *, predicted: bool) -> int:
        """All tokens of :meth:`usage`."""
        most = self.usage(predicted=predicted)
        return (most.prompt_tokens or 0) + (most.completion_tokens or 0)


def wide(text: str) -> Bound:
    """The bound where nothing but common sense limits the answer."""
    return Bound(characters=_ROOM_FACTOR * len(text) + _ROOM_CHARACTERS)


def tight(messages: Sequence[Message], text: str, capability: Capability, count: Count) -> Bound:
    """The bound where tokens or money are limited: half as much again as the file, and some."""
    size = count(text)
    visible = int(_TIGHT_FACTOR * size) + _TIGHT_TOKENS
    reasoning = _REASONING_TOKENS if capability.reasons else 0
    density = min(_MOST_CHARACTERS_PER_TOKEN, max(1.0, len(text) / size)) if size else 1.0
    others = messages[:-1]
    return Bound(
        characters=int(visible * density),
        prompt_tokens=_PER_REQUEST
        + _PER_MESSAGE * len(messages)
        + size
        + sum(count(message.content) for message in others),
        output_tokens=min(visible + reasoning, capability.output_limit or visible + reasoning),
        prediction_tokens=size,
    )


def fits(text: str, limit: int | None, count: Count) -> bool:
    """Whether a model with this output limit can write the file out in one answer.

    With room for the edit: the file alone may need :data:`SHARE_OF_LIMIT` of the limit.
    """
    if limit is None:
        return True
    most = file_tokens(limit)
    # No token is shorter than a byte, so most files need no counting.
    return len(text.encode("utf-8", "surrogatepass")) <= most or count(text) <= most


def file_tokens(limit: int) -> int:
    """Tokens of a file that is asked for as a whole, and of a piece that cannot be smaller."""
    return int(limit * SHARE_OF_LIMIT)


def piece_tokens(limit: int) -> int:
    """Tokens of a piece of a file that does not fit; smaller, as any piece may grow."""
    return max(1, int(limit * SHARE_OF_PIECE))
