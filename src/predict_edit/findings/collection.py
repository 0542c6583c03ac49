"""All findings of all reports, each once, by file; which edits are near them; what a change did."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from predict_edit.domain.edits import Dropped, Finding, FindingsReport, Hunk
from predict_edit.support.text import listed, quoted

MAX_FINDINGS: Final = 50_000
"""Findings that are kept; those that come later are counted and reported."""
TOO_MANY: Final = f"there are more than {MAX_FINDINGS:,} findings"
REPEATED: Final = "it was reported twice"
"""Not reported: nothing that it says is missing."""
MARGIN: Final = 10
"""Lines above and below a finding in which an edit may lie: what a linter points at is often only
the first line of what has to change."""
OFF_TARGET: Final = "off target: no finding is near these lines"
SHOWN_PATHS: Final = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found, by file; nothing is left out without being counted."""

    by_path: Mapping[str, tuple[Finding, ...]] = dataclasses.field(default_factory=dict)
    """By path, in the order of the reports; in a file by line, those about the whole file first."""
    dropped: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Findings that are not used, by reason."""
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many findings are kept."""
        return sum(map(len, self.by_path.values()))

    def of(self, path: str) -> tuple[Finding, ...]:
        """Return the findings of one file, which may be none."""
        return self.by_path.get(path, ())

    def sentences(self, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """List in sentences what the reader of a summary should know.

        ``known`` are the repository's files: findings elsewhere are reported too.
        """
        sentences = [
            f"{_counted(number)} left out: {reason}."
            for reason, number in self.dropped.items()
            if reason != REPEATED
        ]
        if known is not None:
            there = frozenset(known)
            missing = [path for path in self.by_path if path not in there]
            if missing:
                number = sum(len(self.by_path[path]) for path in missing)
                shown = [quoted(path) for path in missing[:SHOWN_PATHS]]
                if len(missing) > SHOWN_PATHS:
                    shown.append(f"{len(missing) - SHOWN_PATHS:,} more")
                sentences.append(
                    f"{_counted(number)} left out: no such file in the repository "
                    f"({listed(shown)})."
                )
        return (*sentences, *self.notes)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """How many findings of one file are gone, left as they were, and new."""

    path: str
    gone: int
    left: int
    new: int


def collect(reports: Iterable[FindingsReport]) -> Findings:
    """Join reports. Equal findings are kept once, whichever tool repeats them."""
    kept: dict[tuple[object, ...], Finding] = {}
    dropped: Counter[str] = Counter()
    notes: list[str] = []
    for report in reports:
        notes += report.notes
        for found in report.findings:
            if isinstance(found, Dropped):
                dropped[found.reason] += 1
                continue
            key = _identity(found)
            if key in kept:
                dropped[REPEATED] += 1
            elif len(kept) >= MAX_FINDINGS:
                dropped[TOO_MANY] += 1
            else:
                kept[key] = found
    by_path: dict[str, list[Finding]] = {}
    for found in kept.values():
        by_path.setdefault(found.path, []).append(found)
    return Findings(
        by_path={path: _in_order(found) for path, found in by_path.items()},
        dropped=dict(dropped),
        notes=tuple(notes),
    )


def near(findings: Iterable[Finding], margin: int = MARGIN) -> Callable[[Hunk], str | None]:
    """Make a judge of one file's hunks, which gives a reason for those far from every finding.

    A finding without a line is about the whole file, so everything is near it. An insertion is
    between two lines, and is near if one of them is.
    """
    spans: list[tuple[int, int]] = []
    everywhere = False
    for found in findings:
        if found.line is None or found.end_line is None:
            everywhere = True
        else:
            spans.append((found.line - margin, found.end_line + margin))

    def judge(hunk: Hunk) -> str | None:
        first, last = (hunk.start, hunk.end) if hunk.removed else (hunk.start - 1, hunk.start)
        if everywhere or any(first <= end and start <= last for start, end in spans):
            return None
        return OFF_TARGET

    return judge


def changes_between(before: Findings, after: Findings) -> list[FileChange]:
    """Count for each file that has or had findings which are gone, left and new.

    Lines move when a file is edited, so a finding is known by file, rule and message, and counted.
    """
    paths = sorted({*before.by_path, *after.by_path})
    return [_of_file(path, before, after) for path in paths]


def _identity(found: Finding) -> tuple[object, ...]:
    """What makes two findings one: not the tool, which several formats name differently."""
    return (found.path, found.line, found.end_line, found.column, found.rule, found.message)


def _in_order(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(
        sorted(found, key=lambda one: (one.line or 0, one.column or 0, one.rule, one.message))
    )


def _counted(number: int) -> str:
    return "1 finding was" if number == 1 else f"{number:,} findings were"


def _of_file(path: str, before: Findings, after: Findings) -> FileChange:
    old, now = _by_meaning(before, path), _by_meaning(after, path)
    return FileChange(
        path=path,
        gone=(old - now).total(),
        left=(old & now).total(),
        new=(now - old).total(),
    )


def _by_meaning(findings: Findings, path: str) -> Counter[tuple[str, str]]:
    return Counter((found.rule, found.message) for found in findings.of(path))
