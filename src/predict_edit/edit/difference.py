"""What an answer adds to a file and takes from it, line by line, whatever the order.

The guards look at added lines only: what was in the file before is the author's business.
"""

from __future__ import annotations

import dataclasses
from collections import Counter


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two texts compared as bags of lines; lines are without line ends and trailing blanks."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    added: tuple[tuple[int, str], ...]
    """1-based line number in the new text, and the line, for lines the old text has fewer of."""
    removed: int
    """How many lines with text the old text has and the new one lacks."""


def compare(original: str, edited: str) -> Difference:
    """Compare two texts; a line that only moved counts as kept."""
    old = tuple(line.rstrip() for line in original.removeprefix("\ufeff").split("\n"))
    new = tuple(line.rstrip() for line in edited.removeprefix("\ufeff").split("\n"))
    left = Counter(old)
    added = []
    for number, line in enumerate(new, start=1):
        if left[line] > 0:
            left[line] -= 1
        elif line:
            added.append((number, line))
    removed = sum(count for line, count in left.items() if line)
    return Difference(old=old, new=new, added=tuple(added), removed=removed)
