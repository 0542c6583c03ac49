"""A run as the page shows it: files, the changes in them, and the lines around each change.

There are two ways here: from a report at hand, and from what a finished run left on disk. What a
page shows of a change is the same either way, but for the text of rejected ones: it is not on disk.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby, zip_longest

from predict_edit.domain.edits import PlacementKind, Usage
from predict_edit.domain.errors import ResultInvalid
from predict_edit.domain.run_report import FileResult, RunReport
from predict_edit.report.result import FilePart, ResultFile, UsagePart, to_result
from predict_edit.report.view import Row
from predict_edit.report.view import lines as name_lines
from predict_edit.support.git import lines_of

CONTEXT = 3
"""Unchanged lines shown above and below a change."""

_FILE = re.compile(r"^diff --git .*\n", re.MULTILINE)
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+.*\n", re.MULTILINE)
"""Within a patch no line of a file starts so, as each has its sign in front."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a diff; ``old`` and ``new`` are its numbers, ``None`` on the side it is not."""

    sign: str
    """A blank for context, ``+`` or ``-``."""
    old: int | None
    new: int | None
    text: str
    """Without line feed."""
    ended: bool = True
    """Whether a line feed ends it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed hunk with what became of it."""

    kind: PlacementKind
    where: str
    reason: str
    lines: tuple[Line, ...]
    """Empty where the text is not known."""

    @property
    def pairs(self) -> tuple[tuple[Line | None, Line | None], ...]:
        """The lines side by side: removed ones beside those that take their place."""
        pairs: list[tuple[Line | None, Line | None]] = []
        removed: list[Line] = []
        added: list[Line] = []
        for line in self.lines:
            if line.sign == "-":
                removed.append(line)
            elif line.sign == "+":
                added.append(line)
            else:
                pairs += zip_longest(removed, added)
                removed, added = [], []
                pairs.append((line, line))
        return (*pairs, *zip_longest(removed, added))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file of the run."""

    part: FilePart
    row: Row
    changes: tuple[Change, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """How its changes ended, each kind once, in a fixed order."""
        found = {change.kind for change in self.changes}
        return tuple(str(kind) for kind in PlacementKind if kind in found)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything a page shows."""

    result: ResultFile
    files: tuple[PageFile, ...]
    overhead: Decimal | None = None
    """US dollars of rejected prediction tokens, part of the cost; ``None`` where not known."""
    notes: tuple[str, ...] = ()
    complete: bool = True
    """Whether the text of the changes is at hand."""

    @property
    def changed(self) -> tuple[PageFile, ...]:
        """Files with changes."""
        return tuple(file for file in self.files if file.changes)

    @property
    def total(self) -> Row:
        """All files as one row."""
        return _row("", "", self.result.usage, None)

    def count(self, kind: str) -> int:
        """Count the changes that ended so."""
        return sum(getattr(file.part.hunks, kind) for file in self.files)

    def with_status(self, status: str) -> tuple[PageFile, ...]:
        """Return the files that ended so."""
        return tuple(file for file in self.files if file.part.status == status)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Neighbouring changed lines: what was there from ``start`` on, and what is there now."""

    start: int
    removed: tuple[str, ...]
    added: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]


def page_of_report(report: RunReport) -> Page:
    """Make the page of a report that is at hand, rejected changes included."""
    result = to_result(report)
    overheads = [f.effort.overhead for f in report.files if f.effort and f.effort.overhead]
    return Page(
        result=result,
        files=tuple(
            _page_file(part, _runs_of(file))
            for file, part in zip(report.files, result.files, strict=True)
        ),
        overhead=sum(overheads, Decimal()) if report.cost is not None else None,
        notes=report.notes,
    )


def page_of_files(
    result: ResultFile, patch: str | None, *, overhead: Decimal | None = None
) -> Page:
    """Make the page of a finished run from its ``result.json`` and ``edits.patch``.

    Without the patch the page has the figures and the places, but not the text.

    Raises:
        ResultInvalid: the two are not of the same run.
    """
    sections = iter(() if patch is None else _sections(patch))
    files = []
    for part in result.files:
        accepted = [place.kind is not PlacementKind.REJECTED for place in part.placements]
        runs = next(sections, ()) if patch is not None and any(accepted) else ()
        if patch is not None and len(runs) != sum(accepted):
            raise _not_of_one_run()
        left = iter(runs)
        files.append(_page_file(part, [next(left, None) if kept else None for kept in accepted]))
    if next(sections, None) is not None:
        raise _not_of_one_run()
    return Page(result=result, files=tuple(files), overhead=overhead, complete=patch is not None)


def _page_file(part: FilePart, runs: Iterable[_Run | None]) -> PageFile:
    """Make one file; of each placement there are the lines, or ``None`` where they are unknown.

    Line numbers are those after what was accepted.
    """
    changes = []
    shift = 0
    for place, run in zip(part.placements, runs, strict=True):
        changes.append(
            Change(
                kind=place.kind,
                where=name_lines(place.start, place.end),
                reason=place.reason,
                lines=tuple(_lines(run, shift)) if run else (),
            )
        )
        if run and place.kind is not PlacementKind.REJECTED:
            shift += len(run.added) - len(run.removed)
    seconds = part.seconds if part.attempts else None
    row = _row(part.path, str(part.status), part.usage, seconds)
    return PageFile(part=part, row=row, changes=tuple(changes))


def _row(path: str, result: str, usage: UsagePart | None, seconds: float | None) -> Row:
    known = Usage(**usage.model_dump()) if usage else Usage()
    return Row(path=path, result=result, usage=known, seconds=seconds)


def _not_of_one_run() -> ResultInvalid:
    return ResultInvalid(
        "result.json and edits.patch are not of the same run.",
        "Take both from the same predict-edit-out folder.",
    )


def _runs_of(file: FileResult) -> Iterator[_Run]:
    """Yield the changes of a file at hand, with the lines around each."""
    if file.placed is None:
        return
    lines = lines_of(file.placed.file.text)
    hunks = [placement.hunk for placement in file.placed.placements]
    kept = [p.hunk for p in file.placed.placements if p.kind is not PlacementKind.REJECTED]
    for hunk in hunks:
        # Lines that another change replaces are not context, as in the patch.
        first = max((other.end for other in kept if other.start < hunk.start), default=0)
        last = min((o.start - 1 for o in kept if o.start > hunk.start), default=len(lines))
        yield _Run(
            start=hunk.start,
            removed=hunk.removed,
            added=hunk.added,
            above=tuple(lines[max(first, hunk.start - 1 - CONTEXT) : hunk.start - 1]),
            below=tuple(lines[hunk.end : min(last, hunk.end + CONTEXT)]),
        )


def _lines(run: _Run, shift: int) -> Iterator[Line]:
    """Yield the lines of a change with those around it, numbered on both sides."""
    old = run.start - len(run.above)
    new = old + shift
    for sign, texts in ((" ", run.above), ("-", run.removed), ("+", run.added), (" ", run.below)):
        for text in texts:
            yield Line(
                sign=sign,
                old=None if sign == "+" else old,
                new=None if sign == "-" else new,
                text=text.removesuffix("\n"),
                ended=text.endswith("\n"),
            )
            old += sign != "+"
            new += sign != "-"


def _sections(patch: str) -> Iterator[tuple[_Run, ...]]:
    """Yield the runs of changed lines of each file of a patch that predict-edit wrote."""
    for section in _FILE.split(patch)[1:]:
        _, *hunks = _HUNK.split(section)
        yield tuple(
            run
            for start, count, body in zip(hunks[::3], hunks[1::3], hunks[2::3], strict=True)
            for run in _runs(_signed_lines(body), int(start) + (count == "0"))
        )


def _signed_lines(body: str) -> list[str]:
    """Return the lines of a hunk with their signs, and with line feeds where the file has them."""
    lines: list[str] = []
    for line in body.split("\n"):
        if line.startswith("\\") and lines:
            lines[-1] = lines[-1].removesuffix("\n")
        elif line.startswith((" ", "+", "-")):
            lines.append(f"{line}\n")
    return lines


def _runs(lines: Iterable[str], number: int) -> Iterator[_Run]:
    """Cut a hunk into its runs of changed lines; ``number`` is that of its first line."""
    groups = [(kept, list(group)) for kept, group in groupby(lines, lambda line: line[0] == " ")]
    for at, (kept, group) in enumerate(groups):
        if not kept:
            above, below = (
                [line[1:] for _, around in beside for line in around]
                for beside in (groups[:at][-1:], groups[at + 1 : at + 2])
            )
            yield _Run(
                start=number,
                removed=tuple(line[1:] for line in group if line[0] == "-"),
                added=tuple(line[1:] for line in group if line[0] == "+"),
                above=tuple(above[-CONTEXT:]),
                below=tuple(below[:CONTEXT]),
            )
        number += sum(line[0] != "+" for line in group)
