"""One run spread over jobs: the plan is divided, and what the jobs did is joined again.

Each job is a process of its own on a machine of its own, started by the same event, and each checks
again who gave the command and whether they may. Only the first and the last say anything on a pull
request, in the same one summary.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from secrets import token_hex
from typing import Final, TypeVar

from predict_edit.domain.edits import ChangePlan, Effort, FileEdit, SourceFile, Usage
from predict_edit.domain.errors import MissingInput, PredictEditError, SpreadError
from predict_edit.domain.run_report import FileResult, FileStatus
from predict_edit.findings.collection import Findings
from predict_edit.run.context import Context, Plan, Run, Scope, Task, make_plan
from predict_edit.run.edit_all import planned
from predict_edit.run.manifest import (
    DoneFile,
    Manifest,
    ShardResult,
    Shared,
    WithheldHunk,
    lost_files,
    shards_of,
    shared_of,
    weight_of,
)
from predict_edit.settings.fields import Inputs
from predict_edit.suggest.diff import apply_hunks
from predict_edit.suggest.place import withhold
from predict_edit.support.git import lines_of

_Limit = TypeVar("_Limit", int, Decimal)
NOT_PLANNED: Final = "its earlier edit is not remembered any more; run the command again"


async def read_shared(
    inputs: Inputs, ctx: Context, repository: str, *, command: str
) -> Shared | None:
    """Read what other jobs left for a later job of a spread run.

    ``command`` is the key of the command that they must be about; empty for a branch.

    Raises:
        MissingInput: an input that names it is missing.
        SpreadError: it is missing, broken, or of another run.
    """
    if inputs.mode not in {"edit", "publish"}:
        return None
    if ctx.workspace is None:
        raise AssertionError("a job of a spread run has a workspace")
    if not inputs.results:
        raise MissingInput(
            f"`results` is missing, with `mode` {inputs.mode}.",
            "Download the artifacts of the other jobs, and name their files as `results`.",
        )
    files = await asyncio.to_thread(ctx.workspace.read, inputs.results, "results", SpreadError)
    shared = shared_of(files, repository, command=command, key=inputs.api_key, run=ctx.run_id)
    if inputs.mode == "publish":
        return shared
    if inputs.shard is None:
        raise MissingInput(
            "`shard` is missing, with `mode` edit.",
            "Take it from the matrix: `shard: ${{ matrix.shard }}`.",
        )
    return dataclasses.replace(shared, number=shared.manifest.number_of(inputs.shard))


def limited(task: Task, shared: Shared | None) -> Task:
    """Give a job of a spread run its part of the limits; the plan only lowers its own.

    What the change needs was asked in the first job, if at all, and what is shown of it made there.
    """
    if shared is None:
        return task
    settings, made = dataclasses.replace(task.settings, plan="off"), shared.manifest
    if (shard := shared.shard) is not None:
        model = dataclasses.replace(
            settings.model,
            max_tokens=lower(settings.model.max_tokens, shard.max_tokens),
            max_cost=lower(settings.model.max_cost, shard.max_cost),
        )
        settings = dataclasses.replace(settings, model=model)
    return dataclasses.replace(task, settings=settings, background=made.background, plan=made.plan)


def lower(one: _Limit | None, other: _Limit | None) -> _Limit | None:
    """Return the lower of two limits; ``None`` is no limit."""
    return min((limit for limit in (one, other) if limit is not None), default=None)


def handed_over(run: Run) -> Shared:
    """Return what other jobs left, which a later job always has."""
    if run.target.shared is None:
        raise AssertionError("a later job of a spread run was given a plan")
    return run.target.shared


async def manifest_of(run: Run) -> Manifest:
    """Divide the files in scope over jobs, as many as the input ``shard`` of the first job says.

    Files whose size is known are left for the other jobs to read.

    Raises:
        ForgeError: GitHub failed.
        BranchTaken: every name for our branch has other commits.
    """
    target, task = run.target, run.task
    scope = await target.select(task)
    if scope.earlier and scope.sizes is not None and not _reads(task, scope):
        todo = {file.path: scope.sizes.get(file.path, 0) for file in scope.earlier.fresh}
        skipped, notes = scope.skipped, scope.notes
    else:
        plan = await _planned(run, await make_plan(target, task, scope))
        task = plan.task
        todo = {file.path: _size(file) for file in plan.todo}
        skipped, notes = plan.skipped, plan.notes
    found, model = task.findings, task.settings.model
    limits = (model.max_tokens, model.max_cost)
    if task.plan:
        limits = _less(limits, task.plan.effort)
    mine = {file.path: found.of(file.path) for file in scope.files} if found else {}
    weights = {path: weight_of(size, len(mine.get(path, ()))) for path, size in todo.items()}
    return Manifest(
        key=token_hex(8),
        repository=run.request.repository,
        ref=target.ref,
        commit=target.head,
        base=target.base,
        command=target.key,
        instruction=task.given,
        findings=None if found is None else Findings(by_path=mine),
        job=task.identity,
        shards=shards_of(weights, limits, run.inputs.shard),
        files=scope.files,
        skipped=skipped,
        notes=notes,
        background=task.background,
        plan=task.plan,
        threads=task.job.threads,
    )


def _reads(task: Task, scope: Scope) -> bool:
    """Whether the first job has to read the files, to show them or to have them planned."""
    fresh = scope.earlier.fresh if scope.earlier else ()
    sizes = [(scope.sizes or {}).get(file.path, 0) for file in fresh]
    return task.settings.model.context == "pull-request" or task.wants_plan(sizes)


async def _planned(run: Run, plan: Plan) -> Plan:
    """Ask for a plan of the change, if one is wanted; without a model, there is none."""
    if plan.asked is None:
        return plan
    try:
        editor = await run.ctx.open_editor(plan.task.settings.model)
    except PredictEditError as error:
        return plan.narrowed(ChangePlan(problem=str(error)))
    async with contextlib.aclosing(editor):
        return await planned(plan, editor)


def _less(
    limits: tuple[int | None, Decimal | None], effort: Effort
) -> tuple[int | None, Decimal | None]:
    """What a call leaves of the limits on tokens and money."""
    (tokens, cost), used = limits, Usage.total((effort.usage, effort.estimate))
    spent = (used.prompt_tokens or 0) + (used.completion_tokens or 0)
    paid = (effort.cost or Decimal(0)) + (effort.estimated_cost or Decimal(0))
    return (
        None if tokens is None else max(0, tokens - spent),
        None if cost is None else max(Decimal(0), cost - paid),
    )


def answers_of(shared: Shared, plan: Plan) -> Mapping[str, FileEdit | FileResult]:
    """Return what the editing jobs did, by path; files of a job without a result failed."""
    done = {file.path: file for part in shared.parts.values() for file in part.files}
    lost = lost_files(shared.manifest, shared.parts)
    answers: dict[str, FileEdit | FileResult] = {}
    for file in plan.sources:
        path = file.path
        if (left := done.get(path)) is None:
            if path not in plan.known:
                reason = lost.get(path, NOT_PLANNED)
                answers[path] = FileResult(path=path, status=FileStatus.FAILED, reason=reason)
        elif left.status in {FileStatus.FAILED, FileStatus.SKIPPED}:
            answers[path] = FileResult(
                path=path, status=left.status, reason=left.reason, effort=left.effort
            )
        else:
            lines = lines_of(file.text)
            answers[path] = FileEdit(
                file=file,
                text=file.text if left.text is None else left.text,
                effort=left.effort or Effort(),
                withheld=tuple(
                    withhold(one.start, tuple(lines[one.start - 1 :][: one.count]), one.reason)
                    for one in left.withheld
                ),
            )
    return answers


def result_of(
    shared: Shared, files: Iterable[FileResult], *, model: str, notes: tuple[str, ...]
) -> ShardResult:
    """Return what this editing job hands on."""
    blobs = shared.manifest.blobs_of(shared.number)
    return ShardResult(
        plan=shared.manifest.key,
        shard=shared.number,
        model=model,
        notes=notes,
        files=tuple(_done(result, blobs[result.path]) for result in files),
    )


def _done(result: FileResult, blob_sha: str | None) -> DoneFile:
    """Return one file as the publishing job places it again."""
    placed = result.placed
    placements = placed.placements if placed else ()
    kept = [placement.hunk for placement in placements if not placement.withheld]
    return DoneFile(
        path=result.path,
        blob_sha=blob_sha,
        status=result.status,
        reason=result.reason,
        text=apply_hunks(placed.file.text, kept) if placed else None,
        effort=result.effort,
        withheld=tuple(
            WithheldHunk(start=one.hunk.start, count=len(one.hunk.removed), reason=one.reason)
            for one in placements
            if one.withheld
        ),
    )


def _size(file: SourceFile) -> int:
    """Bytes of a file and half of its diff, which is read but not written."""
    patch = file.change.patch if file.change else None
    return len(file.text.encode("utf-8", "surrogateescape")) + len(patch or "") // 2
