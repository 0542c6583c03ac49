"""What kind of file a path names."""

from __future__ import annotations

import pytest

from predict_edit.edit import kinds


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
    assert kinds.is_prose(path) is prose
    assert kinds.dots_are_syntax(path) is dots


def test_patches_are_known() -> None:
    """A file that is itself a diff may look like one."""
    assert kinds.is_patch("a/fix.PATCH")
    assert not kinds.is_patch("patch.py")
