"""The way of a run over a branch: from a dispatch or a schedule to its one pull request."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence

from predict_edit.delivery.output_files import OutputFolder
from predict_edit.delivery.own_branch import OwnBranch, find_own_branch
from predict_edit.delivery.patch_files import write_output_files
from predict_edit.delivery.pull_request import Handed, hand_over
from predict_edit.domain import (
    FileResult,
    FileStatus,
    Job,
    Outcome,
    RunReport,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.editor_port import Editor
from predict_edit.domain.errors import (
    CommandError,
    Defect,
    PredictEditError,
    RunCancelled,
    SettingsError,
)
from predict_edit.domain.ports import RepositoryForge
from predict_edit.findings.workspace import Workspace
from predict_edit.report.outputs import OutputPaths
from predict_edit.run import branch_files as reading
from predict_edit.run import estimate as foresight
from predict_edit.run.branch_edit import edit_files
from predict_edit.run.branch_order import order_of
from predict_edit.run.branch_plan import Plan, findings_for, make_plan
from predict_edit.run.branch_resume import Divided, divide, recalled_results
from predict_edit.run.manifest import Manifest
from predict_edit.run.outcome import Finished, money_of, outcome_of
from predict_edit.settings.fields import Inputs, ModelSettings, Settings
from predict_edit.support.log import Secrets, log, log_crash
from predict_edit.trigger.requests import BranchTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskDesk:
    """What a run over a branch works with; everything that reaches outside comes through here."""

    forge: RepositoryForge
    open_editor: Callable[[ModelSettings], Awaitable[Editor]]
    outbox: OutputFolder
    workspace: Workspace
    run_url: str = ""
    secrets: Secrets = dataclasses.field(default_factory=Secrets, repr=False)
    """What must not come out, with the tokens that signing in brings later."""


class TaskRun:
    """One run over a branch; the report is what is known so far."""

    def __init__(self, tasked: BranchTask, inputs: Inputs, desk: TaskDesk) -> None:
        self._tasked = tasked
        self._inputs = inputs
        self._desk = desk
        for secret in (inputs.github_token, inputs.api_key):
            desk.secrets.add(secret)
        self._forge = desk.forge
        self._settings: Settings | None = None
        self._report = RunReport(
            outcome=Outcome.FAILED,
            job=Job(
                repository=tasked.repository,
                pull_request=0,
                instruction=tasked.instruction or "",
                command=tasked.command,
            ),
            model=inputs.model,
            run_url=desk.run_url,
            dry_run=bool(inputs.dry_run),
        )

    async def to_the_end(self) -> Finished:
        """Carry it out and turn every error into a report."""
        try:
            return await self.carry_out()
        except PredictEditError as error:
            return self._failed(error)
        except asyncio.CancelledError:
            cause = "The workflow's run was cancelled before it was done."
            return self._failed(RunCancelled(cause, "Run it again."))
        except Exception as error:  # noqa: BLE001 - a defect of ours is told like any other failure
            log_crash(error)
            return self._failed(Defect.of(error))

    async def carry_out(self) -> Finished:
        """The whole way, once.

        Raises:
            PredictEditError: the run as a whole cannot go on.
        """
        plan, standing, divided = await self._begin()
        sources, unreadable = await reading.read_chosen(
            self._forge, plan.branch, plan.chosen, divided.fresh
        )
        results = await self._edit(sources, plan)
        return await self._finish(plan, standing, divided, results, unreadable)

    async def _begin(self, manifest: Manifest | None = None) -> tuple[Plan, OwnBranch, Divided]:
        """Everything that is known before any file is read."""
        plan = await self._plan(manifest)
        standing = await self._look(plan)
        divided = await divide(self._forge, plan, standing)
        self._know(notes=(*self._report.notes, *divided.notes))
        return plan, standing, divided

    async def _finish(
        self,
        plan: Plan,
        standing: OwnBranch,
        divided: Divided,
        results: Sequence[FileResult],
        unreadable: Sequence[SkippedFile],
    ) -> Finished:
        """Put everything together and deliver it."""
        skipped = (*plan.chosen.skipped, *unreadable, *divided.skipped)
        files = (
            *results,
            *(result_of(path, FileStatus.UNCHANGED) for path in divided.unchanged),
            *(await recalled_results(self._forge, plan, divided.recalled)),
            *(result_of(file.path, FileStatus.SKIPPED, file.reason) for file in skipped),
        )
        self._know(files=files, cost=money_of(files), outcome=outcome_of(files))
        handed = await self._deliver(plan, standing, divided, results)
        return self._tell(handed)

    async def _plan(self, manifest: Manifest | None = None) -> Plan:
        """What is to be done; the commit, instruction and findings of a plan that was made hold."""
        desk = self._desk
        ref, pinned = self._tasked.ref, None
        if manifest is not None:
            ref, pinned = manifest.ref, manifest.commit
        branch = await reading.look_at_branch(self._forge, ref, pinned)
        self._know(head=branch.commit, base=branch.commit)
        if manifest is None:
            said = self._tasked.instruction
            findings = await findings_for(self._forge, self._inputs, branch, desk.workspace)
        else:
            said, findings = manifest.said, manifest.findings
        plan = await make_plan(
            self._forge,
            self._inputs,
            branch=branch,
            said=said,
            findings=findings,
            secrets=desk.secrets,
        )
        self._settings = plan.settings
        self._know(
            model=plan.settings.model.model,
            dry_run=plan.settings.dry_run,
            job=dataclasses.replace(self._job, instruction=plan.instruction),
            notes=findings.told(plan.chosen.paths) if findings and not manifest else (),
        )
        return plan

    @property
    def _job(self) -> Job:
        if self._report.job is None:
            raise AssertionError("a run has a job from its first moment on")
        return self._report.job

    async def _look(self, plan: Plan) -> OwnBranch:
        """Where our branch and pull request are; nothing is asked where none is wanted."""
        name = plan.branch_name
        if plan.settings.deliver != "pull-request":
            return OwnBranch(branch=name)
        return await find_own_branch(self._forge, name, self._inputs.api_key)

    async def _edit(self, sources: Sequence[SourceFile], plan: Plan) -> tuple[FileResult, ...]:
        """Ask for every file; without any, no model is even signed in to."""
        if not sources:
            return ()
        editor = await self._desk.open_editor(plan.settings.model)
        try:
            if plan.settings.dry_run:
                said = await foresight.told(plan.bench.to_ask(sources), plan.settings.model)
                self._know(notes=(*self._report.notes, said))
            results = await edit_files(sources, editor, plan.bench)
        finally:
            await editor.aclose()
        self._know(model=editor.model, notes=(*self._report.notes, *editor.notes))
        return results

    async def _deliver(
        self, plan: Plan, standing: OwnBranch, divided: Divided, results: Sequence[FileResult]
    ) -> Handed:
        """Bring the pull request to what was edited now and before."""
        settings = plan.settings
        if settings.deliver != "pull-request" or settings.dry_run:
            return Handed()
        order = order_of(
            plan,
            divided,
            results,
            self._report,
            repository=self._tasked.repository,
            secret=self._inputs.api_key,
        )
        return await hand_over(self._forge, order, standing)

    def _tell(self, handed: Handed) -> Finished:
        """Put everything together."""
        outcome = self._report.outcome
        if outcome is Outcome.PATCHED and self._settings and not self._report.dry_run:
            if handed.written:
                outcome = Outcome.OPENED
            elif handed.pull:
                outcome = Outcome.UNCHANGED
        pull = handed.pull
        self._know(
            outcome=outcome,
            notes=(*handed.notes, *self._report.notes),
            pull_request_url=pull.url if pull else "",
            job=dataclasses.replace(self._job, pull_request=pull.number if pull else 0),
        )
        return self._left()

    def _left(self) -> Finished:
        """The end, with everything in the workspace."""
        return Finished(
            report=self._report,
            paths=write_output_files(self._desk.outbox, self._report),
            settings=self._settings,
        )

    def _failed(self, error: PredictEditError) -> Finished:
        log.error("failed: %s", error)
        self._know(outcome=Outcome.FAILED, problem=str(error))
        wrong = isinstance(error, SettingsError | CommandError)
        paths = OutputPaths() if wrong else write_output_files(self._desk.outbox, self._report)
        return Finished(
            report=self._report, paths=paths, settings=self._settings, settings_wrong=wrong
        )

    def _know(self, **facts: object) -> None:
        self._report = dataclasses.replace(self._report, **facts)  # type: ignore[arg-type]  # names are checked when it runs


def result_of(path: str, status: FileStatus, reason: str = "") -> FileResult:
    """A file that no model was asked for."""
    return FileResult(path=path, status=status, reason=reason)
