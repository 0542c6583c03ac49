"""One file's way from its source over the model's answer to hunks with a place for each."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from predict_edit.domain.job import Aim
from predict_edit.domain.repository import ChangedFile
from predict_edit.domain.usage import Effort


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A text file that may be edited, exactly as it is at the pinned head."""

    path: str
    text: str
    """Decoded as UTF-8 with every byte kept: byte-order mark, carriage returns, trailing blanks."""
    blob_sha: str
    change: ChangedFile | None = None
    """How the pull request changes it; ``None`` without a pull request."""


OVER_MAX_FILES: Final = "over `max-files`"
"""How the reason of a file begins that was left out because enough others were chosen."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that is not edited, and why, in words for the summary."""

    path: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a linter says about one place of a file.

    All texts are on one line and bounded; the path is the repository's, with slashes.
    """

    path: str
    line: int | None
    """First line, 1-based; ``None`` where the finding is about the file as a whole."""
    end_line: int | None
    """Last line, never before ``line``; ``None`` exactly where ``line`` is."""
    column: int | None
    """1-based; ``None`` if not reported."""
    rule: str
    """The rule's name or number, empty if not reported."""
    message: str
    tool: str
    """The linter's name, empty if not reported."""
    level: str
    """``error``, ``warning`` or ``note``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What the editor is asked: change this file as the instruction says."""

    file: SourceFile
    instruction: str
    aim: Aim | None = None
    findings: tuple[Finding, ...] = ()
    """What linters say about the file; shown to the model with their lines."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """An accepted answer: the file before and after. ``text`` may equal ``file.text``."""

    file: SourceFile
    text: str
    effort: Effort


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FailedEdit:
    """A file for which no answer could be accepted; the tokens it took are counted all the same."""

    file: SourceFile
    error: Exception
    """A :class:`predict_edit.domain.errors.PredictEditError`."""
    effort: Effort


@dataclasses.dataclass(frozen=True, slots=True)
class Dropped:
    """Why a finding is not used."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FindingsReport:
    """What one file says, in its order."""

    findings: tuple[Finding | Dropped, ...] = ()
    notes: tuple[str, ...] = ()


class PlacementKind(enum.StrEnum):
    """Where a hunk ended: exactly one of these three."""

    INLINE = "inline"
    PATCH = "patch"
    REJECTED = "rejected"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One contiguous run of changed lines between original and edited file.

    Replacing ``original_lines[start - 1 : start - 1 + len(removed)]`` by ``added`` performs it.
    An insertion has no ``removed`` lines and goes before line ``start``; a deletion has no
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
class ReviewDraft:
    """A review about to be posted, event ``COMMENT``."""

    commit_id: str
    body: str
    suggestions: tuple[Suggestion, ...]


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
        line it follows, and line 1 at the top of the file.
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
