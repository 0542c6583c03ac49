"""The body of the review, and patches folded into what is posted on GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from predict_edit.domain.edits import PlacedFile, PlacementKind
from predict_edit.report.markdown import (
    BODY_LIMIT,
    code,
    count_reasons,
    fence,
    html_code,
    length,
    marked,
    survives,
    text,
)
from predict_edit.support.text import plural

_MOST_REASONS = 8


def render_review_body(
    files: Iterable[PlacedFile],
    patches: Sequence[tuple[str, str]],
    *,
    marker: str,
    limit: int = BODY_LIMIT,
    run_url: str = "",
) -> str:
    """Render a review's body, at most ``limit`` characters with its marker.

    ``patches`` are path and patch of each file with changes that are not inline.

    Raises:
        ValueError: ``limit`` leaves no room for the sentences themselves.
    """
    opening = _opening(tuple(files), run_url)
    room = limit - length(marked(opening, marker))
    body = marked(opening + folded_patches(patches, room), marker)
    if length(body) > limit:
        msg = f"A review body does not fit into {limit} characters even without any patch."
        raise ValueError(msg)
    return body


def fetch(run_url: str) -> str:
    """Write the command that fetches the patches of a run, as code."""
    words = ("gh run download", run_url.rpartition("/")[2], "--name predict-edit")
    return code(" ".join(filter(None, words)))


def folded_patches(patches: Sequence[tuple[str, str]], room: int) -> str:
    """Fold each file's patch, ready for ``git apply``, into at most ``room`` characters.

    A patch is shown whole or not at all, and only if a comment keeps every character of it; a note
    counts those that are not shown.
    """
    missing = f"{{}} of {plural(len(patches), 'patch', 'patches')} not shown here; "
    missing += "`remainder.patch` holds them all.\n"
    left = room - len(missing) - len(str(len(patches)))
    blocks = []
    for path, patch in patches:
        summary = f"<details><summary>Patch of {html_code(path)}</summary>"
        block = f"{summary}\n\n{fence(patch, 'diff')}\n</details>\n"
        if survives(patch) and length(block) + 1 <= left:
            blocks.append(block)
            left -= length(block) + 1
    if len(blocks) < len(patches):
        blocks.append(missing.format(f"{len(patches) - len(blocks):,}"))
    return "\n".join(blocks)


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
        take = f"{fetch(run_url)}, then `git apply remainder.patch`"
        lines += [
            f"{changes} cannot be posted inline ({_reasons(in_patch)}).",
            f"Before or instead of the suggestions: {take}.",
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
