"""Plain files on disk: read to be edited, written so that nothing is lost."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

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
        if not name:
            raise LocalFileError("The name of a file is empty.", "Check the variable it came from.")
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise LocalFileError(
                f"{name} is a pipe or a device, not a file.",
                "Pass its text on standard input, with `-` as the file.",
            )
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


def write_all(files: Mapping[Path, tuple[bytes, bytes]]) -> None:
    """Give files new contents, or none of them if one is no longer as it was read.

    ``files`` are the contents as they were read, and the new ones.

    Raises:
        LocalFileError: a file is not as it was read, or not a plain file; or it cannot be written,
            and neither can those that follow.
    """
    for path, (before, _) in files.items():
        try:
            same = not path.is_symlink() and path.read_bytes() == before
        except OSError:
            same = False
        if not same:
            raise LocalFileError(
                f"{path} changed while the model worked, so nothing was written.",
                "Look at the change, then run the command again.",
            )
    for path, (_, after) in files.items():
        replace(path, after)


def replace(path: Path, data: bytes) -> None:
    """Put new contents in the place of a file's, all or nothing; its mode stays.

    A new file is readable by the user only.

    Raises:
        LocalFileError: that could not be done.
    """
    handle, scratch = -1, ""
    try:
        mode = path.stat().st_mode if path.exists() else 0o600
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name[:50]}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(scratch).chmod(mode & 0o7777)
        Path(scratch).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(scratch).unlink()
        raise LocalFileError(
            f"{path} cannot be written ({error.strerror}).",
            "Check the permissions of the file and its folder.",
        ) from error


def write_text(path: Path, text: str, mode: Literal["wb", "xb"] = "wb") -> None:
    """Write a file of our own, such as a patch or a page; with ``xb`` only a new one.

    Raises:
        LocalFileError: that could not be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode) as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise LocalFileError(
            f"{path} cannot be written ({error.strerror}).",
            "Name another place, or check the permissions of its folder.",
        ) from error
