"""What a run edits: the changed files of a pull request, or the files of a branch.

A target is loaded once, pinned to one commit, and plans what is asked about which file.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence

from predict_edit.delivery.delivered import Destination, check_ready
from predict_edit.delivery.own_branch import OwnBranch, find_own_branch
from predict_edit.delivery.patch_files import PatchDelivery
from predict_edit.delivery.pull_request import PullRequestDelivery
from predict_edit.delivery.state import DECLINED, UNCHANGED, Memory, answer_of, question_of
from predict_edit.delivery.ways import WAYS
from predict_edit.domain.edits import (
    OVER_MAX_FILES,
    ChangedFile,
    Effort,
    FileEdit,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.errors import (
    CommandError,
    ForgeError,
    InvalidInput,
    MissingInput,
    SettingsError,
)
from predict_edit.domain.ports import Delivery
from predict_edit.domain.repository import PullRequest, Review
from predict_edit.domain.run_report import FileResult, Job, RunReport
from predict_edit.findings.collection import Findings
from predict_edit.report.view import plural
from predict_edit.run.context import Context, RunRequest
from predict_edit.run.manifest import (
    PlannedFile,
    PlannedPull,
    read_results,
    weight_of,
)
from predict_edit.run.outcome import Facts, outcome_of, report_of, skipped_results
from predict_edit.run.plan import Outline, Plan, Shared, Task, recalled_notes
from predict_edit.select import GitAttributes, attribute_files, choose, open_files
from predict_edit.select.choose import choose_from_tree
from predict_edit.settings.fields import Inputs, Settings
from predict_edit.settings.repository_config import CONFIG_PATH, RepositoryConfig, read_config
from predict_edit.settings.resolve import (
    check_served,
    named_command,
    resolve,
    resolve_command,
    slug,
    with_built_in,
)
from predict_edit.suggest.anchors import NoAnchors, anchors_of
from predict_edit.support.log import log
from predict_edit.support.text import quoted
from predict_edit.trigger.command import Apply, EditCommand, Help, RunRecipe
from predict_edit.trigger.requests import BranchTask, PullRequestCommand

DECLINED_REASON = "its edit was in a pull request that was closed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestTarget:
    """The changed files of a pull request, for a command by a person who may give it."""

    commanded: PullRequestCommand
    inputs: Inputs
    ctx: Context
    key: str
    """The key of the command."""
    memory: Memory
    """What earlier runs of the command were answered."""
    save: Callable[[str, int], Awaitable[None]]
    """Saves the paid answers for a commit and a number of files."""
    pull: PullRequest
    changed: tuple[ChangedFile, ...]
    config: RepositoryConfig
    attributes: GitAttributes
    reviews: tuple[Review, ...]
    shared: Shared | None

    @property
    def head(self) -> str:
        """The pull request's newest commit when the run, or its first job, began."""
        return self.pull.head_sha

    @property
    def base(self) -> str:
        """The newest commit of the base branch at that moment."""
        return self.pull.base_sha

    def settle(self) -> Task:
        """Merge what command, inputs and config say.

        Raises:
            CommandError: the command is wrong.
            SettingsError: the workflow's inputs are wrong, and this run only says so.
        """
        parsed, config = self.commanded.parsed, self.config
        if isinstance(parsed, CommandError | SettingsError):
            raise parsed
        if self.inputs.findings or (self.shared and self.shared.manifest.about_findings):
            config = with_built_in(config)
        job = job_of(self.commanded)
        if not isinstance(parsed, EditCommand | RunRecipe):
            settings, recipe = resolve(self.inputs, config), None
        else:
            settings, instruction = resolve_command(self.inputs, config, parsed)
            recipe = config.recipes.get(getattr(parsed, "name", ""))
            job = dataclasses.replace(job, instruction=instruction)
        return Task(
            job=job,
            settings=_limited(settings, self.shared),
            secrets=self.ctx.secrets,
            anywhere=bool(recipe and recipe.anywhere),
            memory=self.memory,
        )

    async def ready(self, task: Task) -> Task:
        """Refuse a closed pull request or another head, and read what linters found.

        Raises:
            PredictEditError: it cannot be worked on.
        """
        if isinstance(self.commanded.parsed, Help):
            return task
        check_served(task.settings)
        check_ready(self.pull, task.job)
        if isinstance(self.commanded.parsed, Apply):
            return task
        ref = f"refs/pull/{self.pull.number}/merge"
        findings = await _findings(self.ctx, self.shared, self.inputs.findings or (), ref)
        return dataclasses.replace(task, findings=findings)

    async def make_plan(self, task: Task) -> Plan:
        """Choose among the changed files, read them, and recall what is known of them.

        Raises:
            ForgeError: the files, or the thread of the command, could not be read.
        """
        changes, skipped = self._choose(task)
        contents, job = await asyncio.gather(
            self.ctx.forge.read_files(
                self.head, {change.path: change.blob_sha for change in changes}
            ),
            self._with_thread(task.job),
        )
        sources, unreadable = open_files(changes, contents, attributes=self.attributes)
        task = dataclasses.replace(task, job=job)
        known = task.recalled(sources)
        notes = task.findings.told() if task.findings and not self.shared else ()
        return Plan(
            task=task,
            sources=sources,
            known=known,
            skipped=(*skipped, *unreadable),
            head=self.head,
            notes=(*notes, *recalled_notes(known)),
            delivery=lambda _: self.delivery(task, len(sources)),
            base_texts=self._base_texts,
        )

    async def outline(self, task: Task) -> Outline:
        """Plan as if the files were edited here, and weigh those that nobody was asked about."""
        plan = await self.make_plan(task)
        found = task.findings
        files = {
            file.path: PlannedFile(
                path=file.path,
                blob_sha=file.blob_sha,
                findings=found.of(file.path) if found else (),
                change=file.change,
            )
            for file in plan.sources
        }
        weights = {
            file.path: weight_of(_size(file), len(files[file.path].findings)) for file in plan.todo
        }
        return Outline(
            ref=self.pull.head_ref,
            said=plan.task.job.instruction,
            about_findings=found is not None,
            files=files,
            weights=weights,
            skipped=plan.skipped,
            notes=plan.notes,
            pull=PlannedPull(
                number=self.pull.number,
                command=self.key,
                base=self.base,
                order=tuple(files),
                skipped=plan.skipped,
            ),
        )

    def delivery(self, task: Task, total: int) -> Delivery:
        """The way of delivery of the settings; what was paid for is saved before it posts."""
        return WAYS[task.settings.deliver](self.destination(task, total))

    def destination(self, task: Task, total: int = 0) -> Destination:
        """The pull request, as every way of delivery is given it."""
        return Destination(
            job=task.job,
            pull=self.pull,
            forge=self.ctx.forge,
            settings=task.settings,
            command=self.key,
            run_url=self.ctx.run_url,
            reviews=self.reviews,
            save=functools.partial(self.save, self.head, total) if total else None,
            sleep=self.ctx.sleep,
        )

    def _choose(self, task: Task) -> tuple[Sequence[ChangedFile], tuple[SkippedFile, ...]]:
        """The files to read, and those that are skipped.

        A plan comes from an artifact, so what must not be edited is looked for in it once more.
        """
        settings, aim, shared = task.settings, task.job.aim, self.shared
        changed, most = self.changed, settings.max_files
        skipped: tuple[SkippedFile, ...] = ()
        if shared is not None:
            changed, skipped = _planned(shared)
            # The first job has applied the limit, and the others need not be given it.
            most = max(1, len(changed))
        chosen = choose(
            changed,
            include=settings.files,
            exclude=settings.exclude,
            attributes=self.attributes,
            max_files=most,
            only=aim.path if aim and not shared else None,
            found=task.findings.by_path if task.findings and not shared else None,
            unlocked=settings.unlocked,
        )
        return chosen.kept, (*skipped, *chosen.skipped)

    async def _with_thread(self, job: Job) -> Job:
        """The job, its aim completed with what the thread says before the command."""
        aim, comment = self.commanded.aim, self.commanded.command.comment_id
        if aim is None or comment is None or self.commanded.in_reply_to is None:
            return job
        said = await self.ctx.forge.thread(job.pull_request, comment)
        return dataclasses.replace(job, aim=dataclasses.replace(aim, thread=said))

    async def _base_texts(self, sources: Sequence[SourceFile]) -> Mapping[str, str]:
        """The text at the merge base of each file whose diff is missing or cannot be used.

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
        texts: dict[str, str] = {}
        for path, old in wanted.items():
            data = contents[old].data if old in contents else None
            if data is not None:
                try:
                    texts[path] = data.decode()
                except UnicodeDecodeError:
                    log.info("a file at the merge base is not UTF-8 text")
        return texts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Selection:
    """The files of a branch that are meant, by what earlier runs were answered about them."""

    chosen: tuple[ChangedFile, ...]
    fresh: tuple[ChangedFile, ...]
    attributes: GitAttributes
    sizes: Mapping[str, int]
    """Bytes of all files that are meant."""
    skipped: tuple[SkippedFile, ...] = ()
    recalled: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    """Files that earlier runs edited, with their content."""
    unchanged: tuple[str, ...] = ()
    answered: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What is remembered of all of these files."""
    postponed: bool = False
    """Whether ``max-files`` leaves files to later runs."""
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchTarget:
    """The files of a branch, for a run by hand, through the API or on schedule."""

    tasked: BranchTask
    inputs: Inputs
    ctx: Context
    name: str
    head: str
    is_default: bool
    config: RepositoryConfig
    """The config of the default branch, whichever branch is edited."""
    shared: Shared | None

    @property
    def base(self) -> str:
        """The commit itself: a branch is edited as it is."""
        return self.head

    def settle(self) -> Task:
        """Merge what workflow, config and recipe say.

        Raises:
            CommandError: the recipe is unknown, or may not be followed so.
            SettingsError: they do not fit together.
        """
        config = with_built_in(self.config)
        manifest = self.shared.manifest if self.shared else None
        about = manifest.about_findings if manifest else bool(self._globs)
        said = manifest.said if manifest else self.tasked.instruction
        named = named_command(said, config, findings=about)
        settings, instruction = resolve_command(self.inputs, config, named.command)
        if settings.branch == self.name:
            raise InvalidInput(
                f"The input `branch` is {quoted(self.name)}, the branch that is edited.",
                "Give the name of a branch for the pull request, or leave it out.",
            )
        if settings.deliver not in {"pull-request", "patch"}:
            # The config's own way is for commands; the workflow's was checked before.
            settings = dataclasses.replace(settings, deliver="pull-request")
        recipe = config.recipes.get(getattr(named.command, "name", ""))
        return Task(
            job=dataclasses.replace(job_of(self.tasked), instruction=instruction),
            settings=_limited(settings, self.shared),
            secrets=self.ctx.secrets,
            anywhere=bool(recipe and recipe.anywhere),
            named=named,
        )

    async def ready(self, task: Task) -> Task:
        """Read what linters found.

        Raises:
            FindingsError: a report is missing or cannot be read.
            ForgeError: the alerts could not be read.
        """
        ref = f"refs/heads/{self.name}"
        findings = await _findings(self.ctx, self.shared, self._globs, ref)
        return dataclasses.replace(task, findings=findings)

    async def make_plan(self, task: Task) -> Plan:
        """Choose files, look up what is remembered of them, and read what is needed.

        Raises:
            ForgeError: GitHub failed.
            BranchTaken: every name for our branch has other commits.
        """
        own, selection = await self._select(task)
        wanted = {*selection.recalled, *(file.path for file in selection.fresh)}
        files = [file for file in selection.chosen if file.path in wanted]
        contents = await self.ctx.forge.read_files(
            self.head, {file.path: file.blob_sha for file in files}
        )
        sources, unreadable = open_files(
            files, contents, attributes=selection.attributes, in_pull_request=False
        )
        plan = Plan(
            task=task,
            sources=sources,
            known=_known(sources, selection.recalled),
            skipped=(*selection.skipped, *unreadable),
            head=self.head,
            unchanged=selection.unchanged,
            notes=selection.notes,
        )
        return dataclasses.replace(
            plan, delivery=lambda facts: self._delivery(plan, own, selection, facts)
        )

    async def outline(self, task: Task) -> Outline:
        """Choose files by name and size only: the other jobs read them."""
        _, selection = await self._select(task)
        found = task.findings
        files = {
            file.path: PlannedFile(
                path=file.path,
                blob_sha=file.blob_sha or "",
                findings=found.of(file.path) if found else (),
            )
            for file in selection.chosen
        }
        weights = {
            file.path: weight_of(selection.sizes.get(file.path, 0), len(files[file.path].findings))
            for file in selection.fresh
        }
        command = task.named.command if task.named else EditCommand(instruction="")
        return Outline(
            ref=self.name,
            said=f"run {command.name}" if isinstance(command, RunRecipe) else command.instruction,
            about_findings=found is not None,
            files=files,
            weights=weights,
            skipped=selection.skipped,
            notes=selection.notes,
        )

    @property
    def _globs(self) -> tuple[str, ...]:
        """The reports of linters that are asked for."""
        return self.inputs.findings or self.config.findings or ()

    async def _select(self, task: Task) -> tuple[OwnBranch, _Selection]:
        """Our branch as it is, and the files that are meant."""
        settings, shared = task.settings, self.shared
        selection = await self._choose(task)
        name = self._branch_name(task)
        if shared is not None and shared.shard is not None:
            mine = {file.path for file in shared.shard.files}
            files = tuple(file for file in selection.chosen if file.path in mine)
            return OwnBranch(branch=name), dataclasses.replace(
                selection, chosen=files, fresh=files, skipped=(), notes=()
            )
        own = OwnBranch(branch=name)
        if settings.deliver == "pull-request":
            own = await find_own_branch(self.ctx.forge, name, self.inputs.api_key)
        return own, await self._divided(task, own, selection)

    async def _choose(self, task: Task) -> _Selection:
        """Choose by path, mode and size; with findings, only files with at least one."""
        settings, findings = task.settings, task.findings
        tree = await self.ctx.forge.tree(self.head)
        only = None if findings is None else findings.by_path
        relevant = set(
            attribute_files(file.path for file in tree if only is None or file.path in only)
        )
        contents = await self.ctx.forge.read_files(
            self.head, {file.path: file.blob_sha for file in tree if file.path in relevant}
        )
        attributes = GitAttributes.parse(
            {
                path: content.data.decode("utf-8", "replace")
                for path, content in contents.items()
                if content.data is not None
            }
        )
        chosen = choose_from_tree(
            tree,
            include=settings.files,
            exclude=settings.exclude,
            attributes=attributes,
            only=only,
            unlocked=settings.unlocked,
        )
        kept = {file.path for file in chosen.kept}
        notes = findings.told([f.path for f in tree]) if findings and not self.shared else ()
        return _Selection(
            chosen=chosen.kept,
            fresh=chosen.kept,
            attributes=attributes,
            sizes={file.path: file.size for file in tree if file.path in kept},
            skipped=chosen.skipped,
            notes=notes,
        )

    async def _divided(self, task: Task, own: OwnBranch, selection: _Selection) -> _Selection:
        """Tell apart what earlier runs were answered about and what is new."""
        answered: dict[str, str] = {}
        edited: dict[str, str] = {}
        fresh: list[ChangedFile] = []
        skipped: list[SkippedFile] = []
        unchanged: list[str] = []
        for file in selection.chosen:
            answer = own.answers.get(question := _question(task, file))
            if answer is None:
                fresh.append(file)
                continue
            answered[question] = answer
            if answer == DECLINED:
                skipped.append(SkippedFile(path=file.path, reason=DECLINED_REASON))
            elif answer == UNCHANGED:
                unchanged.append(file.path)
            else:
                edited[file.path] = answer
        recalled = await self._edited_before(own, edited)
        # An edit that cannot be read any more is asked for again.
        fresh += [f for f in selection.chosen if f.path in edited and f.path not in recalled]
        limit = task.settings.max_files
        reason = f"{OVER_MAX_FILES} ({limit})"
        skipped += [SkippedFile(path=file.path, reason=reason) for file in fresh[limit:]]
        notes = selection.notes
        if known := len(recalled) + len(unchanged):
            files = plural(known, "file")
            notes = (*notes, f"{files} not sent again: nothing changed since an earlier run.")
        return dataclasses.replace(
            selection,
            fresh=tuple(fresh[:limit]),
            skipped=(*selection.skipped, *skipped),
            recalled=recalled,
            unchanged=tuple(unchanged),
            answered=answered,
            postponed=len(fresh) > limit,
            notes=notes,
        )

    async def _edited_before(self, own: OwnBranch, edited: Mapping[str, str]) -> dict[str, bytes]:
        """The files that earlier runs edited, as they are on our branch."""
        if not edited or not own.source:
            return {}
        try:
            contents = await self.ctx.forge.read_files(own.source, dict.fromkeys(edited))
        except ForgeError as error:
            log.info("the edits of an earlier run could not be read: %s", error.cause)
            return {}
        return {
            path: content.data
            for path, content in contents.items()
            if content.data is not None and answer_of(content.blob_sha) == edited[path]
        }

    def _branch_name(self, task: Task) -> str:
        """The branch of the pull request: as configured, else after what is done and where."""
        if task.settings.branch or task.named is None:
            return task.settings.branch or ""
        of = "" if self.is_default else f"-{slug(self.name)}"
        return f"predict-edit/{task.named.slug}{of}"

    def _delivery(
        self, plan: Plan, own: OwnBranch, selection: _Selection, facts: Facts
    ) -> Delivery:
        """The one pull request, or patch files alone."""
        task = plan.task

        def report(results: Sequence[FileResult]) -> RunReport:
            files = (*results, *skipped_results(plan.skipped))
            return report_of(facts, outcome_of(files), files=files)

        if task.settings.deliver == "patch":
            return PatchDelivery()
        return PullRequestDelivery(
            forge=self.ctx.forge,
            repository=self.tasked.repository,
            base=self.name,
            commit=self.head,
            branch=self._branch_name(task),
            own=own,
            title=task.settings.title or (task.named.title if task.named else ""),
            labels=task.settings.labels,
            draft=task.settings.draft,
            secret=self.inputs.api_key,
            questions={file.path: _question(task, file) for file in selection.chosen},
            answered=selection.answered,
            recalled=selection.recalled,
            findings=task.findings,
            postponed=selection.postponed,
            report=report,
        )


def job_of(request: RunRequest) -> Job:
    """The job of a request, as far as the request alone says."""
    if isinstance(request, BranchTask):
        said = request.instruction or ""
        return Job(
            repository=request.repository, pull_request=0, instruction=said, command=request.command
        )
    return Job(
        repository=request.repository,
        pull_request=request.pull_request,
        instruction=getattr(request.parsed, "instruction", ""),
        command=request.command,
        pinned_sha=getattr(request.parsed, "pinned_sha", None),
        aim=request.aim,
    )


async def load_branch(tasked: BranchTask, inputs: Inputs, ctx: Context) -> BranchTarget:
    """Pin the branch to edit, the default branch without a ``ref``.

    Raises:
        InvalidInput: the branch does not exist.
        ConfigError: the config is wrong.
        SpreadError: what other jobs left cannot be used.
        ForgeError: GitHub failed.
    """
    shared = await read_shared(inputs, ctx, tasked.repository)
    ref = shared.manifest.ref if shared else tasked.ref
    default = await ctx.forge.default_branch()
    home = await ctx.forge.branch_tip(default)
    if home is None:
        raise InvalidInput(
            f"The repository's default branch {quoted(default)} has no commit.",
            "Push something to it first.",
        )
    is_default = ref in {None, default}
    if shared:
        commit: str | None = shared.manifest.commit
    else:
        commit = home if is_default else await ctx.forge.branch_tip(ref or default)
    if commit is None:
        raise InvalidInput(
            f"The input `ref` is {quoted(ref or '')}, and there is no such branch.",
            "Give the name of a branch, without refs/heads/.",
        )
    found = (await ctx.forge.read_files(home, {CONFIG_PATH: None})).get(CONFIG_PATH)
    return BranchTarget(
        tasked=tasked,
        inputs=inputs,
        ctx=ctx,
        name=ref or default,
        head=commit,
        is_default=is_default,
        config=read_config(found.data if found and found.data else b""),
        shared=shared,
    )


async def read_shared(
    inputs: Inputs, ctx: Context, repository: str, *, command: str = ""
) -> Shared | None:
    """What other jobs left for a later job of a spread run.

    ``command`` is the key of the command that they have to be about; empty for a branch.

    Raises:
        MissingInput: an input that names it is missing.
        SpreadError: it is missing, broken, or of another run.
    """
    if inputs.mode not in {"edit", "publish"}:
        return None
    if ctx.workspace is None:
        raise AssertionError("a job of a spread run has a workspace")
    manifest, parts = await read_results(ctx.workspace, inputs, repository, command=command)
    if inputs.mode == "publish":
        return Shared(manifest=manifest, parts=parts)
    if inputs.shard is None:
        raise MissingInput(
            "`shard` is missing, with `mode` edit.",
            "Take it from the matrix: `shard: ${{ matrix.shard }}`.",
        )
    return Shared(manifest=manifest, parts=parts, number=manifest.number_of(inputs.shard))


async def _findings(
    ctx: Context, shared: Shared | None, globs: Sequence[str], ref: str
) -> Findings | None:
    """What linters found, from the plan of a spread run or from their reports."""
    if shared is not None:
        return shared.manifest.findings
    if not globs or ctx.workspace is None:
        return None
    return await ctx.workspace.findings(ctx.forge, globs, ref=ref)


def _limited(settings: Settings, shared: Shared | None) -> Settings:
    """The settings of one job, with its part of the run's limits."""
    shard = shared.shard if shared else None
    if shard is None:
        return settings
    model = dataclasses.replace(
        settings.model, max_tokens=shard.max_tokens, max_cost=shard.max_cost
    )
    return dataclasses.replace(settings, model=model)


def _planned(shared: Shared) -> tuple[tuple[ChangedFile, ...], tuple[SkippedFile, ...]]:
    """The changes of the plan that this job is about, and what the plan skips."""
    if shared.shard is not None:
        return tuple(file.change for file in shared.shard.files if file.change), ()
    pull, files = shared.manifest.pull, {file.path: file for file in shared.manifest.files}
    order = pull.order if pull else ()
    changes = (files[path].change for path in order if path in files)
    return tuple(change for change in changes if change), pull.skipped if pull else ()


def _question(task: Task, file: ChangedFile) -> str:
    """Name what is asked about a file of a branch."""
    return question_of(
        file.path,
        file.blob_sha or "",
        task.findings.of(file.path) if task.findings else (),
        instruction=task.job.instruction,
        settings=task.settings.model,
        anywhere=task.anywhere,
    )


def _known(sources: Sequence[SourceFile], recalled: Mapping[str, bytes]) -> dict[str, FileEdit]:
    """Edits of earlier runs that are text; others are asked for again."""
    known = {}
    for file in sources:
        if file.path in recalled:
            try:
                text = recalled[file.path].decode()
            except UnicodeDecodeError:
                continue
            known[file.path] = FileEdit(file=file, text=text, effort=Effort())
    return known


def _size(file: SourceFile) -> int:
    """Bytes of a file and half of its diff, which is read but not written."""
    patch = file.change.patch if file.change else None
    return len(file.text.encode("utf-8", "surrogateescape")) + len(patch or "") // 2


def _without_diff(sources: Sequence[SourceFile]) -> dict[str, str]:
    """Path at the head and at the base of the files whose diff cannot be used as it is."""
    wanted: dict[str, str] = {}
    for file in sources:
        change = file.change
        if change is None or change.status in {"added", "removed"}:
            continue
        if isinstance(anchors_of(change, file.text), NoAnchors):
            wanted[file.path] = change.previous_path or file.path
    return wanted
