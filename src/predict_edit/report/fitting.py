"""Making a report fit: details are cut first, rows last, and the reader is told."""

from __future__ import annotations

import bisect
import dataclasses
import sys
from collections.abc import Callable, Iterator


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How many items of each list are shown, and how many characters of a sentence."""

    places: int = sys.maxsize
    skipped: int = sys.maxsize
    failed: int = sys.maxsize
    rows: int = sys.maxsize
    words: int = 2_000
    notes: int = sys.maxsize

    @property
    def short(self) -> bool:
        """Tell whether anything may be missing."""
        return self != Cut()


def cuts() -> Iterator[Cut]:
    """Go from the whole to the shortest: one thing at a time, the least important first."""
    cut = Cut()
    yield cut
    steps = (
        ("places", (200, 50, 20, 10, 0)),
        ("skipped", (200, 50, 20, 10)),
        ("words", (500, 300)),
        ("failed", (200, 50, 20, 10)),
        ("rows", (500, 300, 200, 100, 50, 20)),
    )
    for name, amounts in steps:
        for amount in amounts:
            cut = dataclasses.replace(cut, **{name: amount})
            yield cut
    yield dataclasses.replace(cut, skipped=5, failed=5, rows=5, notes=5)


def fit(draw: Callable[[Cut], str], measure: Callable[[str], int], limit: int) -> str:
    """Draw with as little cut away as lets the final text measure at most ``limit``.

    Raises:
        ValueError: even the shortest is too long. Every list, name and sentence in it is bounded,
            so that happens with a limit far below GitHub's only.
    """
    whole, *shorter = cuts()
    drawn = draw(whole)
    if measure(drawn) <= limit:
        return drawn
    # Each cut takes away more than the one before, so the first that fits is found by halving.
    first = bisect.bisect_left(shorter, True, key=lambda cut: measure(draw(cut)) <= limit)
    if first == len(shorter):
        msg = f"A report does not fit into {limit} characters however much of it is cut."
        raise ValueError(msg)
    return draw(shorter[first])
