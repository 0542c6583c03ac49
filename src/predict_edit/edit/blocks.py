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
import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from predict_edit.edit import line_pairs
from predict_edit.edit.rewrite import THOUGHT

_MARK = "\ufeff"
_MARKS = re.compile(r"<{7}|={7}|>{7}")
_THOUGHT = re.compile(THOUGHT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One edit: whole lines of the file, without line feeds, and what replaces them."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    hint: int | None = None
    """1-based line where the old lines are said to begin."""


class BlocksRefused(Exception):
    """Blocks cannot be applied; the text says why, without a line of the file."""

    def __init__(
        self,
        problems: Sequence[str],
        accepted: Sequence[Block] = (),
        refused: Mapping[int, Block] = MappingProxyType({}),
    ) -> None:
        super().__init__(" ".join(problems))
        self.accepted = tuple(accepted)
        """The other blocks of the answer, which can."""
        self.shown = tuple(
            (f"{name} lines of block {number}", "\n".join(lines))
            for number, block in refused.items()
            for name, lines in (("old", block.old), ("new", block.new))
        )
        """What was refused, with titles, for the model to see again."""


def edited(original: str, answer: str, nonce: str, accepted: Sequence[Block] = ()) -> str | None:
    """Apply an answer's blocks to the original; ``None`` if the answer has no block.

    Args:
        original: The file, or the piece of it.
        answer: The model's.
        nonce: That of the marks.
        accepted: Blocks of an earlier answer that stand beside those of this one.

    Raises:
        BlocksRefused: A block is not whole, not found, in several places, or overlaps another.
    """
    blocks = parse(answer, nonce)
    if blocks is None:
        return None
    known = set(accepted)
    return apply(original, (*accepted, *(block for block in blocks if block not in known)))


def parse(answer: str, nonce: str) -> tuple[Block, ...] | None:
    """Read the blocks of an answer; empty if it says that nothing is to change.

    Text outside of blocks is ignored, unless there is no block; so are blocks in thinking that some
    servers leave on top of an answer.

    Raises:
        BlocksRefused: A block is not whole.
    """
    mark = re.compile(
        rf"(<{{7}}|={{7}}|>{{7}}) {re.escape(nonce)}(?: @(\d{{1,9}})|( nothing))?[ \t]*"
    )
    blocks: list[Block] = []
    nothing = False
    hint: int | None = None
    parts: list[list[str]] = []
    for line in _lines_of(answer):
        found = mark.fullmatch(line)
        kind, at, none = found.groups() if found else (None, None, None)
        match kind, len(parts), bool(at), bool(none):
            case "<<<<<<<", 0, _, False:
                hint, parts = int(at) if at else None, [[]]
            case "=======", 1, False, False:
                parts.append([])
            case ">>>>>>>", 2, False, False:
                blocks.append(Block(old=tuple(parts[0]), new=tuple(parts[1]), hint=hint))
                parts = []
            case "=======", 0, False, True:
                nothing = True
            case None, 0, _, _ if nonce not in line or not _MARKS.search(line):
                blocks, nothing = ([], False) if _THOUGHT.search(line) else (blocks, nothing)
            case None, _, _, _ if parts and nonce not in line:
                parts[-1].append(line)
            case _:
                problem = f"Block {len(blocks) + 1} is not whole: its marks are not in order."
                raise BlocksRefused([problem])
    last = answer.rpartition("\n")[2]
    if parts or (last and f"<<<<<<< {nonce}".startswith(last)):
        raise BlocksRefused([f"Block {len(blocks) + 1} is not whole: its end is missing."])
    if blocks and nothing:
        raise BlocksRefused(["The answer has blocks, and says that nothing is to change."])
    return tuple(blocks) if blocks or nothing else None


def _lines_of(answer: str) -> list[str]:
    """The lines of an answer; one that was written with carriage returns throughout, without."""
    lines = answer.split("\n")
    if all(line.endswith("\r") for line in lines if line):
        return [line.removesuffix("\r") for line in lines]
    return lines


def apply(original: str, blocks: Sequence[Block]) -> str:
    """Replace exactly the named lines; those that a block repeats keep the file's form.

    Raises:
        BlocksRefused: A block is not found, is in several places, or overlaps another.
    """
    mark = _MARK if original.startswith(_MARK) else ""
    lines = original.removeprefix(mark).split("\n")
    final = lines[-1] == ""
    if final:
        lines.pop()
    # The last line of a file with carriage returns has its own only with a line feed behind it.
    bare_end = not final and len(lines) > 1 and all(line.endswith("\r") for line in lines[:-1])
    if bare_end:
        lines[-1] += "\r"
    blocks = [_without(mark, block) for block in blocks]
    exact, bare = _Lines(lines), _Lines([_bare(line) for line in lines])
    places: dict[int, int] = {}
    problems: dict[int, str] = {}
    for number, block in enumerate(blocks):
        try:
            places[number] = _place(exact, bare, block)
        except ValueError as error:
            problems[number] = str(error)
    # Top down; what goes before the first line, before what replaces it.
    order = sorted(places, key=lambda number: (places[number], len(blocks[number].old)))
    for before, after in itertools.pairwise(order):
        end = places[before] + len(blocks[before].old)
        if places[after] < end or not (blocks[before].old or blocks[after].old):
            problems |= dict.fromkeys((before, after), "it replaces lines of another block")
    if problems:
        raise BlocksRefused(
            [f"Block {number + 1}: {problems[number]}." for number in sorted(problems)],
            [block for number, block in enumerate(blocks) if number not in problems],
            {number + 1: blocks[number] for number in sorted(problems)},
        )
    result: list[str] = []
    at = 0
    for number in order:
        start, block = places[number], blocks[number]
        result += lines[at:start]
        at = start + len(block.old)
        result += _formed(block, lines[start:at] or lines[:1], replaced=at > start)
    result += lines[at:]
    if not result:
        return mark
    text = "\n".join(result)
    return (
        mark
        + (text.removesuffix("\r") if bare_end else text)
        + ("\n" if final or not original else "")
    )


def _without(mark: str, block: Block) -> Block:
    """The block without the file's byte-order mark, which models may repeat or not."""
    if not mark:
        return block
    old, new = (
        tuple(line.removeprefix(mark) for line in part[:1]) + part[1:]
        for part in (block.old, block.new)
    )
    return dataclasses.replace(block, old=old, new=new)


class _Lines:
    """The lines of a file, and where each of them is: a file may have as many blocks as lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._where: dict[str, list[int]] = {}
        for at, line in enumerate(lines):
            self._where.setdefault(line, []).append(at)
        self.find = functools.cache(self._find)
        """Each index at which these old lines begin."""

    def _find(self, old: tuple[str, ...]) -> list[int]:
        places = [self._where.get(line, []) for line in old]
        rarest = min(range(len(old)), key=lambda number: len(places[number]))
        starts = (at - rarest for at in places[rarest])
        return [start for start in starts if self.are_at(start, old)]

    def are_at(self, start: int, old: tuple[str, ...]) -> bool:
        """Whether these old lines begin at an index."""
        return start >= 0 and tuple(self.lines[start : start + len(old)]) == old

    def difference(self, old: tuple[str, ...]) -> str:
        """Say where old lines that are nowhere begin to differ from the place they fit best."""
        longest, best = 0, 0
        for at in self._where.get(old[0], []):
            pairs = zip(self.lines[at : at + len(old)], old, strict=False)
            same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
            if same > longest:
                longest, best = same, at
        if not longest:
            return "its old lines are not in the file"
        return (
            f"its old lines are not in the file: from line {best + 1} on the first {longest} "
            f"agree, and line {best + longest + 1} differs"
        )


def _place(exact: _Lines, bare: _Lines, block: Block) -> int:
    """The 0-based line where a block's old lines begin; a ``ValueError`` says why there is none."""
    if not block.old:
        if exact.lines and (block.hint != 1 or _are_at(0, block.new, bare.lines)):
            raise ValueError("it has no old lines and does not name the top of the file")
        return 0
    old = tuple(map(_bare, block.old))
    hinted = -1 if block.hint is None else block.hint - 1
    # Lines as they are; then without blanks and carriage returns at their ends.
    for lines, wanted in ((exact, block.old), (bare, old)):
        if lines.are_at(hinted, wanted):
            return hinted
        if found := lines.find(wanted):
            break
    else:
        raise ValueError(bare.difference(old))
    if len(found) > 1:
        shown = ", ".join(str(at + 1) for at in found[:5])
        raise ValueError(f"its old lines are in {len(found)} places (lines {shown})")
    if block.hint is not None and (
        _are_at(hinted, block.old, bare.lines) or _are_at(hinted, block.new, bare.lines)
    ):
        # Indented anew, or new and old in the wrong order, lines may be those of another place.
        raise ValueError(
            f"its old lines are at line {found[0] + 1}, and line {hinted + 1} is much like it"
        )
    return found[0]


def _are_at(start: int, wanted: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether lines are at a place but for blanks around them."""
    there = lines[max(0, start) :][: len(wanted)]
    return bool(wanted) and [line.strip() for line in there] == [line.strip() for line in wanted]


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
