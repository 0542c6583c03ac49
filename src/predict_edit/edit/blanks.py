"""Give untouched lines their trailing blanks back, which many models leave out.

Lines with something visible are paired; lines of nothing but blanks belong to the two visible lines
round them. Lines that open or close a code fence are left alone, as an answer's own fence could
be mistaken for the file's.
"""

from __future__ import annotations

from predict_edit.edit import align, fence

_BLANKS = " \t"


def restore(original: str, text: str) -> str:
    """Take the original's form of every line that differs from it in trailing blanks only.

    Lines are cut at line feeds; carriage returns before one are no blanks and stay as they are.
    """
    if original == text:
        return text
    old, new = original.split("\n"), text.split("\n")
    old_at, new_at = _visible(old), _visible(new)
    pairs = align.pair([_bare(old[at]) for at in old_at], [_bare(new[at]) for at in new_at])
    before: tuple[int, int] | None = None
    for number, (at, paired) in enumerate(zip(new_at, pairs, strict=True)):
        if paired is None:
            before = None
            continue
        there = old_at[paired]
        new[at] = _with_blanks_of(old[there], new[at])
        if before == (paired - 1, at - 1 - (there - 1 - old_at[paired - 1])) and number:
            _copy_gap(old, there, new, at, length=there - 1 - old_at[paired - 1])
        before = (paired, at)
    return "\n".join(new)


def _copy_gap(old: list[str], there: int, new: list[str], at: int, *, length: int) -> None:
    """Lines without anything visible before a paired line, as many in both texts."""
    for step in range(1, length + 1):
        new[at - step] = _with_blanks_of(old[there - step], new[at - step])


def _visible(lines: list[str]) -> list[int]:
    return [number for number, line in enumerate(lines) if _bare(line)]


def _bare(line: str) -> str:
    return line.rstrip("\r").rstrip(_BLANKS)


def _with_blanks_of(old: str, line: str) -> str:
    body = line.rstrip("\r")
    return line if fence.is_fence(body) else old.rstrip("\r") + line[len(body) :]
