"""How values are said in sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.support.text import did_you_mean, listed, nearest, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "empty"),
        ("a b", "`a b`"),
        ("a\nb\u202e", "`a\\nb\\u202e`"),  # visible, on one line
        ("`@all`", "`'@all'`"),  # nobody is mentioned from inside a code span
        ("x" * 61, f"`{'x' * 60}…`"),
        ("\ud800", "`\\ud800`"),
    ],
)
def test_quoted(text: str, shown: str) -> None:
    """A foreign value is a short code span."""
    assert quoted(text) == shown


@given(st.text(st.characters()))
def test_a_quotation_cannot_be_left(text: str) -> None:
    """Whatever is quoted stays inside one code span of one line."""
    shown = quoted(text)
    assert shown.isprintable()
    assert shown.count("`") in {0, 2}
    shown.encode()


@pytest.mark.parametrize(
    ("items", "said"),
    [([], "nothing"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_listed(items: list[str], said: str) -> None:
    """A list reads as in a sentence."""
    assert listed(items) == said


def test_nearest() -> None:
    """A near miss finds its name, whatever its case and its underscores."""
    known = ["max-files", "max-tokens", "files"]
    assert nearest("Max_Files", known) == "max-files"
    assert nearest("zzz", known) is None
    assert did_you_mean("file", known) == "Did you mean `files`?"
    assert did_you_mean("zzz", known) == ""
