"""Failures are named on the page of the run."""

from __future__ import annotations

import io

import pytest

from predict_edit.cli.action import MAX_ANNOTATIONS, annotate
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import FileResult, FileStatus, Job, Outcome, RunReport
from predict_edit.support.log import Console, Secrets


def annotated(failures: int, problem: str = "") -> list[str]:
    """The lines for a run in which as many files failed, and one did not."""
    failed = (
        FileResult(path=f"f{n}.py", status=FileStatus.FAILED, reason="It stalled.")
        for n in range(failures)
    )
    command = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author=None)
    report = RunReport(
        outcome=Outcome.FAILED,
        job=Job(repository="o/r", pull_request=1, instruction="x", command=command),
        model="m",
        files=(*failed, FileResult(path="same.py", status=FileStatus.UNCHANGED)),
        problem=problem,
    )
    stream = io.StringIO()
    annotate(report, Console(stream, Secrets(), on_actions=True))
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("failures", [0, 1, 10, 11, 50])
def test_annotations_are_as_many_as_github_shows(failures: int) -> None:
    """At most ten per step; with more failures, the last one counts the others."""
    lines = annotated(failures)
    assert len(lines) == min(failures, MAX_ANNOTATIONS) <= 10
    assert all(line.startswith("::error title=predict-edit ") for line in lines)
    assert "same.py" not in "".join(lines)
    named = [line for line in lines if "It stalled." in line]
    left = failures - len(named)
    assert bool(left) == (failures > MAX_ANNOTATIONS)
    assert not left or f"{left} more files failed" in lines[-1]


def test_a_problem_of_the_whole_run_is_reported_once() -> None:
    """Not again for each file that it kept from being edited."""
    (line,) = annotated(20, "The key was not accepted. Check it.")
    assert "The key was not accepted." in line
