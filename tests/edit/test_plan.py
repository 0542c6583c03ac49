"""What is shown of a whole change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import Background, ChangedFile, SourceFile
from predict_edit.edit.plan import MAX_DIFF, MAX_OUTLINES, background_of

OWN_KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c"


def changed(path: str, patch: str | None = "@@ -1 +1 @@\n-a\n+b", **more: str) -> ChangedFile:
    """A changed file."""
    return ChangedFile(
        path=path,
        status=more.get("status", "modified"),
        blob_sha="1" * 40,
        additions=1,
        deletions=1,
        patch=patch,
        previous_path=more.get("previous_path"),
    )


def source(path: str, text: str) -> SourceFile:
    """A file that was read."""
    return SourceFile(path=path, text=text, blob_sha="1" * 40)


def shown(background: Background) -> str:
    """All that the model reads."""
    return "\n".join(body for _, body in background.blocks)


def test_diffs_then_names_with_their_lines() -> None:
    """Definitions where a grammar is here, first lines elsewhere; a rename with its old name."""
    changes = [changed("a.py"), changed("n.md", previous_path="old.md", status="renamed")]
    sources = [
        source("a.py", "import os\n\n\nclass A:\n    def run(self, x):\n        y = 1\n"),
        source("n.md", "# Notes\n\nText\n"),
    ]
    diff, outlines = (body for _, body in background_of(changes, sources).blocks)
    assert diff.splitlines()[:2] == ['file "a.py", modified', "@@ -1 +1 @@"]
    assert 'file "n.md", renamed, before "old.md"' in diff
    assert outlines == (
        'file "a.py", 7 lines\n4: class A:\n5:     def run(self, x):\n'
        'file "n.md", 4 lines\n1: # Notes\n2: \n3: Text\n4: '
    )


def test_what_does_not_fit_is_named() -> None:
    """The longest diff gives way, and what GitHub does not show is named too."""
    changes = [changed("long.py", "x" * MAX_DIFF), changed("a.py"), changed("huge.py", None)]
    background = background_of(changes, [])
    assert background.left_out == ("long.py", "huge.py")
    assert '[diffs that are not shown: "long.py", "huge.py"]' in shown(background)
    assert "a.py" in shown(background)


def test_a_file_with_a_secret_of_the_run_is_not_shown() -> None:
    """Neither its diff nor its outline; others are."""
    changes = [changed("a.py", f"+{OWN_KEY}"), changed("b.py"), changed("c.py")]
    sources = [source("b.py", f"def f(x='{OWN_KEY}'): pass\n"), source("c.py", "def g(): pass\n")]
    background = background_of(changes, sources, [OWN_KEY])
    assert OWN_KEY not in shown(background)
    assert background.left_out == ("a.py", "b.py")
    assert "def g()" in shown(background)


@given(st.lists(st.integers(0, 9_000), max_size=40))
def test_it_never_grows_past_its_limits(sizes: list[int]) -> None:
    """Whatever a pull request holds."""
    changes = [changed(f"f{n}.txt", "y" * size) for n, size in enumerate(sizes)]
    sources = [source(f"f{n}.txt", "z" * size) for n, size in enumerate(sizes)]
    background = background_of(changes, sources)
    assert all(len(body) < MAX_DIFF + 2_000 for _, body in background.blocks[:1])
    assert len(shown(background)) < MAX_DIFF + MAX_OUTLINES + 4_000
    assert {*background.left_out} <= {change.path for change in changes}
