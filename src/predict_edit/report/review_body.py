"""The body of the review: one sentence, and the hunks that could not be suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from predict_edit.domain.edits import PlacedFile, PlacementKind
from predict_edit.report.markdown import (
    BODY_LIMIT,
    count_reasons,
    fence,
    html_code,
    legible,
    length,
    link,
    longest_run,
    marked,
    text,
)
from predict_edit.support.text import plural

_MOST_REASONS = 8
_HEADROOM = 200
"""For the sentences about what was cut, whose numbers are known last."""


def render_review_body(
    files: Iterable[PlacedFile],
    remainder: Sequence[tuple[str, Sequence[str]]],
    *,
    marker: str,
    limit: int = BODY_LIMIT,
    run_url: str = "",
) -> str:
    """Render a review's body, at most ``limit`` characters with its marker.

    ``remainder`` holds, file by file, the text of each hunk that is not inline, ``@@`` line
    included. Hunks are shown whole or not at all; a note says how many are not, and where they are.

    Raises:
        ValueError: ``limit`` leaves no room for the sentences themselves.
    """
    opening = _opening(tuple(files), run_url)
    room = limit - length(marked(opening, marker)) - _HEADROOM
    blocks, missing = [], 0
    for path, hunks in remainder:
        shown = _fitting([legible(hunk.removesuffix("\n") + "\n") for hunk in hunks], path, room)
        missing += len(hunks) - len(shown)
        if shown:
            blocks.append(_block(path, len(hunks), shown))
            room -= length(blocks[-1]) + 1
    if missing:
        total = plural(sum(len(hunks) for _, hunks in remainder), "hunk")
        where = "not shown here for length; `remainder.patch` holds them all."
        blocks.append(f"{missing:,} of {total} {where}\n")
    body = marked(opening + "\n".join(blocks), marker)
    if length(body) > limit:
        msg = f"A review body does not fit into {limit} characters even without any hunk."
        raise ValueError(msg)
    return body


def _fitting(hunks: Sequence[str], path: str, room: int) -> list[str]:
    """The hunks of one file that fit together; the fence grows with the backticks in them."""
    small = [hunk for hunk in hunks if length(hunk) <= room]
    backticks = "`" * max(map(longest_run, small), default=0)
    room -= length(_block(path, len(hunks), [backticks])) + len(f"{len(hunks):,}")
    shown = []
    for hunk in small:
        if (size := length(hunk)) <= room:
            shown.append(hunk)
            room -= size
    return shown


def _block(path: str, total: int, shown: Sequence[str]) -> str:
    count = plural(total, "hunk")
    if len(shown) < total:
        count = f"{len(shown):,} of {count}"
    summary = f"<details><summary>{html_code(path)}: {count}</summary>"
    return f"{summary}\n\n{fence(''.join(shown), 'diff')}\n</details>\n"


def _opening(placed: Sequence[PlacedFile], run_url: str) -> str:
    suggestions = sum(len(file.suggestions) for file in placed)
    placements = [placement for file in placed for placement in file.placements]
    kinds = {
        kind: [placement.reason for placement in placements if placement.kind is kind]
        for kind in PlacementKind
    }
    lines = [f"{plural(suggestions, 'suggestion')} in {plural(len(placed), 'file')}."]
    in_patch = kinds[PlacementKind.PATCH]
    if in_patch:
        changes = plural(len(in_patch), "change")
        where = f"`predict-edit-out/` of {link('the run', run_url)}"
        lines += [
            f"{changes} cannot be posted inline ({_reasons(in_patch)}).",
            f"Before or instead of the suggestions: `git apply remainder.patch`, from {where}.",
        ]
    rejected = kinds[PlacementKind.REJECTED]
    if rejected:
        lines += [f"{plural(len(rejected), 'change')} rejected ({_reasons(rejected)})."]
    return "\n\n".join(lines) + "\n\n"


def _reasons(given: Iterable[str]) -> str:
    counted = count_reasons(given)
    named = [f"{text(reason, 200)}: {number:,}" for reason, number in counted[:_MOST_REASONS]]
    rest = sum(number for _, number in counted[_MOST_REASONS:])
    return "; ".join([*named, f"other reasons: {rest:,}"] if rest else named)
