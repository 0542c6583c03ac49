"""Which files can be edited as text, by what they hold."""

from __future__ import annotations

import codecs
import posixpath
from collections.abc import Mapping, Sequence

from predict_edit.domain.edits import ChangedFile, SkippedFile, SourceFile
from predict_edit.domain.repository import FileContent
from predict_edit.select.gitattributes import GENERATED, NO_ATTRIBUTES, GitAttributes
from predict_edit.support.git import EXECUTABLE_MODE, REGULAR_MODES, SUBMODULE_MODE, SYMLINK_MODE

MAX_BYTES = 1024 * 1024
"""No model takes more of one file; it bounds what is decoded and diffed."""

MAX_LINE = 10_000
"""Characters of a line; people do not edit longer ones."""

MINIFIED_MEAN = 110
"""Mean length of lines above which linguist calls JavaScript and CSS minified."""

UNREADABLE = "its content could not be read"

_MINIFIABLE = frozenset({".js", ".mjs", ".cjs", ".css"})
_LFS_SIZE = 1024
"""Bytes that a pointer of Git LFS stays below (git-lfs, "Git LFS Specification")."""
_LFS_HEADS = (
    b"version https://git-lfs.github.com/spec/v1",
    b"version https://hawser.github.com/spec/v1",
)
_OTHER_MARKS = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}


def open_files(
    files: Sequence[ChangedFile],
    contents: Mapping[str, FileContent],
    *,
    attributes: GitAttributes = NO_ATTRIBUTES,
    in_pull_request: bool = True,
) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
    """Divide chosen files into those that can be edited and those that cannot, with a reason each.

    Args:
        files: what was chosen by name.
        contents: what was read, by path; a file that is missing there could not be read.
        attributes: the base's.
        in_pull_request: whether ``files`` are the changes of a pull request, so that suggestions
            can be placed on them.
    """
    opened = [
        open_source(file if in_pull_request else None, content, attributes=attributes)
        if (content := contents.get(file.path)) is not None
        else SkippedFile(path=file.path, reason=UNREADABLE)
        for file in files
    ]
    return (
        tuple(file for file in opened if isinstance(file, SourceFile)),
        tuple(file for file in opened if isinstance(file, SkippedFile)),
    )


def open_source(
    change: ChangedFile | None,
    content: FileContent,
    *,
    max_bytes: int = MAX_BYTES,
    attributes: GitAttributes = NO_ATTRIBUTES,
) -> SourceFile | SkippedFile:
    """Make a file that was read one that can be edited, or say why it cannot be.

    The text keeps every byte: encoded as UTF-8 it is the data again.
    """
    data = content.data
    size = len(data) if data is not None else content.size
    reason = against_mode(content.mode) or (
        "binary" if content.binary else against_size(size, max_bytes)
    )
    if reason is None and data is not None:
        reason = "empty" if not data else _against_bytes(data)
    if reason is not None or data is None:
        return SkippedFile(path=content.path, reason=reason or UNREADABLE)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return SkippedFile(
            path=content.path, reason=f"not UTF-8 text (byte {error.start + 1:,} cannot be read)"
        )
    if attributes.flag(content.path, GENERATED) is None and (
        reason := _against_lines(text, content.path)
    ):
        return SkippedFile(path=content.path, reason=reason)
    return SourceFile(
        path=content.path,
        text=text,
        blob_sha=content.blob_sha,
        change=change,
        executable=content.mode == EXECUTABLE_MODE,
    )


def against_mode(mode: int) -> str | None:
    """Say why a file of this mode is not edited."""
    if mode == SUBMODULE_MODE:
        return "a submodule"
    if mode == SYMLINK_MODE:
        return "a symbolic link"
    return None if mode in REGULAR_MODES else f"not a regular file (mode {mode:06o})"


def against_size(size: int, limit: int) -> str | None:
    """Say why a file of so many bytes is not edited."""
    return f"too large ({size:,} bytes; the limit is {limit:,})" if size > limit else None


def _against_bytes(data: bytes) -> str | None:
    """Say what the bytes are, if they are not a text of the repository's own."""
    if len(data) < _LFS_SIZE and data.startswith(_LFS_HEADS):
        return "a pointer of Git LFS"
    for name, marks in _OTHER_MARKS.items():
        if data.startswith(marks):
            return f"not UTF-8 text ({name})"
    return "binary" if b"\0" in data else None


def _against_lines(text: str, path: str) -> str | None:
    """Find what was not written by hand: one very long line, or many long ones in code."""
    lines = text.split("\n")
    longest = max(map(len, lines))
    if longest > MAX_LINE:
        return f"minified or data: a line of {longest:,} characters"
    if posixpath.splitext(path)[1].casefold() in _MINIFIABLE:
        written = text.splitlines()
        mean = sum(map(len, written)) // max(1, len(written))
        if mean > MINIFIED_MEAN:
            return f"minified: lines of {mean} characters on average"
    return None
