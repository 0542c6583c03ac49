"""Runs to show on a page."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from predict_edit.cli.local_run import job_for
from predict_edit.domain.edits import (
    ChangedFile,
    Effort,
    Hunk,
    PlacementKind,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.report.page.changes import Page, page_of
from predict_edit.report.result import to_result
from predict_edit.suggest.diff import local_patch
from predict_edit.suggest.patch import edits_patch
from predict_edit.suggest.place import Judge, place

Result = Callable[..., FileResult]


def page_of_report(report: RunReport) -> Page:
    """The page of a run whose report is at hand."""
    placed = [file.placed for file in report.files if file.placed]
    return page_of(to_result(report), edits_patch(placed), report=report)


def _result(
    path: str = "src/a.py",
    base: str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n",
    head: str = "a\nb\nC\nd\ne\nf\ng\nh\ni\nj\n",
    edited: str = "a\nb\nEDIT\nd\ne\nf\ng\nh\ni\nEND\n",
    judge: Judge | None = None,
) -> FileResult:
    """A file that was edited, placed as the action would."""
    patch = local_patch(base, head)
    lines = patch.split("\n")
    change = ChangedFile(
        path=path,
        status="modified",
        blob_sha="1" * 40,
        additions=sum(line.startswith("+") for line in lines),
        deletions=sum(line.startswith("-") for line in lines),
        patch=patch,
    )
    file = SourceFile(path=path, text=head, blob_sha="1" * 40, change=change)
    usage = Usage(
        prompt_tokens=900,
        cached_tokens=0,
        completion_tokens=400,
        accepted_prediction_tokens=320,
        rejected_prediction_tokens=30,
    )
    effort = Effort(
        usage=usage,
        cost=Decimal("0.01"),
        overhead=Decimal("0.001"),
        model="gpt-4.1",
        prediction=PredictionState.SENT,
        attempts=1,
        seconds=2.5,
    )
    placed = place(file, edited, judge=judge)
    return FileResult(path=path, status=FileStatus.EDITED, effort=effort, placed=placed)


def _report(*files: FileResult, **more: Any) -> RunReport:
    """A finished run."""
    given = {
        "outcome": Outcome.SUGGESTED,
        "job": job_for("Rename it."),
        "model": "gpt-4.1",
        "cost": Decimal("0.05"),
        **more,
    }
    return RunReport(files=files, **given)


@pytest.fixture
def result() -> Result:
    """Makes an edited file of three texts."""
    return _result


@pytest.fixture
def report() -> Callable[..., RunReport]:
    """Makes a run of some files."""
    return _report


@pytest.fixture
def mixed() -> RunReport:
    """One file with a change of each kind, and one of each other status."""

    def judge(hunk: Hunk) -> str | None:
        return "it holds a key" if "secret" in "".join(hunk.added) else None

    head = "".join(f"line {n}\n" for n in range(1, 41))
    edited = head.replace("line 3\n", "LINE 3\n").replace("line 20\n", "secret\n")
    edited = edited.replace("line 38\n", "")
    return _report(
        _result(base=head.replace("line 4\n", "other\n"), head=head, edited=edited, judge=judge),
        FileResult(path="same.py", status=FileStatus.UNCHANGED),
        FileResult(path="big.bin", status=FileStatus.SKIPPED, reason="binary"),
        FileResult(path="bad.py", status=FileStatus.FAILED, reason="The answer stalled."),
    )


@pytest.fixture
def large() -> RunReport:
    """60 files with 400 suggestions and more."""
    text = "".join(
        f"value_{n} = compute({n}, name='something rather long here')\n" for n in range(80)
    )
    files = []
    for number in range(60):
        edited = text
        for line in range(2, 72, 10):
            edited = edited.replace(f"value_{line} =", f"renamed_{line} =")
        files.append(
            _result(path=f"src/package_{number:02}/module.py", base="", head=text, edited=edited)
        )
    made = _report(*files)
    assert made.count(PlacementKind.INLINE) >= 400
    return made
