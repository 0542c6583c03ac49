"""The files of a branch as what a run edits, without a pull request to begin with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from predict_edit.delivery.delivered import Delivery, OwnBranch
from predict_edit.delivery.pull_request import PullRequestDelivery, find_own_branch, job_digest
from predict_edit.delivery.state import UNCHANGED
from predict_edit.delivery.ways import PatchDelivery
from predict_edit.domain.edits import PlacedFile, PlacementKind
from predict_edit.domain.errors import InvalidInput
from predict_edit.domain.run_report import Delivered, FileResult, RunReport
from predict_edit.edit.plan import remaining_notes
from predict_edit.findings.collection import Findings
from predict_edit.report.pull_request_body import PullRow, pull_row, render_pull_request
from predict_edit.run.context import (
    Context,
    EarlierEdits,
    Plan,
    Scope,
    Target,
    Task,
    divided,
    job_of,
    question_about,
    try_push,
)
from predict_edit.run.manifest import Shared
from predict_edit.run.outcome import outcome_of, report_of, skipped_results
from predict_edit.run.snapshot import read_home
from predict_edit.select.choose import choose_from_tree
from predict_edit.select.gitattributes import GitAttributes, attribute_files
from predict_edit.settings.fields import Inputs
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.settings.resolve import named_command, resolve_command, slug, with_built_in
from predict_edit.support.text import quoted
from predict_edit.trigger.command import RunRecipe
from predict_edit.trigger.requests import BranchTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchTarget(Target):
    """The files of a branch, for a run by hand, through the API or on schedule."""

    tasked: BranchTask
    is_default: bool
    config: RepositoryConfig
    """The config of the default branch, whichever branch is edited."""
    may_push: bool
    """Whether GitHub says that the token may push."""

    def resolve(self) -> Task:
        """Merge workflow, config and recipe.

        Raises:
            CommandError: the recipe is unknown, or not allowed here.
            SettingsError: they do not fit together.
        """
        config = with_built_in(self.config)
        given, findings = self.tasked.instruction, bool(self.findings)
        if self.shared:
            manifest = self.shared.manifest
            given, findings = manifest.instruction, manifest.findings is not None
        named = named_command(given, config, findings=findings)
        settings, instruction = resolve_command(self.inputs, config, named.command)
        if settings.branch == self.ref:
            raise InvalidInput(
                f"The input `branch` is {quoted(self.ref)}, the branch that is edited.",
                "Give the name of a branch for the pull request, or leave it out.",
            )
        of = "" if self.is_default else f"-{slug(self.ref)}"
        recipe = named.command.name if isinstance(named.command, RunRecipe) else ""
        given = f"run {recipe}" if recipe else named.command.instruction
        # A maintainer who names the branch says by that name which pull request is the job's.
        instruction_key = "" if settings.branch else given
        settings = dataclasses.replace(
            settings,
            # The config's own way is for commands; the workflow's was checked before.
            deliver="patch" if settings.deliver == "patch" else "pull-request",
            branch=settings.branch or f"predict-edit/{named.slug}{of}",
            title=settings.title or named.title,
        )
        identity = (
            self.shared.manifest.job
            if self.shared
            else job_digest(
                self.ref, instruction_key, self.inputs.files, self.inputs.exclude, self.findings
            )
        )
        return Task(
            job=dataclasses.replace(job_of(self.tasked), instruction=instruction),
            settings=settings,
            secrets=self.ctx.secrets,
            given=given,
            identity=identity,
        )

    async def select(self, task: Task) -> Scope:
        """Choose files, and look up what earlier runs did to them.

        Raises:
            ForgeError: GitHub failed.
            BranchTaken: every name for our branch has other commits.
        """
        scope = await self._choose(task)
        if self.shared is not None and self.shared.shard is not None:
            mine = {*self.shared.shard.paths}
            files = tuple(file for file in scope.files if file.path in mine)
            earlier = EarlierEdits(fresh=files)
            return dataclasses.replace(scope, files=files, skipped=(), notes=(), earlier=earlier)
        own = OwnBranch(branch=task.settings.branch or "")
        if task.settings.deliver == "pull-request":
            own = await find_own_branch(
                self.ctx.forge, own.branch, self.inputs.api_key, job=task.identity
            )
            if not (self.may_push or self.inputs.mode or task.settings.dry_run):
                await try_push(self)
        return await divided(self, task, own, scope)

    def delivery(self, plan: Plan, facts: RunReport) -> Delivery:
        """Return the one pull request, or patch files alone."""
        if plan.task.settings.deliver == "patch":
            return PatchDelivery()
        return as_pull_request(self, plan, facts)

    async def _choose(self, task: Task) -> Scope:
        """Choose by path, mode and size; with findings, only files with at least one."""
        settings, findings = task.settings, task.findings
        tree = await self.ctx.forge.tree(self.head)
        only = None if findings is None else findings.by_path
        relevant = set(
            attribute_files(file.path for file in tree if only is None or file.path in only)
        )
        contents = await self.read(
            {file.path: file.blob_sha for file in tree if file.path in relevant}
        )
        attributes = GitAttributes.parse({path: file.data for path, file in contents.items()})
        chosen = choose_from_tree(
            tree,
            include=settings.files,
            exclude=settings.exclude,
            attributes=attributes,
            only=only,
            unlocked=settings.unlocked,
        )
        known = [file.path for file in tree]
        return Scope(
            files=chosen.kept,
            skipped=chosen.skipped,
            attributes=attributes,
            notes=findings.sentences(known) if findings and not self.shared else (),
            sizes={file.path: file.size for file in tree},
        )


async def load_branch(
    tasked: BranchTask, inputs: Inputs, ctx: Context, shared: Shared | None
) -> BranchTarget:
    """Pin the branch to edit, the default branch without a ``ref``.

    Raises:
        InvalidInput: the branch does not exist.
        ConfigError: the config is wrong.
        ForgeError: GitHub failed.
    """
    ref = shared.manifest.ref if shared else tasked.ref
    repository = await ctx.forge.repository()
    default = repository.default_branch
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
    config = await read_home(ctx.forge, home)
    return BranchTarget(
        tasked=tasked,
        inputs=inputs,
        ctx=ctx,
        ref=ref or default,
        head=commit,
        base=commit,
        findings=inputs.findings or config.findings or (),
        alerts=f"refs/heads/{ref or default}",
        is_default=is_default,
        config=config,
        may_push=repository.may_push,
        shared=shared,
    )


def as_pull_request(
    target: Target, plan: Plan, facts: RunReport, *notes: str
) -> PullRequestDelivery:
    """Return what delivers a plan as the one pull request of its job."""
    task, scope = plan.task, plan.scope
    if scope is None or (earlier := scope.earlier) is None or earlier.own is None:
        raise AssertionError("the plan of a branch knows our own branch")

    left = {file.path for file in plan.left}

    def describe(results: Sequence[FileResult], marker: str, more: Sequence[str]) -> str:
        files = (*results, *skipped_results(plan.skipped))
        rows = [
            _row(result.path, result.placed, earlier, task.findings)
            for result in results
            if result.placed and result.carried
        ]
        return render_pull_request(
            report_of(facts, outcome_of(files), Delivered(files=files)),
            sorted(rows, key=lambda row: row.path),
            marker=marker,
            notes=(*notes, *more, *remaining_notes(facts.plan, plan.skipped)),
            about_findings=task.findings is not None,
        )

    return PullRequestDelivery(
        forge=target.ctx.forge,
        repository=task.job.repository,
        base=target.ref,
        commit=target.head,
        branch=task.settings.branch or "",
        job=task.identity,
        own=earlier.own,
        title=task.settings.title or "",
        labels=task.settings.labels,
        draft=task.settings.draft,
        secret=target.inputs.api_key,
        questions={file.path: question_about(task, scope, file) for file in scope.files},
        # A file that the plan left is not asked about again either, unless no plan is wanted.
        answered={
            **earlier.answers,
            **{
                question_about(task, scope, file, left=True): UNCHANGED
                for file in scope.files
                if file.path in left
            },
        },
        postponed=earlier.postponed,
        names=facts.plan.names if facts.plan else (),
        describe=describe,
    )


def _row(
    path: str, placed: PlacedFile, earlier: EarlierEdits, findings: Findings | None
) -> PullRow:
    """One file of the pull request; edits of an earlier run are not counted again."""
    kept = len(placed.placements) - placed.count(PlacementKind.REJECTED)
    changes = None if path in earlier.edited else kept
    return pull_row(path, changes, findings.of(path) if findings else ())
