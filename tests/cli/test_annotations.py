"""Failures are named on the page of the run."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from predict_edit.cli.action import MAX_ANNOTATIONS, annotate, retirement
from predict_edit.domain.edits import Effort
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import FileResult, FileStatus, Job, Outcome, RunReport
from predict_edit.settings.inputs import read_inputs
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


@pytest.mark.parametrize(
    ("url", "attempts", "warned"),
    [
        ("", 1, "by OpenAI on 2027-01-14"),
        ("https://res.openai.azure.com/openai/v1/", 1, ""),
        ("https://gateway.example/v1", 1, ""),
        ("", 0, ""),
    ],
)
def test_a_retirement_is_warned_of_where_the_workflow_is_maintained(
    url: str, attempts: int, warned: str
) -> None:
    """If a model was asked, and only by the dates of the vendor in use."""
    given = {"GITHUB-TOKEN": "t", "MODEL": "deployed", "API-KEY": "k", "BASE-URL": url}
    inputs = read_inputs({f"INPUT_{name}": value for name, value in given.items()})
    edited = FileResult(path="a.py", status=FileStatus.UNCHANGED, effort=Effort(attempts=attempts))
    report = RunReport(outcome=Outcome.UNCHANGED, model="gpt-4.1-2025-04-14", files=(edited,))
    assert report.notes == ()
    warning = retirement(report, inputs, dt.date(2026, 12, 24))
    assert bool(warning) == bool(warned)
    assert warned in (warning or "")
