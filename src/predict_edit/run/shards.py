"""One run spread over jobs: the steps of a run, with a file between them.

Each job is a process of its own on a machine of its own, started by the same event. Each asks anew
who gave the command and whether they may. The first job pins the commit that all work on; only the
first and the last say anything on a pull request, in the same one summary.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from secrets import token_hex
from typing import Final

from predict_edit.domain.edits import Effort, FileEdit
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome
from predict_edit.run.edit_all import Edited, edit_all, place_answers
from predict_edit.run.manifest import (
    PLAN,
    DoneFile,
    Manifest,
    ShardResult,
    lost_files,
    shards_of,
    write_part,
)
from predict_edit.run.outcome import Finished, outcome_of, skipped_results
from predict_edit.run.plan import Outline, Plan, Run, Shared
from predict_edit.run.publish import leave
from predict_edit.run.publish import publish as publish_edits
from predict_edit.run.reporter import SummaryListener
from predict_edit.settings.fields import ModelSettings
from predict_edit.suggest.diff import apply_hunks

NOT_PLANNED: Final = "its earlier edit is not remembered any more; give the command again"


async def plan(run: Run) -> Finished:
    """The first job of a spread run: plan, and leave the plan for the others."""
    outline, _ = await asyncio.gather(run.target.outline(run.task), run.listener.started())
    manifest = manifest_of(
        outline,
        repository=run.request.repository,
        commit=run.target.head,
        model=run.task.settings.model,
        wanted=run.inputs.shard,
    )
    run.ctx.outbox.write(PLAN, write_part(manifest))
    if isinstance(run.listener, SummaryListener) and outline.files:
        total = len(outline.files)
        await run.listener.say_progress(run.target.head, total - len(outline.weights), total)
    return leave(
        run,
        run.facts.noting(*outline.notes),
        skipped_results(outline.skipped),
        outcome=Outcome.UNCHANGED,
        shards=manifest.names,
    )


async def edit(run: Run) -> Finished:
    """A job of the matrix: read its part of the plan, edit it, and leave the results."""
    shared = _shared(run)
    planned = await run.target.make_plan(run.task)
    edited = await edit_all(planned, run.ctx.open_editor, run.listener)
    facts = dataclasses.replace(run.facts, job=planned.task.job, model=edited.model)
    facts = facts.noting(*planned.notes, *edited.notes)
    part = part_of(shared, edited, planned, facts.notes)
    run.ctx.outbox.write(f"shard-{shared.number}.json", write_part(part))
    files = (*edited.results, *skipped_results(planned.skipped))
    return leave(run, facts, files, outcome=outcome_of(files))


async def publish(run: Run) -> Finished:
    """The last job: read what the others did, judge and place it here, and publish it."""
    shared = _shared(run)
    planned = await run.target.make_plan(run.task)
    results = await place_answers(planned, answers_of(shared, planned))
    model = model_asked(shared, run.task.settings.model.model)
    edited = Edited(results=results, model=model)
    return await publish_edits(run, planned, edited, *told(shared))


def _shared(run: Run) -> Shared:
    """What other jobs left, which a later job always has."""
    if run.target.shared is None:
        raise AssertionError("a later job of a spread run was given a plan")
    return run.target.shared


def manifest_of(
    outline: Outline, *, repository: str, commit: str, model: ModelSettings, wanted: str | None
) -> Manifest:
    """Divide what is to be done; ``wanted`` is the input ``shard`` of the first job."""
    known = (file for path, file in outline.files.items() if path not in outline.weights)
    return Manifest(
        key=token_hex(8),
        repository=repository,
        ref=outline.ref,
        commit=commit,
        said=outline.said,
        about_findings=outline.about_findings,
        known=tuple(known),
        notes=outline.notes,
        shards=shards_of(outline.weights, outline.files, model, wanted),
        pull=outline.pull,
    )


def part_of(shared: Shared, edited: Edited, plan: Plan, notes: tuple[str, ...]) -> ShardResult:
    """What one editing job hands on."""
    blobs = {file.path: file.blob_sha for file in shared.shard.files} if shared.shard else {}
    return ShardResult(
        plan=shared.manifest.key,
        shard=shared.number,
        model=edited.model,
        notes=notes,
        files=tuple(
            DoneFile(
                path=result.path,
                blob_sha=blobs[result.path],
                status=result.status,
                reason=result.reason,
                text=_edited(result),
                effort=result.effort,
            )
            for result in (*edited.results, *skipped_results(plan.skipped))
        ),
    )


def answers_of(shared: Shared, plan: Plan) -> Mapping[str, FileEdit | FileResult]:
    """What the editing jobs did, by path; files of a job without a result have failed."""
    done = {file.path: file for part in shared.parts.values() for file in part.files}
    lost = lost_files(shared.manifest, shared.parts)
    answers: dict[str, FileEdit | FileResult] = {}
    for file in plan.sources:
        if (left := done.get(file.path)) is None:
            if file.path not in plan.known:
                reason = lost.get(file.path, NOT_PLANNED)
                answers[file.path] = FileResult(
                    path=file.path, status=FileStatus.FAILED, reason=reason
                )
        elif left.status in {FileStatus.FAILED, FileStatus.SKIPPED}:
            answers[file.path] = FileResult(
                path=file.path, status=left.status, reason=left.reason, effort=left.effort
            )
        else:
            text = file.text if left.text is None else left.text
            answers[file.path] = FileEdit(file=file, text=text, effort=left.effort or Effort())
    return answers


def told(shared: Shared) -> tuple[str, ...]:
    """What all jobs had to say, each sentence once."""
    notes = (shared.manifest.notes, *(part.notes for _, part in sorted(shared.parts.items())))
    return tuple(dict.fromkeys(note for some in notes for note in some))


def model_asked(shared: Shared, otherwise: str) -> str:
    """The model that the jobs asked, as the first of them that knows names it."""
    models = [part.model for _, part in sorted(shared.parts.items()) if part.model]
    return (models or [otherwise])[0]


def _edited(result: FileResult) -> str | None:
    """The text that the model gave; without what UTF-8 cannot write, as nobody may post that."""
    placed = result.placed
    if placed is None:
        return None
    text = apply_hunks(placed.file.text, [placement.hunk for placement in placed.placements])
    try:
        text.encode()
    except UnicodeEncodeError:
        return placed.accepted
    return text
