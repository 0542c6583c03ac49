"""The diff of a pull request, made as GitHub makes it.

From the merge base to the head (three dots), three lines of context, git's default algorithm,
renames found. What the "files" endpoint shows and which lines can be commented on follows from it.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from predict_edit_sandbox.github.gitstore import ZERO, GitStore

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed"}
_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_SETTINGS = (
    "-c",
    "core.quotePath=false",
    "-c",
    "core.attributesFile=/dev/null",
)
_OPTIONS = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--diff-algorithm=myers",
    "--find-renames",
    "--full-index",
    "--no-abbrev",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of a hunk; ``old`` and ``new`` are its numbers, ``None`` on the side it is not."""

    kind: str
    """Blank for context, ``+`` or ``-``."""
    old: int | None
    new: int | None
    position: int
    """GitHub's legacy position: lines below the file's first hunk header."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DiffHunk:
    """One hunk. ``text`` holds its header and all its lines, markers too, without a last feed."""

    text: str
    lines: tuple[DiffLine, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """How one file changed. ``patch`` is ``None`` where git prints no hunks."""

    path: str
    previous_path: str | None
    status: str
    old_sha: str
    new_sha: str
    old_mode: str
    new_mode: str
    patch: str | None

    @property
    def additions(self) -> int:
        """Lines added."""
        return _count(self.patch, "+")

    @property
    def deletions(self) -> int:
        """Lines removed."""
        return _count(self.patch, "-")

    @property
    def sha(self) -> str:
        """The blob that GitHub lists: the head's, or the base's of a removed file."""
        return self.old_sha if self.new_sha == ZERO else self.new_sha


def _count(patch: str | None, kind: str) -> int:
    """Lines of one kind in all hunks."""
    return sum(line.kind == kind for hunk in hunks_of(patch) for line in hunk.lines)


@functools.lru_cache(maxsize=8192)
def hunks_of(patch: str | None) -> tuple[DiffHunk, ...]:
    """Read the hunks of one file's patch (no file header, split on line feeds only)."""
    hunks: list[DiffHunk] = []
    texts: list[str] = []
    lines: list[DiffLine] = []
    old = new = 0
    left_old = left_new = 0

    def close() -> None:
        if texts:
            hunks.append(DiffHunk(text="\n".join(texts), lines=tuple(lines)))
        texts.clear()
        lines.clear()

    for position, text in enumerate(patch.split("\n") if patch else ()):
        if left_old <= 0 and left_new <= 0 and (found := _HEADER.match(text)):
            close()
            old, new = int(found[1]), int(found[3])
            left_old, left_new = int(found[2] or 1), int(found[4] or 1)
        elif text[:1] == "+":
            lines.append(DiffLine(kind="+", old=None, new=new, position=position))
            new, left_new = new + 1, left_new - 1
        elif text[:1] == "-":
            lines.append(DiffLine(kind="-", old=old, new=None, position=position))
            old, left_old = old + 1, left_old - 1
        elif text[:1] == " ":
            lines.append(DiffLine(kind=" ", old=old, new=new, position=position))
            old, left_old, new, left_new = old + 1, left_old - 1, new + 1, left_new - 1
        texts.append(text)
    close()
    return tuple(hunks)


def _sections(printed: bytes) -> list[str | None]:
    """The hunks of each file of ``git diff --patch`` in order; ``None`` without any."""
    found: list[str | None] = []
    for section in printed.decode("utf-8", "replace").split("\ndiff --git "):
        if not section:
            continue
        start = section.find("\n@@ ")
        found.append(section[start + 1 :].removesuffix("\n") if start >= 0 else None)
    return found


def diff_trees(store: GitStore, old: str, new: str) -> tuple[FileDiff, ...]:
    """All changed files between two trees or commits, in git's order.

    Raises:
        GitFailed: one of the two does not exist.
    """
    both = store.run(*_SETTINGS, "diff", "--raw", "--patch", "-z", *_OPTIONS, old, new)
    raw, _, printed = both.partition(b"\0\0")
    # The split in _sections needs a line feed before every header, the first one included.
    patches = iter(_sections(b"\n" + printed))
    fields = iter(raw.decode("utf-8", "replace").split("\0"))
    changes: list[FileDiff] = []
    for head in fields:
        if not head:
            break
        old_mode, new_mode, old_sha, new_sha, letter = head.lstrip(":").split(" ")
        first = next(fields)
        moved = letter[0] == "R"
        patch = next(patches)
        if letter[0] == "T" and {old_mode, new_mode} != {"100644", "100755"}:
            # git prints a change of type as a removal and an addition.
            next(patches)
            patch = None
        changes.append(
            FileDiff(
                path=next(fields) if moved else first,
                previous_path=first if moved else None,
                status=_STATUS[letter[0]],
                old_sha=old_sha,
                new_sha=new_sha,
                old_mode=old_mode,
                new_mode=new_mode,
                patch=patch,
            )
        )
    return tuple(changes)


def raw_diff(store: GitStore, old: str, new: str) -> bytes:
    """The whole diff as GitHub's ``.diff`` media type sends it."""
    return store.run(*_SETTINGS, "diff", "--patch", *_OPTIONS, old, new)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LineMap:
    """Where the lines of one blob stand in another."""

    runs: tuple[tuple[int, int, int], ...]
    """Old start, old length and new length of every changed run; an insertion stands *before*
    its old start."""

    def follow(self, start: int, end: int) -> tuple[int, int] | None:
        """The new numbers of lines ``start`` to ``end``; ``None`` where one of them changed."""
        shift = 0
        for old, removed, added in self.runs:
            if old > end:
                break
            if (old + removed > start if removed else old > start) and old <= end:
                return None
            shift += added - removed
        return start + shift, end + shift


def map_lines(store: GitStore, old_sha: str, new_sha: str) -> LineMap:
    """Compare two blobs line by line."""
    if old_sha == new_sha:
        return LineMap(runs=())
    options = [option for option in _OPTIONS if not option.startswith("--unified")]
    printed = store.run(*_SETTINGS, "diff", *options, "--unified=0", "--text", old_sha, new_sha)
    runs = []
    for line in printed.decode("utf-8", "replace").split("\n"):
        if found := _HEADER.match(line):
            removed = int(found[2] or 1)
            start = int(found[1]) + (0 if removed else 1)
            runs.append((start, removed, int(found[4] or 1)))
    return LineMap(runs=tuple(runs))
