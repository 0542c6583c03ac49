"""One command on a pull request, spread over jobs: plan, edit and publish.

Each is a process of its own on a machine of its own, started by the same comment. Each asks anew
who gave the command and whether they may. The plan pins the commit that all of them work on; only
the plan and the publishing job say anything on the pull request, in the same one summary.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from secrets import token_hex
from typing import Final

from predict_edit.domain import (
    Effort,
    FileEdit,
    FileResult,
    FileStatus,
    Outcome,
    Reaction,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.errors import MissingInput
from predict_edit.run.authorize import Seen
from predict_edit.run.beginning import Admitted
from predict_edit.run.context import Desk
from predict_edit.run.divide import weight_of
from predict_edit.run.edit_files import Editing, model_of
from predict_edit.run.manifest import (
    PLAN,
    DoneFile,
    Manifest,
    PlannedFile,
    PlannedPull,
    ShardResult,
    write_part,
)
from predict_edit.run.outcome import Finished, outcome_of
from predict_edit.run.pull_request import Run
from predict_edit.run.read_files import read_files, with_thread
from predict_edit.run.reporter import with_skipped
from predict_edit.run.shard_results import (
    limited,
    lost_files,
    read_results,
    shard_result,
    shards_of,
    told,
)
from predict_edit.select import choose
from predict_edit.settings.fields import Inputs
from predict_edit.trigger.requests import PullRequestCommand

NOT_PLANNED: Final = "its earlier edit is not remembered any more; give the command again"


async def run_command(commanded: PullRequestCommand, inputs: Inputs, desk: Desk) -> Finished:
    """Carry out one command, or a job of it; what goes wrong is in the report."""
    return await _WAYS[inputs.mode or "run"](commanded, inputs, desk).to_the_end()


class PlanJob(Run):
    """The first job: who edits what. It takes the command up where everybody can see it."""

    async def _work(self, admitted: Admitted) -> Finished:
        (sources, skipped), self._account.job, _ = await asyncio.gather(
            self._sources(admitted),
            with_thread(self._forge, self._commanded, self._account.job),
            self._summary.react(Reaction.TAKEN),
        )
        async with self._editing(admitted.seen, sources, admitted.settings) as editing:
            fresh = [file for file in sources if not editing.remembers(file)]
        manifest = self._manifest(admitted, sources, fresh, skipped)
        self._desk.outbox.write(PLAN, write_part(manifest))
        if sources:
            done = len(sources) - len(fresh)
            await self._summary.say(self._account.progress(done, len(sources)))
        return self._account.leave(
            with_skipped((), skipped), outcome=Outcome.UNCHANGED, shards=manifest.names
        )

    def _manifest(
        self,
        admitted: Admitted,
        sources: Sequence[SourceFile],
        fresh: Sequence[SourceFile],
        skipped: Sequence[SkippedFile],
    ) -> Manifest:
        """The plan: what earlier runs of the command have answered for is in no shard."""
        pull, findings = admitted.seen.pull, self._findings
        planned = {
            file.path: PlannedFile(
                path=file.path,
                blob_sha=file.blob_sha,
                findings=findings.of(file.path) if findings else (),
                change=file.change,
            )
            for file in sources
        }
        weights = {file.path: _weight(file, planned[file.path]) for file in fresh}
        return Manifest(
            key=token_hex(8),
            repository=self._commanded.repository,
            ref=pull.head_ref,
            commit=pull.head_sha,
            said=self._account.job.instruction,
            about_findings=findings is not None,
            known=tuple(file for path, file in planned.items() if path not in weights),
            notes=self._account.notes,
            shards=shards_of(weights, planned, admitted.settings.model, self._inputs.shard),
            pull=PlannedPull(
                number=pull.number,
                command=self._summary.key,
                base=pull.base_sha,
                order=tuple(planned),
                skipped=tuple(skipped),
            ),
        )


class LaterJob(Run):
    """A job after the plan: what it works on is the plan's."""

    _manifest: Manifest
    _parts: dict[int, ShardResult]

    async def _pin(self, seen: Seen) -> Seen:
        """The pull request at the plan's commit.

        Raises:
            MissingInput: it is not said where the plan is.
            SpreadError: it is missing, broken or of another command.
        """
        workspace = self._desk.workspace
        if workspace is None:
            raise AssertionError("a job of a spread run has a workspace")
        self._manifest, self._parts = await read_results(
            workspace.folder,
            self._inputs,
            self._commanded.repository,
            command=self._summary.key,
        )
        self._findings = self._manifest.findings
        base = self._manifest.pull.base if self._manifest.pull else seen.pull.base_sha
        head = self._manifest.commit
        self._account.know(head=head, base=base)
        return dataclasses.replace(
            seen, pull=dataclasses.replace(seen.pull, head_sha=head, base_sha=base)
        )

    async def _find(self, seen: Seen) -> None:
        """What was found stands in the plan."""

    def _wait(self) -> str:
        """The plan was let through, and what is paid for is not held back."""
        return ""

    def _check_alone(self) -> None:
        """The plan has begun the command; what was given after it waits for this one."""

    async def _sources(
        self, admitted: Admitted
    ) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
        pull, files = self._manifest.pull, {file.path: file for file in self._manifest.files}
        order = pull.order if pull else ()
        sources, unreadable = await self._open(
            admitted, [files[path] for path in order if path in files]
        )
        return sources, (*(pull.skipped if pull else ()), *unreadable)

    async def _open(
        self, admitted: Admitted, files: Sequence[PlannedFile]
    ) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
        """Read files of the plan as they stood when it was made.

        A plan comes from an artifact, so what must not be edited is looked for here once more.
        """
        changes = [file.change for file in files if file.change]
        settings, policy = admitted.settings, admitted.policy
        chosen = choose(
            changes,
            include=settings.files,
            exclude=settings.exclude,
            attributes=policy.attributes,
            # The plan has held the limit; the other jobs need not be told of it.
            max_files=max(1, len(changes)),
            unlocked=settings.unlocked,
        )
        sources, unreadable = await read_files(
            self._forge, self._manifest.commit, chosen.kept, policy
        )
        return sources, (*chosen.skipped, *unreadable)


class EditJob(LaterJob):
    """A job of the matrix: some of the files. It says nothing on the pull request."""

    def __init__(self, commanded: PullRequestCommand, inputs: Inputs, desk: Desk) -> None:
        super().__init__(commanded, inputs, desk)
        self._summary.be_silent()

    async def _done_before(self, admitted: Admitted) -> Finished | None:
        """Nothing is told here; what is remembered is not asked for again."""
        del admitted
        self._account.recall()
        return None

    async def _work(self, admitted: Admitted) -> Finished:
        if self._inputs.shard is None:
            raise MissingInput(
                "`shard` is missing, with `mode` edit.",
                "Take it from the matrix: `shard: ${{ matrix.shard }}`.",
            )
        number, shard = self._manifest.shard(self._inputs.shard)
        self._account.settings = settings = limited(admitted.settings, shard)
        (sources, unreadable), self._account.job = await asyncio.gather(
            self._open(admitted, shard.files),
            with_thread(self._forge, self._commanded, self._account.job),
        )
        results = await self._edit(admitted.seen, sources, settings)
        part = shard_result(
            self._manifest,
            number,
            results,
            unreadable,
            model=model_of(results) or settings.model.model,
            notes=self._account.notes,
        )
        self._desk.outbox.write(f"shard-{number}.json", write_part(part))
        files = with_skipped(results, unreadable)
        return self._account.leave(files, outcome=outcome_of(files))


class PublishJob(LaterJob):
    """The last job: everything that the others did, as one review with one summary."""

    async def _work(self, admitted: Admitted) -> Finished:
        (sources, skipped), self._account.job = await asyncio.gather(
            self._sources(admitted),
            with_thread(self._forge, self._commanded, self._account.job),
        )
        async with self._editing(admitted.seen, sources, admitted.settings) as editing:
            results = await self._gathered(editing, sources)
        models = [part.model for _, part in sorted(self._parts.items()) if part.model]
        self._account.know(model=(models or [admitted.settings.model.model])[0])
        self._account.note(*told(self._manifest, self._parts), *editing.notes)
        return await self._hand_over(admitted, results, skipped)

    async def _gathered(
        self, editing: Editing, sources: Sequence[SourceFile]
    ) -> tuple[FileResult, ...]:
        """What the jobs did and what is remembered, each file judged and placed here."""
        done = {file.path: file for part in self._parts.values() for file in part.files}
        lost = lost_files(self._manifest, self._parts)

        async def one(file: SourceFile) -> FileResult:
            if file.path in done:
                return await _taken(editing, file, done[file.path])
            if editing.remembers(file):
                return (await editing.all_files([file], None))[0]
            reason = lost.get(file.path, NOT_PLANNED)
            return FileResult(path=file.path, status=FileStatus.FAILED, reason=reason)

        return tuple(await asyncio.gather(*map(one, sources)))


async def _taken(editing: Editing, file: SourceFile, done: DoneFile) -> FileResult:
    """One file as another job left it."""
    if done.status in {FileStatus.FAILED, FileStatus.SKIPPED}:
        return FileResult(
            path=file.path, status=done.status, reason=done.reason, effort=done.effort
        )
    text = file.text if done.text is None else done.text
    return await editing.take(FileEdit(file=file, text=text, effort=done.effort or Effort()))


def _weight(file: SourceFile, planned: PlannedFile) -> int:
    """About how many tokens a file takes; its diff is read once."""
    patch = file.change.patch if file.change else None
    size = len(file.text.encode("utf-8", "surrogateescape")) + len(patch or "") // 2
    return weight_of(size, len(planned.findings))


_WAYS: Final = {"run": Run, "plan": PlanJob, "edit": EditJob, "publish": PublishJob}
