"""Which line of one text is which line of another, in close to linear time.

Good enough to give lines back their own line endings; review suggestions are made from a real
diff elsewhere. Lines that occur once in both texts are taken as fixed points (the idea of
patience diff), equal beginnings and ends of what lies between are paired, and where nothing is
unique each line goes to its next occurrence.
"""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Sequence

_MAX_DEPTH = 40
"""Rounds of looking for fixed points, so that no input makes it quadratic."""


def pair(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each line of ``new`` the index of the same line in ``old``, ``None`` where it is new.

    Indices rise: pairs never cross.
    """
    pairs: list[int | None] = [None] * len(new)
    ranges = [(0, len(old), 0, len(new), 0)]
    while ranges:
        old_low, old_high, new_low, new_high, depth = ranges.pop()
        while old_low < old_high and new_low < new_high and old[old_low] == new[new_low]:
            pairs[new_low] = old_low
            old_low, new_low = old_low + 1, new_low + 1
        while old_low < old_high and new_low < new_high and old[old_high - 1] == new[new_high - 1]:
            old_high, new_high = old_high - 1, new_high - 1
            pairs[new_high] = old_high
        if old_low == old_high or new_low == new_high:
            continue
        fixed = (
            _fixed_points(old, new, (old_low, old_high), (new_low, new_high))
            if depth < _MAX_DEPTH
            else []
        )
        if not fixed:
            _pair_greedily(old, new, (old_low, old_high), (new_low, new_high), pairs)
            continue
        for old_at, new_at in fixed:
            pairs[new_at] = old_at
            if old_low < old_at and new_low < new_at:
                ranges.append((old_low, old_at, new_low, new_at, depth + 1))
            old_low, new_low = old_at + 1, new_at + 1
        ranges.append((old_low, old_high, new_low, new_high, depth + 1))
    return pairs


def _fixed_points(
    old: Sequence[str], new: Sequence[str], old_range: tuple[int, int], new_range: tuple[int, int]
) -> list[tuple[int, int]]:
    """Longest rising chain of lines that occur once in each range."""
    old_lines, new_lines = old[slice(*old_range)], new[slice(*new_range)]
    places = dict(zip(old_lines, range(*old_range), strict=True))
    old_counts, new_counts = Counter(old_lines), Counter(new_lines)
    candidates = [
        (places[line], index)
        for index, line in enumerate(new_lines, new_range[0])
        if new_counts[line] == 1 and old_counts.get(line) == 1
    ]
    if candidates == sorted(candidates):
        return candidates
    # Patience sorting: the last of each pile, and for each candidate the one before it.
    tops: list[int] = []
    top_at: list[int] = []
    before: list[int] = []
    for number, (old_at, _) in enumerate(candidates):
        pile = bisect.bisect_left(tops, old_at)
        before.append(top_at[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [old_at]
        top_at[pile : pile + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = top_at[-1] if top_at else -1
    while number >= 0:
        chain.append(candidates[number])
        number = before[number]
    return chain[::-1]


def _pair_greedily(
    old: Sequence[str],
    new: Sequence[str],
    old_range: tuple[int, int],
    new_range: tuple[int, int],
    pairs: list[int | None],
) -> None:
    """Pair each new line with the next old one that is equal to it."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index in range(*old_range):
        places[old[index]].append(index)
    at = old_range[0]
    for index in range(*new_range):
        found = places.get(new[index], [])
        position = bisect.bisect_left(found, at)
        if position < len(found):
            pairs[index] = found[position]
            at = found[position] + 1
