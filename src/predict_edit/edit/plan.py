"""What is known of a whole change: shown beside every file, and planned before any is edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from predict_edit.domain.edits import Background, ChangedFile, SourceFile
from predict_edit.edit.guards.grammars import definitions
from predict_edit.edit.prompt import quoted
from predict_edit.edit.screening.own_secrets import OwnSecrets

MAX_DIFF: Final = 48_000
"""Characters of the diff of a whole change; the files with the longest diffs are left out."""
MAX_OUTLINES: Final = 32_000
"""Characters of all outlines, each of which gets an equal part."""
LEAST_OUTLINE: Final = 200
FIRST_LINES: Final = 6
"""Lines that are shown of a file in which no grammar finds definitions."""
MAX_LINE: Final = 160
MAX_NAMED: Final = 20
"""Paths that are named of the files left out."""


def background_of(
    changes: Sequence[ChangedFile], sources: Sequence[SourceFile], secrets: Iterable[str] = ()
) -> Background:
    """Show a change as one diff, and its files as outlines; a file with a secret not at all."""
    own = OwnSecrets(secrets)
    texts = {file.path: file.text for file in sources}
    hidden = {path for path, text in texts.items() if own.are_in(text)}
    diffs = {change.path: _diff(change) for change in changes if change.patch}
    hidden |= {path for path, diff in diffs.items() if own.are_in(diff)}
    diffs = {path: diff for path, diff in diffs.items() if path not in hidden}
    outlines = dict(_outlines({path: text for path, text in texts.items() if path not in hidden}))
    shown, outlined = _fitting(diffs, MAX_DIFF), _fitting(outlines, MAX_OUTLINES)
    changed = [change.path for change in changes if change.patch or change.additions]
    left_out = tuple(path for path in changed if path not in shown)
    blocks = [
        ("diff of the whole change", "\n".join([*shown.values(), *_missing(left_out, "diffs")])),
        (
            "outlines of the files, by line",
            "\n".join(
                [
                    *outlined.values(),
                    *_missing([path for path in texts if path not in outlined], "outlines"),
                ]
            ),
        ),
    ]
    asked = json.dumps([(change.path, change.status, change.patch) for change in changes])
    return Background(
        key=hashlib.sha256(asked.encode()).hexdigest()[:32],
        blocks=tuple((title, body) for title, body in blocks if body),
        left_out=left_out,
    )


def _diff(change: ChangedFile) -> str:
    """The diff of one file, under a line that names it."""
    before = f", before {quoted(change.previous_path)}" if change.previous_path else ""
    return f"file {quoted(change.path)}, {change.status}{before}\n{change.patch}"


def _outlines(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The outline of each file: where its definitions begin, or its first lines."""
    found = definitions(texts)
    most = max(LEAST_OUTLINE, MAX_OUTLINES // max(1, len(texts)))
    for path, text in texts.items():
        lines = text.split("\n")
        numbers = found.get(path) or range(1, min(FIRST_LINES, len(lines)) + 1)
        outline = f"file {quoted(path)}, {len(lines):,} lines"
        for number in numbers:
            if number > len(lines):  # where Python counts other line ends, too
                break
            line = f"\n{number}: {lines[number - 1].rstrip()[:MAX_LINE]}"
            if len(outline) + len(line) >= most:
                break
            outline += line
        yield path, outline


def _fitting(texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """As many whole texts as fit, in their order; the longest do not."""
    kept, room = set(), limit
    for path in sorted(texts, key=lambda path: len(texts[path])):
        room -= len(texts[path]) + 1
        if room >= 0:
            kept.add(path)
    return {path: text for path, text in texts.items() if path in kept}


def _missing(paths: Sequence[str], what: str) -> Iterator[str]:
    """Name the files that are not shown."""
    if paths:
        more = f" and {len(paths) - MAX_NAMED:,} more" if len(paths) > MAX_NAMED else ""
        yield f"[{what} that are not shown: {', '.join(map(quoted, paths[:MAX_NAMED]))}{more}]"
