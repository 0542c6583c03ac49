"""The changed files of a pull request as what a run edits, and what earlier runs did to them."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from predict_edit.delivery.commit import as_committed, page_of
from predict_edit.delivery.delivered import (
    Delivery,
    Destination,
    check_branch,
    check_ready,
    check_same_repository,
)
from predict_edit.delivery.pull_request import PullRequestDelivery, find_own_branch, job_digest
from predict_edit.delivery.state import Memory, Record
from predict_edit.delivery.ways import WAYS
from predict_edit.domain.edits import ChangedFile, OpenThread, SourceFile
from predict_edit.domain.errors import (
    CommandError,
    ContradictingInputs,
    FileLeftPullRequest,
    ForgeError,
    PredictEditError,
    SettingsError,
)
from predict_edit.domain.ports import GitHost
from predict_edit.domain.run_report import Delivered, FileResult, FileStatus, Outcome, RunReport
from predict_edit.run.context import (
    Plan,
    Run,
    Scope,
    Target,
    Task,
    divided,
    job_of,
    make_plan,
    scope_of,
    try_push,
)
from predict_edit.run.edit_all import place_answers
from predict_edit.run.outcome import model_of, skipped_results
from predict_edit.run.snapshot import Snapshot, path_now, read_open_threads
from predict_edit.select.choose import choose_from_tree
from predict_edit.select.gitattributes import GitAttributes, attribute_files
from predict_edit.settings.resolve import named_command, resolve_command, with_built_in
from predict_edit.suggest.anchors import anchors_of
from predict_edit.suggest.place import place
from predict_edit.support.git import blob_sha_of, text_of
from predict_edit.support.log import log
from predict_edit.support.markers import Marker
from predict_edit.support.text import plural, quoted
from predict_edit.trigger.command import Address, Apply, Help, RunRecipe
from predict_edit.trigger.requests import PullRequestCommand


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestTarget(Target):
    """The changed files of a pull request, for a command by a person who may give it."""

    commanded: PullRequestCommand
    memory: Memory
    """The answers of earlier runs of the command."""
    save: Callable[[str, int], Awaitable[None]]
    """Saves the paid answers for a commit and a number of files."""
    snapshot: Snapshot
    stack: Callable[[Target, Plan, RunReport, str], PullRequestDelivery]
    """Returns what delivers a plan as a pull request of its own, with a note in its text."""

    def resolve(self) -> Task:
        """Merge command, inputs and config.

        Raises:
            CommandError: the command is wrong.
            SettingsError: the workflow's inputs are wrong, and this run only says so.
        """
        parsed, config = self.commanded.parsed, self.snapshot.config
        if isinstance(parsed, CommandError | SettingsError):
            raise parsed
        if self.inputs.findings or (self.shared and self.shared.manifest.findings):
            config = with_built_in(config)
        job = job_of(self.commanded)
        if isinstance(parsed, Address):
            job = dataclasses.replace(job, aim=None)
        elif job.aim:
            path = path_now(job.aim.path, self._changed)
            aim = dataclasses.replace(job.aim, thread=self.snapshot.thread, path=path)
            job = dataclasses.replace(job, aim=aim)
        settings, instruction = resolve_command(self.inputs, config, parsed)
        identity = ""
        if settings.deliver == "pull-request" and instruction:
            number = job.pull_request
            given = f"run {parsed.name}" if isinstance(parsed, RunRecipe) else instruction
            named = named_command(given, config, findings=False)
            settings = dataclasses.replace(
                settings,
                branch=settings.branch or f"predict-edit/{number}-{named.slug}",
                title=settings.title or f"{named.title} (for #{number})",
            )
            asked = (instruction, settings.files, settings.exclude, settings.also, self.findings)
            # For `address` outside a thread, all open threads are meant, and no one of them.
            one = self.commanded.in_reply_to or (job.aim and job.command.comment_id)
            identity = f"{number}-{job_digest(asked, one)}"
        return Task(
            job=dataclasses.replace(job, instruction=instruction),
            settings=settings,
            secrets=self.ctx.secrets,
            memory=self.memory,
            given=instruction,
            identity=identity,
        )

    def check(self, task: Task) -> None:
        """Refuse a pull request that is closed, has another head, or cannot be written to.

        Raises:
            PredictEditError: it cannot be worked on.
        """
        if isinstance(self.commanded.parsed, Help):
            return
        check_ready(self.snapshot.pull, task.job)
        applies = isinstance(self.commanded.parsed, Apply)
        if (applies or task.settings.deliver == "commit") and not task.settings.dry_run:
            check_branch(self.snapshot.pull)
        if task.settings.deliver == "pull-request" and not applies:
            check_same_repository(self.snapshot.pull, task.job)
            if task.settings.also and self._is_one_of_several:
                raise ContradictingInputs(
                    f"`mode` {self.inputs.mode} and `also` exclude each other.",
                    "Use one job without `mode`, or remove `also`.",
                )
        aim = task.job.aim
        here = {change.path for change in self._changed if change.status != "removed"}
        if aim and self.commanded.edits and not self.shared and aim.path not in here:
            raise FileLeftPullRequest(
                f"The review thread is about {quoted(aim.path)}, which is not among the files of "
                "the pull request any more.",
                "Run the command in a thread on a file that the pull request changes, or in a "
                "comment of its own.",
            )

    async def threads(self, task: Task) -> tuple[OpenThread, ...] | None:
        """Read the open threads for a command that addresses them; in a thread, that one."""
        if not isinstance(self.commanded.parsed, Address):
            return None
        if self.shared:
            return self.shared.manifest.threads
        return await read_open_threads(
            self.ctx.forge,
            self.snapshot.pull,
            self._changed,
            least=task.settings.permission,
            word=task.settings.command,
            only=self.commanded if self.commanded.in_reply_to else None,
        )

    async def select(self, task: Task) -> Scope:
        """Choose among the changed files.

        A plan comes from an artifact, so what must not be edited is looked for in it once more.
        """
        attributes, shared = self.snapshot.attributes, self.shared
        stacks = task.settings.deliver == "pull-request"
        if shared is None:
            scope = scope_of(task, self._changed, attributes)
            scope = dataclasses.replace(scope, notes=(*self._unlisted(), *scope.notes))
            named = task.job.aim or task.job.threads is not None or task.findings
            if task.settings.also and stacks and not named:
                scope = await self._with_others(task, scope)
        else:
            made, changes = shared.manifest, shared.changes
            if task.settings.deliver in {"commit", "pull-request"}:
                here = {change.path for change in self.snapshot.changed}
                changes = tuple(
                    each if each.path in here else dataclasses.replace(each, status="unchanged")
                    for each in changes
                )
            again = {change.path for change in changes}
            skipped = [] if shared.shard else [f for f in made.skipped if f.path not in again]
            scope = scope_of(task, changes, attributes, skipped=skipped, planned=True)
        if not stacks or (shared and shared.shard):
            return scope
        settings = task.settings
        own = await find_own_branch(
            self.ctx.forge, settings.branch or "", self.inputs.api_key, job=task.identity
        )
        scope = await divided(self, task, own, scope)
        several = self._is_one_of_several
        if scope.earlier and scope.earlier.fresh and not (settings.dry_run or several):
            await try_push(self)
        return scope

    async def _with_others(self, task: Task, scope: Scope) -> Scope:
        """Add the files that the pull request does not change and ``also`` names.

        The command's own ``--files`` narrows them; ``files`` of workflow or config does not.
        What they are is said by the attributes of the base, as for every file.

        Raises:
            ForgeError: GitHub failed.
        """
        forge, settings = self.ctx.forge, task.settings
        own = "files" in getattr(self.commanded.parsed, "options", {})
        named = settings.files[-1:] if own else ()
        changed = {change.path for change in self._changed}
        tree = [file for file in await forge.tree(self.head) if file.path not in changed]
        wanted = attribute_files(file.path for file in tree)
        found = await forge.read_files(self.base, dict.fromkeys(wanted)) if wanted else {}
        chosen = choose_from_tree(
            tree,
            include=(*settings.also, *named),
            exclude=settings.exclude,
            attributes=GitAttributes.parse({path: file.data for path, file in found.items()}),
            unlocked=settings.unlocked,
        )
        return dataclasses.replace(
            scope, files=(*scope.files, *chosen.kept), skipped=(*scope.skipped, *chosen.skipped)
        )

    @property
    def _is_one_of_several(self) -> bool:
        """Whether this is one job of a spread run, of which only the last writes."""
        return self.inputs.mode not in {None, "run"}

    @property
    def _changed(self) -> tuple[ChangedFile, ...]:
        """The changes of the pull request that this job is about."""
        return self.shared.changes if self.shared else self.snapshot.changed

    def _unlisted(self) -> tuple[str, ...]:
        """Say how many files GitHub counts and does not list: it lists no more than 3,000."""
        total, listed = self.snapshot.pull.changed_files, len(self.snapshot.changed)
        if total <= listed:
            return ()
        left = plural(total - listed, "file")
        return (f"GitHub lists only {listed:,} of the {total:,} changed files; {left} left out.",)

    async def base_texts(self, sources: Sequence[SourceFile]) -> Mapping[str, str]:
        """Read the text at the merge base of each file whose diff is missing or cannot be used.

        Costs nothing if every diff is whole, else one request for the merge base and those of one
        reading. A file that cannot be read is left out: its edits go to the patch then.
        """
        wanted = await asyncio.to_thread(_without_diff, sources)
        if not wanted:
            return {}
        forge = self.ctx.forge
        try:
            start = await forge.merge_base(self.base, self.head)
            contents = await forge.read_files(start, dict.fromkeys(wanted.values()))
        except ForgeError as error:
            log.info("the files at the merge base could not be read: %s", error.cause)
            return {}
        return {
            path: text
            for path, old in wanted.items()
            if old in contents and (text := text_of(contents[old].data)) is not None
        }

    def delivery(self, plan: Plan, facts: RunReport) -> Delivery:
        """Return the way of delivery; what was paid for is saved before it posts."""
        to = self.destination(plan.task, len(plan.sources))
        if plan.task.settings.deliver != "pull-request":
            return WAYS[plan.task.settings.deliver](to)
        note = f"For pull request {to.pull.number}. It is closed when that one is closed or merged."
        return dataclasses.replace(self.stack(self, plan, facts, note), to=to)

    def destination(self, task: Task, total: int = 0) -> Destination:
        """Return the pull request as every way of delivery needs it."""
        return Destination(
            job=task.job,
            pull=self.snapshot.pull,
            forge=self.ctx.forge,
            command=self.key,
            seals=self.commanded.seals(task.settings.model.api_key),
            max_suggestions=task.settings.max_suggestions,
            dry_run=task.settings.dry_run,
            run_url=self.ctx.run_url,
            reviews=self.snapshot.reviews,
            save=functools.partial(self.save, self.head, total) if total else None,
            sleep=self.ctx.sleep,
        )


def _without_diff(sources: Sequence[SourceFile]) -> dict[str, str]:
    """Path at the head and at the base of the files whose diff cannot be used as it is."""
    wanted: dict[str, str] = {}
    for file in sources:
        change = file.change
        if change is None or change.status in {"added", "removed"}:
            continue
        if isinstance(anchors_of(change, file.text), str):
            wanted[file.path] = change.previous_path or file.path
    return wanted


COMPLETE: Final = frozenset(
    {Outcome.SUGGESTED, Outcome.COMMITTED, Outcome.OPENED, Outcome.PATCHED, Outcome.UNCHANGED}
)
"""Outcomes after which there is nothing left to try again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What an earlier run of the same command delivered."""

    delivered: Delivered
    reported: bool
    """Whether its summary says so already."""
    model: str = ""


async def finished_before(
    run: Run, target: PullRequestTarget, earlier: Marker | None
) -> Before | None:
    """Return what an earlier run of the same command finished; ``None`` if there is work left.

    ``earlier`` is the marker that it left.

    Raises:
        ForgeError: the files could not be read.
    """
    before, task, snapshot = _outcome_before(earlier), run.task, target.snapshot
    applies = isinstance(target.commanded.parsed, Apply)
    if task.memory and (applies or task.settings.deliver == "commit"):
        changed = {change.path: change for change in snapshot.changed}
        files = await _committed_before(run.ctx.forge, earlier, task.memory, changed)
        if files:
            delivered = Delivered(files=files, outcome=Outcome.COMMITTED)
            if before is Outcome.COMMITTED:
                return Before(delivered=delivered, reported=True)
            log.info("an earlier run of this command made the commit already")
            url = page_of(snapshot.pull, target.head)
            return Before(delivered=dataclasses.replace(delivered, commit_url=url), reported=False)
    if before is None or applies or earlier is None or earlier.fields.get("head") != target.head:
        return None
    log.info("an earlier run of this command finished on this head: nothing to do")
    plan = await make_plan(target, task)
    results = await place_answers(plan, {})
    prepared = target.delivery(plan, run.facts).prepare(results)
    delivered = dataclasses.replace(
        prepared, files=(*prepared.files, *skipped_results(plan.skipped)), outcome=before
    )
    return Before(delivered=delivered, reported=True, model=model_of(results))


def _outcome_before(earlier: Marker | None) -> Outcome | None:
    """The outcome of an earlier run of the command; ``None`` if trying again may help."""
    if earlier is None or earlier.fields.get("state") != "done":
        return None
    outcome = earlier.fields.get("outcome", "")
    return Outcome(outcome) if outcome in COMPLETE else None


async def _committed_before(
    forge: GitHost, earlier: Marker | None, memory: Memory, changed: Mapping[str, ChangedFile]
) -> tuple[FileResult, ...]:
    """The files of a commit that an earlier run made and could not report; empty without one.

    It was made if every file that was edited now is, at the head, what it was edited to.

    Raises:
        ForgeError: the files could not be read.
    """
    records = [record for record in memory.records.values() if not record.held]
    edited = [record for record in records if record.after != record.before]
    head = earlier.fields.get("head", "") if earlier else ""
    if not (edited and head) or any(
        record.path not in changed or changed[record.path].blob_sha != record.after
        for record in edited
    ):
        return ()
    contents = await forge.read_files(head, {record.path: record.before for record in edited})
    found = []
    for record in edited:
        data = contents[record.path].data if record.path in contents else None
        result = _as_before(record, data) if data is not None else None
        if result is None:
            return ()
        found.append(result)
    unchanged = [
        FileResult(path=record.path, status=FileStatus.UNCHANGED, effort=record.effort)
        for record in memory.records.values()
        if record.after == record.before
    ]
    return (*as_committed(found), *unchanged)


def _as_before(record: Record, data: bytes) -> FileResult | None:
    """One file as the earlier run had it."""
    text = text_of(data) if blob_sha_of(data) == record.before else None
    edited = None if text is None else record.edited(text)
    if text is None or edited is None:
        return None
    file = SourceFile(path=record.path, text=text, blob_sha=record.before)
    try:
        placed = place(file, edited)
    except PredictEditError:
        return None
    return FileResult(
        path=record.path, status=FileStatus.EDITED, effort=record.effort, placed=placed
    )
