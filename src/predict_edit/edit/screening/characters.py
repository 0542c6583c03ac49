"""Characters that a hunk adds and that nobody would see in it.

The dangerous sets are those of Unicode Technical Standard 55, "Unicode Source Code Handling", and
of the reports on hidden instructions in tag characters and variation selectors. What shapes a
visible neighbour is no danger and passes: the selector behind an emoji, the joiner between two
emoji or between letters of a script that needs it (UAX 31, "Layout and Format Control
Characters"), the three flags that are spelled with tags (UTS 51).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from predict_edit.domain.edits import Hunk
from predict_edit.support.unicode import (
    FILLERS,
    VARIATION_SELECTORS,
    is_hidden,
    shapes,
    within,
)

REORDERS: Final = "adds or moves characters that change the order in which text is shown"
CONTROLS: Final = "adds control characters"
TAGS: Final = "adds tag characters, which spell words that nobody sees"
SELECTORS: Final = "adds variation selectors that select nothing"
INVISIBLE: Final = "adds invisible characters"
SEPARATORS: Final = "adds line separators that are no line ends in the file"
UNASSIGNED: Final = "adds characters without a public meaning"

_REORDERING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_SEPARATORS: Final = frozenset("\x0b\x1c\x1d\x1e\x85\u2028\u2029")
"""Line ends to some editors and languages, and none to git: what follows may be code."""
_BYTE_ORDER_MARK: Final = "\ufeff"
_PAGE_BREAK: Final = "\x0c"
"""Alone on its line it hides nothing; Lisp and C sources are divided so."""

_TAGS: Final = range(0xE0000, 0xE0080)
_RESERVED: Final = (range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000), range(0xFDD0, 0xFDF0))
"""Unassigned and never drawn (Default_Ignorable_Code_Point), and noncharacters."""
_GROWING: Final = (range(0x1F000, 0x1FB00), range(0x20000, 0x40000))
"""Emoji and ideographs: this Python's tables may be older than the character."""
_FLAGS: Final = re.compile(
    "\U0001f3f4(?:{})\U000e007f".format(
        "|".join(
            "".join(chr(0xE0000 + ord(letter)) for letter in region)
            for region in ("gbeng", "gbsct", "gbwls")
        )
    )
)
_BY_CHARACTER: Final = {
    **dict.fromkeys(_REORDERING, REORDERS),
    **dict.fromkeys(_SEPARATORS, SEPARATORS),
    **dict.fromkeys(FILLERS, INVISIBLE),
    **dict.fromkeys(VARIATION_SELECTORS, SELECTORS),
}
_BY_CATEGORY: Final = {
    "Cc": CONTROLS,
    "Cs": CONTROLS,
    "Cf": INVISIBLE,
    "Co": UNASSIGNED,
    "Cn": UNASSIGNED,
}
_LAYOUT: Final = frozenset("\t\n")

_ORDER: Final = (
    REORDERS,
    TAGS,
    SEPARATORS,
    CONTROLS,
    SELECTORS,
    INVISIBLE,
    UNASSIGNED,
)
"""The gravest first: it is the one that is reported."""


def problem(hunk: Hunk, known: frozenset[str], *, returns_end_lines: bool = False) -> str | None:
    """Say which dangerous characters a hunk adds; ``None`` where it adds none.

    Lines in ``known``, those of the original file, were there before, wherever they now stand. In
    the others, each character may occur as often as in the lines that the hunk removes. A line
    with characters that reorder text needs one among the removed with exactly the same of them,
    since taking away one half of a pair reorders as well.

    ``returns_end_lines`` says that lone carriage returns are the file's line ends.
    """
    new = [line for line in hunk.added if line not in known]
    if hunk.start == 1 and hunk.added and new[:1] == list(hunk.added[:1]):
        new[0] = new[0].removeprefix(_BYTE_ORDER_MARK)
    if all(map(_is_plain, new)):
        return None
    found: set[str] = set()
    if _reorders(hunk.removed, new):
        found.add(REORDERS)
    before = Counter(_dangers(hunk.removed))
    allowed = {"\r"} if returns_end_lines else set()
    for char, count in Counter(_dangers(new)).items():
        if count > before[char] and char not in allowed:
            found.add(_reason(char))
    return next((reason for reason in _ORDER if reason in found), None)


def is_dangerous(char: str) -> bool:
    """Tell whether a character by itself is one that a hunk must not add."""
    return _reason(char) != ""


def _is_plain(line: str) -> bool:
    """Most lines are: ASCII without controls."""
    return line.isascii() and _body(line).replace("\t", "").isprintable()


def _body(line: str) -> str:
    """A line without its end, which may be a carriage return and a line feed."""
    return line[:-2] if line.endswith("\r\n") else line.removesuffix("\n")


def _reorders(removed: Iterable[str], added: Iterable[str]) -> bool:
    """Whether a line has controls of direction that no removed line has just so."""
    there = Counter(map(_directions, removed))
    return any(count > there[way] for way, count in Counter(map(_directions, added)).items() if way)


def _directions(line: str) -> str:
    return "".join(char for char in line if char in _REORDERING)


def _dangers(lines: Iterable[str]) -> Iterator[str]:
    """Every dangerous character of some lines that does not shape a visible neighbour."""
    for line in lines:
        if _is_plain(line) or _body(line) == _PAGE_BREAK:
            continue
        body = _FLAGS.sub("\U0001f3f4", _body(line))
        for index, char in enumerate(body):
            if char not in _REORDERING and is_dangerous(char) and not shapes(body, index):
                yield char


def _reason(char: str) -> str:
    """Why a character is dangerous; empty where it is not."""
    code, category = ord(char), unicodedata.category(char)
    if code in _TAGS:
        return TAGS
    if reason := _BY_CHARACTER.get(char):
        return reason
    reason = _BY_CATEGORY.get(category, "")
    if category == "Cn":
        grown = within(code, _GROWING)
        reason = INVISIBLE if within(code, _RESERVED) else "" if grown else reason
    if char in _LAYOUT or (category == "Cf" and not is_hidden(char)):
        return ""
    return reason
