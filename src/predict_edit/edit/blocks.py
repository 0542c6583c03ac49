"""Answers as exact edits: blocks of old and new lines, applied as they say or refused.

Each block is plain text between lines that carry the run's nonce, so that no file can hold one::

    <<<<<<< NONCE @LINE
    old lines
    ======= NONCE
    new lines
    >>>>>>> NONCE

Old lines are sought in the original as whole lines, and must be in exactly one place, or in several
of which the hint names one. There is no edit distance, no guessing of indentation, no first match.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from predict_edit.edit import line_pairs

_OPEN, _MIDDLE, _CLOSE = "<<<<<<<", "=======", ">>>>>>>"


class BlocksRefused(Exception):
    """The blocks cannot be applied; the text says why, without a line of the file."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One edit: whole lines of the file, without line feeds, and what replaces them."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    hint: int | None = None
    """1-based line where the old lines are said to begin."""


def edited(original: str, answer: str, nonce: str) -> str | None:
    """Apply an answer's blocks to the original; ``None`` if the answer has no block.

    Raises:
        BlocksRefused: A block is not whole, not found, in several places, or overlaps another.
    """
    blocks = parse(answer, nonce)
    return None if blocks is None else apply(original, blocks)


def parse(answer: str, nonce: str) -> tuple[Block, ...] | None:
    """Read the blocks of an answer; empty if it says that nothing is to change.

    Text outside of blocks is ignored, unless there is no block.

    Raises:
        BlocksRefused: A block is not whole.
    """
    opener = re.compile(rf"{_OPEN} {re.escape(nonce)}(?: @(\d{{1,9}}))?\s*")
    marks = {f"{_MIDDLE} {nonce}": _MIDDLE, f"{_CLOSE} {nonce}": _CLOSE}
    blocks: list[Block] = []
    nothing = False
    hint: int | None = None
    parts: list[list[str]] = []
    answered = answer.split("\n")
    if all(line.endswith("\r") for line in answered if line):
        answered = [line.removesuffix("\r") for line in answered]
    for line in answered:
        start, mark = opener.fullmatch(line), marks.get(line.rstrip())
        if start is not None and not parts:
            hint, parts = int(start[1]) if start[1] else None, [[]]
        elif mark is _MIDDLE and len(parts) == 1:
            parts.append([])
        elif mark is _CLOSE and len(parts) == 2:  # noqa: PLR2004 - old and new
            blocks.append(Block(old=tuple(parts[0]), new=tuple(parts[1]), hint=hint))
            parts = []
        elif line.rstrip() == f"{_MIDDLE} {nonce} nothing" and not parts:
            nothing = True
        elif start is not None or mark is not None or nonce in line:
            message = f"Block {len(blocks) + 1} is not whole: its marks are not in order."
            raise BlocksRefused(message)
        elif parts:
            parts[-1].append(line)
    if parts:
        message = f"Block {len(blocks) + 1} is not whole: its end is missing."
        raise BlocksRefused(message)
    return tuple(blocks) if blocks or nothing else None


def apply(original: str, blocks: Sequence[Block]) -> str:
    """Replace exactly the named lines; those that a block repeats keep the file's form.

    Raises:
        BlocksRefused: A block is not found, is in several places, or overlaps another.
    """
    lines = original.split("\n")
    final = lines[-1] == ""
    if final:
        lines.pop()
    found = [_place(lines, block, number) for number, block in enumerate(blocks, start=1)]
    places = sorted(zip(found, blocks, strict=True), key=lambda place: place[0])
    result: list[str] = []
    at = 0
    for index, (start, block) in enumerate(places):
        if start < at or (index and not block.old and start == places[index - 1][0]):
            message = "Two blocks replace the same lines."
            raise BlocksRefused(message)
        result += lines[at:start]
        at = start + len(block.old)
        result += _formed(block, lines[start:at] or lines[:1], replaced=at > start)
    result += lines[at:]
    if not result:
        return ""
    return "\n".join(result) + ("\n" if final or not original else "")


def _place(lines: Sequence[str], block: Block, number: int) -> int:
    """The 0-based line where a block's old lines begin."""
    if not block.old:
        if lines and block.hint != 1:
            message = f"Block {number} has no old lines and does not name the top of the file."
            raise BlocksRefused(message)
        return 0
    # Lines as they are; then without blanks and carriage returns at their ends.
    found = _found(lines, block.old) or _found(list(map(_bare, lines)), list(map(_bare, block.old)))
    if len(found) > 1 and block.hint is not None and block.hint - 1 in found:
        return block.hint - 1
    if len(found) != 1:
        shown = ", ".join(str(at + 1) for at in found[:5])
        where = f"are in {len(found)} places (lines {shown})" if found else "are not in the file"
        message = f"The old lines of block {number} {where}."
        raise BlocksRefused(message)
    return found[0]


def _found(lines: Sequence[str], old: Sequence[str]) -> list[int]:
    """Each index at which the old lines begin."""
    size = len(old)
    starts = (at for at in range(len(lines) - size + 1) if lines[at] == old[0])
    return [at for at in starts if tuple(lines[at : at + size]) == tuple(old)]


def _bare(line: str) -> str:
    return line.rstrip(" \t\r")


def _formed(block: Block, lines: Sequence[str], *, replaced: bool) -> list[str]:
    """A block's new lines, given the lines of the file that it replaces, or its first line."""
    pairs = line_pairs.pair(block.old, block.new) if replaced else [None] * len(block.new)
    returns = bool(lines) and all(line.endswith("\r") for line in lines)
    formed = []
    for at, line in zip(pairs, block.new, strict=True):
        if at is not None:
            formed.append(lines[at])
        else:
            formed.append(f"{line}\r" if returns and not line.endswith("\r") else line)
    return formed
