"""What an answer adds and removes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.edit.rewrite import compare

TEXTS = st.lists(st.sampled_from(["a", "b", "c ", "", "\td\r"]), max_size=20).map("\n".join)


@given(old=TEXTS, new=TEXTS)
def test_added_and_removed_lines_add_up(old: str, new: str) -> None:
    """Lines with text before, plus added, minus removed, are those after."""
    change = compare("a", old, new)
    before = sum(map(bool, change.old))
    after = sum(map(bool, change.new))
    assert before + len(change.added) - change.removed == after
    assert all(change.new[number - 1] == line for number, line in change.added)


def test_moved_lines_line_ends_and_trailing_blanks_do_not_count() -> None:
    """Order, carriage returns, marks and trailing blanks do not count here."""
    change = compare("a", "\ufeffa\r\nb \n", "b\na")
    assert change.added == ()
    assert change.removed == 0


def test_the_second_of_two_equal_lines_is_the_added_one() -> None:
    """A line counts as added if the answer has more of it."""
    assert compare("a", "a\n", "a\na\n").added == ((2, "a"),)


@pytest.mark.parametrize(
    ("path", "prose", "dots"),
    [
        ("README.md", True, True),
        ("docs/a.RST", True, True),
        ("LICENSE", True, True),
        ("src.d/Makefile", True, True),
        ("a.py", False, True),
        (".github/x.yml", False, True),
        ("a.b/c.go", False, False),
        (".gitignore", True, True),
    ],
)
def test_kinds_follow_the_last_suffix(path: str, prose: bool, dots: bool) -> None:
    """Directories and letter case do not matter; a name without suffix may be prose."""
    assert compare(path, "", "").is_prose is prose
    assert compare(path, "", "").dots_are_syntax is dots


def test_patches_are_known() -> None:
    """A file that is itself a diff may look like one."""
    assert compare("a/fix.PATCH", "", "").is_patch
    assert not compare("patch.py", "", "").is_patch
