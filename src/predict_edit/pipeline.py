"""The way of the data: from a command to what stands on the pull request.

It flows one way, and :meth:`Run.carry_out` reads like its picture. This is the only module that
knows the forge and the editor both; all it does itself is to hand values on.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence

from predict_edit.account import Account, with_skipped
from predict_edit.again import committed_before, outcome_before
from predict_edit.announce import Announcement
from predict_edit.bases import read_bases
from predict_edit.conversation import Conversation, command_key
from predict_edit.delivery import Delivered, Parcel, deliver
from predict_edit.delivery.applying import collect
from predict_edit.delivery.committing import apply_collected, page_of
from predict_edit.delivery.marks import REVIEWS
from predict_edit.domain import (
    Commit,
    FileResult,
    Job,
    Outcome,
    Reaction,
    Review,
    RunReport,
    SourceFile,
)
from predict_edit.editing import Editing, capped, model_of
from predict_edit.editor import Editor
from predict_edit.errors import CommandError, Defect, PredictEditError
from predict_edit.forge import Forge
from predict_edit.gate import Gate, Seen
from predict_edit.inputs import Inputs
from predict_edit.log import log, log_crash
from predict_edit.memory import Memory
from predict_edit.outbox import Outbox
from predict_edit.outcome import Finished
from predict_edit.policy import Policy
from predict_edit.readiness import check_ready, check_served
from predict_edit.reading import read_sources, with_thread
from predict_edit.report.messages import render_help
from predict_edit.settings import ModelSettings, Settings, resolve, resolve_command
from predict_edit.trigger.command import (
    DEFAULT_COMMAND,
    OPTIONS,
    Apply,
    EditCommand,
    Help,
    RunRecipe,
)
from predict_edit.trigger.events import Commanded


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a run works with; everything that reaches outside comes through here."""

    forge: Forge
    open_editor: Callable[[ModelSettings], Awaitable[Editor]]
    outbox: Outbox
    run_url: str = ""
    run_id: str = ""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


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
        self._gate = Gate(desk.forge, commanded, inputs)
        self._reviews: tuple[Review, ...] = ()
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
        self._announcement = Announcement(
            desk.forge,
            commanded.pull_request,
            command_key(commanded, desk.run_id),
            silent=silent,
        )
        self._talk = Conversation(desk.forge, commanded.command, self._announcement, silent=silent)
        self._account = Account(
            RunReport(
                outcome=Outcome.FAILED,
                job=job,
                model=inputs.model,
                run_url=desk.run_url,
                dry_run=silent,
            ),
            job,
            self._talk,
            desk.outbox,
            secret=inputs.api_key,
        )

    async def to_the_end(self) -> Finished:
        """Carry the command out and turn every error into an answer."""
        try:
            return await self.carry_out()
        except CommandError as error:
            word = self._inputs.command or DEFAULT_COMMAND
            return await self._account.answer_wrong(error, word)
        except PredictEditError as error:
            return await self._account.fail(error, aloud=self._gate.trusted)
        except asyncio.CancelledError:
            return await self._account.cancelled(aloud=self._gate.trusted)
        except Exception as error:  # noqa: BLE001 - a defect of ours is told like any other failure
            log_crash(error)
            return await self._account.fail(Defect.of(error), aloud=self._gate.trusted)

    async def carry_out(self) -> Finished:
        """The whole way, once.

        Raises:
            CommandError: the command is wrong.
            PredictEditError: the run as a whole cannot go on.
        """
        seen = await self._gate.look()
        self._account.know(head=seen.pull.head_sha, base=seen.pull.base_sha)
        policy = await self._gate.policy(seen, (self._announcement.find, self._read_reviews))
        if policy is None:
            await self._talk.react(Reaction.DENIED)
            return self._account.finished(outcome=Outcome.DENIED)

        settings = self._settle(policy)
        if isinstance(self._commanded.parsed, Help):
            return await self._account.answer(self._help(settings))
        check_served(settings)
        check_ready(seen.pull, self._account.job)
        if done := await self._done_before(seen, policy, settings):
            return done
        if isinstance(self._commanded.parsed, Apply):
            return await self._apply(seen, settings)

        (sources, skipped), self._account.job, _ = await asyncio.gather(
            read_sources(self._forge, seen, policy, settings, self._account.job.aim),
            with_thread(self._forge, self._commanded, self._account.job),
            self._talk.react(Reaction.TAKEN),
        )
        results = await self._edit(seen, sources, settings)
        results = capped(results, settings.max_suggestions)
        parcel = self._parcel(seen, settings)
        if total := len(sources):
            save = functools.partial(self._account.remember, total, total)
            parcel = dataclasses.replace(parcel, save=save)
        return await self._account.tell(await deliver(results, parcel), skipped)

    async def _read_reviews(self) -> None:
        """What we have posted on this pull request before, under whichever command."""
        found = await self._forge.marked_reviews(self._commanded.pull_request, REVIEWS)
        self._reviews = tuple(review for review in found if review.mine)

    def _settle(self, policy: Policy) -> Settings:
        """Merge what command, inputs and config say; from here on the job is complete."""
        parsed = self._commanded.parsed
        if isinstance(parsed, CommandError):
            raise parsed
        if isinstance(parsed, EditCommand | RunRecipe):
            settings, instruction = resolve_command(self._inputs, policy.config, parsed)
            self._account.job = dataclasses.replace(self._account.job, instruction=instruction)
        else:
            settings = resolve(self._inputs, policy.config)
        if settings.dry_run:
            self._talk.be_silent()
        self._account.know(model=settings.model.model, dry_run=settings.dry_run)
        self._account.settings = settings
        return settings

    async def _done_before(self, seen: Seen, policy: Policy, settings: Settings) -> Finished | None:
        """What an earlier run of the same command has finished already; ``None`` where it has not.

        A commit that was made and not told of is told of now.
        """
        account, earlier = self._account, self._announcement.earlier
        account.recall()
        before = outcome_before(earlier)
        applies = isinstance(self._commanded.parsed, Apply)
        if applies or settings.deliver == "commit":
            changed = {change.path: change for change in seen.changed}
            files = await committed_before(self._forge, earlier, account.memory, changed)
            if files and before is Outcome.COMMITTED:
                return await account.tell_again(before, files)
            if files:
                log.info("an earlier run of this command has made the commit already")
                sha = seen.pull.head_sha
                commit = Commit(sha=sha, url=page_of(seen.pull, sha))
                delivered = Delivered(files=files, committed=True, commit=commit)
                return await account.tell(delivered, ())
        if before is None or applies or earlier is None:
            return None
        if earlier.fields.get("head") != seen.pull.head_sha:
            return None
        log.info("an earlier run of this command has finished on this head: nothing to do")
        account.job = await with_thread(self._forge, self._commanded, account.job)
        sources, skipped = await read_sources(self._forge, seen, policy, settings, account.job.aim)
        async with self._editing(seen, sources, settings) as editing:
            results = await editing.all_files(sources, None)
        results = capped(results, settings.max_suggestions)
        account.know(model=model_of(results) or settings.model.model)
        return await account.tell_again(before, with_skipped(results, skipped))

    async def _apply(self, seen: Seen, settings: Settings) -> Finished:
        """Commit the open suggestions of this tool."""
        collected, _ = await asyncio.gather(
            collect(self._forge, seen.pull), self._talk.react(Reaction.TAKEN)
        )
        for record in collected.records:
            self._account.memory.records[record.path] = record
        total = len(collected.files)
        await self._announcement.say(self._account.progress(total, total))
        delivered = await apply_collected(collected, self._parcel(seen, settings))
        return await self._account.tell(delivered, ())

    async def _edit(
        self, seen: Seen, sources: Sequence[SourceFile], settings: Settings
    ) -> tuple[FileResult, ...]:
        """Ask for every file, side by side, while the summary comment counts them."""
        if not sources:
            return ()
        account, total = self._account, len(sources)
        async with self._editing(seen, sources, settings) as editing:

            def progress() -> str | None:
                over = editing.nearly_over(total)
                return None if over else account.progress(editing.done, total)

            known = all(map(editing.remembers, sources))
            editor = None if known else await self._desk.open_editor(settings.model)
            try:
                async with self._announcement.keeping_up(progress):
                    results = await editing.all_files(sources, editor)
            finally:
                if editor:
                    await editor.aclose()
        if editor:
            account.know(model=editor.model, notes=(*editor.notes, *editing.notes))
        else:
            account.know(model=model_of(results) or settings.model.model, notes=editing.notes)
        return results

    def _editing(self, seen: Seen, sources: Sequence[SourceFile], settings: Settings) -> Editing:
        """The files with all that their way needs.

        What is remembered and was sealed with no key is not trusted as far as committing it unseen.
        """
        memory = self._account.memory
        if settings.deliver == "commit" and not self._inputs.api_key:
            memory = self._account.memory = Memory(figures=memory.figures)
        return Editing(
            job=self._account.job,
            settings=settings.model,
            memory=memory,
            secrets=tuple(
                secret for secret in (self._inputs.github_token, self._inputs.api_key) if secret
            ),
            bases=asyncio.create_task(read_bases(self._forge, seen.pull, sources)),
        )

    def _parcel(self, seen: Seen, settings: Settings) -> Parcel:
        return Parcel(
            job=self._account.job,
            pull=seen.pull,
            forge=self._forge,
            settings=settings,
            command=self._announcement.key,
            run_url=self._desk.run_url,
            reviews=self._reviews,
            sleep=self._desk.sleep,
        )

    def _help(self, settings: Settings) -> str:
        return render_help(
            command=settings.command,
            marker=self._account.marker("answered"),
            options=OPTIONS,
            recipes=settings.recipes,
            apply=True,
        )
