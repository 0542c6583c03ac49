"""A finding as its report has it, and how it becomes one of ours: path, texts and lines."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from predict_edit.domain.edits import Dropped, Finding
from predict_edit.support.unicode import is_shown

OUTSIDE: Final = "the path is outside the repository"
NO_PATH: Final = "it names no file"
NO_FILE_ADDRESS: Final = "its address is not a file's"
UNUSABLE: Final = "git stores no such path"

MAX_PATH: Final = 4096
_DRIVE: Final = re.compile(r"^/?[A-Za-z]:/")
_SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")

MAX_MESSAGE: Final = 500
MAX_RULE: Final = 120
MAX_TOOL: Final = 60
MAX_LINE: Final = 10_000_000
"""No file that is edited has more lines; a larger number is not a line number."""

_BLANKS: Final = re.compile(r"\s+")
_LEVELS: Final = {
    "error": "error",
    "fatal": "error",
    "warning": "warning",
    "warn": "warning",
    "note": "note",
    "notice": "note",
    "info": "note",
    "information": "note",
    "hint": "note",
    "none": "note",
    "refactor": "warning",
    "convention": "warning",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """What a reader of a format returns; ``path`` is as written in the report."""

    path: str
    is_address: bool = False
    """Whether the path is an address in SARIF."""
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    rule: str = ""
    message: str = ""
    tool: str = ""
    level: str = "warning"

    def at(self, path: str) -> Finding:
        """Make it a finding at a path of the repository: texts cut, impossible numbers dropped."""
        line = _count(self.line)
        end = _count(self.end_line)
        return Finding(
            path=path,
            line=line,
            end_line=None if line is None else max(line, end or line),
            column=None if line is None else _count(self.column),
            rule=one_line(self.rule, MAX_RULE),
            message=one_line(self.message, MAX_MESSAGE),
            tool=one_line(self.tool, MAX_TOOL),
            level=_LEVELS.get(self.level.casefold(), "warning"),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Roots:
    r"""Where the repository is, on the machines that reports may come from.

    Linters write absolute paths of the machine they ran on. In a container the workspace is
    elsewhere (``/github/workspace``) than in the job's other steps
    (``/home/runner/work/NAME/NAME``, ``D:\a\NAME\NAME``), so both are the repository's root.
    """

    folders: tuple[str, ...] = ()
    """Absolute folders that are the repository's root."""
    name: str = ""
    """The repository's name without its owner: GitHub's runners check out into NAME/NAME."""

    def relative(self, written: str) -> str | Dropped:
        """Turn a path as a report has it into one of the repository."""
        path = written.strip().replace("\\", "/")
        if not path:
            return Dropped(NO_PATH)
        if len(path) > MAX_PATH or not path.isprintable():
            return Dropped(UNUSABLE)
        if _DRIVE.match(path) or path.startswith("/"):
            inside = self._below_root(_absolute(path))
            if inside is None:
                return Dropped(OUTSIDE)
            path = inside
        return _checked(posixpath.normpath(path))

    def of_address(self, address: str) -> str | Dropped:
        """Do the same for an address in SARIF: relative, or with the scheme ``file``."""
        if not _SCHEME.match(address) or _DRIVE.match(address.replace("\\", "/")):
            return self.relative(_unescaped(address))
        try:
            parts = urlsplit(address)
        except ValueError:
            return Dropped(UNUSABLE)
        if parts.scheme.casefold() != "file":
            return Dropped(NO_FILE_ADDRESS)
        return self.relative(_unescaped(parts.path))

    def _below_root(self, path: str) -> str | None:
        """Cut the root off an absolute path; ``None`` if it is below none."""
        for folder in self.folders:
            root = _absolute(folder.replace("\\", "/")).rstrip("/")
            if path == root or path.startswith(f"{root}/"):
                return path[len(root) + 1 :] or "."
        if self.name:
            _, found, inside = path.partition(f"/{self.name}/{self.name}/")
            if found:
                return inside
        return None


def located(raw: Iterable[ReportedFinding | Dropped], roots: Roots) -> Iterator[Finding | Dropped]:
    """Return findings at paths of the repository."""
    known: dict[tuple[str, bool], str | Dropped] = {}
    for found in raw:
        if isinstance(found, Dropped):
            yield found
            continue
        written = (found.path, found.is_address)
        if written not in known:
            known[written] = (roots.of_address if found.is_address else roots.relative)(found.path)
        path = known[written]
        yield path if isinstance(path, Dropped) else found.at(path)


def one_line(text: str, limit: int) -> str:
    """Put a text on one line: white space joined, invisible characters dropped, cut with `…`."""
    # Much longer than the limit is cut first: a report may hold megabytes in one message.
    joined = _BLANKS.sub(" ", text[: 8 * limit]).strip()
    if joined.isascii() and joined.isprintable():
        shown = joined
    else:
        shown = "".join(char for char in joined if is_shown(char))
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def _absolute(path: str) -> str:
    """Normalise an absolute path: slashes, no dots, a drive's letter in lower case."""
    drive = _DRIVE.match(path)
    if drive:
        path = path.lstrip("/")
        path = f"/{path[0].lower()}:{path[2:]}"
    return posixpath.normpath("/" + path.lstrip("/"))


def _checked(path: str) -> str | Dropped:
    """Refuse a path that a repository cannot have."""
    parts = path.split("/")
    if parts[0] == "..":
        return Dropped(OUTSIDE)
    if path in {"", "."} or any(part.casefold() == ".git" for part in parts):
        return Dropped(UNUSABLE)
    return path


def _unescaped(address: str) -> str:
    """Take query and percent escapes (RFC 3986) off an address."""
    return unquote(address.partition("?")[0].partition("#")[0], errors="replace")


def _count(number: int | None) -> int | None:
    return number if number is not None and 1 <= number <= MAX_LINE else None
