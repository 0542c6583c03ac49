"""Answers that hold the file, or the end of it, twice."""

from __future__ import annotations

from collections import Counter

from predict_edit.edit.rewrite import Rewrite

_MIN_TAIL = 4
"""Lines with text of an end that is there twice."""
_MOST_TAIL = 2_000
_MIN_LINES = 5
_BRACKETS = 3
"""Characters up to which a line may be nothing but brackets."""
_MOST = 0.6
"""Share of a file's different lines that are there more often than before."""


def problem(rewrite: Rewrite) -> str | None:
    """Say what is doubled."""
    old = [line.strip() for line in rewrite.old if line.strip()]
    new = [line.strip() for line in rewrite.new if line.strip()]
    if len(new) <= len(old) or len(old) < _MIN_LINES:
        return None
    tail = _tail_twice(old, new)
    if tail:
        return f"The last {tail:,} lines with text of the file are in the answer twice."
    known = {line for line in old if len(line) > 1}
    more = Counter(new) - Counter(old)
    doubled = sum(1 for line in known if more[line])
    if doubled >= _MIN_LINES and doubled >= _MOST * len(known):
        return f"{doubled:,} different lines of the file are in the answer more often than in it."
    return None


def _tail_twice(old: list[str], new: list[str]) -> int:
    """How many lines of the file's end are at the answer's end two times in a row."""
    most = min(_MOST_TAIL, len(old), len(new) // 2, len(new) - len(old) + 1)
    for size in range(most, _MIN_TAIL - 1, -1):
        if new[-1] != new[-1 - size] or new[-size:] != new[-2 * size : -size]:
            continue
        if old[-size:] != old[-2 * size : -size] and any(
            len(line) > _BRACKETS for line in new[-size:]
        ):
            return size
    return 0
