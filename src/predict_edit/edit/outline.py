"""What a long file consists of, in few lines: the background for a piece of it."""

from __future__ import annotations

LONGEST_LINE = 160
"""Characters of a line that are shown."""


def outline(text: str, *, depth: int, most: int) -> str:
    """The lines that are indented by at most ``depth`` columns, without what lies under them.

    Args:
        text: The whole file.
        depth: As for :func:`predict_edit.edit.chunk.split`; a tab counts as one column.
        most: Characters of the outline, at least 1; where it is longer, lines are left out evenly.
    """
    lines = [
        line.rstrip()[:LONGEST_LINE]
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
