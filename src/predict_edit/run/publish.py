"""From results to a report: deliver them, write the output files, inform the listener.

Every run ends here, whether it got as far as edits or not.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Final

from predict_edit.delivery.commit import as_committed
from predict_edit.delivery.delivered import TOO_LATE, demoted
from predict_edit.delivery.output_files import EDITS, REMAINDER, RESULT, OutputFolder
from predict_edit.domain.errors import (
    CommandError,
    EventError,
    OutputError,
    PredictEditError,
    RunCancelled,
)
from predict_edit.domain.run_report import (
    Delivered,
    FileResult,
    FileStatus,
    Outcome,
    OutputPaths,
    RunReport,
)
from predict_edit.edit.plan import plan_notes, remaining_notes, settle_names
from predict_edit.report.result import result_json
from predict_edit.run.context import Context, Edited, Listener, Plan, Run, Task
from predict_edit.run.outcome import (
    NOTHING,
    Finished,
    as_known,
    failure_of,
    outcome_of,
    report_of,
    skipped_results,
)
from predict_edit.suggest.patch import edits_patch, remainder_patch
from predict_edit.support.log import log

NOT_DELIVERED: Final = "it could not be delivered"
UNANSWERED: Final = "The answer could not be posted; the log says why."
UNREPORTED: Final = "The summary could not be written on the pull request; the log says why."


async def publish(run: Run, edited: Edited, *notes: str) -> Finished:
    """Deliver the edits and report them."""
    plan = edited.plan
    whole = plan.task.settings.deliver in {"commit", "pull-request"}
    results, change = settle_names(
        plan.change, edited.results, plan.sources, plan.left, whole=whole
    )
    hold(plan.task, results)
    total = len(plan.sources) + len(plan.left)
    facts = facts_of(run, edited, *notes, *plan_notes(change, total))
    facts = dataclasses.replace(facts, plan=change)
    delivery = run.target.delivery(plan, facts)
    prepared = delivery.prepare(results)
    undelivered = as_committed if whole else demoted
    try:
        delivered = prepared if facts.dry_run else await delivery.deliver(prepared)
    except tuple(TOO_LATE) as error:
        files = undelivered(prepared.files, TOO_LATE[type(error)])
        delivered = Delivered(files=files, complete=False, notes=(str(error),))
    except PredictEditError as error:
        files = (*undelivered(prepared.files, NOT_DELIVERED), *not_edited(plan))
        facts = facts.noting(*remaining_notes(change, plan.skipped))
        return await fail(error, run.ctx, run.listener, facts, files=files)
    files = (*delivered.files, *not_edited(plan))
    notes = (*delivered.notes, *remaining_notes(change, plan.skipped))
    delivered = dataclasses.replace(delivered, files=files, notes=notes)
    return await report_delivered(run, facts, delivered)


async def report_delivered(run: Run, facts: RunReport, delivered: Delivered) -> Finished:
    """Write the output files of a run, and show its report."""
    outcome = outcome_of(delivered.files, delivered.outcome)
    finished = end(run.ctx, run.listener, facts, outcome, delivered)
    shown = await run.listener.finished(finished.report, complete=delivered.complete)
    report = dataclasses.replace(finished.report, summary_url=run.listener.url)
    finished = dataclasses.replace(finished, report=report)
    if shown or delivered.review_url or delivered.commit_url:
        return finished
    report = dataclasses.replace(report, outcome=Outcome.FAILED, problem=UNREPORTED)
    return written(run.ctx, dataclasses.replace(finished, report=report))


def end(
    ctx: Context,
    listener: Listener,
    facts: RunReport,
    outcome: Outcome,
    delivered: Delivered = NOTHING,
    *,
    problem: str = "",
) -> Finished:
    """End a run: make its report, and write the output files unless nothing was to be edited."""
    report = report_of(facts, outcome, delivered, summary_url=listener.url, problem=problem)
    finished = Finished(report=report)
    return finished if outcome in {Outcome.DENIED, Outcome.ANSWERED} else written(ctx, finished)


def answer(ctx: Context, listener: Listener, facts: RunReport, *, posted: bool) -> Finished:
    """End a run whose command was answered in words."""
    if posted:
        return end(ctx, listener, facts, Outcome.ANSWERED)
    return end(ctx, listener, facts, Outcome.FAILED, problem=UNANSWERED)


async def fail(
    error: BaseException,
    ctx: Context,
    listener: Listener,
    facts: RunReport,
    *,
    files: Sequence[FileResult] = (),
) -> Finished:
    """Turn an error into a report, and show it."""
    if isinstance(error, asyncio.CancelledError):
        again = ", or run the command again; what was edited by then is remembered"
        error = RunCancelled(
            f"The workflow's run was cancelled before {listener.work} was done.",
            f"Run it again{again if listener.answers else ''}.",
        )
    error = as_known(error)
    posted = await listener.failed(error, head=facts.head)
    if isinstance(error, CommandError) and listener.answers:
        return answer(ctx, listener, facts, posted=posted)
    return written(ctx, failure_of(error, facts, files=files, summary_url=listener.url))


def hold(task: Task, results: Sequence[FileResult]) -> None:
    """Remember which edits are not part of the commit."""
    for result in results:
        if task.memory and (record := task.memory.records.get(result.path)):
            held = bool(result.held)
            task.memory.records[result.path] = dataclasses.replace(record, held=held)


def facts_of(run: Run, edited: Edited, *notes: str) -> RunReport:
    """Return the facts of a run once its files are edited."""
    plan = edited.plan
    facts = dataclasses.replace(run.facts, job=plan.task.job, model=edited.model)
    return facts.noting(*notes, *plan.notes, *edited.notes)


def not_edited(plan: Plan) -> tuple[FileResult, ...]:
    """Return the rows of files that were skipped, or left unchanged by an earlier run."""
    paths = plan.scope.earlier.unchanged if plan.scope and plan.scope.earlier else ()
    unchanged = (FileResult(path=path, status=FileStatus.UNCHANGED) for path in paths)
    return (*unchanged, *skipped_results(plan.skipped))


def written(ctx: Context, finished: Finished) -> Finished:
    """Write the output files of a report; if that fails, the report says so beside its result."""
    try:
        return dataclasses.replace(finished, paths=write_output_files(ctx.outbox, finished.report))
    except (OutputError, EventError) as error:
        log.error("the output files could not be written: %s", error)
        warnings = dict.fromkeys(
            (*finished.report.warnings, f"The output files are missing: {error}")
        )
        report = dataclasses.replace(finished.report, warnings=tuple(warnings))
        return dataclasses.replace(finished, report=report)


def write_output_files(output: OutputFolder, report: RunReport) -> OutputPaths:
    """Write the patches and the result of a run; a patch without hunks is not written."""
    placed = [result.placed for result in report.files if result.placed]
    edits, remainder = edits_patch(placed), remainder_patch(placed)
    return OutputPaths(
        patch=output.write(EDITS, edits) if edits else "",
        remainder_patch=output.write(REMAINDER, remainder) if remainder else "",
        result=output.write(RESULT, result_json(report)),
    )
