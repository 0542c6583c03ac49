"""The body of the review."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.report.markdown import length
from predict_edit.report.review_body import render_review_body

from .conftest import HOSTILE, MARKER, a_placed_file, assert_inert, read_markdown

HUNK = "@@ -10,2 +10,1 @@\n context\n-old\n+new\n"


def test_body_names_numbers_and_reasons() -> None:
    """One sentence counts the suggestions, then come the reasons for the rest."""
    body = render_review_body([a_placed_file(), a_placed_file("b.py")], [], marker=MARKER)

    assert body == (
        "2 suggestions in 2 files.\n\n"
        "2 changes cannot be posted inline (outside the diff: 2).\n\n"
        "Before or instead of the suggestions: `git apply remainder.patch`, from "
        "`predict-edit-out/` of the run.\n\n"
        "2 changes rejected (adds an invisible character: 2).\n\n"
        f"{MARKER}\n"
    )


def test_hunks_are_folded_by_file() -> None:
    """Each file has one fold with one diff block that holds its hunks in order."""
    remainder = [("a.py", [HUNK, HUNK.replace("new", "newer")]), ("b.py", [HUNK])]

    body = render_review_body([a_placed_file()], remainder, marker=MARKER)

    assert read_markdown(body).fences() == [HUNK + HUNK.replace("new", "newer"), HUNK]
    assert "<details><summary><code>a.py</code>: 2 hunks</summary>\n\n```diff\n@@" in body
    assert body.count("</details>") == 2
    assert "not shown" not in body


def test_hunk_without_a_final_line_feed_stays_apart() -> None:
    """A hunk whose text lacks the last line feed does not run into the next."""
    body = render_review_body([], [("a", [HUNK.rstrip("\n"), HUNK])], marker=MARKER)

    assert read_markdown(body).fences() == [HUNK + HUNK]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.py", "b`|.py", "漢" * 100]),
            st.lists(st.text(alphabet="+- `~\n\r@ab🎉", max_size=400), max_size=8),
        ),
        max_size=6,
    ),
    st.integers(min_value=900, max_value=4_000),
)
def test_body_is_cut_between_hunks(remainder: list[tuple[str, list[str]]], limit: int) -> None:
    """The body fits, shows hunks whole or not at all, and counts those it does not show."""
    body = render_review_body([a_placed_file()], remainder, marker=MARKER, limit=limit)

    assert length(body) <= limit
    assert body.endswith(f"\n{MARKER}\n")
    seen = read_markdown(body)
    assert all(fence for fence in seen.fences())
    assert len(seen.fences()) == body.count("<details>") == body.count("</details>")
    total = sum(len(hunks) for _, hunks in remainder)
    assert ("not shown here for length" in body) or len(seen.fences()) == sum(
        bool(hunks) for _, hunks in remainder
    )
    if total == 0:
        assert "not shown" not in body


def test_what_was_cut_is_counted() -> None:
    """The note says how many hunks are missing and where they all are; later small ones fit."""
    huge = "@@ -1 +1 @@\n" + "+x\n" * 30_000
    remainder = [("a.py", [HUNK, huge]), ("b.py", [huge]), ("c.py", [HUNK])]

    body = render_review_body([], remainder, marker=MARKER)

    assert read_markdown(body).fences() == [HUNK, HUNK]
    assert "<code>a.py</code>: 1 of 2 hunks</summary>" in body
    assert "2 of 4 hunks not shown here for length; `remainder.patch` holds them all." in body


def test_room_is_used() -> None:
    """A body that had to be cut is nearly full."""
    remainder = [("a.py", [HUNK] * 5_000)]

    assert 59_000 < length(render_review_body([], remainder, marker=MARKER)) <= 60_000


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_hunks_and_names_stay_inside(text: str) -> None:
    """Names and lines from outside leave neither summary nor fence."""
    body = render_review_body([], [(text, [f"+{text}\n"])], marker=MARKER)

    seen = read_markdown(body)
    assert_inert(seen)
    assert len(seen.fences()) == 1
    assert body.count("<!-- predict-edit:") == 1


def test_limit_without_room_is_refused() -> None:
    """A limit that the sentences alone exceed raises."""
    with pytest.raises(ValueError, match="does not fit"):
        render_review_body([a_placed_file()], [("a", [HUNK])], marker=MARKER, limit=100)
