"""A list of globs, compiled: by which of its patterns a path belongs to it."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Iterable

import pathspec
from pathspec.patterns.gitignore import GitIgnorePatternError

_SPECIAL = re.compile(r"[\\*?\[\]]")


@dataclasses.dataclass(frozen=True, slots=True)
class Globs:
    """A list of patterns as in ``.gitignore``, of which the last that matches a path decides."""

    patterns: tuple[str, ...]
    _spec: pathspec.PathSpec[pathspec.Pattern] = dataclasses.field(repr=False, compare=False)

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Globs:
        """Compile patterns; one that is not a glob means the file of that name."""
        kept = tuple(patterns)
        return cls(kept, pathspec.PathSpec(map(_compiled, kept)))

    def match(self, path: str) -> str | None:
        """Name the pattern by which ``path`` belongs to the list, ``None`` if it does not."""
        result = self._spec.check_file(path)
        return self.patterns[result.index] if result.include and result.index is not None else None


def _compiled(glob: str) -> pathspec.Pattern:
    compiler = pathspec.lookup_pattern("gitignore")
    # Python warns of `[[]`, which git allows and pathspec hands on as it is.
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        try:
            return compiler(glob)
        except (GitIgnorePatternError, re.error):
            return compiler(_SPECIAL.sub(r"\\\g<0>", glob))
