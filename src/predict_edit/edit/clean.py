"""Undo what models do to a file on the way, and nothing else.

Models wrap answers in a code fence, drop the byte-order mark and the line feeds at both ends, and
write line feeds where a file has carriage returns too. All of that is put back from the original.
What is not certain is left as it is, for the guard to judge.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Mapping

from predict_edit.edit import collateral, intent, line_pairs, wrappers
from predict_edit.edit.rewrite import is_fence, suffix_of

MARK, ENDINGS, ENDS = "byte-order mark", "line endings", "blank lines at the ends"
TRAILING = "trailing blanks"
PREFIXES = "what is before every line"
"""Kinds of what is put back, beside those of :mod:`predict_edit.edit.collateral`."""

_BLANKS_MEAN = frozenset({".tsv", ".csv", ".tab", ".diff", ".patch", ".rej"})
"""Files in which a blank at the end of a line means something."""
_MARKDOWN = frozenset({".md", ".markdown", ".mdx"})

_BLANKS = " \t\f\v"
_ENDS = "\r\n"
_BREAKS = re.compile(r"(\r*\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029])")
"""Line feeds, and what else some programs take for line ends."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """An answer in the outer shape of the original."""

    text: str
    """Empty if the answer has nothing but white space."""
    restored: Mapping[str, int]
    """How many lines were put back, by kind."""
    instead: str | None = None
    """The answer without what was put back on lines, if that was all it changed."""


def clean(path: str, original: str, answer: str, *, instruction: str = "") -> Cleaned:
    """Give an answer the outer shape of the original, and count what is put back.

    What surely is not part of the file is taken off (:mod:`predict_edit.edit.wrappers`); the
    byte-order mark, the line feeds before the first line with text (unless something was put above
    it) and after the last one, and the line endings are those of the original, as are blanks at
    the end of lines that are otherwise the same, and look-alikes
    (:mod:`predict_edit.edit.collateral`). If the original mixes line endings, every unchanged line
    keeps its own and a new line gets that of the line it replaces or follows.

    An instruction that speaks of one of these frees it, as does an answer that does nothing but
    add a byte-order mark, carriage returns or a final line feed: models lose them by accident, but
    do not add them so. Cleaning an unchanged file, or a file for the second time, changes nothing.
    """
    if answer == original:
        return Cleaned(text=original, restored={})
    free = intent.read(instruction)
    body = original.lstrip(wrappers.BOM)
    unwrapped = wrappers.unwrap(path, original, answer, instruction=instruction)
    text = said = _unmarked(body, unwrapped)
    if not text.strip():
        return Cleaned(text="", restored={})
    marks = original[: len(original) - len(body)]
    given = unwrapped[: len(unwrapped) - len(unwrapped.lstrip(wrappers.BOM))]
    restored: Counter[str] = Counter()
    if free.byte_order_mark:
        marks = given
    elif marks != given:
        restored[MARK] += 1
    keeps = suffix_of(path) in _BLANKS_MEAN
    text, joined = (text, 0) if free.line_endings else _rejoined(body, text)
    restored[ENDINGS] += joined
    text, looks = collateral.restore(body, text)
    restored += looks
    if not (free.trailing_blanks or keeps):
        text, blanks = restore_blanks(body, text, hard_breaks=suffix_of(path) in _MARKDOWN)
        restored[TRAILING] += blanks
    shaped = _shape(body, text, free)
    restored[ENDINGS] += not free.line_endings and _count_endings(text, shaped)
    restored[ENDS] += unwrapped == answer and _ends(text) != _ends(shaped)
    whole = marks + shaped
    if whole == original:
        if _only_adds(original, given + said):
            return Cleaned(text=given + said, restored={})
        if wrappers.prefixed(original, answer):
            columns = {PREFIXES: len(wrappers.body(answer))}
            return Cleaned(text=whole, restored=columns, instead=answer)
        if looks or (restored[TRAILING] and suffix_of(path) in _MARKDOWN):
            return Cleaned(text=whole, restored=+restored, instead=marks + _shape(body, said, free))
    return Cleaned(text=whole, restored=+restored)


def _rejoined(original: str, text: str) -> tuple[str, int]:
    """Take back line feeds in the place of what only some programs take for line ends.

    The line must be the same on both sides of it, up to the next such place or line feed.

    Returns:
        The text, and how many line feeds were taken back.
    """
    lines = original.count("\n") + (not original.endswith("\n"))
    if "\n" not in original or len(original.splitlines()) == lines:
        return text, 0
    old, new = _BREAKS.split(original), _BREAKS.split(text)
    pairs = line_pairs.pair(old[::2], new[::2])
    joined = 0
    for number, (at, following) in enumerate(itertools.pairwise(pairs)):
        # Which of several empty lines is which would be a guess.
        if at is None or following != at + 1 or not (old[2 * at] and old[2 * following]):
            continue
        before, after = old[2 * at + 1], new[2 * number + 1]
        if after.endswith("\n") and not before.endswith("\n"):
            new[2 * number + 1] = before
            joined += 1
    return "".join(new), joined


def _only_adds(original: str, text: str) -> bool:
    """Whether an answer is the file with a mark, carriage returns or a last line feed more."""
    if text == wrappers.BOM + original:
        return True
    if text == original + "\n":
        return not original.endswith("\n")
    return "\r" not in original and text == original.replace("\n", "\r\n")


def _count_endings(text: str, shaped: str) -> int:
    """How many lines got another ending."""
    if "\r" not in text and "\r" not in shaped:
        return 0
    given, put = Counter(_lines(text)[1]), Counter(_lines(shaped)[1])
    return min((put - given).total(), (given - put).total())


def _ends(text: str) -> tuple[int, int]:
    """Line feeds before the first and after the last line with text."""
    core = text.strip(_ENDS)
    head = text[: len(text) - len(text.lstrip(_ENDS))]
    return head.count("\n"), text.count("\n") - head.count("\n") - core.count("\n")


def _unmarked(original: str, text: str) -> str:
    """The text without byte-order marks at its start, however models put line feeds round them."""
    text = text.lstrip(wrappers.BOM)
    inner = text.lstrip(_ENDS)
    if not inner.startswith(wrappers.BOM) or original.lstrip(_ENDS).startswith(wrappers.BOM):
        return text
    return inner.lstrip(wrappers.BOM + _ENDS)


def _shape(original: str, text: str, free: intent.Intent) -> str:
    """Line endings and both ends, for texts without byte-order mark."""
    core = text.strip(_ENDS)
    old_core = original.strip(_ENDS)
    own_ends = free.file_ends or not old_core
    # Lone carriage returns cut no lines here, so that there is no first one to look at.
    old_mac = "\r" in original and "\n" not in original
    anew = not old_mac and _starts_anew(old_core, core)
    head_of = text if own_ends or anew else original
    head = head_of[: len(head_of) - len(head_of.lstrip(_ENDS))]
    tail_of = text if own_ends else original
    tail = tail_of[len(tail_of.rstrip(_ENDS)) :]
    if not free.line_endings:
        return _with_endings(original, head + core + tail)
    end = "\r\n" if "\r\n" in core else "\n"
    return _uniform(head, end) + core + _uniform(tail, end)


def _starts_anew(original: str, text: str) -> bool:
    """Whether something is above the line that was the first; then the blanks above are new."""
    first, new = (one.partition("\n")[0].rstrip("\r") for one in (original, text))
    return bool(first.strip()) and new != first and first in _lines(text)[0]


def _with_endings(original: str, text: str) -> str:
    """The lines of ``text`` with the line endings of the original."""
    if "\r" not in original and "\r" not in text:
        return text
    old, ends = _lines(original)
    styles = set(ends[:-1])
    if not styles:
        return _uniform(text, "\r" if "\r" in original else "\n")
    if len(styles) == 1:
        return _uniform(text, styles.pop())
    new, _ = _lines(text)
    common = max(sorted(styles), key=ends.count)
    # The last line of a text has no ending to give.
    ends[-1] = common
    pairs = line_pairs.pair(old, new)
    following = _following(pairs, len(old))
    chosen: list[str] = []
    before = -1
    for at, limit in zip(pairs, following, strict=True):
        if at is not None:
            before = at
        elif before + 1 < limit:
            # A line in the place of a line that is gone: it takes over that one's ending.
            before += 1
        chosen.append(ends[max(before, 0)])
    return "".join(line + end for line, end in zip(new[:-1], chosen, strict=False)) + new[-1]


def _following(pairs: list[int | None], end: int) -> list[int]:
    """For each new line the next paired old line at or after it; ``end`` where there is none."""
    following = [end] * len(pairs)
    for number in range(len(pairs) - 1, -1, -1):
        at = pairs[number]
        if at is not None:
            end = at
        following[number] = end
    return following


def _lines(text: str) -> tuple[list[str], list[str]]:
    """The lines without their endings, and the endings; that of the last line is empty.

    An ending is a line feed with all carriage returns before it.
    """
    pieces = text.split("\n")
    bodies = [piece.rstrip("\r") for piece in pieces[:-1]]
    ends = [piece[len(body) :] + "\n" for piece, body in zip(pieces, bodies, strict=False)]
    return [*bodies, pieces[-1]], [*ends, ""]


def _uniform(text: str, end: str) -> str:
    """The same lines, all with this ending."""
    return end.join(_lines(text)[0])


def restore_blanks(original: str, text: str, *, hard_breaks: bool = False) -> tuple[str, int]:
    """Take the original's form of every line that differs from it in trailing blanks only.

    Lines with something visible are paired; lines of nothing but blanks belong to the two visible
    lines round them. Lines that open or close a code fence are left alone, as an answer's own
    fence could be mistaken for the file's. Lines are cut at line feeds; carriage returns before one
    are not blanks and stay as they are. With ``hard_breaks``, new ones of Markdown stay too.

    Returns:
        The text, and how many lines were put back.
    """
    if original == text or not (_trails(original) or _trails(text)):
        return text, 0
    old, new = original.split("\n"), text.split("\n")
    given = list(new)
    old_at, new_at = _visible(old), _visible(new)
    pairs = line_pairs.pair([_bare(old[at]) for at in old_at], [_bare(new[at]) for at in new_at])
    before: tuple[int, int] | None = None
    for number, (at, paired) in enumerate(zip(new_at, pairs, strict=True)):
        if paired is None:
            before = None
            continue
        there = old_at[paired]
        if not (hard_breaks and new[at].rstrip("\r").endswith("  ")):
            new[at] = _with_blanks_of(old[there], new[at])
        if before == (paired - 1, at - 1 - (there - 1 - old_at[paired - 1])) and number:
            # Lines without anything visible before a paired line, as many in both texts.
            for step in range(1, there - old_at[paired - 1]):
                new[at - step] = _with_blanks_of(old[there - step], new[at - step])
        before = (paired, at)
    return "\n".join(new), sum(one != other for one, other in zip(given, new, strict=True))


def _trails(text: str) -> bool:
    """Whether any line may end in a blank."""
    # A character that a text does not have is missed far sooner than two of them together.
    blanks, ends = ([char for char in chars if char in text] for chars in (_BLANKS, _ENDS))
    return text.endswith(tuple(blanks)) or any(
        blank + end in text for blank in blanks for end in ends
    )


def _visible(lines: list[str]) -> list[int]:
    return [number for number, line in enumerate(lines) if _bare(line)]


def _bare(line: str) -> str:
    return line.rstrip("\r").rstrip(_BLANKS)


def _with_blanks_of(old: str, line: str) -> str:
    body = line.rstrip("\r")
    return line if is_fence(body) else old.rstrip("\r") + line[len(body) :]
