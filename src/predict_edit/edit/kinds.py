"""What kind of file a path names, as far as the guards need to know."""

from __future__ import annotations

import posixpath

_PROSE = frozenset(
    {".md", ".markdown", ".mdx", ".rst", ".txt", ".text", ".adoc", ".asciidoc", ".tex", ".org", ""}
    | {".html", ".htm", ".po", ".csv", ".tsv", ".log", ".rmd", ".qmd", ".wiki", ".textile", ".srt"}
)
_DOTS_ARE_SYNTAX = frozenset({".py", ".pyi", ".pyx", ".ipynb", ".yml", ".yaml"})
_PATCHES = frozenset({".diff", ".patch", ".rej"})


def suffix(path: str) -> str:
    """The last suffix, lower case, with its dot; empty where there is none."""
    return posixpath.splitext(posixpath.basename(path))[1].lower()


def is_prose(path: str) -> bool:
    """Whether sentences and Markdown are what such a file is made of (or it may well be)."""
    return suffix(path) in _PROSE


def is_patch(path: str) -> bool:
    """Whether the file is itself a diff."""
    return suffix(path) in _PATCHES


def dots_are_syntax(path: str) -> bool:
    """Whether a line of three dots means something in the file's language."""
    return suffix(path) in _DOTS_ARE_SYNTAX or is_prose(path)
