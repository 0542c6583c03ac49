"""What a run amounts to: its report, its outcome in one word, its exit status."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from predict_edit.domain.edits import BUDGET, ChangePlan, Effort, SkippedFile, whole_sum
from predict_edit.domain.errors import (
    BudgetExceeded,
    CommandError,
    Defect,
    EventError,
    PredictEditError,
    SettingsError,
)
from predict_edit.domain.run_report import (
    Delivered,
    FileResult,
    FileStatus,
    Outcome,
    OutputPaths,
    RunReport,
)
from predict_edit.support.log import log_crash

SETTINGS_WRONG = 2


NO_FACTS: Final = RunReport(outcome=Outcome.FAILED)
"""A report of which nothing is known yet."""
NOTHING: Final = Delivered(files=())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run's report, the paths of its files, and its settings as far as it got them."""

    report: RunReport
    paths: OutputPaths = dataclasses.field(default_factory=OutputPaths)
    settings_wrong: bool = False
    """The run failed because of the workflow's inputs or the repository's config."""
    figures: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The outputs of an earlier run that finished the same command."""

    def misconfigured(self, problem: str) -> Finished:
        """The same run, which could only report invalid inputs, as a failure."""
        report = dataclasses.replace(self.report, outcome=Outcome.FAILED, problem=problem)
        return dataclasses.replace(self, report=report, settings_wrong=True)


def report_of(
    facts: RunReport,
    outcome: Outcome,
    delivered: Delivered = NOTHING,
    *,
    summary_url: str = "",
    problem: str = "",
) -> RunReport:
    """Make the report of a run from what it says so far; every report is made here."""
    job = facts.job
    if job is not None and delivered.pull_request and not job.pull_request:
        job = dataclasses.replace(job, pull_request=delivered.pull_request)
    if outcome is Outcome.FAILED and not problem:
        problem = common_problem(delivered.files)
    return dataclasses.replace(
        facts,
        outcome=outcome,
        job=job,
        files=delivered.files,
        cost=money_of(delivered.files, facts.plan),
        pull_request_url=delivered.pull_request_url,
        was_open=delivered.was_open,
        summary_url=summary_url,
        review_url=delivered.review_url,
        commit_url=delivered.commit_url,
        suggestion_urls=delivered.suggestion_urls,
        problem=problem,
        notes=(*facts.notes, *delivered.notes),
        warnings=delivered.notes,
    )


def as_known(error: BaseException) -> PredictEditError:
    """Return an error with its next step; one that nobody expected is logged, and a defect."""
    if isinstance(error, PredictEditError):
        return error
    log_crash(error)
    return Defect.of(error)


def failure_of(
    error: BaseException,
    facts: RunReport = NO_FACTS,
    *,
    files: Sequence[FileResult] = (),
    summary_url: str = "",
) -> Finished:
    """Turn the error that ended a run into its report."""
    error = as_known(error)
    left = Delivered(files=tuple(files))
    report = report_of(facts, Outcome.FAILED, left, summary_url=summary_url, problem=str(error))
    wrong = isinstance(error, SettingsError | CommandError | EventError)
    return Finished(report=report, settings_wrong=wrong)


def outcome_of(files: Sequence[FileResult], delivered: Outcome | None = None) -> Outcome:
    """The outcome of a run that got as far as editing.

    ``delivered`` is what was made of the edits; ``None`` if they are only in the patch.
    """
    statuses = {result.status for result in files}
    if FileStatus.FAILED in statuses or any(map(stopped, files)):
        done = statuses & {FileStatus.EDITED, FileStatus.UNCHANGED}
        return Outcome.PARTIAL if done else Outcome.FAILED
    if delivered is not None:
        return delivered
    return Outcome.PATCHED if FileStatus.EDITED in statuses else Outcome.UNCHANGED


def exit_status(finished: Finished, fail_on: str | None) -> int:
    """The exit status of the contract.

    ``fail_on`` is the action's input, for a run that ended before all settings were known. A run
    that failed as a whole has nothing to show, so that only ``never`` keeps it green; wrong
    settings stay wrong even then.
    """
    if finished.settings_wrong:
        return SETTINGS_WRONG
    fail_on = finished.report.fail_on or fail_on
    if fail_on == "never":
        return 0
    if finished.report.outcome is Outcome.FAILED:
        return 1
    failed = bool(finished.report.with_status(FileStatus.FAILED))
    return 1 if failed and fail_on == "partial" else 0


def money_of(files: Sequence[FileResult], plan: ChangePlan | None = None) -> Decimal | None:
    """The cost of all attempts, ``None`` as soon as one of them has no known price."""
    efforts = [result.effort for result in files if result.effort]
    efforts += [plan.effort] if plan else []
    costs = [effort.cost for effort in efforts if effort.attempts]
    return whole_sum(costs) if costs else None


def failed_result(path: str, error: Exception, effort: Effort) -> FileResult:
    """A file without an edit; a file that a limit kept from being asked about is only skipped."""
    if isinstance(error, BudgetExceeded) and not effort.attempts:
        reason = f"{BUDGET}: {error}"
        return FileResult(path=path, status=FileStatus.SKIPPED, reason=reason, effort=effort)
    return FileResult(path=path, status=FileStatus.FAILED, reason=str(error), effort=effort)


def skipped_results(skipped: Iterable[SkippedFile]) -> tuple[FileResult, ...]:
    """The rows of files that nobody was asked about."""
    return tuple(
        FileResult(path=file.path, status=FileStatus.SKIPPED, reason=file.reason)
        for file in skipped
    )


def stopped(result: FileResult) -> bool:
    """Whether a limit of the run kept a file from being asked about."""
    return result.status is FileStatus.SKIPPED and result.reason.startswith(f"{BUDGET}:")


def common_problem(files: Sequence[FileResult]) -> str:
    """The one reason why no file could be done; empty if there are several."""
    reasons = {
        result.reason.removeprefix(f"{BUDGET}: ")
        for result in files
        if result.status is FileStatus.FAILED or stopped(result)
    }
    return reasons.pop() if len(reasons) == 1 else ""


def model_of(files: Sequence[FileResult]) -> str:
    """The model that answered, as its API named it; empty if no file says."""
    return next((r.effort.model for r in files if r.effort and r.effort.model), "")
