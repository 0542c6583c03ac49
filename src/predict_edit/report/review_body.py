"""The body of the review: one sentence, and the hunks that could not be suggestions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from predict_edit.domain.edits import PlacedFile, PlacementKind
from predict_edit.report.markdown import (
    BODY_LIMIT,
    fence,
    html_code,
    legible,
    length,
    link,
    longest_run,
    marked,
    text,
)
from predict_edit.report.view import count_reasons, plural

_MOST_REASONS = 8
_HEADROOM = 200
"""For the sentences about what was cut, whose numbers are known last."""


@dataclasses.dataclass(slots=True)
class _Block:
    """The hunks of one file, and those of them that are shown."""

    path: str
    total: int
    hunks: list[str] = dataclasses.field(default_factory=list)
    size: int = 0
    fence: int = 3

    def take(self, hunk: str, room: int) -> bool:
        """Add a hunk where the whole block then still fits; the fence grows with its backticks."""
        size = self.size + length(hunk)
        fence_length = max(self.fence, longest_run(hunk) + 1)
        if self._frame() + size + 2 * fence_length > room:
            return False
        self.hunks.append(hunk)
        self.size, self.fence = size, fence_length
        return True

    def _frame(self) -> int:
        """Measure the text around the hunks, with the longer of the two ways to count them."""
        count = f"{self.total:,} of {plural(self.total, 'hunk')}"
        return length(_block(self.path, count, "")) - 6 + 1

    def draw(self) -> str:
        shown = len(self.hunks)
        count = plural(self.total, "hunk")
        count = count if shown == self.total else f"{shown:,} of {count}"
        return _block(self.path, count, "".join(self.hunks))


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
    placed = tuple(files)
    blocks = [_Block(path=path, total=len(hunks)) for path, hunks in remainder]
    total = sum(block.total for block in blocks)
    opening = _opening(placed, run_url)
    room = limit - length(marked(opening, marker)) - _HEADROOM
    for block, (_, hunks) in zip(blocks, remainder, strict=True):
        for hunk in hunks:
            block.take(legible(_line_end(hunk)), room)
        room -= length(block.draw()) + 1 if block.hunks else 0
    body = marked(opening + _remainder(blocks, total), marker)
    if length(body) > limit:
        msg = f"A review body does not fit into {limit} characters even without any hunk."
        raise ValueError(msg)
    return body


def _block(path: str, count: str, hunks: str) -> str:
    summary = f"<details><summary>{html_code(path)}: {count}</summary>"
    return f"{summary}\n\n{fence(hunks, 'diff')}\n</details>\n"


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


def _remainder(blocks: Sequence[_Block], total: int) -> str:
    shown = [block for block in blocks if block.hunks]
    missing = total - sum(len(block.hunks) for block in shown)
    text_of_blocks = "\n".join(block.draw() for block in shown)
    if not missing:
        return text_of_blocks
    hunks = f"{missing:,} of {plural(total, 'hunk')}"
    note = f"{hunks} not shown here for length; `remainder.patch` holds them all."
    return f"{text_of_blocks}\n{note}\n"


def _line_end(hunk: str) -> str:
    return hunk if hunk.endswith("\n") else f"{hunk}\n"
