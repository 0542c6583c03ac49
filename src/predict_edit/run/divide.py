"""Dividing files over jobs, and limits over the files: pure, and the same every time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Final

MAX_SHARDS: Final = 256
"""Jobs that GitHub makes of one matrix (GitHub, "Usage limits")."""
DEFAULT_SHARDS: Final = 8
FILES_PER_SHARD: Final = 10
"""Fewer are not worth the start of a job."""
_PROMPT: Final = 300
"""Tokens of a request besides file and findings."""
_FINDING: Final = 40
_BYTES_PER_TOKEN: Final = 4
_DOLLARS: Final = Decimal("0.0001")


def weight_of(size: int, findings: int) -> int:
    """About how many tokens a file takes: read once, written once."""
    return _PROMPT + 2 * size // _BYTES_PER_TOKEN + _FINDING * findings


def count_for(files: int, wanted: int | None) -> int:
    """How many shards: as many as wanted, never more than files."""
    if wanted is None:
        wanted = min(DEFAULT_SHARDS, -(-files // FILES_PER_SHARD))
    return max(0, min(files, wanted, MAX_SHARDS))


def balance(weights: Mapping[str, int], count: int) -> tuple[tuple[str, ...], ...]:
    """Divide files so that the heaviest shard is light: the heaviest file first, to the lightest.

    No shard is empty as long as there are as many files; each keeps the order of the paths.
    """
    shards: list[list[str]] = [[] for _ in range(count)]
    heap = [(0, 0, number) for number in range(count)]
    for path in sorted(weights, key=lambda path: (-weights[path], path)):
        total, files, number = heapq.heappop(heap)
        shards[number].append(path)
        heapq.heappush(heap, (total + weights[path], files + 1, number))
    return tuple(tuple(sorted(shard)) for shard in shards)


def share_tokens(limit: int | None, weights: Sequence[int]) -> tuple[int | None, ...]:
    """Divide a limit on tokens by weight; the parts together never pass it."""
    total = sum(weights)
    return tuple(None if limit is None else limit * weight // total for weight in weights)


def share_cost(limit: Decimal | None, weights: Sequence[int]) -> tuple[Decimal | None, ...]:
    """Divide a limit on money by weight, rounded down."""
    total = sum(weights)
    return tuple(
        None if limit is None else (limit * weight / total).quantize(_DOLLARS, ROUND_DOWN)
        for weight in weights
    )
