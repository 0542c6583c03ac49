"""The one table of invisible characters.

Instructions lose them, answers must not add them, and reports show them as signs. Text that was
copied from somewhere may hold what its author never saw: zero-width and tag characters spell words
to a model, bidirectional controls show one order and mean another.
"""

from __future__ import annotations

import unicodedata

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
        char for index, char in enumerate(text) if not is_hidden(char) or _shapes(text, index)
    )


def _shapes(text: str, index: int) -> bool:
    """Decide whether a hidden character is an emoji's selector or joins two visible characters."""
    char, after = text[index], text[index + 1 : index + 2]
    before, second = text[index - 1 : index], text[index - 2 : index - 1]
    if char in EMOJI_SELECTORS:
        return _can_be_shaped(before) or after == KEYCAP
    if char in JOINERS:
        shaped = second if before in EMOJI_SELECTORS else before
        return _can_be_shaped(shaped) and _can_be_shaped(after)
    return False


def _can_be_shaped(char: str) -> bool:
    """Decide whether a character is a visible one of a script that joins, or an emoji."""
    return char != "" and not char.isascii() and not is_hidden(char)
