"""What a run amounts to, in one word and one number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from predict_edit.domain import FileResult, FileStatus, Outcome, RunReport
from predict_edit.report.outputs import OutputPaths

if TYPE_CHECKING:
    from predict_edit.settings.fields import FailOn, Settings


SETTINGS_WRONG = 2
BUDGET = "budget"
"""What the reason of a file begins with that a limit of the run kept from being asked for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run's report, where its files are, and the settings it had, if it came so far."""

    report: RunReport
    paths: OutputPaths = dataclasses.field(default_factory=OutputPaths)
    settings: Settings | None = None
    settings_wrong: bool = False
    """The run failed because of the workflow's inputs or the repository's config."""
    figures: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The outputs of the run that had finished the same command before, where one had."""

    def misconfigured(self, problem: str) -> Finished:
        """The same, of a run that could only say what is wrong with the inputs."""
        report = dataclasses.replace(self.report, outcome=Outcome.FAILED, problem=problem)
        return dataclasses.replace(self, report=report, settings_wrong=True)


def outcome_of(files: Sequence[FileResult], delivered: Outcome | None = None) -> Outcome:
    """Return the outcome of a run that got as far as editing; ``delivered`` if nothing failed."""
    statuses = {result.status for result in files}
    if FileStatus.FAILED in statuses or any(map(stopped, files)):
        done = statuses & {FileStatus.EDITED, FileStatus.UNCHANGED}
        return Outcome.PARTIAL if done else Outcome.FAILED
    if delivered is not None:
        return delivered
    if FileStatus.EDITED in statuses:
        return Outcome.PATCHED
    return Outcome.UNCHANGED


def stopped(result: FileResult) -> bool:
    """Whether a limit of the run kept a file from being asked for."""
    return result.status is FileStatus.SKIPPED and result.reason.startswith(f"{BUDGET}:")


def exit_status(finished: Finished, fail_on: FailOn | None) -> int:
    """The exit status of the contract.

    ``fail_on`` is the action's input, for a run that ended before all settings were known. A run
    that failed as a whole has nothing to show, so that only ``never`` keeps it green; wrong
    settings stay wrong even then.
    """
    if finished.settings_wrong:
        return SETTINGS_WRONG
    if finished.settings is not None:
        fail_on = finished.settings.fail_on
    if fail_on == "never":
        return 0
    if finished.report.outcome is Outcome.FAILED:
        return 1
    failed = bool(finished.report.with_status(FileStatus.FAILED))
    return 1 if failed and fail_on == "partial" else 0


def money_of(files: Sequence[FileResult]) -> Decimal | None:
    """What all attempts cost, ``None`` as soon as the price of one that was made is not known."""
    costs = [result.effort.cost for result in files if result.effort and result.effort.attempts]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if costs and len(known) == len(costs) else None
