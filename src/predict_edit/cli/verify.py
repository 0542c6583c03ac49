"""Which findings an edit made go away: a linter's reports from before and from after it."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from predict_edit.cli.console import DONE, FAILED, Screen
from predict_edit.domain.errors import FindingsError
from predict_edit.findings.collection import FileChange, Findings, changes_between, collect
from predict_edit.findings.formats import parse_report
from predict_edit.findings.reported_finding import Roots
from predict_edit.findings.workspace import MAX_BYTES
from predict_edit.report.markdown import cell, code, text
from predict_edit.support.log import Secrets
from predict_edit.support.text import plural

SHOWN: Final = 100
"""Files in the table; the sentence above it counts all."""


def run(arguments: argparse.Namespace) -> int:
    """Compare, print the outcome as Markdown or JSON, and fail if there are new findings.

    Raises:
        FindingsError: a report is missing or cannot be read.
    """
    before, after = (_read(paths) for paths in (arguments.before, arguments.after))
    changes = changes_between(before, after)
    notes = list(dict.fromkeys(before.sentences() + after.sentences()))
    if arguments.json:
        files = [dataclasses.asdict(file) for file in changes]
        screen = Screen(sys.stdout, Secrets())
        screen.data({"version": 1, **_total(changes), "files": files, "notes": notes})
    else:
        sys.stdout.write(_described(changes, notes))
    return FAILED if _total(changes)["new"] else DONE


def _total(changes: Sequence[FileChange]) -> dict[str, int]:
    return {name: sum(getattr(file, name) for file in changes) for name in ("gone", "left", "new")}


def _described(changes: Sequence[FileChange], notes: Sequence[str]) -> str:
    """Describe the outcome in a sentence and, if files have findings, a table of them."""
    gone, left, new = _total(changes).values()
    sentence = f"{plural(gone, 'finding')} gone, {left:,} left, {new:,} new.\n"
    parts = [sentence, *(f"\n- {text(note)}\n" for note in notes)]
    # What got worse is what a reader looks for.
    files = sorted(changes, key=lambda file: (-file.new, file.path))
    if files:
        parts.append("\n| File | Gone | Left | New |\n| :-- | --: | --: | --: |\n")
    parts += (
        f"| {cell(code(file.path))} | {file.gone:,} | {file.left:,} | {file.new:,} |\n"
        for file in files[:SHOWN]
    )
    if len(files) > SHOWN:
        parts.append(f"\nAnd {plural(len(files) - SHOWN, 'more file')}.\n")
    return "".join(parts)


def _read(paths: Sequence[Path]) -> Findings:
    roots = Roots(folders=(str(Path.cwd()),), name=Path.cwd().name)
    return collect(parse_report(str(path), _bytes(path), roots) for path in paths)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise FindingsError(
            f"The report `{path}` cannot be opened ({error.strerror}).",
            "Let the linter write it first; one that finds nothing still writes its empty report.",
        ) from None
