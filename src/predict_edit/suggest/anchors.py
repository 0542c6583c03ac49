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
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

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

_HEADER: Final = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_NO_LINE_FEED: Final = "\\ No newline at end of file"


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _DiffHunk:
    """A hunk of a diff, with where it begins on both sides and how many lines it has there."""

    source: Sequence[int]
    target: Sequence[int]
    lines: list[str]
    """As they are, with their first character."""

    def count(self, kinds: str) -> int:
        """Count the lines that begin with one of these characters."""
        return sum(line[0] in kinds for line in self.lines)


def _read(patch: str | None, change: ChangedFile, head_text: str) -> Anchors | str:
    """Parse a ``patch`` and hold it against the counts and the head."""
    if not patch:
        if patch is None and (change.additions or change.deletions):
            return PATCH_MISSING
        # A pure rename or a change of mode shows no line at all.
        hunks: Sequence[_DiffHunk] = ()
    else:
        parsed = _parse(patch)
        if parsed is None:
            return PATCH_UNREADABLE
        hunks = parsed
    added, deleted = (sum(hunk.count(kind) for hunk in hunks) for kind in "+-")
    if (added, deleted) != (change.additions, change.deletions):
        return PATCH_INCOMPLETE
    if not _fits(hunks, lines_of(head_text)):
        return PATCH_MISMATCH
    spans = (span for index, hunk in enumerate(hunks) for span in _spans(hunk, index))
    return Anchors(spans=tuple(spans))


def _parse(patch: str) -> Sequence[_DiffHunk] | None:
    """Return the hunks of a ``patch``; ``None`` if one is cut off or anything else is in it."""
    hunks: list[_DiffHunk] = []
    for line in lines_of(patch if patch.endswith("\n") else f"{patch}\n"):
        if (header := _HEADER.match(line)) is not None:
            numbers = [1 if number is None else int(number) for number in header.groups()]
            hunks.append(_DiffHunk(source=numbers[:2], target=numbers[2:], lines=[]))
        elif hunks and (line[0] in " +-\n" or line.startswith(_NO_LINE_FEED)):
            # An empty line is a context line whose blank was lost.
            hunks[-1].lines.append(" \n" if line == "\n" else line)
        else:
            return None
    whole = all(
        (hunk.count(" -"), hunk.count(" +")) == (hunk.source[1], hunk.target[1]) for hunk in hunks
    )
    return hunks if whole else None


def _fits(hunks: Iterable[_DiffHunk], head: list[str]) -> bool:
    """Check that the hunks are in order and show exactly the head's lines.

    Between two hunks both sides move by the same number of lines, or a hunk is missing.
    """
    source_end = target_end = 0
    for hunk in hunks:
        # A side without lines names the line before it.
        (source, before), (target, after) = hunk.source, hunk.target
        source += before == 0
        target += after == 0
        if target <= target_end or source - source_end != target - target_end:
            return False
        source_end = source + before - 1
        target_end = target + after - 1
        if list(_right_side(hunk)) != head[target - 1 : target_end]:
            return False
    return True


def _right_side(hunk: _DiffHunk) -> Iterator[str]:
    """Added and context lines, the last without its line feed where git's marker says so."""
    for line, following in itertools.pairwise([*hunk.lines, ""]):
        if line[0] in " +":
            yield line[1:-1] if following[:1] == "\\" else line[1:]


def _spans(hunk: _DiffHunk, index: int) -> Iterator[Span]:
    """Cut a hunk's right side at its deleted lines."""
    first = hunk.target[0]
    for gone, run in itertools.groupby(hunk.lines, lambda line: line[0] == "-"):
        size = 0 if gone else sum(line[0] in " +" for line in run)
        if size:
            yield Span(first=first, last=first + size - 1, hunk=index)
        first += size
