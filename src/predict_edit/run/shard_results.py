"""One run spread over jobs: what each job takes from the plan and leaves for the last one."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex

from predict_edit.domain import FileResult, FileStatus, SkippedFile, SourceFile
from predict_edit.domain.errors import DiffError, MissingInput, SpreadError
from predict_edit.findings.workspace import read_matching
from predict_edit.run.branch_edit import Bench, judge
from predict_edit.run.branch_plan import Plan
from predict_edit.run.branch_resume import Divided
from predict_edit.run.divide import balance, count_for, share_cost, share_tokens, weight_of
from predict_edit.run.manifest import (
    DoneFile,
    Manifest,
    PlannedFile,
    PlannedShard,
    ShardResult,
    read_parts,
)
from predict_edit.settings.fields import Inputs, ModelSettings, Settings
from predict_edit.suggest.diff import apply_hunks
from predict_edit.suggest.place import place
from predict_edit.trigger.command import RunRecipe

LOST = "shard {}: its job left no result; run it again"


def manifest_of(
    plan: Plan,
    divided: Divided,
    *,
    repository: str,
    wanted: str | None,
    notes: tuple[str, ...],
) -> Manifest:
    """Divide what is to be done; ``wanted`` is the input ``shard`` of the plan's job."""
    weights = {
        file.path: weight_of(
            plan.chosen.sizes.get(file.path, 0), len(plan.bench.findings_of(file.path))
        )
        for file in divided.fresh
    }
    planned = {
        file.path: PlannedFile(
            path=file.path,
            blob_sha=file.blob_sha or "",
            findings=plan.bench.findings_of(file.path),
        )
        for file in plan.chosen.files
    }
    command = plan.wish.command
    return Manifest(
        key=token_hex(8),
        repository=repository,
        ref=plan.branch.name,
        commit=plan.branch.commit,
        said=f"run {command.name}" if isinstance(command, RunRecipe) else command.instruction,
        about_findings=plan.bench.findings is not None,
        known=tuple(file for path, file in planned.items() if path not in weights),
        notes=notes,
        shards=shards_of(weights, planned, plan.settings.model, wanted),
    )


def shards_of(
    weights: Mapping[str, int],
    planned: Mapping[str, PlannedFile],
    model: ModelSettings,
    wanted: str | None,
) -> tuple[PlannedShard, ...]:
    """Divide files by weight, and the limits of the run with them.

    ``wanted`` is the input ``shard`` of the plan's job.
    """
    number = int(wanted.partition("/")[0]) if wanted else None
    shards = balance(weights, count_for(len(weights), number))
    heavy = [sum(weights[path] for path in shard) for shard in shards]
    limits = zip(
        share_tokens(model.max_tokens, heavy), share_cost(model.max_cost, heavy), strict=True
    )
    return tuple(
        PlannedShard(files=tuple(planned[path] for path in shard), max_tokens=tokens, max_cost=cost)
        for shard, (tokens, cost) in zip(shards, limits, strict=True)
    )


async def read_results(
    workspace: Path, inputs: Inputs, repository: str, *, command: str = ""
) -> tuple[Manifest, dict[int, ShardResult]]:
    """The plan and the results that other jobs left.

    ``command`` names the command on a pull request that they have to be about; empty for a branch.

    Raises:
        MissingInput: it is not said where they are.
        SpreadError: they are missing, broken or of another run.
    """
    if not inputs.results:
        raise MissingInput(
            f"`results` is missing, with `mode` {inputs.mode}.",
            "Download the artifacts of the other jobs, and name their files as `results`.",
        )
    files = await asyncio.to_thread(
        read_matching, workspace, inputs.results, "results", SpreadError
    )
    manifest, results = read_parts(files)
    if manifest.repository != repository:
        raise SpreadError("The plan for `results` is of another repository.", "Use its own.")
    if command != (manifest.pull.command if manifest.pull else ""):
        raise SpreadError("The plan for `results` is of another command.", "Use its own.")
    return manifest, results


def limited(settings: Settings, shard: PlannedShard) -> Settings:
    """The settings of one job, with its part of the limits."""
    model = dataclasses.replace(
        settings.model, max_tokens=shard.max_tokens, max_cost=shard.max_cost
    )
    return dataclasses.replace(settings, model=model)


def shard_result(
    manifest: Manifest,
    number: int,
    results: Sequence[FileResult],
    skipped: Sequence[SkippedFile],
    *,
    model: str,
    notes: tuple[str, ...],
) -> ShardResult:
    """What one job hands on."""
    blobs = {file.path: file.blob_sha for file in manifest.shards[number - 1].files}
    unread = (
        FileResult(path=file.path, status=FileStatus.SKIPPED, reason=file.reason)
        for file in skipped
    )
    return ShardResult(
        plan=manifest.key,
        shard=number,
        model=model,
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
            for result in (*results, *unread)
        ),
    )


async def gathered(
    manifest: Manifest,
    results: Mapping[int, ShardResult],
    sources: Sequence[SourceFile],
    bench: Bench,
) -> tuple[FileResult, ...]:
    """The results of all jobs for some files; those of a job without a result have failed."""
    done = {file.path: file for _, result in sorted(results.items()) for file in result.files}
    lost = lost_files(manifest, results)

    def work() -> tuple[FileResult, ...]:
        return tuple(
            _placed(file, done[file.path], bench)
            if file.path in done
            else FileResult(
                path=file.path,
                status=FileStatus.FAILED,
                reason=lost.get(file.path, "it is not in the plan; run all jobs again"),
            )
            for file in sources
        )

    return await asyncio.to_thread(work)


def lost_files(manifest: Manifest, results: Mapping[int, ShardResult]) -> dict[str, str]:
    """The files of the jobs that left no result, with the reason."""
    return {
        file.path: LOST.format(name)
        for number, (name, shard) in enumerate(
            zip(manifest.names, manifest.shards, strict=True), start=1
        )
        if number not in results
        for file in shard.files
    }


def told(manifest: Manifest, results: Mapping[int, ShardResult]) -> tuple[str, ...]:
    """What all jobs had to say, each sentence once."""
    notes = (manifest.notes, *(part.notes for _, part in sorted(results.items())))
    return tuple(dict.fromkeys(note for some in notes for note in some))


def _placed(file: SourceFile, done: DoneFile, bench: Bench) -> FileResult:
    """One file of another job, its edit judged again here."""
    result = FileResult(path=file.path, status=done.status, reason=done.reason, effort=done.effort)
    if done.status is not FileStatus.EDITED or done.text is None:
        return result
    try:
        placed = place(file, done.text, judge=judge(file, bench))
    except DiffError as error:
        return dataclasses.replace(result, status=FileStatus.FAILED, reason=str(error))
    return dataclasses.replace(result, placed=placed)


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
