r"""Patches as ``git apply`` takes them.

Three lines of context: with fewer, a patch that is applied after some suggestions were committed
could silently hit the wrong lines. Names are quoted as git quotes them, so that a line feed in a
file's name cannot begin a header of its own.

A patch is text to be written as UTF-8 without any translation of line ends.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from predict_edit.domain.edits import Hunk, PlacedFile, PlacementKind
from predict_edit.suggest.diff import apply_hunks
from predict_edit.support.git import blob_sha_of, lines_of

CONTEXT: Final = 3

_ESCAPES: Final = dict(zip(b'\a\b\t\n\v\f\r"\\', 'abtnvfr"\\', strict=True))
_PRINTABLE: Final = range(0x20, 0x7F)


def edits_patch(files: Iterable[PlacedFile]) -> str:
    """Return all accepted edits of all files, against the head."""
    return "".join(_render(file, {PlacementKind.INLINE, PlacementKind.PATCH}) for file in files)


def remainder_patch(files: Iterable[PlacedFile]) -> str:
    """What is neither inline nor rejected, against the head."""
    return "".join(_render(file, {PlacementKind.PATCH}) for file in files)


def patches_of(files: Iterable[PlacedFile]) -> tuple[tuple[str, str], ...]:
    """Return the remainder file by file: path and patch, without files that have none."""
    patches = ((placed.file.path, remainder_patch([placed])) for placed in files)
    return tuple((path, patch) for path, patch in patches if patch)


def quoted_path(name: str) -> str:
    """Return a file's name as git writes it (``core.quotePath``).

    Names with control characters, quotes, backslashes or bytes outside ASCII are put in quotes,
    with the bytes of UTF-8 as octal escapes; all others are left alone.
    """
    data = name.encode("utf-8", "surrogateescape")
    if all(byte in _PRINTABLE and byte not in _ESCAPES for byte in data):
        return name
    return '"' + "".join(map(_escaped, data)) + '"'


def _escaped(byte: int) -> str:
    """Return one byte of a quoted name."""
    if byte in _ESCAPES:
        return f"\\{_ESCAPES[byte]}"
    return chr(byte) if byte in _PRINTABLE else f"\\{byte:03o}"


def _render(placed: PlacedFile, kinds: set[PlacementKind]) -> str:
    """Write those hunks of one file that ended as one of the kinds, if any."""
    hunks = tuple(p.hunk for p in placed.placements if p.kind in kinds)
    return file_patch(placed.file.path, placed.file.text, hunks) if hunks else ""


@functools.lru_cache(maxsize=128)
def file_patch(path: str, original: str, hunks: tuple[Hunk, ...]) -> str:
    """Write headers and hunks of one file.

    The answer is kept, as all edits and what is left of them are often the same, and are shown in
    several places.
    """
    old, new = quoted_path(f"a/{path}"), quoted_path(f"b/{path}")
    # Git ends a name that holds a space with a tab, or the rest could be read as a time.
    tab = "\t" if " " in path else ""
    edited = apply_hunks(original, hunks)
    blobs = f"{blob_sha_of(original.encode())}..{blob_sha_of(edited.encode())}"
    # Without a mode in the header, `git apply` keeps the one that the file has.
    head = f"diff --git {old} {new}\nindex {blobs}\n--- {old}{tab}\n+++ {new}{tab}\n"
    return head + "".join(_unified(original, hunks))


def _unified(original: str, hunks: Sequence[Hunk]) -> Iterator[str]:
    """Hunks in unified format; neighbours whose context would touch share one."""
    lines = lines_of(original)
    offset = 0
    for group in _grouped(hunks):
        first = max(1, group[0].start - CONTEXT)
        last = min(len(lines), group[-1].end + CONTEXT)
        body: list[str] = []
        done = first - 1
        for hunk in group:
            body += (f" {line}" for line in lines[done : hunk.start - 1])
            body += (f"-{line}" for line in hunk.removed)
            body += (f"+{line}" for line in hunk.added)
            done = hunk.end
        body += (f" {line}" for line in lines[done:last])
        count = last - first + 1
        grown = sum(len(hunk.added) - len(hunk.removed) for hunk in group)
        header = f"@@ -{_range(first, count)} +{_range(first + offset, count + grown)} @@\n"
        offset += grown
        yield header + "".join(map(_ended, body))


def _grouped(hunks: Sequence[Hunk]) -> list[list[Hunk]]:
    """Hunks with so few unchanged lines between them that their context would touch."""
    groups: list[list[Hunk]] = []
    for hunk in hunks:
        if not groups or hunk.start - groups[-1][-1].end - 1 > 2 * CONTEXT:
            groups.append([])
        groups[-1].append(hunk)
    return groups


def _range(first: int, count: int) -> str:
    """Return one side of a hunk header; a side without lines names the line before it."""
    return f"{first}" if count == 1 else f"{first if count else first - 1},{count}"


def _ended(line: str) -> str:
    """Return a line of a hunk, with git's marker if the file ends without line feed."""
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
