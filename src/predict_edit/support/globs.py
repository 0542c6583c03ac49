"""A list of globs, compiled: by which of its patterns a path belongs to it."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
import warnings
from collections.abc import Iterable

import pathspec
from pathspec.patterns.gitignore import GitIgnorePatternError

_SPECIAL = re.compile(r"[\\*?\[\]]")


@dataclasses.dataclass(frozen=True, slots=True)
class Globs:
    """A list of patterns as in ``.gitignore``, of which the last that matches a path decides.

    A pattern also means the file or folder of exactly that name, because people copy paths such as
    ``app/[id]/page.tsx``. How accents are composed does not matter.
    """

    patterns: tuple[str, ...]
    _owners: tuple[str, ...] = dataclasses.field(repr=False, compare=False)
    """The pattern that each compiled one is of."""
    _spec: pathspec.PathSpec[pathspec.Pattern] = dataclasses.field(repr=False, compare=False)

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Globs:
        """Compile patterns; one that is not a glob means only the file of that name."""
        kept = tuple(patterns)
        compiled = [(glob, each) for glob in kept for each in _compiled(_composed(glob))]
        return cls(kept, tuple(g for g, _ in compiled), pathspec.PathSpec(p for _, p in compiled))

    def match(self, path: str) -> str | None:
        """Name the pattern by which ``path`` belongs to the list, ``None`` if it does not."""
        found = self._spec.check_file(_composed(path))
        return self._owners[found.index] if found.include and found.index is not None else None


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _compiled(glob: str) -> tuple[pathspec.Pattern, ...]:
    compiler = pathspec.lookup_pattern("gitignore")
    negated, bare = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    literal = compiler(negated + _SPECIAL.sub(r"\\\g<0>", bare))
    if not _SPECIAL.search(bare):
        return (literal,)
    # Python warns of `[[]`, which git allows and pathspec hands on as it is.
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        try:
            return literal, compiler(glob)
        except (GitIgnorePatternError, re.error):
            return (literal,)
