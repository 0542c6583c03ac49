"""What a page shows of a run: each change with its place, its lines and those around it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import hypothesis
import hypothesis.strategies as st
import pytest

from predict_edit.domain.edits import PlacementKind
from predict_edit.domain.errors import ResultInvalid
from predict_edit.domain.run_report import FileResult, RunReport
from predict_edit.report.page.changes import CONTEXT, page_of
from predict_edit.report.result import to_result
from predict_edit.suggest.patch import edits_patch
from predict_edit.support.git import lines_of

from .conftest import page_of_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Result


def test_each_change_has_its_place_and_its_lines(mixed: RunReport) -> None:
    """Changes come in order, with what became of them and up to three lines around."""
    inline, rejected, patched = page_of_report(mixed).files[0].changes

    assert [change.kind for change in (inline, rejected, patched)] == [
        PlacementKind.INLINE,
        PlacementKind.REJECTED,
        PlacementKind.PATCH,
    ]
    assert [(line.sign, line.old, line.new, line.text) for line in inline.lines] == [
        (" ", 1, 1, "line 1"),
        (" ", 2, 2, "line 2"),
        ("-", 3, None, "line 3"),
        ("+", None, 3, "LINE 3"),
        (" ", 4, 4, "line 4"),
        (" ", 5, 5, "line 5"),
        (" ", 6, 6, "line 6"),
    ]
    assert rejected.reason == "it holds a key"
    assert [(line.sign, line.old, line.new, line.text) for line in rejected.lines] == [
        ("-", 20, None, "line 20"),
        ("+", None, None, "secret"),
    ]
    assert [line.sign for line in patched.lines] == [" ", " ", " ", "-", " ", " "]


def test_the_text_of_rejected_changes_is_in_the_report_alone(mixed: RunReport) -> None:
    """The files of a run give the same page otherwise."""
    placed = [file.placed for file in mixed.files if file.placed]
    from_disk, from_report = page_of(to_result(mixed), edits_patch(placed)), page_of_report(mixed)

    first, rejected, last = from_report.files[0].changes
    assert from_disk.files[0].changes == (first, dataclasses.replace(rejected, lines=()), last)
    assert from_disk.files[1:] == from_report.files[1:]


LINES = st.lists(
    st.sampled_from(["a", "b", "", "\tc", "-d", "+e", "@@ -1 +1 @@", "\\ f"]), max_size=25
)
TEXTS = st.tuples(LINES, st.booleans()).map(lambda t: "\n".join(t[0]) + ("\n" * t[1]))


@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=30
)
@hypothesis.given(texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
def test_each_change_of_any_text_is_shown_as_it_was_made(
    texts: list[tuple[str, str]], result: Result, report: Callable[..., RunReport]
) -> None:
    """However a patch looks, reading it back gives the changes that were put in."""
    files: list[FileResult] = [
        result(path=f"{number}.txt", base=head, head=head, edited=edited)
        for number, (head, edited) in enumerate(texts)
        if head != edited
    ]

    for file, shown in zip(files, page_of_report(report(*files)).files, strict=True):
        assert file.placed is not None
        head, edited = lines_of(file.placed.file.text), lines_of(file.placed.accepted)
        for placement, change in zip(file.placed.placements, shown.changes, strict=True):
            written = [(line, line.text + "\n" * line.ended) for line in change.lines]
            hunk = placement.hunk
            assert tuple(text for line, text in written if line.sign == "-") == hunk.removed
            assert tuple(text for line, text in written if line.sign == "+") == hunk.added
            assert all(head[line.old - 1] == text for line, text in written if line.old)
            assert all(edited[line.new - 1] == text for line, text in written if line.new)
            assert [line.old for line in change.lines if line.sign == "-"] == list(
                range(hunk.start, hunk.start + len(hunk.removed))
            )


def test_side_by_side_pairs_removed_with_added(
    result: Result, report: Callable[..., RunReport]
) -> None:
    """A removed line is beside its replacement; the rest are alone."""
    file = result(base="a\nb\nc\n", head="a\nB\nc\n", edited="a\nx\ny\nc\n")
    (change,) = page_of_report(report(file)).files[0].changes

    assert [
        (left.text if left else None, right.text if right else None) for left, right in change.pairs
    ] == [("a", "a"), ("B", "x"), (None, "y"), ("c", "c")]


def test_a_missing_last_line_feed_is_known(
    result: Result, report: Callable[..., RunReport]
) -> None:
    """A missing last line feed is marked."""
    run = report(result(base="a\nb", head="a\nc", edited="a\nd"))
    lines = page_of_report(run).files[0].changes[0].lines
    assert [line.ended for line in lines] == [True, False, False]


def test_without_a_patch_the_places_are_left(mixed: RunReport) -> None:
    """Without edits.patch, the page says where the changes are, without lines."""
    page = page_of(to_result(mixed), None)

    assert not page.complete
    assert [change.where for change in page.files[0].changes] == ["line 3", "line 20", "line 38"]
    assert not any(change.lines for change in page.files[0].changes)


@pytest.mark.parametrize("patch", ["", "diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n"])
def test_a_patch_of_another_run_is_refused(mixed: RunReport, patch: str) -> None:
    """Result and patch have to agree on how many changes each file has."""
    with pytest.raises(ResultInvalid, match="not of the same run"):
        page_of(to_result(mixed), patch)


def test_a_patch_with_more_files_is_refused(mixed: RunReport) -> None:
    """A file that the result does not know is not ignored."""
    placed = [file.placed for file in mixed.files if file.placed]
    with pytest.raises(ResultInvalid):
        page_of(to_result(mixed), edits_patch(placed) * 2)


def test_context_is_bounded(large: RunReport) -> None:
    """No change shows more than three lines above and three below."""
    for file in page_of_report(large).files:
        for change in file.changes:
            assert sum(line.sign == " " for line in change.lines) <= 2 * CONTEXT
