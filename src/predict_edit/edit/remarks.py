"""A file's findings as the model is shown them: rule, words, place, and the line itself.

Models count lines badly, so the line stands below each finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from predict_edit.domain import Finding

MAX_SHOWN: Final = 12_000
"""Characters of all findings of one file that are shown, the gravest kept first."""
MAX_CODE: Final = 160
"""Characters of the line that is shown with a finding."""

_GRAVITY: Final = {"error": 0, "warning": 1, "note": 2}


def findings_shown(
    findings: Sequence[Finding],
    text: str,
    *,
    lines: tuple[int, int] | None = None,
    limit: int = MAX_SHOWN,
) -> str:
    """What linters say about a file or about a piece of it; empty where that is nothing.

    Args:
        findings: the file's.
        text: the whole file.
        lines: first and last line of the piece that is edited; ``None`` for the whole file.
        limit: characters at most, the note about what is left out not counted.
    """
    meant = [found for found in findings if lines is None or _within(found, lines)]
    code = text.split("\n")
    room = limit
    kept: dict[int, str] = {}
    by_gravity = sorted(enumerate(meant), key=lambda pair: _GRAVITY.get(pair[1].level, 1))
    for number, found in by_gravity:
        shown = "\n".join(_entry(found, code))
        if len(shown) >= room:
            break
        room -= len(shown) + 1
        kept[number] = shown
    if not meant:
        return ""
    entries = [kept[number] for number in sorted(kept)]
    if left_out := len(meant) - len(kept):
        entries.append(f"[{left_out:,} more of this file are not shown]")
    return "\n".join(entries)


def _entry(found: Finding, code: Sequence[str]) -> Iterator[str]:
    """One finding, and the line it begins in."""
    said = " ".join(filter(None, (found.rule, found.message))) or "(no message)"
    tool = f" ({found.tool})" if found.tool else ""
    yield f"{_place(found)}: {said}{tool}"
    if found.line is not None and found.line <= len(code):
        line = code[found.line - 1].strip()
        if line:
            yield f"    {line[:MAX_CODE]}{'…' if len(line) > MAX_CODE else ''}"


def _place(found: Finding) -> str:
    if found.line is None:
        return "the whole file"
    if found.end_line is not None and found.end_line > found.line:
        return f"lines {found.line} to {found.end_line}"
    column = f", column {found.column}" if found.column is not None else ""
    return f"line {found.line}{column}"


def _within(found: Finding, lines: tuple[int, int]) -> bool:
    """Whether a finding is about a piece, or about the file as a whole."""
    first, last = lines
    if found.line is None or found.end_line is None:
        return True
    return found.line <= last and first <= found.end_line
