"""Characters that people cannot see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.screening.characters import is_dangerous
from predict_edit.findings.reported_finding import one_line
from predict_edit.llm.model_errors import quote
from predict_edit.report.markdown import visible
from predict_edit.support.unicode import FILLERS, is_hidden, strip_hidden


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u200bb\u200cc\u200dd\ufeff", "abcd"),  # zero width, between ASCII letters
        ("a\u202eb\u2066c\u2069", "abc"),  # bidirectional controls
        ("a\U000e0068\U000e0069\U000e007f", "a"),  # tag characters spell words
        ("a\ufe0f\ufe01\U000e0100b", "ab"),  # variation selectors carry bytes
        ("a\u00adb\u2060c\u180ed", "abcd"),  # soft hyphen, word joiner, Mongolian separator
        ("a\u3164b\u115fc\u2800d\u034fe", "abcde"),  # fillers
        ("a\x00b\x1b[31mc\x7fd\x85", "ab[31mcd"),  # controls, a terminal's too
        ("a\ud800b", "ab"),  # a lone surrogate, which cannot be encoded
        ("a\tb\nc", "a\tb\nc"),  # layout stays
        ("naïve 漢字 عربى 😀", "naïve 漢字 عربى 😀"),  # what is seen stays
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs its non-joiner
        ("👩\u200d💻 ❤\ufe0f!", "👩\u200d💻 ❤\ufe0f!"),  # emoji need joiners and selectors
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),  # both at once
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),  # a keycap
        ("漢\u200d\u200d字", "漢字"),  # more than one says something else
        ("漢\u200d", "漢"),  # a joiner joins two
        ("\u0600١٢", "\u0600١٢"),  # a format character that is drawn
    ],
)
def test_strip_hidden(text: str, expected: str) -> None:
    """Hidden characters are removed, and those that shape a visible neighbour stay."""
    assert strip_hidden(text) == expected


@given(st.text(st.characters() | st.sampled_from("\u200b\u200c\u200d\ufe0f\u202e漢a\U000e0041")))
def test_stripping_twice_changes_nothing_more(text: str) -> None:
    """What was stripped is clean, and only characters were taken."""
    once = strip_hidden(text)
    assert strip_hidden(once) == once
    assert [char for char in once if not is_hidden(char)] == [
        char for char in text if not is_hidden(char)
    ]


@pytest.mark.parametrize("char", sorted(FILLERS))
def test_what_an_answer_must_not_add_does_not_stay_in_an_instruction(char: str) -> None:
    """One table serves instructions, answers, reports, findings and a provider's errors."""
    assert strip_hidden(f"a{char}b") == "ab"
    assert is_dangerous(char)
    assert f"U+{ord(char):04X}" in visible(f"a{char}b")
    assert one_line(f"a{char}b", 10) == "ab"
    assert quote(f"a{char}b") == "a b"


@given(st.characters())
def test_no_hidden_character_is_harmless_in_an_answer(char: str) -> None:
    """What an instruction loses, an answer must not add; carriage returns end lines."""
    assert is_dangerous(char) or not is_hidden(char)
