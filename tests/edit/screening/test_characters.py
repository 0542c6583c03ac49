"""Characters that people cannot see, in what a model adds."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import Hunk
from predict_edit.edit.screening import characters
from predict_edit.edit.screening.characters import is_dangerous, problem

Ask = Callable[..., list[str | None]]

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def added(text: str, *removed: str, start: int = 2) -> str | None:
    """The verdict on one added line that replaces others."""
    return problem(Hunk(start=start, removed=removed, added=(text,)), frozenset())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("access = 'user\u202e \u2066// admin\u2069 \u2066'\n", characters.REORDERS),
        ("mark\u200e\n", characters.REORDERS),
        ("arabic mark\u061c\n", characters.REORDERS),
        ("a\U000e0068\U000e0069b\n", characters.TAGS),
        ("flag of nowhere \U0001f3f4\U000e0061\U000e0061\U000e007f\n", characters.TAGS),
        ("comment # \u2028evil()\n", characters.SEPARATORS),
        ("next line \x85 evil()\n", characters.SEPARATORS),
        ("vertical \x0b tab\n", characters.SEPARATORS),
        ("escape \x1b[8mhidden\x1b[0m\n", characters.CONTROLS),
        ("back \x08 space\n", characters.CONTROLS),
        ("nul \x00\n", characters.CONTROLS),
        ("page \x0c break\n", characters.CONTROLS),
        ("overwritten\rshown\n", characters.CONTROLS),
        ("two returns\r\r\n", characters.CONTROLS),
        ("lone surrogate \ud800\n", characters.CONTROLS),
        ("a\ufe01\ufe02\ufe0a\n", characters.SELECTORS),
        ("a\U000e0154\U000e0155\n", characters.SELECTORS),
        ("letter with a selector a\ufe0f\n", characters.SELECTORS),
        ("ideograph 漢\U000e0100\n", characters.SELECTORS),
        ("two selectors ❤\ufe0f\ufe0f\n", characters.SELECTORS),
        ("Mongolian \u180b\n", characters.SELECTORS),
        ("zero\u200bwidth\n", characters.INVISIBLE),
        ("joiner in an identifier ad\u200dmin\n", characters.INVISIBLE),
        ("two joiners 👩\u200d\u200d💻\n", characters.INVISIBLE),
        ("word\u2060joiner and soft\u00adhyphen\n", characters.INVISIBLE),
        ("mark inside \ufeff\n", characters.INVISIBLE),
        ("Hangul filler \u3164 = 1\n", characters.INVISIBLE),
        ("half-width filler \uffa0\n", characters.INVISIBLE),
        ("Braille blank \u2800\n", characters.INVISIBLE),
        ("grapheme\u034fjoiner\n", characters.INVISIBLE),
        ("Khmer vowel \u17b4\n", characters.INVISIBLE),
        ("note head \U0001d159\n", characters.INVISIBLE),
        ("reserved \u2065\ufff0\U000e0fff\n", characters.INVISIBLE),
        ("noncharacter \ufdd0\n", characters.INVISIBLE),
        ("private \ue000\n", characters.UNASSIGNED),
        ("unassigned \u0378\n", characters.UNASSIGNED),
    ],
)
def test_dangerous_characters_are_named(text: str, reason: str) -> None:
    """Each dangerous set is found in an added line, and named in the reason."""
    assert added(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "plain\n",
        "tab\tand blanks  \n",
        "windows\r\n",
        "no line end",
        "naïve café — “quotes”… 漢字 かな 한글 עברית عربى हिन्दी\n",
        "non-breaking\u00a0space and ideographic\u3000space\n",
        "😀 👍🏽 ❤\ufe0f ☎\ufe0e ©\ufe0f ✔\ufe0f →\ufe0f\n",
        "keycaps 1\ufe0f\u20e3 #\ufe0f\u20e3\n",
        "👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👩🏽\u200d🚀 ❤\ufe0f\u200d🔥\n",
        f"flags 🇩🇪 {ENGLAND}\n",
        "Persian می\u200cخواهم, Hindi क्\u200dष, Sinhala ශ්\u200dරී\n",
        "a new emoji \U0001fae8, a new ideograph \U00031350\n",  # newer than Python 3.11's tables
        "drawn formats \u0600١٢\n",
        "combining e\u0301\n",
    ],
)
def test_ordinary_text_passes(text: str) -> None:
    """What people write, in any script and with any emoji, passes."""
    assert added(text) is None


@pytest.mark.parametrize(
    ("removed", "text"),
    [
        ("old\u200bname\n", "new\u200bname\n"),
        ("\x0cclass Old:\n", "\x0cclass New:\n"),
        ("old \u202eabc\u202c\n", "new \u202eabc\u202c\n"),
        ("icon \ue0b0 old\n", "icon \ue0b0 new\n"),
        ("old\u200b\u200b\n", "new\u200b\n"),
        ("old \u202eabc\u202c\n", "new abc\n"),
    ],
)
def test_what_was_there_before_stays(removed: str, text: str) -> None:
    """A line that already has strange characters can be edited, and they can be removed."""
    assert added(text, removed) is None


@pytest.mark.parametrize(
    ("removed", "text", "reason"),
    [
        ("a\u200bb\n", "a\u200b\u200bb\n", characters.INVISIBLE),
        ("a \u202eb\u202c c\n", "a \u202eb c\n", characters.REORDERS),  # half of a pair taken away
        ("a \u202ab\u202c\n", "a \u202eb\u202c\n", characters.REORDERS),
        ("a\u200bb\n", "a\u2060b\n", characters.INVISIBLE),  # another one in its place
    ],
)
def test_more_than_before_is_found(removed: str, text: str, reason: str) -> None:
    """One more of an existing character, another one, or half of a pair counts as added."""
    assert added(text, removed) == reason


def test_a_line_that_moves_is_not_an_addition(ask: Ask) -> None:
    """A line of the file may move, strange characters and all."""
    strange = "strange \u200b line\n"
    assert set(ask(f"{strange}a\nb\nc\n", f"a\nb\nc\n{strange}")) == {None}


def test_a_byte_order_mark_at_the_start_passes() -> None:
    """At the start of a file, U+FEFF declares the encoding; anywhere else it hides."""
    assert added("\ufefffirst\n", "first\n", start=1) is None
    assert added("\ufefffirst\n", "first\n", start=2) == characters.INVISIBLE
    assert added("\ufeff\ufefffirst\n", "first\n", start=1) == characters.INVISIBLE


def test_carriage_returns_that_end_lines_are_layout(ask: Ask) -> None:
    """A file whose only line ends are carriage returns may get more of them."""
    assert ask("a\rb\r", "a\rnew\rb\r") == [None]
    assert ask("a\nb\r\n", "a\nx\ry\r\n") == [characters.CONTROLS]


def test_a_deletion_adds_nothing(ask: Ask) -> None:
    """Removing strange lines is never refused."""
    assert ask("a\n\u202eb\nc\n", "a\nc\n") == [None]


def test_every_character_without_a_glyph_is_known() -> None:
    """Over all of Unicode, formats, controls and selectors are dangerous, letters are not."""
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if char in "\t\n" or category == "Cn":
            continue
        if category in {"Cc", "Cs", "Co", "Zl", "Zp"} or "VARIATION SELECTOR" in _name(char):
            assert is_dangerous(char), hex(code)
        elif category in {"Nd", "Nl", "Pd", "Sc", "Sm", "Lu", "Ll", "Lt", "Zs"}:
            assert not is_dangerous(char), hex(code)


def _name(char: str) -> str:
    return unicodedata.name(char, "")


harmless = st.text(st.characters().filter(lambda char: not is_dangerous(char) and char != "\n"))
dangers = st.characters().filter(is_dangerous)


@given(harmless)
def test_text_without_dangerous_characters_passes(text: str) -> None:
    assert added(text + "\n") is None


def test_a_page_break_alone_on_its_line_passes() -> None:
    """Nothing is behind it that a page could hide."""
    assert added("\x0c\n") is None
    assert added("\x0cevil()\n") is not None


@given(st.text("ab ", max_size=5), dangers, st.text("ab ", max_size=5))
def test_a_dangerous_character_among_letters_is_found(before: str, char: str, after: str) -> None:
    assert added(f"x{before}{char}{after}y\n") is not None


@given(st.lists(st.text("a\u200b\u202e\x0c\ue000", max_size=4).map("{}\n".format), max_size=4))
def test_an_edit_that_only_takes_away_or_moves_passes(lines: list[str]) -> None:
    """Lines of the file in any order, and any part of them, add nothing."""
    hunk = Hunk(start=2, removed=tuple(lines), added=tuple(reversed(lines[1:])))
    assert problem(hunk, frozenset(lines)) is None
    assert problem(hunk, frozenset()) is None
