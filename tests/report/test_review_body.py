from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.report.markdown import length, survives
from predict_edit.report.review_body import render_review_body

from .conftest import HOSTILE, MARKER, a_placed_file, assert_inert, read_markdown

PATCH = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -10,2 +10,2 @@
 context
-old
+new
"""


def test_body_names_numbers_and_reasons() -> None:
    """One sentence counts the suggestions; the reasons for the rest follow."""
    run = "https://github.com/octo/repo/actions/runs/1795853572"
    files = [a_placed_file(), a_placed_file("b.py")]
    body = render_review_body(files, [], marker=MARKER, run_url=run)

    assert body == (
        "2 suggestions in 2 files.\n\n"
        "2 changes cannot be posted inline (outside the diff: 2).\n\n"
        "Before or instead of the suggestions: `gh run download 1795853572 --name predict-edit`, "
        "then `git apply remainder.patch`.\n\n"
        "2 changes rejected (adds an invisible character: 2).\n\n"
        f"{MARKER}\n"
    )


def test_patches_are_folded_by_file() -> None:
    """Each file has one fold with one diff block that holds its patch."""
    patches = [("a.py", PATCH), ("b.py", PATCH.replace("a.py", "b.py"))]

    body = render_review_body([a_placed_file()], patches, marker=MARKER)

    assert read_markdown(body).fences() == [patch for _, patch in patches]
    assert "<details><summary>Patch of <code>a.py</code></summary>\n\n```diff\ndiff --git" in body
    assert body.count("</details>") == 2
    assert "not shown" not in body


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.py", "b`|.py", "漢" * 100]),
            st.text(alphabet="+- `~\n\r@ab🎉", min_size=1, max_size=1_500),
        ),
        max_size=6,
    ),
    st.integers(min_value=900, max_value=4_000),
)
def test_body_is_cut_between_patches(patches: list[tuple[str, str]], limit: int) -> None:
    """The body fits, shows patches whole or not at all, and counts those it does not show."""
    body = render_review_body([a_placed_file()], patches, marker=MARKER, limit=limit)

    assert length(body) <= limit
    assert body.endswith(f"\n{MARKER}\n")
    seen = read_markdown(body)
    given_texts = [patch.removesuffix("\n") + "\n" for _, patch in patches]
    assert all(fence in given_texts for fence in seen.fences())
    assert len(seen.fences()) == body.count("<details>") == body.count("</details>")
    assert ("not shown here" in body) == (len(seen.fences()) < len(patches))


def test_what_was_cut_is_counted() -> None:
    """The note says how many patches are missing and where they all are; later small ones fit."""
    huge = "@@ -1 +1 @@\n" + "+x\n" * 30_000
    patches = [("a.py", PATCH), ("b.py", huge), ("c.py", PATCH)]

    body = render_review_body([], patches, marker=MARKER)

    assert read_markdown(body).fences() == [PATCH, PATCH]
    assert "1 of 3 patches not shown here; `remainder.patch` holds them all." in body


@pytest.mark.parametrize(
    "character", ["\r", "\u202e", "\x1b", "\ud800", "<!-- predict-edit:v1 summary -->"]
)
def test_only_what_can_be_copied_is_shown(character: str) -> None:
    """A comment would not give every character back, and the patch would not apply."""
    body = render_review_body([], [("a.py", f"+a{character}\n")], marker=MARKER)

    assert read_markdown(body).fences() == []
    assert "1 of 1 patch not shown here" in body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_patches_and_names_stay_inside(text: str) -> None:
    """Names and lines from outside leave neither summary nor fence."""
    body = render_review_body([], [(text, f"+{text}\n")], marker=MARKER)

    seen = read_markdown(body)
    assert_inert(seen)
    assert len(seen.fences()) == survives(f"+{text}\n")
    assert body.count("<!-- predict-edit:") == 1


def test_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        render_review_body([a_placed_file()], [("a", PATCH)], marker=MARKER, limit=100)
