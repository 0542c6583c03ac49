"""A file and the text that is to replace it, compared line by line.

The guards judge added lines only: what was in the file before is its author's business.
"""

from __future__ import annotations

import dataclasses
import posixpath
from collections import Counter

_PROSE = frozenset(
    {".md", ".markdown", ".mdx", ".rst", ".txt", ".text", ".adoc", ".asciidoc", ".tex", ".org", ""}
    | {".html", ".htm", ".po", ".csv", ".tsv", ".log", ".rmd", ".qmd", ".wiki", ".textile", ".srt"}
)
_DOTS_ARE_SYNTAX = frozenset({".py", ".pyi", ".pyx", ".ipynb", ".yml", ".yaml"})
_PATCHES = frozenset({".diff", ".patch", ".rej"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Two texts of one file, compared as bags of lines: a line that only moved counts as kept."""

    path: str
    original: str
    edited: str
    old: tuple[str, ...]
    """Lines of the original, without line ends and trailing blanks."""
    new: tuple[str, ...]
    added: tuple[tuple[int, str], ...]
    """1-based number and text of each line of ``new`` that ``old`` has fewer of."""
    removed: int
    """How many lines with text ``old`` has and ``new`` lacks."""

    @property
    def suffix(self) -> str:
        """The path's last suffix, lower case, with its dot; may be empty."""
        return posixpath.splitext(posixpath.basename(self.path))[1].lower()

    @property
    def is_prose(self) -> bool:
        """Whether the file consists of sentences and Markdown, or may well do."""
        return self.suffix in _PROSE

    @property
    def is_patch(self) -> bool:
        """Whether the file is itself a diff."""
        return self.suffix in _PATCHES

    @property
    def dots_are_syntax(self) -> bool:
        """Whether a line of three dots means something in the file's language."""
        return self.suffix in _DOTS_ARE_SYNTAX or self.is_prose


def compare(path: str, original: str, edited: str) -> Rewrite:
    """Compare the text of a file with its edited text."""
    old = tuple(line.rstrip() for line in original.removeprefix("\ufeff").split("\n"))
    new = tuple(line.rstrip() for line in edited.removeprefix("\ufeff").split("\n"))
    left = Counter(old)
    added = []
    for number, line in enumerate(new, start=1):
        if left[line] > 0:
            left[line] -= 1
        elif line:
            added.append((number, line))
    return Rewrite(
        path=path,
        original=original,
        edited=edited,
        old=old,
        new=new,
        added=tuple(added),
        removed=sum(count for line, count in left.items() if line),
    )
