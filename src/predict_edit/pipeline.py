"""The way of the data: from a command to what stands on the pull request.

It flows one way, and :meth:`Run.carry_out` reads like its picture. This is the only module that
knows the forge and the editor both; all it does itself is to hand values on.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence

from predict_edit.announce import Announcement
from predict_edit.conversation import Conversation, command_key
from predict_edit.deliver import Delivered, deliver
from predict_edit.domain import (
    ChangedFile,
    FileResult,
    FileStatus,
    Job,
    Outcome,
    PullRequest,
    Reaction,
    Role,
    RunReport,
    SkippedFile,
    SourceFile,
)
from predict_edit.editing import capped, common_problem, edit_file
from predict_edit.editor import Editor
from predict_edit.errors import CommandError, Defect, PredictEditError, SettingsError
from predict_edit.forge import Forge
from predict_edit.inputs import Inputs
from predict_edit.log import log, log_crash
from predict_edit.outbox import EDITS, REMAINDER, RESULT, Outbox
from predict_edit.outcome import Finished, money_of, outcome_of
from predict_edit.policy import Policy, read_policy
from predict_edit.readiness import check_ready, check_served
from predict_edit.report.messages import render_command_error, render_failure, render_help
from predict_edit.report.outputs import OutputPaths
from predict_edit.report.result import result_json
from predict_edit.report.summary import render_progress, render_summary
from predict_edit.select import choose, open_source
from predict_edit.settings import ModelSettings, Settings, resolve, resolve_command
from predict_edit.suggest.patch import edits_patch, remainder_patch
from predict_edit.trigger.access import refusal
from predict_edit.trigger.command import DEFAULT_COMMAND, OPTIONS, EditCommand, Help, RunRecipe
from predict_edit.trigger.events import Commanded


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a run works with; everything that reaches outside comes through here."""

    forge: Forge
    open_editor: Callable[[ModelSettings], Awaitable[Editor]]
    outbox: Outbox
    run_url: str = ""
    run_id: str = ""


async def run(commanded: Commanded, inputs: Inputs, desk: Desk) -> Finished:
    """Carry out one command. What goes wrong is in the report, and told where it was given."""
    return await Run(commanded, inputs, desk).to_the_end()


class Run:
    """One command on its way; the attributes are what is known so far."""

    def __init__(self, commanded: Commanded, inputs: Inputs, desk: Desk) -> None:
        self._commanded = commanded
        self._inputs = inputs
        self._desk = desk
        self._forge = desk.forge
        self._settings: Settings | None = None
        self._trusted = False
        """Whether the one who asked may give commands, and so be told what went wrong."""
        options: Mapping[str, str] = getattr(commanded.parsed, "options", {})
        self._report = RunReport(
            outcome=Outcome.FAILED,
            job=Job(
                repository=commanded.repository,
                pull_request=commanded.pull_request,
                instruction=getattr(commanded.parsed, "instruction", ""),
                command=commanded.command,
                pinned_sha=getattr(commanded.parsed, "pinned_sha", None),
                aim=commanded.aim,
            ),
            model=inputs.model,
            run_url=desk.run_url,
            dry_run=bool(inputs.dry_run) or "dry-run" in options,
        )
        announcement = Announcement(
            desk.forge,
            commanded.pull_request,
            command_key(commanded, desk.run_id),
            silent=self._report.dry_run,
        )
        self._talk = Conversation(
            desk.forge, commanded.command, announcement, silent=self._report.dry_run
        )

    async def to_the_end(self) -> Finished:
        """Carry the command out and turn every error into an answer."""
        try:
            return await self.carry_out()
        except CommandError as error:
            log.info("answered: %s", error)
            text = render_command_error(
                error, command=self._inputs.command or DEFAULT_COMMAND, marker=self._marker("done")
            )
            return await self._answer(text)
        except PredictEditError as error:
            return await self._fail(error)
        except Exception as error:  # noqa: BLE001 - a defect of ours is told like any other failure
            log_crash(error)
            return await self._fail(Defect.of(error))

    async def carry_out(self) -> Finished:
        """The whole way, once.

        Raises:
            CommandError: the command is wrong.
            PredictEditError: the run as a whole cannot go on.
        """
        role, pull, changed = await self._look()
        policy = await self._policy(pull, changed, role)
        if policy is None:
            await self._talk.react(Reaction.DENIED)
            return self._finished(outcome=Outcome.DENIED)

        settings = self._settle(policy)
        if isinstance(self._commanded.parsed, Help):
            return await self._answer(self._help(settings))
        check_served(settings, self._commanded.parsed)
        check_ready(pull, self._job)

        (sources, skipped), _ = await asyncio.gather(
            self._read(pull, changed, policy, settings), self._talk.react(Reaction.TAKEN)
        )
        results = await self._edit(sources, settings)
        delivered = await deliver(
            capped(results, settings.max_suggestions),
            job=self._job,
            pull=pull,
            forge=self._forge,
            settings=settings,
            run_url=self._desk.run_url,
            key=self._talk.announcement.key,
        )
        return await self._tell(delivered, skipped)

    @property
    def _job(self) -> Job:
        if self._report.job is None:
            raise AssertionError("a run has a job from its first moment on")
        return self._report.job

    def _marker(self, state: str) -> str:
        return self._talk.announcement.marker(head=self._report.head, state=state)

    async def _look(self) -> tuple[Role, PullRequest, tuple[ChangedFile, ...]]:
        """Everything that can be asked at once: the person's role, the pull request, its files.

        What goes wrong with the role is raised first: without it nobody is told anything.
        """
        number, author = self._commanded.pull_request, self._commanded.command.author
        asked = self._commanded.command.comment_id is not None
        role, pull, changed = await asyncio.gather(
            self._forge.role_of(author or "") if asked else _dispatcher(),
            self._forge.pull_request(number),
            self._forge.changed_files(number),
            return_exceptions=True,
        )
        if isinstance(role, BaseException):
            raise role
        self._trusted = refusal(role, self._least_role()) is None
        if isinstance(pull, BaseException):
            raise pull
        if isinstance(changed, BaseException):
            raise changed
        self._report = dataclasses.replace(self._report, head=pull.head_sha, base=pull.base_sha)
        return role, pull, changed

    async def _policy(
        self, pull: PullRequest, changed: Sequence[ChangedFile], role: Role
    ) -> Policy | None:
        """What the repository says; ``None`` where it says that this person may not.

        A role that the workflow itself refuses is refused before anything more is read.
        """
        denial = refusal(role, self._least_role())
        if denial is None or self._inputs.permission is None:
            try:
                policy, _ = await asyncio.gather(
                    read_policy(self._forge, pull, changed), self._talk.announcement.find()
                )
                denial = refusal(role, resolve(self._inputs, policy.config).permission)
            except PredictEditError:
                # Only who may is told what is wrong; what the config says is not known then.
                if denial is None:
                    raise
            else:
                self._trusted = denial is None
                if denial is None:
                    return policy
        log.info("denied: %s %s", self._commanded.command.author, denial)
        return None

    def _least_role(self) -> Role:
        given = self._inputs.permission
        return Role[given.upper()] if given else Role.WRITE

    def _settle(self, policy: Policy) -> Settings:
        """Merge what command, inputs and config say; from here on the job is complete."""
        parsed = self._commanded.parsed
        if isinstance(parsed, CommandError):
            raise parsed
        if isinstance(parsed, EditCommand | RunRecipe):
            settings, instruction = resolve_command(self._inputs, policy.config, parsed)
            job = dataclasses.replace(self._job, instruction=instruction)
            self._report = dataclasses.replace(self._report, job=job)
        else:
            settings = resolve(self._inputs, policy.config)
        if settings.dry_run:
            self._talk.be_silent()
        self._report = dataclasses.replace(
            self._report, model=settings.model.model, dry_run=settings.dry_run
        )
        self._settings = settings
        return settings

    async def _read(
        self,
        pull: PullRequest,
        changed: Sequence[ChangedFile],
        policy: Policy,
        settings: Settings,
    ) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
        """Select by name, read what is left at the pinned head, select by content."""
        aim = self._commanded.aim
        chosen = choose(
            changed,
            include=settings.files,
            exclude=settings.exclude,
            attributes=policy.attributes,
            max_files=settings.max_files,
            only=aim.path if aim else None,
        )
        wanted = {file.path: file.blob_sha for file in chosen.kept}
        contents, _ = await asyncio.gather(
            self._forge.read_files(pull.head_sha, wanted), self._read_thread()
        )
        opened = [
            open_source(file, contents[file.path])
            if file.path in contents
            else SkippedFile(path=file.path, reason="it is not there at the head")
            for file in chosen.kept
        ]
        return (
            tuple(file for file in opened if isinstance(file, SourceFile)),
            (*chosen.skipped, *(file for file in opened if isinstance(file, SkippedFile))),
        )

    async def _read_thread(self) -> None:
        """Complete the aim with what was said in the thread before the command."""
        aim, comment = self._commanded.aim, self._commanded.command.comment_id
        if aim is None or comment is None or self._commanded.in_reply_to is None:
            return
        said = await self._forge.thread(self._job.pull_request, comment)
        job = dataclasses.replace(self._job, aim=dataclasses.replace(aim, thread=said))
        self._report = dataclasses.replace(self._report, job=job)

    async def _edit(
        self, sources: Sequence[SourceFile], settings: Settings
    ) -> tuple[FileResult, ...]:
        """Ask for every file, side by side, while the summary comment counts them."""
        if not sources:
            return ()
        done = 0

        async def edit_one(editor: Editor, file: SourceFile) -> FileResult:
            nonlocal done
            result = await edit_file(editor, file, self._job)
            done += 1
            log.info("%s of %s files done", done, len(sources))
            return result

        def progress() -> str:
            return render_progress(
                done, len(sources), marker=self._marker("working"), run_url=self._desk.run_url
            )

        editor = await self._desk.open_editor(settings.model)
        try:
            async with self._talk.announcement.keeping_up(progress), asyncio.TaskGroup() as group:
                tasks = [group.create_task(edit_one(editor, file)) for file in sources]
        finally:
            await editor.aclose()
        self._report = dataclasses.replace(self._report, model=editor.model, notes=editor.notes)
        return tuple(task.result() for task in tasks)

    async def _tell(self, delivered: Delivered, skipped: Sequence[SkippedFile]) -> Finished:
        """Put everything together and say it once, everywhere."""
        files = (
            *delivered.files,
            *(
                FileResult(path=file.path, status=FileStatus.SKIPPED, reason=file.reason)
                for file in skipped
            ),
        )
        posted = delivered.posted
        outcome = outcome_of(files, posted=posted)
        self._report = dataclasses.replace(
            self._report,
            outcome=outcome,
            files=files,
            cost=money_of(files),
            review_url=delivered.review_url,
            suggestion_urls=delivered.suggestion_urls,
            summary_url=self._talk.announcement.url,
            notes=(*self._report.notes, *delivered.notes),
            problem=common_problem(files) if outcome is Outcome.FAILED else "",
        )
        paths = self._write_files()
        text = render_summary(self._report, marker=self._marker("done"))
        failed = outcome is Outcome.FAILED
        told = await self._talk.finish(text, Reaction.FAILED if failed else Reaction.DONE)
        if not told and not self._report.review_url:
            return self._finished(
                outcome=Outcome.FAILED,
                problem="The summary could not be written on the pull request; the log says why.",
            )
        self._report = dataclasses.replace(self._report, summary_url=self._talk.announcement.url)
        return Finished(report=self._report, paths=paths, settings=self._settings)

    def _write_files(self) -> OutputPaths:
        """Leave patches and result in the workspace."""
        placed = [result.placed for result in self._report.files if result.placed]
        write = self._desk.outbox.write
        edits, remainder = edits_patch(placed), remainder_patch(placed)
        return OutputPaths(
            patch=write(EDITS, edits) if edits else "",
            remainder_patch=write(REMAINDER, remainder) if remainder else "",
            result=write(RESULT, result_json(self._report)),
        )

    def _help(self, settings: Settings) -> str:
        return render_help(
            command=settings.command,
            marker=self._marker("answered"),
            options=OPTIONS,
            recipes=settings.recipes,
        )

    async def _fail(self, error: PredictEditError) -> Finished:
        """Say why the run failed, unless it is not known who would be told."""
        log.error("failed: %s", error)
        if self._trusted:
            text = render_failure(error, marker=self._marker("done"), run_url=self._desk.run_url)
            await self._talk.finish(text, Reaction.FAILED)
        else:
            await self._talk.react(Reaction.FAILED)
        finished = self._finished(outcome=Outcome.FAILED, problem=str(error))
        return dataclasses.replace(finished, settings_wrong=isinstance(error, SettingsError))

    async def _answer(self, text: str) -> Finished:
        """Say something that is no edit; not being able to say it is a failure."""
        if await self._talk.finish(text, Reaction.DONE):
            return self._finished(outcome=Outcome.ANSWERED)
        return self._finished(
            outcome=Outcome.FAILED, problem="The answer could not be posted; the log says why."
        )

    def _finished(self, *, outcome: Outcome, problem: str = "") -> Finished:
        self._report = dataclasses.replace(
            self._report,
            outcome=outcome,
            problem=problem,
            summary_url=self._talk.announcement.url,
        )
        paths = OutputPaths()
        if outcome is Outcome.FAILED:
            paths = self._write_files()
        return Finished(report=self._report, paths=paths, settings=self._settings)


async def _dispatcher() -> Role:
    """Who dispatches a workflow: GitHub lets only people with write access do that."""
    return Role.ADMIN
