"""How much of a file an answer loses, and where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from predict_edit.edit.rewrite import Gap, Rewrite
from predict_edit.edit.wrappers import is_sentence

FEW = 5
"""Lines with text below which a file is too short to judge by shares of its lines."""
MIN_CHARACTERS = 1_000
"""A file of few lines is judged by its characters from this length on."""

_KEPT = 0.35
"""Share of lines, or of words, that an edit keeps."""
_MIN_WORDS = 8
"""Different words of a file from which their share says something."""
_KEPT_CHARACTERS = 0.25
_MIN_TAIL, _MOST_TAIL, _TAIL, _TAIL_ALONE = 3, 20, 0.12, 0.1
_MIN_HEAD, _HEAD = 3, 0.35
_MIN_MIDDLE, _MIDDLE = 10, 0.6
_MOST = 0.6
_WORD = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"[^\W\d]\w{3,}")
_LEGAL = re.compile(r"copyright|licen[cs]e|SPDX-", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?://|#|/?\*|--|;|<!--|%|\.\.)")


def problem(rewrite: Rewrite) -> str | None:
    """Say what is missing; ``None`` if the answer can well be the whole file."""
    old = [line for line in rewrite.old if line]
    new = [line for line in rewrite.new if line]
    if not old or not new:
        return None
    return (
        _stops_within_line(rewrite, old, new)
        or _holes(rewrite, len(old))
        or _other_file(rewrite, old, new)
        or _short(rewrite, old, new)
    )


def _holes(rewrite: Rewrite, lines: int) -> str | None:
    """Whether a long run of lines is gone without anything in its place."""
    if lines < FEW:
        return None
    moved = Counter(line.strip() for gap in rewrite.gaps for line in gap.new)
    losses = [min(gap.lost, _gone(gap, moved)) for gap in rewrite.gaps]
    alone = len(losses) == 1 and rewrite.gaps[0].last and not rewrite.gaps[0].new
    if alone and losses[0] >= max(_MIN_TAIL, _TAIL_ALONE * lines):
        # Nothing else is changed: an answer that just ends.
        return _stops_early(losses[0])
    found = (
        _hole(gap, lost, lines)
        for gap, lost in zip(rewrite.gaps, losses, strict=True)
        if not (gap.last and _goes_with_others(rewrite, gap))
    )
    if (hole := next(filter(None, found), None)) is not None:
        return hole
    lost = sum(losses)
    if lost > _MOST * lines:
        return f"{lost:,} of the file's {lines:,} lines with text are missing."
    return None


def _gone(gap: Gap, moved: Counter[str]) -> int:
    """How many lines of a gap are not among those that moved; they are counted one by one."""
    counts = Counter(line.strip() for line in gap.old)
    return sum(max(0, count - moved[line]) for line, count in counts.items())


def _stops_early(lost: int) -> str:
    return f"The answer stops early: the last {lost:,} lines with text are missing."


def _hole(gap: Gap, lost: int, lines: int) -> str | None:
    """Whether a gap is what an answer leaves that stops early or is a part of the file."""
    if gap.last and len(gap.new) <= 1 and lost >= max(_MIN_TAIL, min(_TAIL * lines, _MOST_TAIL)):
        return _stops_early(lost)
    if gap.first and lost >= max(_MIN_HEAD, _HEAD * lines):
        return f"The answer starts late: {lost:,} lines at the top are missing."
    if gap.first and lost >= _MIN_HEAD and _is_legal(gap):
        return f"The notice of copyright or licence at the top ({lost:,} lines) is missing."
    if lost >= max(_MIN_MIDDLE, _MIDDLE * lines):
        return f"{lost:,} lines with text in a row are missing (line {gap.at:,})."
    return None


def _goes_with_others(rewrite: Rewrite, end: Gap) -> bool:
    """Whether other lines are gone that name what the end held, as where a unit and its uses go."""
    others = [gap for gap in rewrite.gaps if gap.lost and not (gap.first or gap is end)]
    gone = {name for gap in others for line in gap.old for name in _NAME.findall(line)}
    held = {name for line in end.old for name in _NAME.findall(line)}
    return bool((gone & held).difference(_NAME.findall(rewrite.edited)))


def _is_legal(gap: Gap) -> bool:
    """Whether the lost lines are the comment in which a file says who owns it."""
    lost = gap.old[: gap.lost]
    return all(map(_COMMENT.match, lost)) and any(map(_LEGAL.search, lost))


def _other_file(rewrite: Rewrite, old: Sequence[str], new: Sequence[str]) -> str | None:
    """Whether hardly anything of the file is left."""
    if len(old) < FEW or rewrite.removed <= (1 - _KEPT) * len(old):
        return None
    lines = _share([line.strip() for line in old], [line.strip() for line in new])
    if lines >= _KEPT:
        return None
    before = _words(old)
    words = _share(before, _words(new))
    if words >= _KEPT or len(set(before)) < _MIN_WORDS:
        return None
    return f"Only {lines:.0%} of the file's lines and {words:.0%} of its words are in the answer."


def _short(rewrite: Rewrite, old: Sequence[str], new: Sequence[str]) -> str | None:
    """Whether a file of few lines became a sentence, or lost most of its characters."""
    if len(old) >= FEW:
        return None
    before, after = sum(map(len, old)), sum(map(len, new))
    if before >= MIN_CHARACTERS and after < _KEPT_CHARACTERS * before:
        return f"The answer has {after:,} of the file's {before:,} characters."
    alone = len(new) == 1 and len(old) > 1 and rewrite.removed == len(old)
    if alone and (is_sentence(new[0]) or not set(_words(old)).intersection(_words(new))):
        return "The answer is one line that has nothing of the file."
    return None


def _share(old: Sequence[str], new: Sequence[str]) -> float:
    before = Counter(old)
    return (before & Counter(new)).total() / max(1, before.total())


def _words(lines: Sequence[str]) -> list[str]:
    """The words, without numbers."""
    return [word for line in lines for word in _WORD.findall(line)]


def _stops_within_line(rewrite: Rewrite, old: Sequence[str], new: Sequence[str]) -> str | None:
    """Whether the last line is the beginning of a line of the file, and the rest is missing."""
    lost = any(gap.last and gap.lost for gap in rewrite.gaps)
    if len(new) == 1 or not lost or not _WORD.search(new[-1]):
        return None
    for index in range(len(old) - 2, 0, -1):
        cut = old[index].startswith(new[-1]) and _WORD.search(old[index][len(new[-1]) :])
        if cut and old[index - 1] == new[-2]:
            missing = len(old) - 1 - index
            return f"The answer stops within a line; {missing:,} more lines with text are missing."
    return None
