r"""From the path in a report to a path of the repository, or to the reason why there is none.

Linters write absolute paths of the machine they ran on. In a container the workspace stands
elsewhere (``/github/workspace``) than in the job's other steps
(``/home/runner/work/NAME/NAME``, ``D:\a\NAME\NAME``), so both are taken for the repository's
root.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from typing import Final
from urllib.parse import unquote, urlsplit

from predict_edit.domain import Dropped

OUTSIDE: Final = "its path is outside the repository"
NO_PATH: Final = "it names no file"
NO_FILE_ADDRESS: Final = "its address is no file's"
UNUSABLE: Final = "its path is none that git stores"

MAX_PATH: Final = 4096
_DRIVE: Final = re.compile(r"^/?[A-Za-z]:/")
_SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")


@dataclasses.dataclass(frozen=True, slots=True)
class Roots:
    """Where the repository stands, on the machines that reports may come from."""

    folders: tuple[str, ...] = ()
    """Absolute folders that are the repository's root."""
    name: str = ""
    """The repository's name without its owner: GitHub's runners check out into NAME/NAME."""

    def relative(self, written: str) -> str | Dropped:
        """The path in the repository of a path as a report has it."""
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
        """The same for an address as SARIF has it: relative, or with the scheme ``file``."""
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
        """What follows the root in an absolute path; ``None`` where it is below none."""
        for folder in self.folders:
            root = _absolute(folder.replace("\\", "/")).rstrip("/")
            if path == root or path.startswith(f"{root}/"):
                return path[len(root) + 1 :] or "."
        if self.name:
            _, found, inside = path.partition(f"/{self.name}/{self.name}/")
            if found:
                return inside
        return None


def _absolute(path: str) -> str:
    """An absolute path in one form: slashes, no dots, a drive's letter in lower case."""
    drive = _DRIVE.match(path)
    if drive:
        path = path.lstrip("/")
        path = f"/{path[0].lower()}:{path[2:]}"
    return posixpath.normpath("/" + path.lstrip("/"))


def _checked(path: str) -> str | Dropped:
    """A path without dots, if it is one that can stand in a repository."""
    parts = path.split("/")
    if path == "..":
        return Dropped(OUTSIDE)
    if parts[0] == "..":
        return Dropped(OUTSIDE)
    if path in {"", "."} or any(part.casefold() == ".git" for part in parts):
        return Dropped(UNUSABLE)
    return path


def _unescaped(address: str) -> str:
    """An address without its query and percent escapes (RFC 3986)."""
    return unquote(address.partition("?")[0].partition("#")[0], errors="replace")
