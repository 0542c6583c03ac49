"""What git changes in a file between the disk and a commit, as far as that can be followed.

Line ends are followed both ways (gitattributes(5), "text" and "eol"). Filters and other encodings
are not: a filter may decrypt, and what is secret in the commit must not reach a model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from predict_edit.cli.git import Git

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
        """Whether git would take carriage returns out: only where every line has one."""
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
