"""One edited file to one placed file: every hunk accounted for, every suggestion proven."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

from predict_edit.domain.edits import (
    Hunk,
    PlacedFile,
    Placement,
    PlacementKind,
    SourceFile,
    Suggestion,
)
from predict_edit.suggest.anchors import NoAnchors, anchors_of
from predict_edit.suggest.compose import Head, compose
from predict_edit.suggest.diff import apply_hunks, hunks_between
from predict_edit.suggest.replay import prove
from predict_edit.support.git import lines_of

Judge = Callable[[Hunk], str | None]
"""Says why a hunk must not be part of the edit; ``None`` lets it through."""

EMPTIED: Final = "the edit leaves the file empty"
CRLF_FILE: Final = "the file has CRLF line ends, which a suggestion might not keep"
OVER_LIMIT: Final = "more suggestions than max-suggestions allows"
HEAD_MOVED: Final = "head moved: the pull request changed while the run worked"
REFUSED: Final = "GitHub refused the suggestion"

_CR_AT_LINE_END: Final = re.compile(r"\r(\n|\Z)")


def place(
    file: SourceFile,
    edited: str,
    *,
    base_text: str | None = None,
    judge: Judge | None = None,
) -> PlacedFile:
    """Decide for each hunk between a file and its edit where it goes, and prove it.

    ``base_text``, the file at the merge base, is used if GitHub's diff cannot be. Hunks
    that ``judge`` gives a reason for are rejected and left out of ``accepted``.

    Raises:
        DiffError: the differences could not be found.
    """
    hunks = hunks_between(file.text, edited)
    rejected = {
        hunk: Placement(hunk=hunk, kind=PlacementKind.REJECTED, reason=reason)
        for hunk in hunks
        if judge is not None and (reason := judge(hunk)) is not None
    }
    kept = tuple(hunk for hunk in hunks if hunk not in rejected)
    accepted = apply_hunks(file.text, kept)
    proven = prove(file.text, _placements(file, kept, accepted, base_text), accepted)
    by_hunk = rejected | {placement.hunk: placement for placement in proven}
    return PlacedFile(
        file=file, accepted=accepted, placements=tuple(by_hunk[hunk] for hunk in hunks)
    )


def cap(files: Sequence[PlacedFile], limit: int) -> tuple[PlacedFile, ...]:
    """Keep the first ``limit`` suggestions over all files, top down; the rest goes to the patch."""
    capped: list[PlacedFile] = []
    room = limit
    for placed in files:
        suggestions = placed.suggestions
        capped.append(demote(placed, suggestions[max(0, room) :], OVER_LIMIT))
        room -= len(suggestions)
    return tuple(capped)


def demote(placed: PlacedFile, suggestions: Collection[Suggestion], reason: str) -> PlacedFile:
    """Move the hunks of some suggestions to the patch; the others stay as they are."""
    if not suggestions:
        return placed
    gone = frozenset(suggestions)
    return dataclasses.replace(
        placed,
        placements=tuple(
            Placement(hunk=placement.hunk, kind=PlacementKind.PATCH, reason=reason)
            if placement.suggestion in gone
            else placement
            for placement in placed.placements
        ),
    )


def _placements(
    file: SourceFile, hunks: Sequence[Hunk], accepted: str, base_text: str | None
) -> tuple[Placement, ...]:
    """Inline or patch for each hunk, as far as rules decide it."""
    if not accepted:
        return _all_in_patch(hunks, EMPTIED)
    if _CR_AT_LINE_END.search(file.text):
        return _all_in_patch(hunks, CRLF_FILE)
    anchors = anchors_of(file.change, file.text, base_text) if hunks else None
    if isinstance(anchors, NoAnchors):
        return _all_in_patch(hunks, anchors.reason)
    if anchors is None:
        return ()
    return compose(Head(path=file.path, lines=lines_of(file.text), anchors=anchors), hunks)


def _all_in_patch(hunks: Sequence[Hunk], reason: str) -> tuple[Placement, ...]:
    """Every hunk in the patch for the same reason."""
    return tuple(Placement(hunk=hunk, kind=PlacementKind.PATCH, reason=reason) for hunk in hunks)
