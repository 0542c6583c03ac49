"""What a suggestion does, in a few words, where its lines alone tell it. No model is asked.

Nothing of the file is repeated, so the words can neither mention anybody nor hide anything.
"""

from __future__ import annotations

from collections.abc import Sequence


def words_of(old: Sequence[str], new: Sequence[str], start: int) -> str:
    """Say what happens to the lines ``old``, of which the first is line ``start`` of the file.

    Args:
        old: The lines that are replaced, with or without their line feeds.
        new: The lines that take their place, without line feeds.
        start: Counted from 1.

    Returns:
        A sentence; empty where only a reader can tell.
    """
    before = [line.removesuffix("\n").removesuffix("\r") for line in old]
    after = list(new)
    if not after:
        end = start + len(before) - 1
        return f"Deletes line {start}." if end <= start else f"Deletes lines {start} to {end}."
    if _ink(before) == _ink(after):
        return "Changes white space only."
    more = len(after) - len(before)
    if more > 0 and before in (after[: len(before)], after[more:]):
        return "Adds a line." if more == 1 else f"Adds {more} lines."
    return ""


def _ink(lines: Sequence[str]) -> str:
    """Everything but white space."""
    return "".join("".join(line.split()) for line in lines)
