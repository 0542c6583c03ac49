"""Cutting text into lines the way git does: at line feeds and nowhere else."""

from __future__ import annotations


def lines_of(text: str) -> list[str]:
    r"""The lines of ``text``, each with its line feed; only the last may lack it.

    ``str.splitlines`` also cuts at form feeds, lone carriage returns, U+2028 and others, which
    git and GitHub do not count as line ends: every later line number would be wrong.
    """
    *whole, rest = text.split("\n")
    lines = [f"{line}\n" for line in whole]
    if rest:
        lines.append(rest)
    return lines
