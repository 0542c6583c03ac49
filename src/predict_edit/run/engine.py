"""The one flow of a run: load, authorize, resolve, plan, edit, publish.

A comment, a dispatch, a schedule and each job of a spread run go this way. They differ in what is
edited (the target), where the edits go (the delivery) and who watches (the listener).
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from predict_edit.delivery.apply import apply_collected, collect
from predict_edit.domain.run_report import Delivered, Outcome, RunReport
from predict_edit.edit.plan import plan_notes
from predict_edit.findings.collection import Findings
from predict_edit.run.authorize import Denial, authorize, authorize_task
from predict_edit.run.branch_target import BranchTarget, as_pull_request, load_branch
from predict_edit.run.context import (
    Context,
    Edited,
    Listener,
    Run,
    RunRequest,
    Target,
    Task,
    job_of,
    make_plan,
)
from predict_edit.run.edit_all import edit_all, place_answers
from predict_edit.run.estimate import estimated
from predict_edit.run.manifest import PLAN, write_part
from predict_edit.run.outcome import NO_FACTS, Finished, outcome_of, skipped_results
from predict_edit.run.publish import answer, end, facts_of, fail, publish, report_delivered
from predict_edit.run.pull_request_target import Before, PullRequestTarget, finished_before
from predict_edit.run.reporter import SummaryListener, commanded_dry
from predict_edit.run.shards import (
    answers_of,
    handed_over,
    limited,
    manifest_of,
    read_shared,
    result_of,
)
from predict_edit.settings.fields import Inputs
from predict_edit.support.markers import is_secret
from predict_edit.trigger.command import Apply, Help
from predict_edit.trigger.rate_limit import check_alone
from predict_edit.trigger.requests import BranchTask, PullRequestCommand

Load = Callable[[], Awaitable[Target | Denial]]


async def run(request: RunRequest, inputs: Inputs, ctx: Context) -> Finished:
    """Carry out a request, or one job of it; whatever goes wrong becomes a report."""
    for secret in (inputs.github_token, inputs.api_key, *dict(inputs.headers or ()).values()):
        ctx.secrets.add(secret)
    listener, load = prepare(request, inputs, ctx)
    facts = dataclasses.replace(
        NO_FACTS,
        job=job_of(request),
        model=inputs.model,
        run_url=ctx.run_url,
        dry_run=bool(inputs.dry_run) or commanded_dry(request),
    )
    try:
        target = await load()
        if isinstance(target, Denial):
            await listener.denied()
            return end(ctx, listener, facts, Outcome.DENIED, problem=target.reason)
        facts = dataclasses.replace(facts, head=target.head, base=target.base)
        task = limited(target.resolve(), target.shared)
        facts = settled(facts, task)
        if task.settings.dry_run and not commanded_dry(request):
            listener.be_silent()
        target.check(task)
        job = dataclasses.replace(task.job, threads=await target.threads(task))
        task = dataclasses.replace(task, job=job, findings=await read_findings(ctx, target))
        facts = dataclasses.replace(facts, job=job)
        running = Run(
            request=request,
            inputs=inputs,
            ctx=ctx,
            listener=listener,
            target=target,
            task=task,
            facts=facts,
        )
        if finished := await without_model(running):
            return finished
        ctx.outbox.check()
        return await MODES[inputs.mode or "run"](running)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a defect is reported like any other failure
        return await fail(error, ctx, listener, facts)


async def whole(run: Run) -> Finished:
    """Plan, edit and publish, all in this process."""
    plan, _ = await asyncio.gather(make_plan(run.target, run.task), run.listener.started())
    notes = await estimated(plan)
    edited = await edit_all(plan, run.ctx.open_editor, run.listener)
    return await publish(run, edited, *notes)


async def first_job(run: Run) -> Finished:
    """Plan a run that is spread over jobs, and leave the plan for the others."""
    target, outbox = run.target, run.ctx.outbox
    manifest, _ = await asyncio.gather(manifest_of(run), run.listener.started())
    outbox.write(PLAN, write_part(manifest, run.inputs.api_key, run.ctx.run_id))
    if files := {file.path for file in manifest.files} - {each.path for each in manifest.skipped}:
        todo = sum(len(shard.paths) for shard in manifest.shards)
        await run.listener.progress(target.head, len(files) - todo, len(files))
    facts = run.facts.noting(*manifest.notes, *plan_notes(manifest.plan, len(manifest.files)))
    facts = dataclasses.replace(facts, plan=manifest.plan, shards=manifest.names)
    skipped = Delivered(files=skipped_results(manifest.skipped))
    return end(run.ctx, run.listener, facts, Outcome.UNCHANGED, skipped)


async def matrix_job(run: Run) -> Finished:
    """Edit one shard of the plan, and leave the results."""
    shared = handed_over(run)
    plan = await make_plan(run.target, run.task)
    notes = await estimated(plan)
    edited = await edit_all(plan, run.ctx.open_editor, run.listener)
    facts = facts_of(run, edited, *notes)
    files = (*edited.results, *skipped_results(plan.skipped))
    result = result_of(shared, files, model=edited.model, notes=facts.notes)
    part = write_part(result, run.inputs.api_key, run.ctx.run_id)
    run.ctx.outbox.write(f"shard-{shared.number}.json", part)
    return end(run.ctx, run.listener, facts, outcome_of(files), Delivered(files=files))


async def last_job(run: Run) -> Finished:
    """Judge and place here what the other jobs edited, and publish it."""
    shared = handed_over(run)
    plan = await make_plan(run.target, run.task)
    results = await place_answers(plan, answers_of(shared, plan))
    model = shared.model or run.task.settings.model.model
    edited = Edited(plan=plan, results=results, model=model)
    return await publish(run, edited, *shared.notes)


MODES: Final[Mapping[str, Callable[[Run], Awaitable[Finished]]]] = {
    "run": whole,
    "plan": first_job,
    "edit": matrix_job,
    "publish": last_job,
}


def settled(facts: RunReport, task: Task) -> RunReport:
    """Return the facts of a run once its task is known."""
    settings = task.settings
    return dataclasses.replace(
        facts,
        job=task.job,
        model=settings.model.model,
        dry_run=settings.dry_run,
        fail_on=settings.fail_on,
        apply_command=f"{settings.command} apply" if "commit" in settings.deliveries else "",
    )


async def read_findings(ctx: Context, target: Target) -> Findings | None:
    """Read what linters found, from the plan of a spread run or from their reports.

    Raises:
        FindingsError: a report is missing or cannot be read.
        ForgeError: the alerts could not be read.
    """
    if target.shared is not None:
        return target.shared.manifest.findings
    if not target.findings or ctx.workspace is None:
        return None
    return await ctx.workspace.findings(ctx.forge, target.findings, ref=target.alerts)


def prepare(request: RunRequest, inputs: Inputs, ctx: Context) -> tuple[Listener, Load]:
    """Return the listener of a request, and what loads its target."""
    if isinstance(request, BranchTask):
        return Listener(), functools.partial(load_task, request, inputs, ctx)
    summary = SummaryListener(request, inputs, ctx)
    return summary, functools.partial(load_pull_request, request, inputs, ctx, summary)


async def load_task(tasked: BranchTask, inputs: Inputs, ctx: Context) -> BranchTarget | Denial:
    """Load the branch of a task, if the person may start it.

    Raises:
        PredictEditError: it could not be read.
    """
    shared = await read_shared(inputs, ctx, tasked.repository, command="")
    target = await load_branch(tasked, inputs, ctx, shared)
    return await authorize_task(tasked, inputs, ctx, target.config) or target


async def load_pull_request(
    commanded: PullRequestCommand, inputs: Inputs, ctx: Context, listener: SummaryListener
) -> PullRequestTarget | Denial:
    """Load the pull request of a command, if the person may give it.

    Raises:
        PredictEditError: it could not be read.
    """
    snapshot = await authorize(commanded, inputs, ctx, listener.comment)
    if isinstance(snapshot, Denial):
        return snapshot
    key = listener.comment.key
    listener.recall()
    shared = await read_shared(inputs, ctx, commanded.repository, command=key)
    if shared is not None:
        snapshot = snapshot.at(shared.manifest.commit, shared.manifest.base)
    pull = snapshot.pull
    return PullRequestTarget(
        commanded=commanded,
        inputs=inputs,
        ctx=ctx,
        head=pull.head_sha,
        base=pull.base_sha,
        ref=pull.head_ref,
        findings=inputs.findings or () if commanded.edits else (),
        alerts=f"refs/pull/{pull.number}/merge",
        key=key,
        memory=listener.memory,
        save=listener.save,
        snapshot=snapshot,
        stack=as_pull_request,
        shared=shared,
    )


async def without_model(run: Run) -> Finished | None:
    """Carry out a command that needs no model: help, apply, or one that is finished already."""
    target, task, listener = run.target, run.task, run.listener
    if not isinstance(target, PullRequestTarget) or not isinstance(listener, SummaryListener):
        return None
    parsed = target.commanded.parsed
    if isinstance(parsed, Help):
        own_branch = target.snapshot.pull.head_repository == task.job.repository
        posted = await listener.help(task.settings, head=target.head, own_branch=own_branch)
        return answer(run.ctx, listener, run.facts, posted=posted)
    if run.inputs.mode != "edit" and (
        before := await finished_before(run, target, listener.comment.earlier)
    ):
        if not before.reported:
            return await report_delivered(run, run.facts, before.delivered)
        await listener.finished_again()
        return finished_again(run, before, listener.memory.figures)
    commits = task.settings.deliver in {"commit", "pull-request"}
    if commits and not is_secret(run.inputs.api_key):
        # What was sealed with no secret is not trusted as far as committing it unseen.
        listener.memory.records.clear()
    if target.shared is None:
        # The first job began the command; commands given after it wait for this one.
        check_alone(listener.comment.conversation, run.ctx.now(), key=target.key)
    return await apply(run, target, listener) if isinstance(parsed, Apply) else None


def finished_again(run: Run, before: Before, figures: Mapping[str, str]) -> Finished:
    """Return the files and figures of an earlier run that finished and reported the command."""
    facts = dataclasses.replace(run.facts, model=before.model or run.facts.model)
    delivered = dataclasses.replace(before.delivered, review_url=figures.get("review-url", ""))
    outcome = delivered.outcome or Outcome.UNCHANGED
    finished = end(run.ctx, run.listener, facts, outcome, delivered)
    return dataclasses.replace(finished, figures=figures)


async def apply(run: Run, target: PullRequestTarget, listener: SummaryListener) -> Finished:
    """Commit the open suggestions of this tool."""
    settings = run.task.settings
    seals = target.commanded.seals(settings.model.api_key)
    collected, _ = await asyncio.gather(
        collect(run.ctx.forge, target.snapshot.pull, seals, settings.unlocked), listener.started()
    )
    for record in collected.records:
        listener.memory.records[record.path] = record
    total = len(collected.files)
    await listener.progress(target.head, total, total)
    delivered = await apply_collected(collected, target.destination(run.task))
    return await report_delivered(run, run.facts, delivered)
