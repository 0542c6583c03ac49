"""From results to a report: deliver them, leave files in the workspace, tell the listener.

Every run ends here, whether it got as far as edits or not.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Final

from predict_edit.delivery.delivered import demoted
from predict_edit.delivery.patch_files import write_output_files
from predict_edit.domain.errors import (
    CommandError,
    Defect,
    PredictEditError,
    RunCancelled,
    SettingsError,
)
from predict_edit.domain.run_report import Delivered, FileResult, FileStatus, Outcome
from predict_edit.report.outputs import OutputPaths
from predict_edit.run.context import Context
from predict_edit.run.edit_all import Edited
from predict_edit.run.outcome import Facts, Finished, outcome_of, report_of, skipped_results
from predict_edit.run.plan import Listener, Plan, Run
from predict_edit.support.log import log_crash

NOT_DELIVERED: Final = "it could not be delivered"
UNANSWERED: Final = "The answer could not be posted; the log says why."
UNREPORTED: Final = "The summary could not be written on the pull request; the log says why."


async def publish(run: Run, plan: Plan, edited: Edited, *notes: str) -> Finished:
    """Deliver the edits and report them."""
    facts = dataclasses.replace(run.facts, job=plan.task.job, model=edited.model)
    facts = facts.noting(*notes, *plan.notes, *edited.notes)
    delivery = plan.delivery(facts)
    prepared = delivery.prepare(edited.results)
    try:
        delivered = prepared if facts.dry_run else await delivery.deliver(prepared)
    except PredictEditError as error:
        files = (*demoted(prepared.files, NOT_DELIVERED), *_without_edit(plan))
        return await fail(error, run.ctx, run.listener, facts, files=files)
    return await report_delivered(run, facts, delivered, _without_edit(plan))


async def report_delivered(
    run: Run, facts: Facts, delivered: Delivered, others: Sequence[FileResult]
) -> Finished:
    """Leave the files of a run in the workspace, and tell its report."""
    files = (*delivered.files, *others)
    outcome = outcome_of(files, delivered.outcome)
    report = report_of(
        facts, outcome, files=files, delivered=delivered, summary_url=run.listener.url
    )
    paths = write_output_files(run.ctx.outbox, report)
    told = await run.listener.finished(report, complete=delivered.complete)
    report = dataclasses.replace(report, summary_url=run.listener.url)
    if not told and not (delivered.review_url or delivered.commit_url):
        report = dataclasses.replace(report, outcome=Outcome.FAILED, problem=UNREPORTED)
        paths = write_output_files(run.ctx.outbox, report)
    return Finished(report=report, paths=paths, settings=facts.settings)


def leave(
    run: Run,
    facts: Facts,
    files: Sequence[FileResult],
    *,
    outcome: Outcome,
    shards: tuple[str, ...] | None = None,
) -> Finished:
    """The end of a job whose report another job tells: it only leaves files."""
    report = report_of(facts, outcome, files=files, shards=shards)
    paths = write_output_files(run.ctx.outbox, report)
    return Finished(report=report, paths=paths, settings=facts.settings)


def end(
    ctx: Context,
    listener: Listener,
    facts: Facts,
    outcome: Outcome,
    *,
    problem: str = "",
    files: Sequence[FileResult] = (),
) -> Finished:
    """A run that ends before its edits are delivered."""
    report = report_of(facts, outcome, files=files, problem=problem, summary_url=listener.url)
    failed = outcome is Outcome.FAILED
    paths = write_output_files(ctx.outbox, report) if failed else OutputPaths()
    return Finished(report=report, paths=paths, settings=facts.settings)


def answer(ctx: Context, listener: Listener, facts: Facts, *, told: bool) -> Finished:
    """A command that was answered in words, or would have been."""
    if told:
        return end(ctx, listener, facts, Outcome.ANSWERED)
    return end(ctx, listener, facts, Outcome.FAILED, problem=UNANSWERED)


async def fail(
    error: BaseException,
    ctx: Context,
    listener: Listener,
    facts: Facts,
    *,
    files: Sequence[FileResult] = (),
) -> Finished:
    """Turn what went wrong into a report, and tell it."""
    if isinstance(error, asyncio.CancelledError):
        again = ", or give the command again; what was edited by then is remembered"
        error = RunCancelled(
            f"The workflow's run was cancelled before {listener.work} was done.",
            f"Run it again{again if listener.answers else ''}.",
        )
    elif not isinstance(error, PredictEditError):
        log_crash(error)
        error = Defect.of(error)
    told = await listener.failed(error, head=facts.head)
    if isinstance(error, CommandError) and listener.answers:
        return answer(ctx, listener, facts, told=told)
    finished = end(ctx, listener, facts, Outcome.FAILED, problem=str(error), files=files)
    wrong = isinstance(error, SettingsError | CommandError)
    return dataclasses.replace(finished, settings_wrong=wrong)


def _without_edit(plan: Plan) -> tuple[FileResult, ...]:
    """The rows of files that were neither asked about nor edited."""
    unchanged = (FileResult(path=path, status=FileStatus.UNCHANGED) for path in plan.unchanged)
    return (*unchanged, *skipped_results(plan.skipped))
