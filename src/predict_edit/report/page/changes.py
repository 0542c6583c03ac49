"""A run as the page shows it: files, the changes in them, and the lines around each change.

There are two ways here: from a report at hand, and from what a finished run left on disk. What a
page shows of a change is the same either way, but for the text of rejected ones: it is not on disk.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest

from predict_edit.domain.edits import PlacementKind, Usage
from predict_edit.domain.errors import ResultInvalid
from predict_edit.domain.run_report import FileResult, FileStatus, RunReport
from predict_edit.report.result import FilePart, PlacementPart, ResultFile, UsagePart, to_result
from predict_edit.report.view import Row
from predict_edit.report.view import lines as name_lines

CONTEXT = 3
"""Unchanged lines shown above and below a change."""

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@.*")


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
        """How many changes ended so."""
        return sum(getattr(file.part.hunks, kind) for file in self.files)

    def with_status(self, status: str) -> tuple[PageFile, ...]:
        """The files that ended so."""
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
            PageFile(part=part, row=_file_row(part), changes=tuple(_changes_of(file, part)))
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
        accepted = part.hunks.inline + part.hunks.patch
        runs: Sequence[_Run] | None = None
        if patch is not None:
            runs = next(sections, ()) if accepted else ()
            if len(runs) != accepted:
                raise _not_of_one_run()
        changes = tuple(_changes_from(part.placements, runs))
        files.append(PageFile(part=part, row=_file_row(part), changes=changes))
    if next(sections, None) is not None:
        raise _not_of_one_run()
    return Page(result=result, files=tuple(files), overhead=overhead, complete=patch is not None)


def _file_row(part: FilePart) -> Row:
    seconds = part.seconds if part.attempts else None
    return _row(part.path, str(part.status), part.usage, seconds)


def _row(path: str, result: str, usage: UsagePart | None, seconds: float | None) -> Row:
    known = Usage(**usage.model_dump()) if usage else Usage()
    return Row(path=path, result=result, usage=known, seconds=seconds)


def _not_of_one_run() -> ResultInvalid:
    return ResultInvalid(
        "result.json and edits.patch are not of the same run.",
        "Take both from the same predict-edit-out folder.",
    )


def _changes_of(file: FileResult, part: FilePart) -> Iterator[Change]:
    """The changes of an edited file; line numbers are those after what was accepted."""
    if file.status is not FileStatus.EDITED or file.placed is None:
        return
    original = file.placed.file.text.split("\n")
    ended = [f"{line}\n" for line in original[:-1]] + ([original[-1]] if original[-1] else [])
    placements = file.placed.placements
    kept = [p.hunk for p in placements if p.kind is not PlacementKind.REJECTED]
    shift = 0
    for placement, place in zip(placements, part.placements, strict=True):
        hunk = placement.hunk
        # Lines that another change replaces are not context, as in the patch.
        first = max((other.end for other in kept if other.start < hunk.start), default=0)
        last = min((o.start - 1 for o in kept if o.start > hunk.start), default=len(ended))
        run = _Run(
            start=hunk.start,
            removed=hunk.removed,
            added=hunk.added,
            above=tuple(ended[max(first, hunk.start - 1 - CONTEXT) : hunk.start - 1]),
            below=tuple(ended[hunk.end : min(last, hunk.end + CONTEXT)]),
        )
        yield _change(place, run, shift)
        if placement.kind is not PlacementKind.REJECTED:
            shift += len(hunk.added) - len(hunk.removed)


def _changes_from(
    placements: Iterable[PlacementPart], runs: Sequence[_Run] | None
) -> Iterator[Change]:
    """The changes of a file on disk: the patch holds what was not rejected, in order."""
    left = iter(runs or ())
    shift = 0
    for place in placements:
        run = None if place.kind is PlacementKind.REJECTED else next(left, None)
        yield _change(place, run, shift)
        shift += len(run.added) - len(run.removed) if run else 0


def _change(place: PlacementPart, run: _Run | None, shift: int) -> Change:
    return Change(
        kind=place.kind,
        where=name_lines(place.start, place.end),
        reason=place.reason,
        lines=tuple(_lines(run, shift)) if run else (),
    )


def _lines(run: _Run, shift: int) -> Iterator[Line]:
    """The lines of a change with those around it, numbered on both sides."""
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
    """The runs of changed lines of each file of a patch that predict-edit wrote."""
    lines = patch.split("\n")
    runs: list[_Run] | None = None
    at = 0
    while at < len(lines):
        if lines[at].startswith("diff --git "):
            if runs is not None:
                yield tuple(runs)
            runs = []
        elif runs is not None and (header := _HEADER.fullmatch(lines[at])):
            body, at = _body(lines, at + 1, header)
            runs += _runs(body, int(header[1]) + (header[2] == "0"))
            continue
        at += 1
    if runs is not None:
        yield tuple(runs)


def _body(lines: list[str], at: int, header: re.Match[str]) -> tuple[list[str], int]:
    """The lines of one hunk, with line feeds where the file has them, and what comes after."""
    old = int(header[2] or 1)
    body: list[str] = []
    while at < len(lines):
        line = lines[at]
        if line.startswith("\\"):
            body[-1] = body[-1].removesuffix("\n")
        elif not line or line[0] not in " +-" or (old == 0 and line[0] != "+"):
            break
        else:
            old -= line[0] != "+"
            body.append(f"{line}\n")
        at += 1
    return body, at


def _runs(body: Sequence[str], number: int) -> Iterator[_Run]:
    """Cut a hunk into its runs of changed lines."""
    starts = [
        at for at, line in enumerate(body) if line[0] != " " and (at == 0 or body[at - 1][0] == " ")
    ]
    for start in starts:
        end = start
        while end < len(body) and body[end][0] != " ":
            end += 1
        before = [line for line in body[:start] if line[0] != "+"]
        above = _context(body[max(0, start - CONTEXT) : start][::-1])[::-1]
        yield _Run(
            start=number + len(before),
            removed=tuple(line[1:] for line in body[start:end] if line[0] == "-"),
            added=tuple(line[1:] for line in body[start:end] if line[0] == "+"),
            above=above,
            below=_context(body[end : end + CONTEXT]),
        )


def _context(lines: Sequence[str]) -> tuple[str, ...]:
    """The unchanged lines up to the next change."""
    kept: list[str] = []
    for line in lines:
        if line[0] != " ":
            break
        kept.append(line[1:])
    return tuple(kept)
