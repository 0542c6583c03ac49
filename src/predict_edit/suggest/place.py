"""One edited file to one placed file: every hunk accounted for, every suggestion proven."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Final

from predict_edit.domain.edits import (
    Hunk,
    PlacedFile,
    Placement,
    PlacementKind,
    SourceFile,
)
from predict_edit.suggest.anchors import LOCAL_MISMATCH, Anchors, anchors_of
from predict_edit.suggest.compose import Head, compose
from predict_edit.suggest.diff import apply_hunks, hunks_between, local_patch
from predict_edit.suggest.replay import prove
from predict_edit.support.git import lines_of

Judge = Callable[[Hunk], str | None]
"""Says why a hunk must not be part of the edit; ``None`` lets it through."""

EMPTIED: Final = "the edit leaves the file empty"
CRLF_FILE: Final = "the file has carriage returns (CRLF), which a suggestion might not keep"

_CR_AT_LINE_END: Final = re.compile(r"\r(\n|\Z)")


def place(
    file: SourceFile,
    edited: str,
    *,
    base_text: str | None = None,
    screen: Judge | None = None,
    judge: Judge | None = None,
    withheld: Sequence[Placement] = (),
) -> PlacedFile:
    """Decide for each hunk between a file and its edit where it goes, and prove it.

    ``base_text``, the file at the merge base, is used if GitHub's diff cannot be. Hunks
    that ``screen`` or ``judge`` gives a reason for are rejected and left out of ``accepted``. What
    ``screen`` rejects must not be shown to anybody: nothing keeps the lines that it adds.
    ``withheld`` are such hunks that were taken out before.

    Raises:
        DiffError: the differences could not be found.
    """
    hunks = hunks_between(file.text, edited)
    rejected: dict[Hunk, Placement] = {}
    for hunk in hunks:
        if screen is not None and (reason := screen(hunk)) is not None:
            rejected[hunk] = withhold(hunk.start, hunk.removed, reason)
        elif judge is not None and (reason := judge(hunk)) is not None:
            rejected[hunk] = Placement(hunk=hunk, kind=PlacementKind.REJECTED, reason=reason)
    kept = tuple(hunk for hunk in hunks if hunk not in rejected)
    accepted = apply_hunks(file.text, kept) if rejected else edited
    proven = prove(file.text, _placements(file, kept, accepted, base_text), accepted)
    by_hunk = rejected | {placement.hunk: placement for placement in proven}
    placements = [*(by_hunk[hunk] for hunk in hunks), *withheld]
    placements.sort(key=lambda placement: placement.hunk.start)
    return PlacedFile(file=file, accepted=accepted, placements=tuple(placements))


def withhold(start: int, removed: tuple[str, ...], reason: str) -> Placement:
    """Return a rejected hunk without the lines that it adds."""
    hunk = Hunk(start=start, removed=removed, added=())
    return Placement(hunk=hunk, kind=PlacementKind.REJECTED, reason=reason, withheld=True)


def anchors_for(file: SourceFile, base_text: str | None = None) -> Anchors | str:
    """Return the lines of a file that take suggestions, by GitHub's diff or else by one made here.

    A diff of ``base_text`` (the file at the merge base) with GitHub's settings takes the place of
    GitHub's, if that has the counts GitHub gives.

    Raises:
        DiffError: the diff that is needed here could not be made.
    """
    theirs = anchors_of(file.change, file.text)
    if base_text is None or file.change is None or isinstance(theirs, Anchors):
        return theirs
    if file.change.status in {"added", "removed"}:
        return theirs
    patch = local_patch(base_text, file.text)
    ours = anchors_of(dataclasses.replace(file.change, patch=patch), file.text)
    return ours if isinstance(ours, Anchors) else LOCAL_MISMATCH


def _placements(
    file: SourceFile, hunks: Sequence[Hunk], accepted: str, base_text: str | None
) -> tuple[Placement, ...]:
    """Inline or patch for each hunk, as far as rules decide it."""
    if not hunks:
        return ()
    if not accepted:
        return _all_in_patch(hunks, EMPTIED)
    if _CR_AT_LINE_END.search(file.text):
        return _all_in_patch(hunks, CRLF_FILE)
    anchors = anchors_for(file, base_text)
    if isinstance(anchors, str):
        return _all_in_patch(hunks, anchors)
    return compose(Head(path=file.path, lines=lines_of(file.text), anchors=anchors), hunks)


def _all_in_patch(hunks: Sequence[Hunk], reason: str) -> tuple[Placement, ...]:
    """Return every hunk in the patch for the same reason."""
    return tuple(Placement(hunk=hunk, kind=PlacementKind.PATCH, reason=reason) for hunk in hunks)
