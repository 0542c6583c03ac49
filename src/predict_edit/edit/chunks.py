"""How a file that is longer than one answer is cut, and what is shown beside each piece.

A border is a line at column 0 with a blank line before it: in most languages, and in prose, the
start of something new. Lines in a fenced block or in a triple-quoted string are not borders, nor
is a line that closes or continues the one before it. If there is no other way, any line is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from predict_edit.domain.errors import FileTooLong
from predict_edit.edit.prompt import Part
from predict_edit.edit.rewrite import is_fence
from predict_edit.support.git import lines_of

DEPTHS = (0, 1, 2, 4, 8)
"""Columns that a border may be indented, tried in this order: some languages put everything into
one class or namespace."""
MAX_SHOWN = 250_000
"""Tokens of background over all pieces; above that they see an outline in place of the file."""
MAX_OUTLINE = 16_000
"""Characters of the outline."""
MAX_AROUND = 2_000
"""Characters before and after a piece that are shown beside the outline."""

_TELLING = 8
"""Characters from which a line says where it comes from."""
MAX_OUTLINE_LINE = 160
"""Characters of a line that are shown."""

_CONTINUES = re.compile(
    r"[)\]}]|\*/|-->|(?:end|else|elif|elsif|except|finally|catch|rescue|ensure|then|done|fi|esac)\b"
)
_TRIPLE = re.compile(r'"""|\'\'\'')

Count = Callable[[str], int]
"""Tokens of a text."""


def plan(
    text: str, *, most: int, largest: int = 0, count: Count, context: int | None = None
) -> tuple[Part, ...]:
    """Cut a file into pieces of at most ``most`` tokens, each with what is shown beside it.

    The background is the same for all pieces, so that the prompt cache works: the whole file where
    that is affordable, else its outline. The texts of the pieces, joined, are the file.

    Args:
        text: The whole file.
        most: Tokens of a piece.
        largest: Tokens of a piece where there is no other way; before a border that is indented.
        count: Tokens of a text.
        context: Tokens that prompt and answer may have together, where that is known.

    Raises:
        FileTooLong: there is no place to cut it.
    """
    pieces, depth = _cut(text, (most, max(most, largest)), count)
    size = count(text)
    affordable = size * len(pieces) <= MAX_SHOWN and (context is None or 3 * size <= context)
    shown = text if affordable else outline(text, depth=depth, most=MAX_OUTLINE)
    parts: list[Part] = []
    start, line = 0, 1
    for index, piece in enumerate(pieces, start=1):
        end, lines = start + len(piece), piece.count("\n")
        parts.append(
            Part(
                text=piece,
                index=index,
                total=len(pieces),
                first_line=line,
                last_line=line + lines - piece.endswith("\n"),
                shown=shown,
                whole=affordable,
                before="" if affordable else text[max(0, start - MAX_AROUND) : start],
                after="" if affordable else text[end : end + MAX_AROUND],
            )
        )
        start, line = end, line + lines
    return tuple(parts)


def halve(part: Part, count: Count) -> tuple[Part, ...]:
    """The same piece in two or three smaller ones; just itself where it cannot be cut."""
    try:
        texts, _ = _cut(part.text, (max(1, (count(part.text) + 1) // 2),), count)
    except FileTooLong:
        return (part,)
    return tuple(dataclasses.replace(part, text=text) for text in texts)


def leaner(part: Part, text: str) -> Part | None:
    """The same piece with less beside it: an outline, then nothing; ``None`` after that.

    ``text`` is the whole file.
    """
    if not part.shown:
        return None
    if part.whole:
        shown = outline(text, depth=0, most=MAX_OUTLINE)
        return dataclasses.replace(part, shown=shown, whole=False)
    return dataclasses.replace(part, shown="", before="", after="")


def rejoin(original: str, edited: str, *, last: bool) -> str:
    """A piece's edit, fit to be followed by the next piece.

    Where the instruction speaks of the file's end, an answer keeps its own; that freedom ends at
    the borders inside the file.
    """
    if last or not edited or edited.endswith("\n") or not original.endswith("\n"):
        return edited
    body = original.rstrip("\r\n")
    return edited.rstrip("\r\n") + original[len(body) :]


def without_neighbours(answer: str, part: Part, text: str) -> str:
    """The answer for a piece without the lines of its neighbours in the file ``text``.

    They surely are the neighbours' if they are as in the file up to the piece's first line, or
    from its last one on.
    """
    lines, own, all_lines = answer.split("\n"), part.text.split("\n"), text.split("\n")
    inner = [line.strip() for line in own if line.strip()]
    if not inner:
        return answer
    above = all_lines[: part.first_line - 1]
    below = all_lines[part.last_line :]
    top = _shared(lines, above[::-1], inner[0])
    end = _shared(lines[::-1], below, inner[-1])
    return "\n".join(lines[top : len(lines) - end]) + ("\n" if end else "")


def _shared(lines: Sequence[str], beside: Sequence[str], edge: str) -> int:
    """How many lines up to the piece's edge are the neighbour's, read away from the piece."""
    at = next((at for at, line in enumerate(lines) if line.strip() == edge), 0)
    # Blank lines beside the piece are its own, and those at the answer's end nobody's.
    given = "\n".join(line.rstrip() for line in lines[:at][::-1])
    wanted = "\n".join(line.rstrip() for line in beside[: at + 1]).lstrip("\n")
    core = given.strip("\n")
    blanks = len(given) - len(given.lstrip("\n"))
    return at - blanks if core and f"{wanted}\n".startswith(f"{core}\n") else 0


def foreign(answer: str, part: Part, text: str) -> int:
    """How many different lines of an answer are the file's, but not the piece's."""
    own = {line.strip() for line in part.text.split("\n")}
    given = {line.strip() for line in answer.split("\n")} - own
    known = {line.strip() for line in text.split("\n")}
    return sum(len(line) > _TELLING for line in given & known)


def _cut(text: str, sizes: Sequence[int], count: Count) -> tuple[tuple[str, ...], int]:
    """The pieces, and the depth of the borders they were cut at."""
    problem = FileTooLong("The file is too long.", "Split it.")
    for depth in (*DEPTHS, None):
        for most in dict.fromkeys(sizes):
            try:
                return split(text, most, count, depth=depth), depth or 0
            except FileTooLong as error:
                problem = error
    raise problem


def outline(text: str, *, depth: int, most: int) -> str:
    """The lines that are indented by at most ``depth`` columns, without what lies under them.

    Args:
        text: The whole file.
        depth: As for :func:`split`; a tab counts as one column.
        most: Characters of the outline, at least 1; where it is longer, lines are left out evenly.
    """
    lines = [
        line.rstrip()[:MAX_OUTLINE_LINE]
        for line in text.split("\n")
        if (content := line.strip(" \t\r"))
        and len(line) - len(line.lstrip(" \t")) <= depth
        and any(char.isalnum() for char in content)
    ]
    size = sum(map(len, lines)) + len(lines)
    if size > most:
        step = size / most
        lines = [lines[int(number * step)] for number in range(int(len(lines) / step))]
    return "\n".join(lines)[:most]


def split(text: str, max_tokens: int, count: Count, *, depth: int | None = 0) -> tuple[str, ...]:
    """Cut a text into as few consecutive pieces as a greedy walk gives.

    ``"".join(split(...)) == text``, no piece is empty, and none has more than ``max_tokens`` tokens
    by ``count``. A text that fits is one piece; an empty one is none.

    Args:
        text: The whole file.
        max_tokens: The most a piece may have.
        count: Tokens of a text; called about twice for each stretch between two borders.
        depth: Columns of white space a border line may be indented, for languages that put
            everything into one class. A tab counts as one column. ``None`` for any line.

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


def _stretches(text: str, depth: int | None) -> list[str]:
    """The text between borders; each starts with a border line and ends with its blank lines."""
    lines = lines_of(text)
    if depth is None:
        return lines
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


def _is_border(line: str, depth: int) -> bool:
    """Whether a line may begin a piece, if a blank line is before it."""
    content = line.lstrip(" \t")
    indented = len(line) - len(content)
    return bool(content.strip()) and indented <= depth and _CONTINUES.match(content) is None


def _inside_fences(lines: list[str]) -> list[bool]:
    """Whether each line is after the opening and up to the closing line of a fence.

    A fence that nothing closes is none.
    """
    inside: list[bool] = []
    run = ""
    for line in lines:
        inside.append(bool(run))
        content = line.strip()
        if not is_fence(content):
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
