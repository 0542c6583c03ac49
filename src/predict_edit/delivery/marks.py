"""The hidden marks on reviews and suggestions, by which they are told apart and found again.

A suggestion's key is made of its file, the lines it replaces and the lines it brings, never of line
numbers: it stays the same when the lines move, and no longer fits when somebody changed them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final

from predict_edit.domain import FileResult, Suggestion
from predict_edit.suggest.compose import described
from predict_edit.suggest.replay import block_lines
from predict_edit.support.git import lines_of
from predict_edit.support.markers import Marker, find_marker

REVIEW: Final = "review"
SUGGESTION: Final = "suggestion"
REVIEWS: Final = "<!-- predict-edit:v1 review "
"""What every review of this tool has in its body."""
SUGGESTIONS: Final = "<!-- predict-edit:v1 suggestion key="
"""What every suggestion of this tool has in its body."""
_DIGITS: Final = 24


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One suggestion on its way to the pull request."""

    suggestion: Suggestion
    """As it was placed."""
    key: str
    marked: Suggestion
    """As it is posted: with its mark."""


def items_of(
    files: Iterable[FileResult], command: str, secret: str | None = None
) -> tuple[Item, ...]:
    """All suggestions of all files, top down, each with its mark; a secret seals them."""
    found = []
    for placed in (result.placed for result in files if result.placed):
        lines = lines_of(placed.file.text)
        for suggestion in placed.suggestions:
            key = key_of(suggestion, lines)
            fields = {"key": key, "command": command, "seal": seal_of(key, secret)}
            marker = Marker(SUGGESTION, {name: value for name, value in fields.items() if value})
            old = lines[suggestion.start_line - 1 : suggestion.line]
            words = described(old, block_lines(suggestion.body), suggestion.start_line)
            parts = (words, suggestion.body.rstrip(), f"{marker}\n")
            body = "\n\n".join(part for part in parts if part)
            marked = dataclasses.replace(suggestion, body=body)
            found.append(Item(suggestion=suggestion, key=key, marked=marked))
    return tuple(found)


def key_of(suggestion: Suggestion, lines: Sequence[str]) -> str:
    """Name what a suggestion does to the lines of its file.

    Raises:
        ReplayError: the body holds no whole suggestion block.
    """
    old = lines[suggestion.start_line - 1 : suggestion.line]
    new = block_lines(suggestion.body)
    written = "\0".join([suggestion.path, str(len(old)), *old, *new])
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def seal_of(key: str, secret: str | None) -> str:
    """What only who holds the model's key can write beside a suggestion; empty without one.

    Other workflows write under the same account, and may be talked into writing our marks.
    """
    if not secret:
        return ""
    text = f"predict-edit suggestion {key}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def review_marker(command: str, batch: int, head: str) -> Marker:
    """The mark of one review; several of one command are told apart by ``batch``."""
    return Marker(REVIEW, {"command": command, "batch": str(batch), "head": head})


def command_of(body: str, kind: str) -> str:
    """The command that a marked body belongs to; empty where it has no mark of that kind."""
    marker = find_marker(body, kind)
    return marker.fields.get("command", "") if marker else ""
