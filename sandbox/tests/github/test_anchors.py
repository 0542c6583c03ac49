"""Which lines take comments."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import hypothesis
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from predict_edit_sandbox.github import Refusal, Sandbox
from predict_edit_sandbox.github.accounts import DEFAULT_TOKEN
from predict_edit_sandbox.github.anchors import Anchor, Place, Unanchored, at_position, place
from predict_edit_sandbox.github.reviews import create_review

from .conftest import make_repository

TOUCHING = "@@ -1,2 +1,2 @@\n-a\n+A\n b\n@@ -3,2 +3,2 @@ def f():\n c\n-d\n+D"
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d\x0c\n"]), min_size=1, max_size=24)


def anchor(line: int, start: int | None = None) -> Anchor:
    """Lines on the right side."""
    return Anchor(path="f", line=line, start_line=start)


def test_touching_hunks_are_two() -> None:
    """A range over two hunks is refused even where the hunks touch."""
    assert isinstance(place(TOUCHING, anchor(2, 1)), Place)
    assert isinstance(place(TOUCHING, anchor(4, 3)), Place)
    assert place(TOUCHING, anchor(3, 2)) is Unanchored.START_LINE


def test_shown_hunk_ends_at_the_line() -> None:
    """The piece of diff above a comment has its header and ends with the commented line."""
    found = place(TOUCHING, anchor(3))
    assert isinstance(found, Place)
    assert found.diff_hunk == "@@ -3,2 +3,2 @@ def f():\n c"
    assert found.position == 5


def test_positions_and_lines_agree() -> None:
    """A legacy position leads to the line whose position it is."""
    found = place(TOUCHING, anchor(4))
    assert isinstance(found, Place)
    assert at_position(TOUCHING, found.position) == ("RIGHT", 4)
    assert at_position(TOUCHING, 1) == ("LEFT", 1)
    assert at_position(TOUCHING, 4) is None


def test_lines_that_look_like_headers() -> None:
    """Content that looks like a hunk header or a file header is content."""
    patch = (
        "@@ -1,2 +1,3 @@\n-@@ -1 +1 @@\n+@@ -5 +5 @@\n+++ b\n -- c\n\\ No newline at end of file"
    )
    assert isinstance(place(patch, anchor(3, 1)), Place)
    assert place(patch, anchor(5)) is Unanchored.LINE


def test_removed_lines_between_the_ends() -> None:
    """A removed line between the ends is noticed; one before or after is none of its business."""
    patch = "@@ -1,5 +1,3 @@\n-z\n a\n-x\n b\n c\n-y"
    for ends, inside in ((anchor(2, 1), True), (anchor(3, 2), False), (anchor(1), False)):
        found = place(patch, ends)
        assert isinstance(found, Place)
        assert found.deleted_lines_inside is inside


def accepted_by_rule(patch: str) -> set[tuple[int, int]]:
    """GitHub's rule, said again with another parser: both ends in one hunk's new lines."""
    parsed = PatchSet.from_string(f"--- a/f\n+++ b/f\n{patch}\n")
    ranges = set()
    for hunk in parsed[0]:
        numbers = [line.target_line_no or 0 for line in hunk if line.is_context or line.is_added]
        ranges |= {(one, two) for one in numbers for two in numbers if one <= two}
    return ranges


@hypothesis.settings(max_examples=max(20, hypothesis.settings().max_examples // 4), deadline=None)
@hypothesis.given(base=LINES, head=LINES)
def test_accepted_ranges_are_exactly_those_of_the_rule(base: list[str], head: list[str]) -> None:
    """For any two texts the server accepts a range exactly where the rule says so."""
    hypothesis.assume(base != head)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.git"
        make_repository(path, {"f": "".join(base)}, {"f": "".join(head)})
        sandbox = Sandbox()
        sandbox.add_repository("o/r", path)
        pull = sandbox.open_pull_request("o/r", base="main", head="feature")
        patch = sandbox.files(pull)["f"].patch
        assert patch is not None
        token = sandbox.tokens[DEFAULT_TOKEN]
        accepted = set()
        for start in range(1, len(head) + 2):
            for end in range(start, len(head) + 2):
                comment: dict[str, object] = {"path": "f", "body": "b", "line": end}
                if start != end:
                    comment["start_line"] = start
                with contextlib.suppress(Refusal):
                    create_review(sandbox, pull, token, comments=[comment], event="COMMENT")
                    accepted.add((start, end))
        assert accepted == accepted_by_rule(patch)
