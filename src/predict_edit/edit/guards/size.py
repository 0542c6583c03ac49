"""How much of the file an answer may lose or replace.

The limits are far out on purpose. They are there for answers that stop early, leave most of the
file out or are another file altogether, and they stand back when the instruction speaks of
deleting or rewriting.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from predict_edit.edit.intent import Intent
from predict_edit.edit.rewrite import Rewrite

SMALL = 6
"""Lines with text below which a file is too short to judge by lines."""
USUAL = 20
LARGE = 40
MIN_CHARACTERS = 1_000
"""Below this a file of few lines is not judged at all."""

_SHARE_SMALL, _SHARE_USUAL, _SHARE_REWRITTEN, _SHARE_DELETED = 0.25, 0.5, 0.2, 0.1
_MIN_WORDS, _MIN_DISTINCT, _SHARE_WORDS = 60, 20, 0.2
_MIN_TAIL, _SHARE_TAIL, _SHARE_TAIL_GONE, _SHARE_TAIL_UNITS = 4, 0.05, 0.8, 0.3
_WORD = re.compile(r"[^\W\d]\w*")


def problem(rewrite: Rewrite, intent: Intent) -> str | None:
    """Why the answer cannot be the whole file; ``None`` where it can."""
    old, new = _with_text(rewrite.old), _with_text(rewrite.new)
    return (
        _stops_early(rewrite, intent) or _shrinks(old, new, intent) or _rewrites(old, new, intent)
    )


def _shrinks(old: Sequence[str], new: Sequence[str], intent: Intent) -> str | None:
    """Whether too little is left."""
    limit = _least_share(len(old), intent)
    lines = len(old) >= SMALL
    before = len(old) if lines else sum(map(len, old))
    after = len(new) if lines else sum(map(len, new))
    if not lines and before < MIN_CHARACTERS:
        return None
    if after >= limit * before:
        return None
    unit = "lines with text" if lines else "characters"
    return (
        f"The answer has {after:,} of the file's {before:,} {unit}, and the instruction does not "
        "speak of removing that much."
    )


def _least_share(lines: int, intent: Intent) -> float:
    """The share of the file that must be left."""
    if intent.empties or (intent.broad and (intent.deletes or intent.rewrites)):
        return 0.0
    if intent.deletes:
        return _SHARE_DELETED if lines >= LARGE else 0.0
    if intent.rewrites:
        return _SHARE_REWRITTEN if lines >= USUAL else 0.0
    return _SHARE_USUAL if lines >= USUAL else _SHARE_SMALL


def _rewrites(old: Sequence[str], new: Sequence[str], intent: Intent) -> str | None:
    """Whether this is another file altogether."""
    if intent.rewrites or intent.deletes:
        return None
    before, after = Counter(_words(old)), Counter(_words(new))
    if before.total() < _MIN_WORDS or len(before) < _MIN_DISTINCT:
        return None
    # Many equal words that one edit changes count once, many different ones that stay count each.
    share = max((before & after).total() / before.total(), len(before & after) / len(before))
    if share >= _SHARE_WORDS:
        return None
    return (
        f"Only {share:.0%} of the file's words are left in the answer, and the instruction does "
        "not ask for a rewrite."
    )


def _words(lines: Sequence[str]) -> list[str]:
    """The words, without numbers."""
    return [word for line in lines for word in _WORD.findall(line)]


def _stops_early(rewrite: Rewrite, intent: Intent) -> str | None:
    """Whether the answer runs along the file and then just ends."""
    old, new = _with_text(rewrite.old), _with_text(rewrite.new)
    if not new or not old:
        return None
    places = [index for index, line in enumerate(old) if line == new[-1]]
    if not places:
        return _stops_within_line(old, new, _MIN_TAIL if intent.deletes or intent.broad else 1)
    if intent.deletes or intent.broad:
        return None
    at = max(places, key=lambda index: (_agree_backwards(old, index, new), index))
    tail = old[at + 1 :]
    # Lines of the tail that the answer has elsewhere have moved, they are not lost.
    gone = (Counter(tail) - (Counter(new) - Counter(old[: at + 1]))).total()
    if gone < max(_MIN_TAIL, _SHARE_TAIL * len(old)) or gone < _SHARE_TAIL_GONE * len(tail):
        return None
    whole_units = not tail[0][:1].isspace() and not new[-1][:1].isspace()
    if rewrite.added and whole_units and gone < _SHARE_TAIL_UNITS * len(old):
        # Something else changed and what is gone is complete: an edit may well do that.
        return None
    return (
        f"The answer stops early: the last {len(tail):,} lines with text of the file are missing."
    )


def _stops_within_line(old: Sequence[str], new: Sequence[str], least: int) -> str | None:
    """Whether the last line is the beginning of a line of the file, and the rest is missing."""
    if len(new) == 1:
        return None
    for index in range(len(old) - 1 - least, 0, -1):
        cut = old[index].startswith(new[-1]) and len(old[index]) > len(new[-1])
        if cut and old[index - 1] == new[-2]:
            lost = len(old) - 1 - index
            return f"The answer stops within a line; {lost:,} more lines with text are missing."
    return None


def _with_text(lines: Sequence[str]) -> list[str]:
    """The lines that are not blank."""
    return [line for line in lines if line]


_MAX_AGREEMENT = 20


def _agree_backwards(old: Sequence[str], at: int, new: Sequence[str]) -> int:
    """How many lines before and at ``old[at]`` are the last ones of ``new``."""
    count = 0
    while (
        count < _MAX_AGREEMENT
        and count <= at
        and count < len(new)
        and old[at - count] == new[-1 - count]
    ):
        count += 1
    return count
