"""What ``.gitattributes`` says of a path, as git and GitHub's linguist read it.

Rules (gitattributes(5)): patterns are those of ``.gitignore``, but none is negative and a folder
does not include what is in it; within a file the last line that sets an attribute wins; a file in
a deeper folder wins over one above it. Only files of the base are to be given here: a pull request
must not decide by itself what of it may be edited.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
import warnings
from collections.abc import Iterable, Mapping

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

FILE_NAME = ".gitattributes"
MAX_LINE = 2048
"""Characters of a line; git ignores longer ones."""

MAX_RULES = 2_000
"""Lines that count; each is held against each file."""

GENERATED = "linguist-generated"
VENDORED = "linguist-vendored"

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t\r]+')
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_MACRO = "[attr]"
_DIRECTORY_GROUP = "ps_d"
"""The group by which pathspec marks that a folder above the file was matched, not the file."""

Value = bool | str | None
"""Set, unset, a text, or ``None`` for unspecified."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Rule:
    """One line: the attributes of what matches below a folder."""

    folder: str
    """With a slash at the end; empty for the root."""
    pattern: GitIgnoreSpecPattern
    values: tuple[tuple[str, Value], ...]

    def matches(self, path: str) -> bool:
        """Decide whether the line is about a path itself, not about a folder above it."""
        if not path.startswith(self.folder):
            return False
        result = self.pattern.match_file(path[len(self.folder) :])
        return result is not None and result.match.groupdict().get(_DIRECTORY_GROUP) is None


@dataclasses.dataclass(frozen=True, slots=True)
class GitAttributes:
    """All ``.gitattributes`` files of a commit that matter, shallow ones first."""

    rules: tuple[_Rule, ...] = ()

    @classmethod
    def parse(cls, files: Mapping[str, str | bytes | None]) -> GitAttributes:
        """Read files by their path; lines that git would not understand are skipped.

        ``None`` is a file whose content GitHub does not return.
        """
        macros: dict[str, tuple[tuple[str, Value], ...]] = {}
        rules: list[_Rule] = []
        for path in sorted(files, key=lambda path: (path.count("/"), path)):
            folder = path.removesuffix(FILE_NAME)
            found = files[path] or ""
            text = found if isinstance(found, str) else found.decode("utf-8", "replace")
            for line in text.removeprefix("\ufeff").split("\n"):
                if len(rules) < MAX_RULES:
                    rules += _read_line(line, folder, macros)
        return cls(tuple(rules))

    def of(self, path: str) -> dict[str, Value]:
        """Collect every attribute that any line gives to ``path``."""
        found: dict[str, Value] = {}
        for rule in self.rules:
            if rule.matches(path):
                found.update(rule.values)
        return found

    def flag(self, path: str, name: str) -> bool | None:
        """Read an attribute as linguist does: any text but ``false`` counts as set."""
        value = self.of(path).get(name)
        return value != "false" if isinstance(value, str) else value


NO_ATTRIBUTES = GitAttributes()


def attribute_files(paths: Iterable[str], limit: int = 100) -> tuple[str, ...]:
    """Name the ``.gitattributes`` files that may speak of ``paths``, the root's first.

    Shallow folders come first, and at most ``limit`` files are named: that many, and no more,
    have to be asked for, whether they exist or not.
    """
    folders = {""}
    for path in paths:
        folder = posixpath.dirname(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    ordered = sorted(folders, key=lambda folder: (folder.count("/") + bool(folder), folder))
    return tuple(posixpath.join(folder, FILE_NAME) for folder in ordered[:limit])


def _read_line(
    line: str, folder: str, macros: dict[str, tuple[tuple[str, Value], ...]]
) -> list[_Rule]:
    """Read one line, which may define a macro or be no rule at all."""
    line = line.strip(" \t\r")
    if not line or line.startswith("#") or len(line) > MAX_LINE:
        return []
    if line.startswith(_MACRO):
        name, *words = line.removeprefix(_MACRO).split()
        if not folder:
            macros[name] = _values(words, macros)
        return []
    pattern, words = _split(line)
    compiled = _compile(pattern)
    values = _values(words, macros)
    return [_Rule(folder, compiled, values)] if compiled and values else []


def _split(line: str) -> tuple[str, list[str]]:
    """Take the pattern, which may be quoted as in C, off the attributes."""
    if found := _QUOTED.match(line + " "):
        return _ESCAPE.sub(_unescape, found[1]), line[found.end() :].split()
    pattern, *words = line.split()
    return pattern, words


def _unescape(found: re.Match[str]) -> str:
    """Read one escape of a quoted pattern."""
    code = found[1]
    return chr(int(code, 8)) if len(code) > 1 else _ESCAPES.get(code, code)


def _compile(pattern: str) -> GitIgnoreSpecPattern | None:
    """Compile a pattern; negative ones, which git forbids here, and broken ones are ``None``."""
    if pattern.startswith("!"):
        return None
    try:
        # Python warns of `[[]`, which git allows and pathspec hands on as it is.
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            compiled = GitIgnoreSpecPattern(pattern)
    except GitIgnorePatternError:
        return None
    return compiled if compiled.include else None


def _values(
    words: Iterable[str], macros: Mapping[str, tuple[tuple[str, Value], ...]]
) -> tuple[tuple[str, Value], ...]:
    """Read ``name``, ``-name``, ``!name`` and ``name=value``; a macro sets more than itself."""
    found: dict[str, Value] = {}
    for word in words:
        name, has_value, text = word.partition("=")
        if has_value:
            found[name] = text
        elif name.startswith("-"):
            found[name[1:]] = False
        elif name.startswith("!"):
            found[name[1:]] = None
        else:
            found[name] = True
            found.update(macros.get(name, ()))
    return tuple(found.items())
