"""The one table of invisible characters.

Instructions lose them, answers must not add them, and reports show them as signs. Text that was
copied from somewhere may hold what its author never saw: zero-width and tag characters spell words
to a model, bidirectional controls show one order and mean another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_VISIBLE_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Arabic, Syriac and Kaithi signs that Unicode files under Cf although they are drawn."""

FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0\U0001d159")
"""Characters of other categories that are drawn as nothing."""

VARIATION_SELECTORS = frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)

EMOJI_SELECTORS = frozenset("\ufe0e\ufe0f")
JOINERS = frozenset("\u200c\u200d")
"""Persian, Indic scripts and emoji need them between two characters."""
KEYCAP = "\u20e3"
_KEYCAP_BASES = frozenset("0123456789#*")
_SIGNS = frozenset("\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299")
"""Emoji outside the blocks of symbols."""
_SYMBOLS = (range(0x2190, 0x2C00), range(0x1F000, 0x1FB00))
_SKIN_TONES = range(0x1F3FB, 0x1F400)

_JOINING_SCRIPTS = (
    range(0x0600, 0x1100), range(0x1780, 0x1900), range(0x1A00, 0x1C50), range(0xA800, 0xAC00),
    range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD), range(0x11000, 0x12000),
)  # fmt: skip
"""Arabic, Syriac, the Indic scripts and their neighbours, Mongolian."""


def is_hidden(char: str) -> bool:
    """Decide whether a character is drawn as nothing or changes the order of others.

    Tab and line feed are layout, not hidden. Lone surrogates count: no text can hold them.
    """
    if char in "\t\n" or char in _VISIBLE_FORMATS:
        return False
    return (
        unicodedata.category(char) in {"Cc", "Cf", "Cs"}
        or char in FILLERS
        or char in VARIATION_SELECTORS
    )


def is_shown(char: str) -> bool:
    """Decide whether a character is drawn, on one line, with an assigned meaning.

    Hidden characters are not, nor are line separators and code points that are private or
    unassigned.
    """
    return not is_hidden(char) and unicodedata.category(char) not in {"Co", "Cn", "Zl", "Zp"}


def strip_hidden(text: str) -> str:
    """Remove hidden characters, except a single one that shapes the visible character before it."""
    if text.isascii() and text.replace("\t", "").replace("\n", "").isprintable():
        return text
    return "".join(
        char for index, char in enumerate(text) if not is_hidden(char) or shapes(text, index)
    )


def shapes(line: str, index: int) -> bool:
    """Decide whether a character selects or joins those beside it, as it is meant to (UAX 31)."""
    char = line[index]
    before, after = line[index - 1 : index], line[index + 1 : index + 2]
    if char in EMOJI_SELECTORS:
        return _is_emoji(before) or (before in _KEYCAP_BASES and after == KEYCAP)
    if char == "\N{ZERO WIDTH JOINER}" and _is_emoji(after):
        shaped = line[index - 2 : index - 1] if before in EMOJI_SELECTORS else before
        return _is_emoji(shaped)
    if char in JOINERS:
        return _needs_joiners(before) and _needs_joiners(after)
    return False


def _is_emoji(char: str) -> bool:
    """Decide whether a character is drawn as an emoji or can be, skin tones included."""
    if not char:
        return False
    if char in _SIGNS or ord(char) in _SKIN_TONES:
        return True
    return within(ord(char), _SYMBOLS) and unicodedata.category(char) in {"So", "Sm", "Sk", "Cn"}


def _needs_joiners(char: str) -> bool:
    """Decide whether a character is a letter or mark of a script that is written with joiners."""
    return bool(char) and within(ord(char), _JOINING_SCRIPTS) and not is_hidden(char)


def within(code: int, ranges: Iterable[range]) -> bool:
    """Decide whether a code point is in one of the ranges."""
    return any(code in one for one in ranges)
