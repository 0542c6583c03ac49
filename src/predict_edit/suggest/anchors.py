"""Which lines of a pull request's file take a suggestion, read from a real diff.

GitHub accepts a comment on added and context lines of a diff hunk (right side). Start and end must
lie in the same hunk, even where two hunks touch; and where a line that the pull request deletes
lies between them, the comment is accepted but its suggestion cannot be applied. So the lines of a
file fall into *spans*, and a suggestion fits exactly if one span holds it.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as DiffHunk
from unidiff.patch import PatchSet

from predict_edit.domain.edits import ChangedFile
from predict_edit.support.git import lines_of

OUTSIDE: Final = "outside the lines that the pull request's diff shows"
TWO_HUNKS: Final = "reaches over two separate parts of the pull request's diff"
DELETED_LINES: Final = "lines that the pull request deletes lie in between"
NO_PULL_REQUEST: Final = "there is no pull request diff to put it on"
FILE_REMOVED: Final = "the pull request removes the file"
PATCH_MISSING: Final = "GitHub sent no diff for the file"
PATCH_UNREADABLE: Final = "GitHub's diff for the file is cut off or cannot be read"
PATCH_INCOMPLETE: Final = "GitHub's diff for the file has fewer or more lines than GitHub counts"
PATCH_MISMATCH: Final = "GitHub's diff for the file does not fit the file"
LOCAL_MISMATCH: Final = "GitHub sent no usable diff, and one made here differs from its counts"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Lines ``first`` to ``last`` of the head: one diff hunk, no deleted line between any two."""

    first: int
    last: int
    hunk: int
    """Which hunk of the diff, counted from 0."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """All lines of one file that take suggestions, top down."""

    spans: tuple[Span, ...]

    def refusal(self, start: int, end: int) -> str | None:
        """Why no suggestion can replace lines ``start`` to ``end``; ``None`` when one can."""
        head, tail = self._span_of(start), self._span_of(end)
        if head is None or tail is None:
            return OUTSIDE
        if head.hunk != tail.hunk:
            return TWO_HUNKS
        return None if head == tail else DELETED_LINES

    def _span_of(self, line: int) -> Span | None:
        """Return the span that holds a line."""
        index = bisect.bisect_right(self.spans, line, key=lambda span: span.first) - 1
        return self.spans[index] if index >= 0 and line <= self.spans[index].last else None


@functools.lru_cache(maxsize=256)
def anchors_of(change: ChangedFile | None, head_text: str) -> Anchors | str:
    """Return the commentable lines of a file, from GitHub's diff, or why they are not certain.

    GitHub's ``patch`` is used when it is whole (as many added and deleted lines as GitHub counts)
    and every line of it is found in ``head_text``. An added file needs none: all lines are new.
    The answer is kept, as it is wanted before the model is asked and again for each edit.
    """
    if change is None:
        return NO_PULL_REQUEST
    if change.status == "removed":
        return FILE_REMOVED
    if change.status != "added":
        return _read(change.patch, change, head_text)
    last = len(lines_of(head_text))
    if (change.additions, change.deletions) != (last, 0):
        return LOCAL_MISMATCH
    return Anchors(spans=(Span(first=1, last=last, hunk=0),) if last else ())


def _read(patch: str | None, change: ChangedFile, head_text: str) -> Anchors | str:
    """Parse a ``patch`` and hold it against the counts and the head."""
    if not patch:
        if patch is None and (change.additions or change.deletions):
            return PATCH_MISSING
        # A pure rename or a change of mode shows no line at all.
        hunks: Sequence[DiffHunk] = ()
    else:
        parsed = _parse(patch)
        if parsed is None:
            return PATCH_UNREADABLE
        hunks = parsed
    added = sum(hunk.added for hunk in hunks)
    deleted = sum(hunk.removed for hunk in hunks)
    if (added, deleted) != (change.additions, change.deletions):
        return PATCH_INCOMPLETE
    if not _fits(hunks, lines_of(head_text)):
        return PATCH_MISMATCH
    spans = (span for index, hunk in enumerate(hunks) for span in _spans(hunk, index))
    return Anchors(spans=tuple(spans))


def _parse(patch: str) -> Sequence[DiffHunk] | None:
    """Return the hunks of a ``patch``; ``None`` when a hunk is cut off or anything else is in it.

    The parser wants a file header; a dummy name keeps the real one, which may hold tabs and
    quotes, out of it.
    """
    if not patch.startswith("@@ "):
        return None
    body = patch if patch.endswith("\n") else f"{patch}\n"
    try:
        files = PatchSet.from_string(f"--- a/file\n+++ b/file\n{body}")
    except (UnidiffParseError, ValueError):
        return None
    if len(files) != 1 or sum(len(hunk) + 1 for hunk in files[0]) != body.count("\n"):
        return None
    return files[0]


def _fits(hunks: Iterable[DiffHunk], head: Sequence[str]) -> bool:
    """Check that the hunks are in order and show exactly the head's lines.

    Between two hunks both sides move by the same number of lines, or a hunk is missing.
    """
    source_end = target_end = 0
    for hunk in hunks:
        # A side without lines names the line before it.
        source = hunk.source_start + (hunk.source_length == 0)
        target = hunk.target_start + (hunk.target_length == 0)
        if target <= target_end or source - source_end != target - target_end:
            return False
        source_end = source + hunk.source_length - 1
        target_end = target + hunk.target_length - 1
        shown = list(_right_side(hunk))
        if shown != list(head[target - 1 : target_end]):
            return False
    return True


def _right_side(hunk: DiffHunk) -> Iterator[str]:
    """Added and context lines, the last without its line feed where git's marker says so."""
    for index, line in enumerate(hunk):
        if line.is_added or line.is_context:
            marked = index + 1 < len(hunk) and hunk[index + 1].line_type == "\\"
            yield line.value.removesuffix("\n") if marked else line.value


def _spans(hunk: DiffHunk, index: int) -> Iterator[Span]:
    """Cut a hunk's right side at its deleted lines."""
    runs: list[list[int]] = [[]]
    for line in hunk:
        if line.target_line_no is not None:
            runs[-1].append(line.target_line_no)
        elif line.is_removed:
            runs.append([])
    return (Span(first=run[0], last=run[-1], hunk=index) for run in runs if run)
