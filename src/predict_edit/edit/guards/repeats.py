"""Answers that write the same again and again, or hold the file, or the end of it, twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from predict_edit.edit.rewrite import Rewrite

LOOP = "The answer repeats the same lines over and over."
MAX_PERIOD = 24
"""Lines of the longest block whose repetition is seen."""
MIN_REPEATS = 40
MIN_LINES = 40
MORE = 20
"""How much more often than in the original one line of a loop is there, at least."""

LONG_LINE = 1_000
"""Characters of a line below which it is not looked into."""

_TAIL = 800
_MAX_LINE_PERIOD = 60

_MIN_TAIL = 4
"""Lines with text of an end that is there twice."""
_MOST_TAIL = 2_000
_FEWEST_LINES = 5
_BRACKETS = 3
"""Characters up to which a line may be nothing but brackets."""
_MOST = 0.6
"""Share of a file's different lines that are there more often than before."""


def loop(rewrite: Rewrite) -> str | None:
    """Say that the answer repeats itself as the file does not.

    Takes time proportional to the length: a bounded number of passes.
    """
    added = Counter(line.strip() for _, line in rewrite.added)
    # A byte-order mark makes one line another, but not in what is added.
    if max(added.values(), default=0) < MORE - 1 and not any(map(is_periodic, added)):
        return None
    old, new = text_lines(rewrite.original), text_lines(rewrite.edited)
    return LOOP if _line_loops(old, new) or loops(old, new) else None


def text_lines(text: str) -> list[str]:
    """The lines with text, without the blanks round it."""
    return [stripped for line in text.split("\n") if (stripped := line.strip())]


def loops(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a block of lines is repeated many times in a row, unlike in the original."""
    more = Counter(new) - Counter(old)
    if not more or max(more.values()) < MORE:
        return False
    for period in range(1, MAX_PERIOD + 1):
        run = _longest_run(new, period)
        repeats = run // period
        if run < MIN_LINES or repeats < MIN_REPEATS:
            continue
        if repeats > 2 * (_longest_run(old, period) // period) + MIN_REPEATS // 2:
            return True
    return False


def _longest_run(lines: Sequence[str], period: int) -> int:
    """Lines of the longest stretch in which each line equals the one ``period`` before it."""
    best = run = 0
    for one, other in zip(lines, lines[period:], strict=False):
        run = run + 1 if one == other else 0
        best = max(best, run)
    return best + period if best else 0


def _line_loops(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a new long line ends in the same few characters over and over."""
    known = set(old)
    stuck = any(is_periodic(line) for line in new if line not in known)
    return stuck and not any(is_periodic(line) for line in old)


def is_periodic(line: str, size: int = _TAIL) -> bool:
    """Whether the last ``size`` characters of a long line are many copies of a few."""
    if len(line) < LONG_LINE:
        return False
    tail = line[-size:]
    return any(tail[period:] == tail[:-period] for period in range(1, _MAX_LINE_PERIOD + 1))


def doubled(rewrite: Rewrite) -> str | None:
    """Say what is doubled."""
    old = [line.strip() for line in rewrite.old if line.strip()]
    new = [line.strip() for line in rewrite.new if line.strip()]
    if len(new) <= len(old) or len(old) < _FEWEST_LINES:
        return None
    tail = _tail_twice(old, new)
    if tail:
        return f"The answer repeats the file's last {tail:,} lines with text."
    known = {line for line in old if len(line) > 1}
    more = Counter(new) - Counter(old)
    doubled = sum(1 for line in known if more[line])
    if doubled >= _FEWEST_LINES and doubled >= _MOST * len(known):
        return f"The answer repeats {doubled:,} different lines of the file."
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
