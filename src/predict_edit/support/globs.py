"""Globs as people write them in inputs, commands and the config: those of ``.gitignore``.

A pattern without a slash matches at any depth, a leading slash means the root of the repository, a
folder means all that is in it, ``*`` stops at a slash and ``**`` does not. A leading ``!`` takes
back what an earlier pattern of the same list matched: the last pattern that matches decides.
Beyond ``.gitignore``, ``{a,b}`` means both.
"""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from predict_edit.support.text import quoted

if TYPE_CHECKING:
    import pathspec

MAX_GLOBS = 200
"""Patterns in one list, after braces were expanded."""
MAX_GLOB_LENGTH = 300
MAX_STARS = 4
"""``*`` in one path component, and ``**`` in one pattern: more take too long on hostile names."""

_SEPARATOR = re.compile(r"[,\n{}\\]")
_BRACES = re.compile(r"(?<!\\)\{([^{}]*,[^{}]*)\}")


def split_globs(text: str) -> tuple[str, ...]:
    """Read a list of globs, one a line or separated by commas outside braces.

    Lines that start with ``#`` are comments. The result is checked by :func:`check_globs`.

    Raises:
        ValueError: a pattern cannot be used; the message says which and why.
    """
    pieces: list[str] = []
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            pieces += _split_commas(line)
    globs: list[str] = []
    for piece in pieces:
        globs += _expand(_normal(piece.strip()), MAX_GLOBS - len(globs))
    found = tuple(dict.fromkeys(glob for glob in globs if glob))
    check_globs(found)
    return found


def check_globs(globs: Sequence[str]) -> None:
    """Refuse patterns that can match nothing, cost too much, or that git would not understand.

    Raises:
        ValueError: with the pattern and the reason.
    """
    if globs and all(glob.startswith("!") for glob in globs):
        raise ValueError(
            f"{quoted(globs[0])} takes back what an earlier pattern matched, and there is none: "
            "put the pattern that it is an exception from before it"
        )
    for glob in globs:
        if len(glob) > MAX_GLOB_LENGTH:
            raise ValueError(f"{quoted(glob)} is longer than {MAX_GLOB_LENGTH} characters")
        parts = glob.split("/")
        if ".." in parts:
            raise ValueError(f"{quoted(glob)} leaves the repository")
        if parts.count("**") > MAX_STARS or any(
            part.count("*") > MAX_STARS for part in parts if part != "**"
        ):
            raise ValueError(f"{quoted(glob)} has more than {MAX_STARS} stars in one part")
        if _compiled(glob) is None:
            raise ValueError(f"{quoted(glob)} is not a glob as in .gitignore")


@dataclasses.dataclass(frozen=True, slots=True)
class Globs:
    """A compiled list of patterns, of which the last that matches a path decides."""

    patterns: tuple[str, ...]
    _spec: pathspec.PathSpec[pathspec.Pattern] = dataclasses.field(repr=False, compare=False)

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Globs:
        """Compile patterns that :func:`check_globs` has passed."""
        import pathspec  # noqa: PLC0415 - not needed for a command without globs until files are read

        kept = tuple(patterns)
        with _sets_of_brackets_allowed():
            return cls(kept, pathspec.PathSpec.from_lines("gitignore", kept))

    def match(self, path: str) -> str | None:
        """Name the pattern by which ``path`` belongs to the list, ``None`` if it does not."""
        result = self._spec.check_file(path)
        return self.patterns[result.index] if result.include and result.index is not None else None


def _split_commas(line: str) -> list[str]:
    """Split at commas that are outside braces and not escaped."""
    pieces, start, depth, at = [], 0, 0, 0
    while found := _SEPARATOR.search(line, at):
        at = found.end()
        match found.group():
            case "\\":
                at += 1
            case "{":
                depth += 1
            case "}":
                depth = max(0, depth - 1)
            case _ if depth == 0:
                pieces.append(line[start : found.start()])
                start = at
            case _:
                pass
    return [*pieces, line[start:]]


def _expand(glob: str, room: int) -> list[str]:
    """Write out ``{a,b}``; braces without a comma stay as they are."""
    done: list[str] = []
    todo = [glob]
    while todo:
        if len(done) + len(todo) > room:
            raise ValueError(f"there are more than {MAX_GLOBS} patterns")
        current = todo.pop(0)
        if found := _BRACES.search(current):
            head, tail = current[: found.start()], current[found.end() :]
            todo[:0] = [head + choice.strip() + tail for choice in found.group(1).split(",")]
        else:
            done.append(current)
    return done


def _normal(glob: str) -> str:
    """Drop a leading ``./``; ``.`` alone means everything."""
    negated, bare = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    bare = "/" + bare.removeprefix("./") if bare.startswith("./") else bare
    return negated + ("**" if bare in {".", "/"} else bare)


def _compiled(glob: str) -> pathspec.Pattern | None:
    """Compile one pattern; ``None`` where git would ignore it or refuse it."""
    import pathspec  # noqa: PLC0415 - see above
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415

    try:
        with _sets_of_brackets_allowed():
            pattern = pathspec.lookup_pattern("gitignore")(glob)
    except GitIgnorePatternError:
        return None
    return pattern if pattern.include is not None else None


def _sets_of_brackets_allowed() -> warnings.catch_warnings[None]:
    """Keep Python from warning of ``[[]``, which git allows and pathspec hands on as it is."""
    return warnings.catch_warnings(action="ignore", category=FutureWarning)
