"""What became of findings: reports from before a change against reports from after it.

Lines move when a file is edited, so a finding is known by file, rule and message, and counted.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from predict_edit.findings.collect import Findings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """The findings of one file."""

    path: str
    gone: int
    left: int
    new: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FindingsChange:
    """The files that have or had findings, by path."""

    files: tuple[FileChange, ...]

    @property
    def gone(self) -> int:
        """Findings that are not there any more."""
        return sum(file.gone for file in self.files)

    @property
    def left(self) -> int:
        """Findings that are there as before."""
        return sum(file.left for file in self.files)

    @property
    def new(self) -> int:
        """Findings that were not there before."""
        return sum(file.new for file in self.files)


def change_between(before: Findings, after: Findings) -> FindingsChange:
    """Count for each file which findings are gone, left and new."""
    paths = sorted({*before.by_path, *after.by_path})
    return FindingsChange(files=tuple(_of_file(path, before, after) for path in paths))


def _of_file(path: str, before: Findings, after: Findings) -> FileChange:
    old, now = _counted(before, path), _counted(after, path)
    return FileChange(
        path=path,
        gone=(old - now).total(),
        left=(old & now).total(),
        new=(now - old).total(),
    )


def _counted(findings: Findings, path: str) -> Counter[tuple[str, str]]:
    return Counter((found.rule, found.message) for found in findings.of(path))
