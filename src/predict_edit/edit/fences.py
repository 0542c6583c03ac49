"""Code fences that models put round a whole answer.

The rule is deliberately narrow: what it does not recognise stays, and the guard refuses it.
"""

from __future__ import annotations

import re

_OPENER = re.compile(r"(?P<run>`{3,}|~{3,})[^`\n]*")
_FENCE = re.compile(r"(?P<run>`{3,}|~{3,})(?P<info>[^`]*)")
BOM = "\ufeff"


def unwrap(original: str, answer: str) -> str:
    """Take one fence off that encloses the whole answer.

    Only if the first line with text opens a fence, the last one closes it, the original does not
    itself begin with a fence, and the fence is not one of the original's own (in Markdown). An
    answer that would still be wrapped afterwards is left alone. A byte-order mark before the
    fence goes with it.
    """
    once = _unwrap_once(original, answer)
    if once is None:
        return answer
    return answer if _unwrap_once(original, once) is not None else once


def encloses(lines: list[str]) -> bool:
    """Whether the first line opens a fence that exactly the last line closes.

    A fence with a language always opens; a bare one closes the innermost open fence of its kind,
    and opens one where none is open (CommonMark, "Fenced code blocks", nested as models write
    them).
    """
    open_runs: list[str] = []
    for number, line in enumerate(lines):
        match = _FENCE.fullmatch(line.strip())
        if match is not None:
            run, bare = match["run"], not match["info"].strip()
            if bare and open_runs and _closes(run, open_runs[-1]):
                open_runs.pop()
            elif bare and open_runs:
                continue
            else:
                open_runs.append(run)
        if not open_runs:
            return number == len(lines) - 1 and number > 0
    return False


def count(lines: list[str]) -> int:
    """How many lines look like a fence, opening or closing."""
    return sum(is_fence(line) for line in lines)


def is_fence(line: str) -> bool:
    """Whether a line is an opening or closing fence, indented or not."""
    return _FENCE.fullmatch(line.strip()) is not None


def body(text: str) -> list[str]:
    """The lines from the first to the last that has text, without their line ends."""
    text = text.strip()
    while text.startswith(BOM):
        text = text.lstrip(BOM).lstrip()
    return text.split("\n")


def _closes(run: str, opener: str) -> bool:
    """Whether a bare fence closes one that opened so."""
    return run[0] == opener[0] and len(run) >= len(opener)


def _unwrap_once(original: str, answer: str) -> str | None:
    """The inside of the outer fence; ``None`` when there is no outer fence to take off."""
    lines, before = body(answer), body(original)
    opener = _OPENER.fullmatch(lines[0].rstrip())
    if opener is None or len(lines) < 2 or is_fence(before[0]):  # noqa: PLR2004 - first and last
        return None
    last = lines[-1].rstrip()
    if set(last) != {opener["run"][0]} or not _closes(last, opener["run"]):
        return None
    surplus = count(lines) - count(before)
    inside = lines[1:-1]
    first = next((line.strip() for line in inside if line.strip()), "")
    same_start = surplus == 2 and first == before[0].strip()  # noqa: PLR2004 - opener and closer
    if surplus <= 0 or not (encloses(lines) or same_start):
        return None
    return "\n".join(inside)
