"""What is loaded when, as far as it shows without a run."""

from __future__ import annotations

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
    ("change", "long"),
    [
        (changed("@@ -1,3 +1,4 @@\n a"), False),
        (changed("@@ -1 +1 @@\n-a\n+b"), False),
        (changed("@@ -295,3 +298,9 @@ def f():\n a"), True),
        (changed("@@ -1,3 +1,4 @@\n a\n@@ -900,3 +901,4 @@\n b"), True),
        (changed("@@ -0,0 +1,500 @@\n+a", "added"), True),
        (changed(None), True),
        (changed(None, additions=0), False),
        (changed("@@ -1,900 +0,0 @@\n-a", "removed"), False),
        (changed(" @@ -1,3 +900,4 @@\n"), False),
    ],
    ids=[
        "at the top",
        "one line",
        "at line 300",
        "far down",
        "a long new file",
        "too long for GitHub",
        "renamed only",
        "removed",
        "no header",
    ],
)
def test_the_diff_shows_which_files_may_be_long(change: ChangedFile, *, long: bool) -> None:
    """The last line in a hunk's header is a line that the file has."""
    assert serving._may_be_long(change) is long
