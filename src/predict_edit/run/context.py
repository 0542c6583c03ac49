"""What the steps of a run work with: the ways outside, the listener, the target, the run itself."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from predict_edit.delivery.delivered import Delivery
from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.errors import MissingInput, PredictEditError, SpreadError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.run_report import Job, RunReport
from predict_edit.findings import formats
from predict_edit.findings.collection import Findings
from predict_edit.findings.workspace import Workspace
from predict_edit.run.outcome import Facts
from predict_edit.run.plan import OpenEditor, Plan, Source, Task, Watcher
from predict_edit.run.prefetch import Look
from predict_edit.run.shards import PlannedPull, Shared, shared_of
from predict_edit.settings.fields import Inputs
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.settings.resolve import resolve, resolve_command
from predict_edit.support.log import Secrets
from predict_edit.trigger.command import Command, EditCommand, RunRecipe
from predict_edit.trigger.rate_limit import utc_now
from predict_edit.trigger.requests import BranchTask, PullRequestCommand

RunRequest = PullRequestCommand | BranchTask
"""What a run is started for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that reaches outside comes through here."""

    forge: GitHost
    open_editor: OpenEditor
    outbox: OutputFolder
    prefetched: Awaitable[Look] | None = None
    """The first requests about the pull request, if they are under way already."""
    run_url: str = ""
    run_id: str = ""
    workspace: Workspace | None = None
    """``None`` if neither linters' reports nor other jobs' results are needed."""
    secrets: Secrets = dataclasses.field(default_factory=Secrets, repr=False)
    """What must not be shown, with the tokens that signing in adds later."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], dt.datetime] = utc_now


class Listener(Watcher, Protocol):
    """Shows people what a run does."""

    answers: bool
    """Whether a person waits for an answer even to a wrong command."""
    work: str
    """What a run is called that was cut short."""

    @property
    def url(self) -> str:
        """Where people read it; empty if nowhere, or not yet."""

    def be_silent(self) -> None:
        """Write nothing from here on."""

    async def started(self) -> None:
        """The run has begun."""

    async def denied(self) -> None:
        """The run is refused."""

    async def progress(self, head: str, done: int, total: int) -> None:
        """So many files are done.

        Raises:
            ForgeError: GitHub refused or failed.
        """

    async def finished(self, report: RunReport, *, complete: bool) -> bool:
        """The run is over; ``False`` if that could not be shown where people wait for it."""

    async def failed(self, error: PredictEditError, *, head: str) -> bool:
        """The run failed as a whole; ``False`` if that could not be shown."""


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
