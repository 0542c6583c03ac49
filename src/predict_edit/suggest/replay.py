"""The proof that suggestions and patch together give the accepted text.

It applies suggestions the way GitHub does and knows of a suggestion only what GitHub will know:
its lines and the Markdown of its body. Nothing here shares code with the module that made them.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from predict_edit.domain.edits import Hunk, Placement, PlacementKind, Suggestion
from predict_edit.domain.errors import ReplayError
from predict_edit.support.git import lines_of

REPLAY: Final = "replay: applied, it would not give exactly the edited text"

_OPENING: Final = re.compile(r"^ {0,3}(`{3,})[ \t]*suggestion[ \t]*$")
_NEXT_STEP: Final = "The edit is in the patch; please report this suggestion as a defect."


def apply_suggestions(text: str, suggestions: Iterable[Suggestion]) -> str:
    """Return the text after all suggestions were committed in one batch.

    The text is cut at line feeds only, so that a final one leaves an empty last piece, and the
    pieces ``start_line`` to ``line`` are replaced by those of the block.

    Raises:
        ReplayError: a body has no suggestion block, a range lies outside the text or two overlap.
    """
    pieces = text.split("\n")
    count = len(pieces) - (not pieces[-1])
    replaced: list[str] = []
    done = 0
    for suggestion in sorted(suggestions, key=lambda s: s.start_line):
        if not 1 <= suggestion.start_line <= suggestion.line <= count:
            raise ReplayError("A suggestion is for lines that the file does not have.", _NEXT_STEP)
        if suggestion.start_line <= done:
            raise ReplayError("Two suggestions are for the same line.", _NEXT_STEP)
        replaced += pieces[done : suggestion.start_line - 1]
        replaced += block_lines(suggestion.body)
        done = suggestion.line
    replaced += pieces[done:]
    return "\n".join(replaced)


def block_lines(body: str) -> list[str]:
    """Return the lines of the suggestion block in a comment, read as CommonMark reads fenced code.

    Carriage returns become line feeds and NUL the replacement character. What is before and
    after the block, such as a hidden marker, does not count.

    Raises:
        ReplayError: there is no whole suggestion block.
    """
    lines = re.sub(r"\r\n?", "\n", body).replace("\0", "\ufffd").split("\n")
    for index, line in enumerate(lines):
        opening = _OPENING.match(line)
        if opening is None:
            continue
        closing = re.compile(rf"^ {{0,3}}`{{{len(opening[1])},}}[ \t]*$")
        for last, candidate in enumerate(lines[index + 1 :], index + 1):
            if closing.match(candidate):
                return lines[index + 1 : last]
        break
    raise ReplayError("A comment holds no whole suggestion block.", _NEXT_STEP)


def prove(text: str, placements: Sequence[Placement], accepted: str) -> tuple[Placement, ...]:
    """Return the same placements, but suggestions that break the proof are moved to the patch.

    Proven is: ``text`` with the suggestions applied, and then the hunks of the patch at the lines
    they have moved to, is ``accepted`` to the byte.
    """
    if _holds(text, placements, accepted):
        return tuple(placements)
    broken = {
        placement.suggestion
        for placement in placements
        if placement.suggestion and not _alone(text, placements, placement.suggestion)
    }
    kept = _demoted(placements, broken)
    if broken and _holds(text, kept, accepted):
        return kept
    return _demoted(placements, {p.suggestion for p in placements if p.suggestion})


def _holds(text: str, placements: Sequence[Placement], accepted: str) -> bool:
    """Decide whether suggestions, then the patch, give the accepted text."""
    suggestions = {p.suggestion for p in placements if p.suggestion}
    remaining = [p.hunk for p in placements if p.kind is PlacementKind.PATCH]
    try:
        suggested = apply_suggestions(text, suggestions)
        moved = {s: len(block_lines(s.body)) - (s.line - s.start_line + 1) for s in suggestions}
        return _patched(suggested, remaining, moved) == accepted
    except ReplayError:
        return False


def _alone(text: str, placements: Sequence[Placement], suggestion: Suggestion) -> bool:
    """Decide whether one suggestion does exactly what its own hunks say."""
    own = [p.hunk for p in placements if p.suggestion == suggestion]
    try:
        return apply_suggestions(text, (suggestion,)) == _patched(text, own, {})
    except ReplayError:
        return False


def _patched(text: str, hunks: Sequence[Hunk], moved: Mapping[Suggestion, int]) -> str:
    """Perform hunks of the head on a text in which suggestions have moved lines up or down."""
    lines = lines_of(text)
    above = sorted(moved, key=lambda suggestion: suggestion.line)
    shifts = list(itertools.accumulate((moved[each] for each in above), initial=0))
    patched: list[str] = []
    done = 0
    for hunk in hunks:
        shift = shifts[bisect.bisect_left(above, hunk.start, key=lambda each: each.line)]
        first, last = hunk.start + shift - 1, hunk.end + shift
        patched += lines[done:first]
        patched += hunk.added
        done = last
    patched += lines[done:]
    return "".join(patched)


def _demoted(placements: Sequence[Placement], broken: set[Suggestion]) -> tuple[Placement, ...]:
    """Placements with the hunks of broken suggestions moved to the patch."""
    return tuple(p.demoted(REPLAY) if p.suggestion in broken else p for p in placements)


def described(old: Sequence[str], new: Sequence[str], start: int) -> str:
    """Describe in a few words what a suggestion does, as far as its lines alone show it.

    Nothing of the file is repeated, so the words can neither mention anybody nor hide anything.

    Args:
        old: The lines that are replaced, with or without their line feeds.
        new: The lines that take their place, without line feeds.
        start: Counted from 1.

    Returns:
        A sentence; empty if the lines alone do not show it.
    """
    before = [line.removesuffix("\n").removesuffix("\r") for line in old]
    after = list(new)
    if not after:
        end = start + len(before) - 1
        return f"Deletes line {start}." if end <= start else f"Deletes lines {start} to {end}."
    if _ink(before) == _ink(after):
        return "Changes white space only."
    more = len(after) - len(before)
    if more > 0 and before in (after[: len(before)], after[more:]):
        return "Adds a line." if more == 1 else f"Adds {more} lines."
    return ""


def _ink(lines: Sequence[str]) -> str:
    """Return everything but white space."""
    return "".join("".join(line.split()) for line in lines)
