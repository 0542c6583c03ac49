"""A file and the text that is to replace it, compared line by line.

The guards judge added lines only: what was in the file before is its author's business.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections import Counter
from collections.abc import Iterator

from predict_edit.edit import line_pairs

_PROSE = frozenset(
    {".md", ".markdown", ".mdx", ".rst", ".txt", ".text", ".adoc", ".asciidoc", ".tex", ".org", ""}
    | {".html", ".htm", ".po", ".csv", ".tsv", ".log", ".rmd", ".qmd", ".wiki", ".textile", ".srt"}
)
_DOTS_ARE_SYNTAX = frozenset({".py", ".pyi", ".pyx", ".ipynb", ".yml", ".yaml"})
_WORD = re.compile(r"\w")
FENCE = re.compile(r"(?P<run>`{3,}|~{3,})(?P<info>[^`]*)")
"""A line that opens or closes a code fence."""
THINK = r"(?:\w+:)?(?:think(?:ing)?|thought|reasoning|analysis|scratchpad|reflection)"
THOUGHT = rf"</{THINK}>|\[/THINK\]|\u25c1/think\u25b7|<\|end_of_th\w+\|>|<channel\|>"
"""What ends the thinking that some servers leave on top of an answer, as a pattern."""
_PATCHES = frozenset({".diff", ".patch", ".rej"})


@dataclasses.dataclass(frozen=True, slots=True)
class Gap:
    """Lines with text that are gone, and the lines with text in their place; either may be none."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    at: int
    """1-based line of the new text where the gap begins."""
    first: bool
    """Whether the gap holds the original's first line with text, or what is above it."""
    last: bool
    """Whether nothing but brackets and the like is behind it in the original."""

    @property
    def lost(self) -> int:
        """How many more lines are gone than are in their place."""
        return max(0, len(self.old) - len(self.new))


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
    gaps: tuple[Gap, ...]
    """Where the texts differ, in order; blank lines and indentation apart."""

    @property
    def suffix(self) -> str:
        """The path's last suffix, lower case, with its dot; may be empty."""
        return suffix_of(self.path)

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


def suffix_of(path: str) -> str:
    """Name the last suffix of a path, lower case, with its dot; may be empty."""
    return posixpath.splitext(posixpath.basename(path))[1].lower()


def is_fence(line: str) -> bool:
    """Whether a line is an opening or closing fence, indented or not."""
    return FENCE.fullmatch(line.strip()) is not None


def compare(path: str, original: str, edited: str) -> Rewrite:
    """Compare the text of a file with its edited text."""
    old, new = stripped_lines(original), stripped_lines(edited)
    left = Counter(old)
    added = []
    for number, line in enumerate(new, start=1):
        if more := left.get(line):
            left[line] = more - 1
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
        gaps=tuple(_gaps(old, new)),
    )


def stripped_lines(text: str) -> tuple[str, ...]:
    """The lines of a text without byte-order mark, line ends and trailing blanks."""
    return tuple(map(str.rstrip, text.removeprefix("\ufeff").split("\n")))


def _gaps(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Gap]:
    """The stretches between lines that are the same in both texts."""
    before = [line for line in old if line]
    numbers = [number for number, line in enumerate(new, start=1) if line]
    after = [line for line in new if line]
    pairs = line_pairs.pair([*map(str.lstrip, before)], [*map(str.lstrip, after)])
    ends = (at for at in range(len(before), 0, -1) if _WORD.search(before[at - 1]))
    end = next(ends, 0)
    there = here = 0
    for at, paired in enumerate([*pairs, len(before)]):
        if paired is None:
            continue
        if paired > there or at > here:
            yield Gap(
                old=tuple(before[there:paired]),
                new=tuple(after[here:at]),
                at=numbers[here] if here < len(after) else len(new),
                first=there == 0,
                last=paired >= end,
            )
        there, here = paired + 1, at + 1
