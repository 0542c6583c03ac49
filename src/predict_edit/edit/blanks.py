"""Give untouched lines their trailing blanks back, which many models leave out."""

from __future__ import annotations

from predict_edit.edit import align

BLANKS = " \t"


def restore(original: str, text: str) -> str:
    """Take the original's form of every line that differs from it in trailing blanks only.

    Lines are cut at line feeds; carriage returns before one are no blanks and stay as they are.
    """
    if original == text:
        return text
    old, new = original.split("\n"), text.split("\n")
    pairs = align.pair([_bare(line) for line in old], [_bare(line) for line in new])
    return "\n".join(
        line if at is None else _with_blanks_of(old[at], line)
        for at, line in zip(pairs, new, strict=True)
    )


def _bare(line: str) -> str:
    return line.rstrip("\r").rstrip(BLANKS)


def _with_blanks_of(old: str, line: str) -> str:
    body, old_body = line.rstrip("\r"), old.rstrip("\r")
    return old_body + line[len(body) :]
