"""Python bodies replaced by dots."""

from __future__ import annotations

import pytest

from predict_edit.edit.guards.stubs import MAX_CHARACTERS, problem
from predict_edit.edit.rewrite import compare

FULL = "class A:\n    async def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"


@pytest.mark.parametrize(
    ("original", "edited", "refused"),
    [
        (FULL, FULL.replace("return 1", "..."), True),
        (FULL, FULL.replace("return 1", '"""Do."""\n        ...'), True),
        (FULL, FULL.replace("return 1", "pass"), False),
        (FULL, FULL.replace("return 1", "return ..."), False),
        (FULL, FULL + "\n    def h(self): ...\n", False),
        (FULL.replace("return 1", "..."), FULL.replace("return 1", "...").replace("2", "3"), False),
        (FULL, "def f(): ...\n", False),
        ("def f(:\n", "def f(): ...\n", False),
        (FULL, "def f(: ...\n", False),
    ],
)
def test_a_body_may_not_become_dots(original: str, edited: str, refused: bool) -> None:
    """Only a function that had a body and lost it counts."""
    assert (problem(compare("a.py", original, edited)) is not None) is refused


def test_a_huge_file_is_not_judged() -> None:
    """Above its limit the check has no opinion."""
    huge = "# x\n" * (MAX_CHARACTERS // 4) + FULL
    assert problem(compare("a.py", huge, huge.replace("return 1", "..."))) is None


def test_other_files_are_not_judged() -> None:
    """Stubs and other languages have dots as they like."""
    assert problem(compare("a.pyi", FULL, FULL.replace("return 1", "..."))) is None
