"""Plain files on disk: read to be edited, written so that nothing is lost."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from predict_edit.domain.edits import SkippedFile, SourceFile
from predict_edit.domain.errors import LocalFileError
from predict_edit.domain.repository import FileContent
from predict_edit.select.content import MAX_BYTES, open_source
from predict_edit.support.git import FILE_MODE, blob_sha_of


def read_source(path: Path, name: str) -> SourceFile | SkippedFile:
    """Read a file that a person named.

    Raises:
        LocalFileError: it is not there, or may not be read.
    """
    try:
        if not path.is_file():
            raise LocalFileError(
                f"{name} {'is a folder' if path.is_dir() else 'does not exist'}.",
                "Name files; a shell can list those of a folder, as in src/*.py.",
            )
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else None
    except OSError as error:
        raise LocalFileError(
            f"{name} cannot be read ({error.strerror}).", "Check its permissions."
        ) from error
    return source_of(name, data, size)


def read_bytes(path: Path) -> bytes:
    """Read a file of the repository's own.

    Raises:
        LocalFileError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalFileError(
            f"{path} cannot be read ({error.strerror}).", "Check its path and its permissions."
        ) from error


def source_of(name: str, data: bytes | None, size: int = 0) -> SourceFile | SkippedFile:
    """Take bytes as a text to edit, or say why they are none."""
    sha = "" if data is None else blob_sha_of(data)
    # A person who names a file means it: it counts as a regular one.
    content = FileContent(path=name, blob_sha=sha, data=data, mode=FILE_MODE, size=size)
    return open_source(None, content)


def check_same(path: Path, name: str, before: bytes) -> None:
    """Refuse to write a file that is no longer as it was read.

    Raises:
        LocalFileError: it is not, or it is not a plain file any more.
    """
    try:
        same = not path.is_symlink() and path.read_bytes() == before
    except OSError:
        same = False
    if not same:
        raise LocalFileError(
            f"{name} changed while the model worked, so nothing was written.",
            "Look at the change, then run the command again.",
        )


def write(path: Path, name: str, data: bytes) -> None:
    """Put new contents in the place of a file's, all or nothing; its mode stays.

    Raises:
        LocalFileError: that could not be done.
    """
    handle, scratch = -1, ""
    try:
        mode = path.stat().st_mode
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name[:50]}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(scratch).chmod(mode & 0o7777)
        Path(scratch).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(scratch).unlink()
        raise LocalFileError(
            f"{name} cannot be written ({error.strerror}).",
            "Check the permissions of the file and its folder.",
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a file of our own, such as a patch or a page.

    Raises:
        LocalFileError: that could not be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise LocalFileError(
            f"{path} cannot be written ({error.strerror}).", "Name another place."
        ) from error
