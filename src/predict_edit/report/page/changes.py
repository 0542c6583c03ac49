"""A run as the page shows it: files, the changes in them, and the lines around each change.

A finished run leaves all of it on disk but the text of rejected changes, which its report has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby, zip_longest

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from predict_edit.domain.edits import Hunk, PlacedFile, PlacementKind, Usage
from predict_edit.domain.errors import ResultInvalid
from predict_edit.domain.run_report import RunReport
from predict_edit.report.result import FilePart, ResultFile, UsagePart
from predict_edit.report.view import Row, view
from predict_edit.report.view import lines as name_lines

CONTEXT = 3
"""Unchanged lines shown above and below a change."""


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

    @classmethod
    def of(cls, sign: str, old: int | None, new: int | None, written: str) -> Line:
        """Take the line feed off what is written."""
        text = written.removesuffix("\n")
        return cls(sign=sign, old=old, new=new, text=text, ended=text != written)


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


def page_of(
    result: ResultFile,
    patch: str | None,
    *,
    report: RunReport | None = None,
    overhead: Decimal | None = None,
) -> Page:
    """Make the page of a run from its ``result.json`` and ``edits.patch``.

    Without the patch the page has the figures and the places, but not the text. The report of the
    same run, if it is at hand, adds its notes, the text of rejected changes, and the ``overhead``.

    Raises:
        ResultInvalid: the two are not of the same run.
    """
    try:
        patched = iter(() if patch is None else PatchSet.from_string(patch))
    except UnidiffParseError:
        raise _not_of_one_run() from None
    files = []
    for number, part in enumerate(result.files):
        accepted = sum(place.kind is not PlacementKind.REJECTED for place in part.placements)
        changed = next(patched, None) if accepted else None
        shown = [] if changed is None else list(_changed_lines(changed))
        if patch is not None and len(shown) != accepted:
            raise _not_of_one_run()
        files.append(_page_file(part, shown, report.files[number].placed if report else None))
    if next(patched, None) is not None:
        raise _not_of_one_run()
    return Page(
        result=result,
        files=tuple(files),
        overhead=view(report).prediction.overhead if report else overhead,
        notes=report.notes if report else (),
        complete=patch is not None,
    )


def _page_file(
    part: FilePart, accepted: Iterable[tuple[Line, ...]], placed: PlacedFile | None
) -> PageFile:
    """Give each placement of a file its lines, as far as they are known."""
    changes, lines_of_accepted = [], iter(accepted)
    for number, place in enumerate(part.placements):
        lines: tuple[Line, ...] = ()
        if place.kind is not PlacementKind.REJECTED:
            lines = next(lines_of_accepted, ())
        elif placed is not None:
            lines = _hunk_lines(placed.placements[number].hunk)
        where = name_lines(place.start, place.end)
        changes.append(Change(kind=place.kind, where=where, reason=place.reason, lines=lines))
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


def _hunk_lines(hunk: Hunk) -> tuple[Line, ...]:
    """Return the lines of a change that was not made: it has numbers in the old file alone."""
    removed = (Line.of("-", old, None, text) for old, text in enumerate(hunk.removed, hunk.start))
    return (*removed, *(Line.of("+", None, None, text) for text in hunk.added))


def _changed_lines(file: PatchedFile) -> Iterator[tuple[Line, ...]]:
    """Yield each run of changed lines with the few lines above and below it."""
    for hunk in file:
        lines: list[Line] = []
        for line in hunk:
            if line.line_type == "\\":  # the line above has no line feed
                lines[-1] = dataclasses.replace(lines[-1], ended=False)
            else:
                sign, old, new = line.line_type, line.source_line_no, line.target_line_no
                lines.append(Line.of(sign, old, new, line.value))
        groups = [list(group) for _, group in groupby(lines, lambda line: line.sign == " ")]
        for at, group in enumerate(groups):
            if group[0].sign != " ":
                above, below = groups[at - 1 : at], groups[at + 1 : at + 2]
                yield (
                    *(line for around in above for line in around[-CONTEXT:]),
                    *group,
                    *(line for around in below for line in around[:CONTEXT]),
                )
