"""What is edited: the protocol, and what every target takes from command, config and other jobs."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Protocol

from predict_edit.delivery.delivered import Delivery
from predict_edit.domain.errors import MissingInput, SpreadError
from predict_edit.domain.run_report import Job
from predict_edit.findings import formats
from predict_edit.findings.collection import Findings
from predict_edit.run.context import Context, Listener, Plan, RunRequest, Source, Task
from predict_edit.run.manifest import PlannedPull, Shared, shared_of
from predict_edit.run.outcome import Facts
from predict_edit.settings.fields import Inputs
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.settings.resolve import resolve, resolve_command
from predict_edit.trigger.command import Command, EditCommand, RunRecipe
from predict_edit.trigger.requests import BranchTask


class Target(Source, Protocol):
    """What is edited, at one pinned commit, and where its edits go."""

    @property
    def base(self) -> str:
        """The commit that the changes count from."""

    @property
    def ref(self) -> str:
        """The branch that is edited."""

    @property
    def planned_pull(self) -> PlannedPull | None:
        """What later jobs of a spread run must know of the pull request; ``None`` without one."""

    @property
    def shared(self) -> Shared | None:
        """What other jobs left; ``None`` in a run of one job, and in the first of several."""

    def resolve(self) -> Task:
        """Merge command, inputs and config.

        Raises:
            CommandError: the command is wrong.
            SettingsError: the settings do not fit together.
        """

    async def check(self, task: Task) -> Task:
        """Refuse what cannot be worked on, and read what linters found.

        Raises:
            PredictEditError: it cannot be worked on.
        """

    def delivery(self, plan: Plan, facts: Facts) -> Delivery:
        """Return what delivers the edits; ``facts`` are what a report says so far."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run under way, and what its steps work with."""

    request: RunRequest
    inputs: Inputs
    ctx: Context
    listener: Listener
    target: Target
    task: Task
    facts: Facts


def job_of(request: RunRequest) -> Job:
    """Return the job of a request, as far as the request alone says."""
    if isinstance(request, BranchTask):
        return Job(
            repository=request.repository,
            pull_request=0,
            instruction=request.instruction or "",
            command=request.command,
        )
    return Job(
        repository=request.repository,
        pull_request=request.pull_request,
        instruction=getattr(request.parsed, "instruction", ""),
        command=request.command,
        pinned_sha=getattr(request.parsed, "pinned_sha", None),
        aim=request.aim,
    )


def task_of(
    job: Job, command: Command, inputs: Inputs, config: RepositoryConfig, shared: Shared | None
) -> Task:
    """Merge command, inputs and config; a job of a spread run has its part of the limits.

    Raises:
        CommandError: the command names an unknown recipe, or an option that is not allowed.
        SettingsError: inputs and config do not fit together.
    """
    anywhere = False
    if isinstance(command, EditCommand | RunRecipe):
        settings, instruction = resolve_command(inputs, config, command)
        job = dataclasses.replace(job, instruction=instruction)
        recipe = config.recipes.get(command.name) if isinstance(command, RunRecipe) else None
        anywhere = bool(recipe and recipe.anywhere)
    else:
        settings = resolve(inputs, config)
    if shared and (shard := shared.shard):
        model = dataclasses.replace(
            settings.model, max_tokens=shard.max_tokens, max_cost=shard.max_cost
        )
        settings = dataclasses.replace(settings, model=model)
    return Task(job=job, settings=settings, anywhere=anywhere)


async def read_findings(
    ctx: Context, shared: Shared | None, globs: Sequence[str], ref: str
) -> Findings | None:
    """Read what linters found, from the plan of a spread run or from their reports.

    Raises:
        FindingsError: a report is missing or cannot be read.
        ForgeError: the alerts could not be read.
    """
    if shared is not None:
        return shared.manifest.findings
    if not globs or ctx.workspace is None:
        return None
    return await formats.read_findings(ctx.workspace, ctx.forge, globs, ref=ref)


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
    shared = shared_of(files, repository, command=command)
    if inputs.mode == "publish":
        return shared
    if inputs.shard is None:
        raise MissingInput(
            "`shard` is missing, with `mode` edit.",
            "Take it from the matrix: `shard: ${{ matrix.shard }}`.",
        )
    return dataclasses.replace(shared, number=shared.manifest.number_of(inputs.shard))
