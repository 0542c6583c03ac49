"""How sentences show values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.support.text import did_you_mean, inert, listed, nearest, quoted


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
    ("text", "shown"),
    [
        ("fixes #12", "fixes # 12"),
        ("Closes: octo/game#12, gh-7", "Closes: octo/game# 12, gh- 7"),
        ("fixes https://github.com/o/r/issues/12", "fixes https://github.com/o/r/issues/ 12"),
        ("see o/r/pull/3 and /discussions/4", "see o/r/pull/ 3 and /discussions/ 4"),
        ("cc @bob, @octo/team", "cc @ bob, @ octo/team"),
        ("a\n\nfixes #1", "a fixes # 1"),
        ("do it [skip ci] [Skip CI] [no  ci]", "do it (skip ci) (Skip CI) (no ci)"),
        ("[actions skip][ci-skip]", "(actions skip)(ci-skip)"),
        ("#[skip ci]1 @[no ci]", "#(skip ci)1 @(no ci)"),
        ("list[int], a # comment, C#, x @ y", "list[int], a # comment, C#, x @ y"),
    ],
)
def test_inert(text: str, shown: str) -> None:
    """GitHub makes no link, mention or command of it, and people can still read it."""
    assert inert(text) == shown


@given(st.text("#@gh-GH123/pulisesno[] ckact\n"))
def test_inert_text_stays_so(text: str) -> None:
    """One line without anything that GitHub acts on, whatever it was made of."""
    shown = inert(text)
    live = r"#\d|@\w|gh-\d|/(issues|pull|discussions)/\d|\[[^\]]*(skip|no ci)[^\]]*\]|\n"
    assert re.search(live, shown, re.IGNORECASE) is None
    assert inert(shown) == shown


@pytest.mark.parametrize(
    ("items", "said"),
    [([], "nothing"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_listed(items: list[str], said: str) -> None:
    assert listed(items) == said


def test_nearest() -> None:
    """A near miss finds its name, whatever its case and its underscores."""
    known = ["max-files", "max-tokens", "files"]
    assert nearest("Max_Files", known) == "max-files"
    assert nearest("zzz", known) is None
    assert did_you_mean("file", known) == "Did you mean `files`?"
    assert did_you_mean("zzz", known) == ""
