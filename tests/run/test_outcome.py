"""One word and one number for a run."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from predict_edit.domain.edits import Effort
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.run.outcome import Finished, exit_status, money_of, outcome_of
from predict_edit.settings.fields import FailOn

EDITED, UNCHANGED, SKIPPED, FAILED = (
    FileResult(path=str(status), status=status)
    for status in (FileStatus.EDITED, FileStatus.UNCHANGED, FileStatus.SKIPPED, FileStatus.FAILED)
)


@pytest.mark.parametrize(
    ("files", "posted", "outcome"),
    [
        ([EDITED], 1, Outcome.SUGGESTED),
        ([EDITED, UNCHANGED, SKIPPED], 3, Outcome.SUGGESTED),
        ([EDITED], 0, Outcome.PATCHED),  # everything went to the patch
        ([UNCHANGED], 0, Outcome.UNCHANGED),
        ([SKIPPED], 0, Outcome.UNCHANGED),  # nothing to do is no failure
        ([], 0, Outcome.UNCHANGED),
        ([FAILED], 0, Outcome.FAILED),
        ([FAILED, SKIPPED], 0, Outcome.FAILED),  # a skipped file is nothing done
        ([FAILED, EDITED], 2, Outcome.PARTIAL),
        ([FAILED, UNCHANGED], 0, Outcome.PARTIAL),
    ],
)
def test_outcome(files: list[FileResult], posted: int, outcome: Outcome) -> None:
    assert outcome_of(files, Outcome.SUGGESTED if posted else None) is outcome


@pytest.mark.parametrize(
    ("outcome", "fail_on", "status"),
    [
        (Outcome.FAILED, "error", 1),
        (Outcome.FAILED, "partial", 1),
        (Outcome.FAILED, "never", 0),
        (Outcome.PARTIAL, "error", 0),  # some file could be done
        (Outcome.PARTIAL, "partial", 1),
        (Outcome.PARTIAL, "never", 0),
        (Outcome.SUGGESTED, "partial", 0),
        (Outcome.DENIED, "partial", 0),
        (Outcome.ANSWERED, "partial", 0),
        (Outcome.UNCHANGED, "partial", 0),
    ],
)
def test_exit_status(outcome: Outcome, fail_on: FailOn, status: int) -> None:
    """The exit status follows the input ``fail-on``."""
    failed = outcome in {Outcome.FAILED, Outcome.PARTIAL}
    report = RunReport(outcome=outcome, files=(FAILED,) if failed else (EDITED,))

    assert exit_status(Finished(report=report), fail_on) == status


def test_run_that_failed_without_files_fails() -> None:
    """A pull request that could not be read has no files, and is a failure."""
    finished = Finished(report=RunReport(outcome=Outcome.FAILED))

    assert exit_status(finished, "error") == 1
    assert exit_status(finished, None) == 1


def test_wrong_settings_stay_wrong() -> None:
    """A broken config exits with 2, whatever ``fail-on`` says."""
    finished = Finished(report=RunReport(outcome=Outcome.FAILED), settings_wrong=True)

    assert exit_status(finished, "never") == 2


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ([Decimal("0.1"), Decimal("0.2")], Decimal("0.3")),
        ([Decimal("0.1"), None], None),  # one unknown price makes the sum unknown
        ([None], None),
        ([], None),  # no call, no price: unknown rather than 0
    ],
)
def test_money(costs: list[Decimal | None], total: Decimal | None) -> None:
    """The cost of a run is known only if every price is."""
    files = [dataclasses.replace(EDITED, effort=Effort(cost=cost, attempts=1)) for cost in costs]

    assert money_of([*files, SKIPPED]) == total


def test_file_that_was_never_asked_for_costs_nothing() -> None:
    """A budget that stops a file before its call does not make the run's cost unknown."""
    asked = dataclasses.replace(EDITED, effort=Effort(cost=Decimal(1), attempts=1))
    stopped = dataclasses.replace(FAILED, effort=Effort(cost=None, attempts=0))

    assert money_of([asked, stopped]) == Decimal(1)
