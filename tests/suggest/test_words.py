"""What a suggestion does, in a few words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.delivery.review_markers import key_of, marked_suggestions
from predict_edit.domain.edits import ChangedFile, SourceFile
from predict_edit.domain.run_report import FileResult, FileStatus
from predict_edit.suggest.place import place
from predict_edit.suggest.replay import block_lines, described
from predict_edit.support.markers import Seals

LINES = st.lists(st.text(alphabet="ab \t@#`", max_size=4), max_size=4)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (["a\n"], [], "Deletes line 5."),
        (["a\n", "b\n", "c"], [], "Deletes lines 5 to 7."),
        (["a\n"], ["a", "b"], "Adds a line."),
        (["a\r\n"], ["a", "b"], "Adds a line."),
        (["a\n"], ["b", "c", "a"], "Adds 2 lines."),
        (["a  \n"], ["a"], "Changes white space only."),
        (["\ta\n"], ["    a"], "Changes white space only."),
        (["a\n", "\n"], ["a"], "Changes white space only."),
        (["a b\n"], ["a", "b"], "Changes white space only."),
        (["a\n"], ["b"], ""),
        (["a\n", "b\n"], ["a"], ""),
        (["a\n", "b\n"], ["a", "x", "b"], ""),
    ],
)
def test_what_the_lines_alone_show_is_described(old: list[str], new: list[str], words: str) -> None:
    """Deletions, insertions and white space; nothing if a reader can see it."""
    assert described(old, new, 5) == words


@given(old=LINES, new=LINES)
def test_nothing_of_a_file_is_repeated(old: list[str], new: list[str]) -> None:
    """So the words have no mention, no markup and no end of a fence."""
    assert not set(described(old, new, 1)) & set("@#`\t\n")


def test_the_words_come_before_the_block_and_do_not_change_it() -> None:
    """What GitHub applies, and the key that identifies a suggestion, stay the same."""
    text = "a\nb\nc\n"
    change = ChangedFile(
        path="f", status="added", blob_sha="", additions=3, deletions=0, patch=None
    )
    file = SourceFile(path="f", text=text, blob_sha="", change=change)
    placed = place(file, "a\nc\n")
    result = FileResult(path="f", status=FileStatus.EDITED, placed=placed)
    (item,) = marked_suggestions([result])
    marked = item.marked("command-1", "a" * 40, Seals(None, "o/r#1"))
    assert marked.body.startswith("Deletes line 2.\n\n```suggestion\n```\n\n<!-- predict-edit:")
    assert block_lines(marked.body) == block_lines(item.suggestion.body) == []
    assert key_of(marked, ["a\n", "b\n", "c\n"]) == item.key
