"""What is loaded when, as far as it shows without a run."""

from __future__ import annotations

import math

import pytest

from predict_edit.domain.edits import ChangedFile
from predict_edit.run import start as serving


def changed(patch: str | None, status: str = "modified", additions: int = 1) -> ChangedFile:
    """A changed file with this diff."""
    return ChangedFile(
        path="a.py",
        status=status,
        blob_sha="a" * 40,
        additions=additions,
        deletions=0,
        patch=patch,
    )


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (changed("@@ -1,3 +1,4 @@\n a"), 5),
        (changed("@@ -1 +1 @@\n-a\n+b"), 2),
        (changed("@@ -295,3 +298,9 @@ def f():\n a"), 307),
        (changed("@@ -1,3 +1,4 @@\n a\n@@ -900,3 +901,4 @@\n b"), 905),
        (changed("@@ -0,0 +1,500 @@\n+a", "added"), 501),
        (changed(None), math.inf),
        (changed(None, additions=0), 0),
        (changed("@@ -1,900 +0,0 @@\n-a", "removed"), 0),
        (changed(" @@ -1,3 +900,4 @@\n"), 0),
    ],
    ids=[
        "at the top",
        "one line",
        "further down",
        "far down",
        "a long new file",
        "too long for GitHub",
        "renamed only",
        "removed",
        "no header",
    ],
)
def test_the_diff_shows_how_long_a_file_is_at_least(change: ChangedFile, *, lines: float) -> None:
    """The last line in a hunk's header is a line that the file has, but for the one after it."""
    assert serving._least_lines(change) == lines
