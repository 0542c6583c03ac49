"""How a command begins: who gave it, whether they may, and what is to be done.

Nothing is edited or posted here but the answer to a command that asks for no edit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from predict_edit.delivery.review_markers import REVIEWS
from predict_edit.delivery.summary_comment import SummaryComment, command_key
from predict_edit.domain import Job, Outcome, Reaction, Review, RunReport
from predict_edit.domain.errors import CommandError, SettingsError
from predict_edit.report.replies import render_help
from predict_edit.run.authorize import Gate, Seen
from predict_edit.run.context import Desk
from predict_edit.run.outcome import Finished
from predict_edit.run.policy import Policy
from predict_edit.run.reporter import Account
from predict_edit.settings.checks import check_ready, check_served
from predict_edit.settings.fields import Inputs, Settings
from predict_edit.settings.recipes import with_built_in
from predict_edit.settings.resolve import resolve, resolve_command
from predict_edit.trigger.command import OPTIONS, Apply, EditCommand, Help, RunRecipe
from predict_edit.trigger.requests import PullRequestCommand

if TYPE_CHECKING:
    from predict_edit.findings import Findings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A command that may be worked on."""

    seen: Seen
    policy: Policy
    settings: Settings


class Beginning:
    """One command; the attributes are what is known so far."""

    def __init__(self, commanded: PullRequestCommand, inputs: Inputs, desk: Desk) -> None:
        self._commanded = commanded
        self._inputs = inputs
        self._desk = desk
        for secret in (inputs.github_token, inputs.api_key):
            desk.secrets.add(secret)
        self._forge = desk.forge
        self._gate = Gate(desk.forge, commanded, inputs)
        self._reviews: tuple[Review, ...] = ()
        self._findings: Findings | None = None
        self._anywhere = False
        options: Mapping[str, str] = getattr(commanded.parsed, "options", {})
        silent = bool(inputs.dry_run) or "dry-run" in options
        job = Job(
            repository=commanded.repository,
            pull_request=commanded.pull_request,
            instruction=getattr(commanded.parsed, "instruction", ""),
            command=commanded.command,
            pinned_sha=getattr(commanded.parsed, "pinned_sha", None),
            aim=commanded.aim,
        )
        self._summary = SummaryComment(
            desk.forge,
            commanded.pull_request,
            commanded.command,
            command_key(commanded, desk.run_id),
            silent=silent,
        )
        self._account = Account(
            RunReport(
                outcome=Outcome.FAILED,
                job=job,
                model=inputs.model,
                run_url=desk.run_url,
                dry_run=silent,
            ),
            job,
            self._summary,
            desk.outbox,
            secret=inputs.api_key,
        )

    async def _admit(self) -> Admitted | Finished:
        """Everything before the work: who gave the command, whether they may, what it says."""
        seen = await self._gate.look(self._desk.look)
        self._account.know(head=seen.pull.head_sha, base=seen.pull.base_sha)
        policy = await self._gate.policy(seen, (self._summary.find, self._read_reviews))
        wait = self._wait() if policy else ""
        if policy is None or wait:
            await self._summary.react(Reaction.DENIED)
            return self._account.finished(outcome=Outcome.DENIED, problem=wait)
        seen = await self._pin(seen)
        if self._inputs.findings or self._findings:
            policy = dataclasses.replace(policy, config=with_built_in(policy.config))
        settings = self._settle(policy)
        if isinstance(self._commanded.parsed, Help):
            return await self._account.answer(self._help(settings))
        check_served(settings)
        check_ready(seen.pull, self._account.job)
        if not isinstance(self._commanded.parsed, Apply):
            await self._find(seen)
        return Admitted(seen=seen, policy=policy, settings=settings)

    def _wait(self) -> str:
        """Say why even who may has to wait; nothing where they need not."""
        summary = self._summary
        return self._gate.wait(summary.conversation, self._desk.now(), summary.key)

    async def _pin(self, seen: Seen) -> Seen:
        """The pull request at the commit that is worked on; here, the one that was seen."""
        return seen

    async def _find(self, seen: Seen) -> None:
        """Read what linters found, where the workflow asks for it."""
        globs, workspace = self._inputs.findings, self._desk.workspace
        if globs and workspace:
            from predict_edit.findings.workspace import gather_findings  # noqa: PLC0415 - often not needed

            ref = f"refs/pull/{seen.pull.number}/merge"
            self._findings = await gather_findings(self._forge, globs, workspace, ref=ref)
            self._account.note(*self._findings.told())

    async def _read_reviews(self) -> None:
        """What we have posted on this pull request before, under whichever command."""
        found = await self._forge.marked_reviews(self._commanded.pull_request, REVIEWS)
        self._reviews = tuple(review for review in found if review.mine)

    def _settle(self, policy: Policy) -> Settings:
        """Merge what command, inputs and config say; from here on the job is complete."""
        parsed = self._commanded.parsed
        if isinstance(parsed, CommandError | SettingsError):
            raise parsed
        if isinstance(parsed, EditCommand | RunRecipe):
            settings, instruction = resolve_command(self._inputs, policy.config, parsed)
            recipe = policy.config.recipes.get(getattr(parsed, "name", ""))
            self._anywhere = bool(recipe and recipe.anywhere)
            self._account.job = dataclasses.replace(self._account.job, instruction=instruction)
        else:
            settings = resolve(self._inputs, policy.config)
        if settings.dry_run:
            self._summary.be_silent()
        self._account.know(model=settings.model.model, dry_run=settings.dry_run)
        self._account.settings = settings
        return settings

    def _help(self, settings: Settings) -> str:
        return render_help(
            command=settings.command,
            marker=self._account.marker("answered"),
            options=OPTIONS,
            recipes=settings.recipes,
            apply=True,
        )
