"""Finds the suggestion blocks that GitHub's Markdown would render in a comment.

Written from CommonMark's rules for fenced code and HTML blocks, on purpose without any code of the
part that composes suggestions: the two check each other.
"""

from __future__ import annotations

import re

_OPENING = re.compile(r"^(?P<indent> {0,3})(?P<fence>`{3,})(?P<info>[^`]*)$|^ {0,3}(?P<wave>~{3,})")
_BLOCK_TAGS = re.compile(
    r"^ {0,3}</?(details|summary|div|p|table|thead|tbody|tr|td|th|ul|ol|li|h[1-6]|section|center"
    r"|blockquote|hr|dl|dt|dd|form|header|footer|main|nav|article|aside|figure)(\s|/?>|$)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^ {0,3}<!--")


def _dedent(line: str, width: int) -> str:
    """Take up to ``width`` leading blanks away, as an indented fence does with its content."""
    kept = line.lstrip(" ")
    return " " * max(0, len(line) - len(kept) - width) + kept


def _end_of_fence(lines: list[str], at: int, fence: str) -> int:
    """Index of the closing fence, or the number of lines where the block is never closed."""
    closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    while at < len(lines) and not closing.match(lines[at]):
        at += 1
    return at


def suggestion_blocks(body: str) -> tuple[tuple[str, ...], ...]:
    """The lines of each suggestion block, top to bottom; an empty block has no lines.

    Only fences of backticks count: it is not known that GitHub takes tildes for a suggestion.
    """
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: list[tuple[str, ...]] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if _COMMENT.match(line):
            # An HTML comment hides everything up to and including the line that ends it.
            while "-->" not in line and at < len(lines):
                line = lines[at]
                at += 1
        elif _BLOCK_TAGS.match(line):
            # Markdown starts again only after a blank line.
            while at < len(lines) and lines[at].strip():
                at += 1
        elif opening := _OPENING.match(line):
            fence = opening["fence"] or opening["wave"]
            end = _end_of_fence(lines, at, fence)
            info = (opening["info"] or "").split()
            if opening["fence"] and info[:1] == ["suggestion"]:
                width = len(opening["indent"])
                found.append(tuple(_dedent(inner, width) for inner in lines[at:end]))
            at = end + 1
    return tuple(found)


def replace_lines(
    text: bytes, changes: list[tuple[int, int, tuple[str, ...]]], *, as_file: bool
) -> bytes:
    """Put lines in the place of ranges ``(start, end, lines)``, bottom up.

    The text is split on line feeds only, so a final newline shows as one last empty line. With
    ``as_file`` the new lines get a carriage return where the first replaced line has one.
    """
    pieces = text.split(b"\n")
    for start, end, lines in sorted(changes, key=lambda change: change[0], reverse=True):
        carriage = as_file and pieces[start - 1].endswith(b"\r")
        new = [line.encode() + (b"\r" if carriage else b"") for line in lines]
        pieces[start - 1 : end] = new
    return b"\n".join(pieces)
