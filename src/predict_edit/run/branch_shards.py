"""The jobs of one spread run: plan, edit and publish; and the choice between them and a whole run.

Each is a process of its own on a machine of its own; what they share are files in artifacts.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from predict_edit.domain import FileStatus, Outcome
from predict_edit.domain.errors import MissingInput
from predict_edit.run import branch_files as reading
from predict_edit.run.branch import TaskDesk, TaskRun, result_of
from predict_edit.run.manifest import PLAN, write_part
from predict_edit.run.outcome import Finished, money_of, outcome_of
from predict_edit.run.shard_results import (
    gathered,
    limited,
    manifest_of,
    read_results,
    shard_result,
    told,
)
from predict_edit.settings.fields import Inputs
from predict_edit.trigger.requests import BranchTask


async def run_task(tasked: BranchTask, inputs: Inputs, desk: TaskDesk) -> Finished:
    """Carry out a run over a branch, or a job of one; what goes wrong is in the report."""
    return await _WAYS[inputs.mode or "run"](tasked, inputs, desk).to_the_end()


class PlanJob(TaskRun):
    """The first job: who edits what."""

    async def carry_out(self) -> Finished:
        """Leave the plan."""
        plan, _, divided = await self._begin()
        manifest = manifest_of(
            plan,
            divided,
            repository=self._tasked.repository,
            wanted=self._inputs.shard,
            notes=self._report.notes,
        )
        self._desk.outbox.write(PLAN, write_part(manifest))
        skipped = (*plan.chosen.skipped, *divided.skipped)
        self._know(
            outcome=Outcome.UNCHANGED,
            files=tuple(result_of(file.path, FileStatus.SKIPPED, file.reason) for file in skipped),
            shards=manifest.names,
        )
        return self._left()


class EditJob(TaskRun):
    """A job of the matrix: some of the files, and a result for the last job."""

    async def carry_out(self) -> Finished:
        """Edit one shard and leave its result."""
        manifest, _ = await read_results(
            self._desk.workspace.folder, self._inputs, self._tasked.repository
        )
        if self._inputs.shard is None:
            raise MissingInput(
                "`shard` is missing, with `mode` edit.",
                "Take it from the matrix: `shard: ${{ matrix.shard }}`.",
            )
        number, shard = manifest.shard(self._inputs.shard)
        plan = await self._plan(manifest)
        plan = dataclasses.replace(plan, settings=limited(plan.settings, shard))
        mine = {file.path for file in shard.files}
        files = tuple(file for file in plan.chosen.files if file.path in mine)
        sources, unreadable = await reading.read_chosen(
            self._forge, plan.branch, plan.chosen, files
        )
        results = await self._edit(sources, plan)
        part = shard_result(
            manifest,
            number,
            results,
            unreadable,
            model=self._report.model,
            notes=self._report.notes,
        )
        self._desk.outbox.write(f"shard-{number}.json", write_part(part))
        files_told = (
            *results,
            *(result_of(file.path, FileStatus.SKIPPED, file.reason) for file in unreadable),
        )
        self._know(files=files_told, cost=money_of(files_told), outcome=outcome_of(files_told))
        return self._left()


class PublishJob(TaskRun):
    """The last job: everything that the others did, as one delivery."""

    async def carry_out(self) -> Finished:
        """Put the results together and deliver them."""
        manifest, parts = await read_results(
            self._desk.workspace.folder, self._inputs, self._tasked.repository
        )
        plan, standing, divided = await self._begin(manifest)
        sources, unreadable = await reading.read_chosen(
            self._forge, plan.branch, plan.chosen, divided.fresh
        )
        results = await gathered(manifest, parts, sources, plan.bench)
        notes = [note for note in told(manifest, parts) if note not in self._report.notes]
        models = [part.model for _, part in sorted(parts.items()) if part.model]
        self._know(notes=(*self._report.notes, *notes), model=(models or [self._report.model])[0])
        return await self._finish(plan, standing, divided, results, unreadable)


_WAYS: Final = {"run": TaskRun, "plan": PlanJob, "edit": EditJob, "publish": PublishJob}
