"""Cut a long file into pieces that a model can answer one by one, without losing a character.

A border is a line at column 0 with a blank line before it: in most languages, and in prose, the
start of something new. Lines in a fenced block or in a triple-quoted string are no borders, nor
is a line that closes or continues what stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from predict_edit.domain.errors import FileTooLong
from predict_edit.edit import fence

_CONTINUES = re.compile(
    r"[)\]}]|\*/|-->|(?:end|else|elif|elsif|except|finally|catch|rescue|ensure|then|done|fi|esac)\b"
)
_TRIPLE = re.compile(r'"""|\'\'\'')


def split(
    text: str, max_tokens: int, count: Callable[[str], int], *, depth: int = 0
) -> tuple[str, ...]:
    """Cut a text into as few consecutive pieces as a greedy walk gives.

    ``"".join(split(...)) == text``, no piece is empty, and none has more than ``max_tokens`` tokens
    by ``count``. A text that fits is one piece; an empty one is none.

    Args:
        text: The whole file.
        max_tokens: The most a piece may have.
        count: Tokens of a text; called about twice for each stretch between two borders.
        depth: Columns of white space a border line may be indented, for languages that put
            everything into one class. A tab counts as one column.

    Raises:
        FileTooLong: A stretch between two borders alone is longer than that.
    """
    if not text:
        return ()
    if count(text) <= max_tokens:
        return (text,)
    stretches = _stretches(text, depth)
    sizes = [count(stretch) for stretch in stretches]
    pieces: list[str] = []
    line, start = 1, 0
    while start < len(stretches):
        if sizes[start] > max_tokens:
            last = line + stretches[start].rstrip("\n").count("\n")
            raise FileTooLong(
                f"The file is longer than the model can write at once ({max_tokens:,} tokens), and "
                f"between line {line:,} and line {last:,} there is no place to cut it.",
                "Edit this file by hand, or split it, or use a model with a larger output limit.",
            )
        end, total = start + 1, sizes[start]
        while end < len(stretches) and total + sizes[end] <= max_tokens:
            total += sizes[end]
            end += 1
        # The tokens of joined texts are not exactly the sum, so the piece itself is counted.
        while end > start + 1 and count("".join(stretches[start:end])) > max_tokens:
            end -= 1
        pieces.append("".join(stretches[start:end]))
        line += pieces[-1].count("\n")
        start = end
    return tuple(pieces)


def _stretches(text: str, depth: int) -> list[str]:
    """The text between borders; each starts with a border line and ends with its blank lines."""
    lines = _lines(text)
    inside = _inside_fences(lines)
    quoted = _inside_quotes(lines, inside)
    stretches: list[list[str]] = []
    blank = True
    for line, fenced, string in zip(lines, inside, quoted, strict=True):
        at_border = blank and not (fenced or string) and _is_border(line, depth)
        if at_border or not stretches:
            stretches.append([])
        stretches[-1].append(line)
        blank = not line.strip()
    return ["".join(stretch) for stretch in stretches]


def _lines(text: str) -> list[str]:
    """Lines with their line feeds; nothing but a line feed ends a line."""
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _is_border(line: str, depth: int) -> bool:
    """Whether a line may begin a piece, where a blank line stands before it."""
    content = line.lstrip(" \t")
    indented = len(line) - len(content)
    return bool(content.strip()) and indented <= depth and _CONTINUES.match(content) is None


def _inside_fences(lines: list[str]) -> list[bool]:
    """Whether each line stands after the opening and up to the closing line of a fence.

    A fence that nothing closes is none.
    """
    inside: list[bool] = []
    run = ""
    for line in lines:
        inside.append(bool(run))
        content = line.strip()
        if not fence.is_fence(content):
            continue
        this = content[: len(content) - len(content.lstrip(content[0]))]
        if not run:
            run = this
        elif this == content and this[0] == run[0] and len(this) >= len(run):
            run = ""
    return inside if not run else [False] * len(lines)


def _inside_quotes(lines: list[str], fenced: list[bool]) -> list[bool]:
    """Whether each line begins in a triple-quoted string; one that nothing closes is none."""
    inside: list[bool] = []
    quoted = ""
    for line, skip in zip(lines, fenced, strict=True):
        inside.append(bool(quoted))
        for quote in () if skip else _TRIPLE.findall(line):
            if not quoted:
                quoted = quote
            elif quoted == quote:
                quoted = ""
    return inside if not quoted else [False] * len(lines)
