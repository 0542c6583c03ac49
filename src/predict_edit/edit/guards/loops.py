"""Answers in which the model got stuck and writes the same again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from predict_edit.edit.rewrite import Rewrite

MAX_PERIOD = 24
"""Lines of the longest block whose repetition is seen."""
MIN_REPEATS = 40
MIN_LINES = 40

LONG_LINE = 1_000
"""Characters of a line below which it is not looked into."""

_TAIL = 800
_MAX_LINE_PERIOD = 60


def problem(rewrite: Rewrite) -> str | None:
    """Say that the answer repeats itself as the file does not.

    Takes time proportional to the length: a bounded number of passes.
    """
    old, new = _lines(rewrite.original), _lines(rewrite.edited)
    if _line_loops(old, new) or _block_loops(old, new):
        return "The answer repeats the same lines over and over."
    return None


def _lines(text: str) -> list[str]:
    """The lines with text, without the blanks round it."""
    return [stripped for line in text.split("\n") if (stripped := line.strip())]


def _block_loops(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a block of lines stands many times in a row."""
    more = Counter(new) - Counter(old)
    if not more or max(more.values()) < MIN_REPEATS // 2:
        return False
    for period in range(1, MAX_PERIOD + 1):
        run = longest_run(new, period)
        repeats = run // period
        if run < MIN_LINES or repeats < MIN_REPEATS:
            continue
        if repeats > 2 * (longest_run(old, period) // period) + MIN_REPEATS // 2:
            return True
    return False


def longest_run(lines: Sequence[str], period: int) -> int:
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


def is_periodic(line: str) -> bool:
    """Whether a long line ends in many copies of a few characters."""
    if len(line) < LONG_LINE:
        return False
    tail = line[-_TAIL:]
    return any(tail[period:] == tail[:-period] for period in range(1, _MAX_LINE_PERIOD + 1))
