"""How a file that is longer than one answer is asked for: which pieces, and what is shown beside.

Pure: the model is asked elsewhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from predict_edit.domain.errors import FileTooLong
from predict_edit.edit import chunk
from predict_edit.edit.outline import outline
from predict_edit.edit.prompt import Part

DEPTHS = (0, 1, 2, 4, 8)
"""Columns that a border may be indented, tried in this order: some languages put everything into
one class or namespace."""
MAX_SHOWN = 250_000
"""Tokens of background over all pieces; above that they see an outline in place of the file."""
MAX_OUTLINE = 16_000
"""Characters of the outline."""
MAX_AROUND = 2_000
"""Characters before and after a piece that are shown beside the outline."""

Count = Callable[[str], int]


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


def _cut(text: str, sizes: Sequence[int], count: Count) -> tuple[tuple[str, ...], int]:
    """The pieces, and the depth of the borders they were cut at."""
    problem = FileTooLong("The file is too long.", "Split it.")
    for depth in DEPTHS:
        for most in dict.fromkeys(sizes):
            try:
                return chunk.split(text, most, count, depth=depth), depth
            except FileTooLong as error:
                problem = error
    raise problem
