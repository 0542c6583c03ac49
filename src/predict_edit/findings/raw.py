"""A finding as its report tells it, before paths are made the repository's and texts bounded."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from predict_edit.domain import Finding
from predict_edit.support.unicode import is_shown

MAX_MESSAGE: Final = 500
MAX_RULE: Final = 120
MAX_TOOL: Final = 60
MAX_LINE: Final = 10_000_000
"""No file that is edited has more lines; a larger number is no line number."""

_BLANKS: Final = re.compile(r"\s+")
_LEVELS: Final = {
    "error": "error",
    "fatal": "error",
    "warning": "warning",
    "warn": "warning",
    "note": "note",
    "notice": "note",
    "info": "note",
    "information": "note",
    "hint": "note",
    "none": "note",
    "refactor": "warning",
    "convention": "warning",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawFinding:
    """What a reader of a report hands on; ``path`` is as written there."""

    path: str
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    rule: str = ""
    message: str = ""
    tool: str = ""
    level: str = "warning"

    def at(self, path: str) -> Finding:
        """The finding at a path of the repository, with what cannot be so left out or cut."""
        line = _count(self.line)
        end = _count(self.end_line)
        return Finding(
            path=path,
            line=line,
            end_line=None if line is None else max(line, end or line),
            column=None if line is None else _count(self.column),
            rule=one_line(self.rule, MAX_RULE),
            message=one_line(self.message, MAX_MESSAGE),
            tool=one_line(self.tool, MAX_TOOL),
            level=_LEVELS.get(self.level.casefold(), "warning"),
        )


def one_line(text: str, limit: int) -> str:
    """A text on one line: white space joined, what nobody sees left out, cut with an ellipsis."""
    # Much longer than the limit is cut first: a report may hold megabytes in one message.
    joined = _BLANKS.sub(" ", text[: 8 * limit]).strip()
    if joined.isascii() and joined.isprintable():
        shown = joined
    else:
        shown = "".join(char for char in joined if is_shown(char))
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def _count(number: int | None) -> int | None:
    return number if number is not None and 1 <= number <= MAX_LINE else None
