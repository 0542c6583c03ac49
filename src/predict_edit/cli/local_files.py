"""Plain files on disk: read to be edited, written so that nothing is lost.

Line ends are followed between the disk and a commit (gitattributes(5), "text" and "eol"). Filters
and other encodings are not: a filter may decrypt, and what is secret in the commit must not reach a
model.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from predict_edit.cli.local_git import Git
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
                f"{name} is {'a folder' if path.is_dir() else 'not there'}.",
                "Name files; a shell can list those of a folder, as in src/*.py.",
            )
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else None
    except OSError as error:
        raise LocalFileError(
            f"{name} cannot be read ({error.strerror}).", "Look at its permissions."
        ) from error
    return source_of(name, data, size)


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
            f"{name} was changed while the model worked, so that nothing was written.",
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
            "Look at the permissions of the file and its folder.",
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


_ASKED = ("filter", "working-tree-encoding", "text", "eol")
_NOTHING = frozenset({"unspecified", "unset"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Conversions:
    """How git converts the files of one checkout."""

    text: Mapping[str, str]
    """``yes``, ``auto`` or ``no``, by path."""
    unknown: Mapping[str, str]
    """Files that must be left alone, with the reason."""

    @classmethod
    def read(cls, git: Git, paths: Iterable[str]) -> Conversions:
        """Ask git."""
        listed = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
        printed = git.run("check-attr", "-z", "--stdin", *_ASKED, data=listed)
        fields = printed.split("\0")[:-1]
        found: dict[str, dict[str, str]] = {}
        for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
            found.setdefault(path, {})[name] = value
        automatic = git.ask("config", "--get", "core.autocrlf") in {"true", "input"}
        return cls(
            text={path: _text(values, automatic=automatic) for path, values in found.items()},
            unknown={path: why for path, values in found.items() if (why := _unknown(values))},
        )

    def to_git(self, path: str, data: bytes, base: bytes) -> bytes:
        """Give the bytes that git would commit; ``base`` is what it has committed before."""
        converts = self._converts(path, data) and (self.text[path] == "yes" or b"\r\n" not in base)
        return data.replace(b"\r\n", b"\n") if converts else data

    def from_git(self, path: str, data: bytes, before: bytes) -> bytes:
        """Give committed bytes the line ends that the file on disk, ``before``, has."""
        if b"\r\n" in data or not self._converts(path, before):
            return data
        return data.replace(b"\n", b"\r\n")

    def _converts(self, path: str, data: bytes) -> bool:
        """Whether git would take carriage returns out: only if every line has one."""
        return self.text.get(path, "no") != "no" and 0 < data.count(b"\r\n") == data.count(b"\n")


def _text(values: Mapping[str, str], *, automatic: bool) -> str:
    text = values["text"]
    if text == "unset":
        return "no"
    if text == "set" or (text == "unspecified" and values["eol"] in {"lf", "crlf"}):
        return "yes"
    return "auto" if text == "auto" or automatic else "no"


def _unknown(values: Mapping[str, str]) -> str | None:
    if (name := values["filter"]) not in _NOTHING:
        return f"git converts it with the filter {name}"
    if (name := values["working-tree-encoding"]) not in _NOTHING:
        return f"git converts it to {name}"
    return None
