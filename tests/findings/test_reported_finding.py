"""Paths in reports are inside the repository or dropped."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from predict_edit.domain.edits import Dropped
from predict_edit.findings.reported_finding import (
    NO_FILE_ADDRESS,
    NO_PATH,
    OUTSIDE,
    UNUSABLE,
    Roots,
)

from .conftest import ROOTS


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src//a.py", "src/a.py"),
        ("src/../b.py", "b.py"),
        (r"src\a.py", "src/a.py"),
        ("/github/workspace/src/a.py", "src/a.py"),
        ("/github/workspace/../workspace/a.py", "a.py"),
        ("/home/runner/work/game/game/src/a.py", "src/a.py"),
        ("/__w/game/game/a.py", "a.py"),
        (r"D:\a\game\game\src\a.py", "src/a.py"),
        ("game/game/a.py", "game/game/a.py"),
    ],
)
def test_inside(written: str, path: str) -> None:
    """Relative paths, and absolute ones below the workspace, wherever the tool ran."""
    assert ROOTS.relative(written) == path


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", NO_PATH),
        ("../a.py", OUTSIDE),
        ("src/../../a.py", OUTSIDE),
        ("..", OUTSIDE),
        ("/etc/passwd", OUTSIDE),
        ("/github/workspace/../secret", OUTSIDE),
        ("/github/workspaces/a.py", OUTSIDE),
        (r"C:\Windows\x", OUTSIDE),
        (".", UNUSABLE),
        ("/github/workspace", UNUSABLE),
        (".git/hooks/pre-commit", UNUSABLE),
        ("src/.GIT/config", UNUSABLE),
        ("a\nb.py", UNUSABLE),
        ("a\0b", UNUSABLE),
        ("x" * 5000, UNUSABLE),
    ],
)
def test_outside(written: str, reason: str) -> None:
    assert ROOTS.relative(written) == Dropped(reason)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("file:///home/runner/work/game/game/src/a%20b.py", "src/a b.py"),
        ("file:///D:/a/game/game/a.py", "a.py"),
        ("D:/a/game/game/a.py", "a.py"),
        ("src/a.py#L3", "src/a.py"),
        ("src/%2e%2e/%2e%2e/x", Dropped(OUTSIDE)),
        ("https://example.org/a.py", Dropped(NO_FILE_ADDRESS)),
        ("javascript:alert(1)", Dropped(NO_FILE_ADDRESS)),
        ("file://[", Dropped(UNUSABLE)),
    ],
)
def test_addresses(address: str, wanted: str | Dropped) -> None:
    """SARIF's URIs are unescaped before they are checked."""
    assert ROOTS.of_address(address) == wanted


@hypothesis.given(
    st.lists(st.sampled_from(["..", ".", "", "a", "game", "work", ".git", "C:", "%2e%2e", "\\"]))
)
def test_no_way_out(parts: list[str]) -> None:
    """No mixture of dots, roots and drives becomes a path outside the repository."""
    for found in (ROOTS.relative("/".join(parts)), ROOTS.of_address("/".join(parts)),
                  Roots().relative("/" + "/".join(parts))):  # fmt: skip
        if isinstance(found, str):
            pieces = found.split("/")
            assert not {"..", ".", "", ".git"} & set(pieces)
