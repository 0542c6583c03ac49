"""Hunks, and what became of each."""

from __future__ import annotations

import dataclasses
import enum

from predict_edit.domain.snapshot import SourceFile


class PlacementKind(enum.StrEnum):
    """Where a hunk ended: exactly one of these three."""

    INLINE = "inline"
    PATCH = "patch"
    REJECTED = "rejected"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One contiguous run of changed lines between original and edited file.

    Replacing ``original_lines[start - 1 : start - 1 + len(removed)]`` by ``added`` performs it.
    An insertion has no ``removed`` lines and stands before line ``start``; a deletion has no
    ``added`` lines. Lines keep their line feed.
    """

    start: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def end(self) -> int:
        """Last replaced line; ``start - 1`` for an insertion."""
        return self.start + len(self.removed) - 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A review comment whose suggestion block replaces lines ``start_line`` to ``line``.

    ``body`` is the complete suggestion block, fences included, with line feeds only.
    """

    path: str
    start_line: int
    line: int
    body: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What became of one hunk. ``reason`` is empty for an inline hunk only."""

    hunk: Hunk
    kind: PlacementKind
    reason: str = ""
    suggestion: Suggestion | None = None
    """Set for an inline hunk, each hunk having its own."""

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the head to look at.

        The suggestion's lines for an inline hunk, else the removed lines; for a pure insertion the
        line it follows, and line 1 where it stands at the top.
        """
        if self.suggestion:
            return self.suggestion.start_line, self.suggestion.line
        if self.hunk.removed:
            return self.hunk.start, self.hunk.end
        line = max(1, self.hunk.start - 1)
        return line, line


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFile:
    """One edited file with all its hunks accounted for, proven by replay.

    ``accepted`` is the edited text without the rejected hunks: what the suggestions and the
    remainder together produce.
    """

    file: SourceFile
    accepted: str
    placements: tuple[Placement, ...]

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """The suggestions, top down."""
        return tuple(p.suggestion for p in self.placements if p.suggestion)

    def count(self, kind: PlacementKind) -> int:
        """How many hunks ended as ``kind``."""
        return sum(placement.kind is kind for placement in self.placements)
