"""The one flow of a run: load, authorize, settle, plan, edit, publish.

A comment, a dispatch, a schedule and each job of a spread run go this way. They differ in what is
edited (the target), where the edits go (the delivery) and who is told (the listener).
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from predict_edit.delivery.apply import apply_collected, collect
from predict_edit.delivery.patch_files import write_output_files
from predict_edit.domain.run_report import Outcome
from predict_edit.run import shards
from predict_edit.run.authorize import Refusal, authorize
from predict_edit.run.context import Context, RunRequest
from predict_edit.run.edit_all import edit_all
from predict_edit.run.outcome import Facts, Finished, report_of
from predict_edit.run.plan import Listener, Run, Target
from predict_edit.run.publish import (
    answer,
    end,
    fail,
    publish,
    report_delivered,
)
from predict_edit.run.reporter import LogListener, SummaryListener, is_dry
from predict_edit.run.resume import Before, finished_before
from predict_edit.run.targets import PullRequestTarget, job_of, load_branch, read_shared
from predict_edit.settings.fields import Inputs
from predict_edit.trigger.command import Apply, Help
from predict_edit.trigger.rate_limit import check_alone
from predict_edit.trigger.requests import BranchTask, PullRequestCommand


async def run(request: RunRequest, inputs: Inputs, ctx: Context) -> Finished:
    """Do what is asked, or one job of it; whatever goes wrong becomes a report."""
    for secret in (inputs.github_token, inputs.api_key):
        ctx.secrets.add(secret)
    summary = (
        SummaryListener(request, inputs, ctx) if isinstance(request, PullRequestCommand) else None
    )
    listener: Listener = summary or LogListener()
    facts = _first_facts(request, inputs, ctx)
    try:
        target = await _load(request, inputs, ctx, summary)
        if isinstance(target, Refusal):
            await listener.refused()
            return end(ctx, listener, facts, Outcome.DENIED, problem=target.reason)
        facts = dataclasses.replace(facts, head=target.head, base=target.base)
        task = target.settle()
        facts = facts.settled(task.job, task.settings)
        if task.settings.dry_run:
            listener.be_silent()
        task = await target.ready(task)
        step = MODES[inputs.mode or "run"]
        running = Run(
            request=request,
            inputs=inputs,
            ctx=ctx,
            listener=listener,
            target=target,
            task=task,
            facts=facts,
        )
        return await _without_model(running) or await step(running)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a defect is reported like any other failure
        return await fail(error, ctx, listener, facts)


async def _load(
    request: RunRequest,
    inputs: Inputs,
    ctx: Context,
    listener: SummaryListener | None,
) -> Target | Refusal:
    """Load what a request is about, or say that the person may not ask for it.

    Raises:
        PredictEditError: it could not be read.
    """
    if isinstance(request, BranchTask):
        return await load_branch(request, inputs, ctx)
    if listener is None:
        raise AssertionError("a command has somebody who waits for an answer")
    admitted = await authorize(request, inputs, ctx, listener)
    if isinstance(admitted, Refusal):
        return admitted
    shared = await read_shared(inputs, ctx, request.repository, command=listener.key)
    pull = admitted.pull
    if shared is not None:
        base = shared.manifest.pull.base if shared.manifest.pull else pull.base_sha
        pull = dataclasses.replace(pull, head_sha=shared.manifest.commit, base_sha=base)
    return PullRequestTarget(
        commanded=request,
        inputs=inputs,
        ctx=ctx,
        key=listener.key,
        memory=listener.memory,
        save=listener.save,
        pull=pull,
        changed=admitted.changed,
        config=admitted.config,
        attributes=admitted.attributes,
        reviews=admitted.reviews,
        shared=shared,
    )


async def whole(run: Run) -> Finished:
    """Plan, edit and publish, all in this process."""
    plan, _ = await asyncio.gather(run.target.make_plan(run.task), run.listener.started())
    edited = await edit_all(plan, run.ctx.open_editor, run.listener)
    return await publish(run, plan, edited)


MODES: Final[Mapping[str, Callable[[Run], Awaitable[Finished]]]] = {
    "run": whole,
    "plan": shards.plan,
    "edit": shards.edit,
    "publish": shards.publish,
}


async def _without_model(run: Run) -> Finished | None:
    """A command that needs no model: help, apply, or one that an earlier run finished."""
    target, task = run.target, run.task
    listener = run.listener
    if not isinstance(target, PullRequestTarget) or not isinstance(listener, SummaryListener):
        return None
    parsed = target.commanded.parsed
    if isinstance(parsed, Help):
        told = await listener.help(task.settings, head=target.head)
        return answer(run.ctx, listener, run.facts, told=told)
    if run.inputs.mode != "edit" and (
        before := await finished_before(target, task, listener.earlier)
    ):
        if before.reported:
            return await _report_again(listener, run, before)
        return await report_delivered(run, run.facts, before.delivered, ())
    if task.settings.deliver == "commit" and not run.inputs.api_key:
        # What was sealed with no key is not trusted as far as committing it unseen.
        listener.memory.records.clear()
    if target.shared is None:
        # The first job began the command; commands given after it wait for this one.
        check_alone(listener.comments, run.ctx.now(), key=listener.key)
    return await _apply(run, target, listener) if isinstance(parsed, Apply) else None


async def _apply(run: Run, target: PullRequestTarget, listener: SummaryListener) -> Finished:
    """Commit the open suggestions of this tool."""
    task = run.task
    collected, _ = await asyncio.gather(
        collect(run.ctx.forge, target.pull, task.settings.model.api_key), listener.started()
    )
    for record in collected.records:
        listener.memory.records[record.path] = record
    total = len(collected.files)
    await listener.say_progress(target.head, total, total)
    delivered = await apply_collected(collected, target.destination(task))
    return await report_delivered(run, run.facts, delivered, ())


def _first_facts(request: RunRequest, inputs: Inputs, ctx: Context) -> Facts:
    """What a report says of a request that could not even be looked at."""
    return Facts(
        job=job_of(request),
        model=inputs.model,
        run_url=ctx.run_url,
        dry_run=is_dry(request, inputs),
    )


async def _report_again(listener: SummaryListener, run: Run, before: Before) -> Finished:
    """The files and figures of an earlier run that finished the command; nothing is written."""
    facts = dataclasses.replace(run.facts, model=before.model or run.facts.model)
    delivered, figures = before.delivered, listener.memory.figures
    report = report_of(
        facts,
        delivered.outcome or Outcome.UNCHANGED,
        files=delivered.files,
        delivered=dataclasses.replace(delivered, review_url=figures.get("review-url", "")),
        summary_url=listener.url,
    )
    await listener.finished_again()
    paths = write_output_files(run.ctx.outbox, report)
    return Finished(report=report, paths=paths, settings=facts.settings, figures=figures)
