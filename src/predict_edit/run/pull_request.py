"""The way of the data: from a command to what stands on the pull request.

It flows one way, and :meth:`Run.carry_out` reads like its picture. This is the only module that
knows the forge and the editor both; all it does itself is to hand values on.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence

from predict_edit.delivery.apply import apply_collected, collect
from predict_edit.delivery.commit import page_of
from predict_edit.delivery.delivered import Delivered, Delivery, Destination
from predict_edit.delivery.state import Memory
from predict_edit.delivery.ways import WAYS
from predict_edit.domain import (
    FileResult,
    Outcome,
    Reaction,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.errors import CommandError, Defect, PredictEditError
from predict_edit.run import estimate as foresight
from predict_edit.run.authorize import Seen
from predict_edit.run.bases import read_bases
from predict_edit.run.beginning import Admitted, Beginning
from predict_edit.run.context import Desk
from predict_edit.run.edit_files import Editing, model_of
from predict_edit.run.outcome import Finished
from predict_edit.run.read_files import read_sources, with_thread
from predict_edit.run.reporter import with_skipped
from predict_edit.run.resume import committed_before, outcome_before
from predict_edit.settings.fields import Inputs, Settings
from predict_edit.support.log import log, log_crash
from predict_edit.trigger.command import (
    DEFAULT_COMMAND,
    Apply,
)
from predict_edit.trigger.rate_limit import check_alone
from predict_edit.trigger.requests import PullRequestCommand

__all__ = ["Desk", "Run", "run"]


async def run(commanded: PullRequestCommand, inputs: Inputs, desk: Desk) -> Finished:
    """Carry out one command. What goes wrong is in the report, and told where it was given."""
    return await Run(commanded, inputs, desk).to_the_end()


class Run(Beginning):
    """One command on its way."""

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
        admitted = await self._admit()
        if isinstance(admitted, Finished):
            return admitted
        if done := await self._done_before(admitted):
            return done
        self._check_alone()
        if isinstance(self._commanded.parsed, Apply):
            return await self._apply(admitted.seen, admitted.settings)
        return await self._work(admitted)

    async def _work(self, admitted: Admitted) -> Finished:
        """Edit the files and deliver what comes of it."""
        (sources, skipped), self._account.job, _ = await asyncio.gather(
            self._sources(admitted),
            with_thread(self._forge, self._commanded, self._account.job),
            self._summary.react(Reaction.TAKEN),
        )
        results = await self._edit(admitted.seen, sources, admitted.settings)
        return await self._hand_over(admitted, results, skipped)

    async def _hand_over(
        self, admitted: Admitted, results: Sequence[FileResult], skipped: Sequence[SkippedFile]
    ) -> Finished:
        """Deliver the edits, and tell of them."""
        save = None
        if total := len(results):
            save = functools.partial(self._account.remember, total, total)
        way = self._way(admitted.seen, admitted.settings, save)
        prepared = way.prepare(results)
        dry = admitted.settings.dry_run
        delivered = prepared if dry else await way.deliver(prepared)
        return await self._account.tell(delivered, skipped)

    def _check_alone(self) -> None:
        """Refuse a command while another one is carried out on the pull request."""
        summary = self._summary
        check_alone(summary.conversation, self._desk.now(), key=summary.key)

    async def _sources(
        self, admitted: Admitted
    ) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
        """The files to edit, and those that are not edited."""
        seen, policy, settings = admitted.seen, admitted.policy, admitted.settings
        aim = self._account.job.aim
        return await read_sources(self._forge, seen, policy, settings, aim, findings=self._findings)

    async def _done_before(self, admitted: Admitted) -> Finished | None:
        """What an earlier run of the same command has finished already; ``None`` where it has not.

        A commit that was made and not told of is told of now.
        """
        seen, settings = admitted.seen, admitted.settings
        account, earlier = self._account, self._summary.earlier
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
                url = page_of(seen.pull, seen.pull.head_sha)
                delivered = Delivered(files=files, outcome=Outcome.COMMITTED, commit_url=url)
                return await account.tell(delivered, ())
        if before is None or applies or earlier is None:
            return None
        if earlier.fields.get("head") != seen.pull.head_sha:
            return None
        log.info("an earlier run of this command has finished on this head: nothing to do")
        account.job = await with_thread(self._forge, self._commanded, account.job)
        sources, skipped = await self._sources(admitted)
        async with self._editing(seen, sources, settings) as editing:
            results = await editing.all_files(sources, None)
        results = self._way(seen, settings).prepare(results).files
        account.know(model=model_of(results) or settings.model.model)
        return await account.tell_again(before, with_skipped(results, skipped))

    async def _apply(self, seen: Seen, settings: Settings) -> Finished:
        """Commit the open suggestions of this tool."""
        collected, _ = await asyncio.gather(
            collect(self._forge, seen.pull, settings.model.api_key),
            self._summary.react(Reaction.TAKEN),
        )
        for record in collected.records:
            self._account.memory.records[record.path] = record
        total = len(collected.files)
        await self._summary.say(self._account.progress(total, total))
        delivered = await apply_collected(collected, self._destination(seen, settings))
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
                if editor and settings.dry_run:
                    account.note(await foresight.told(editing.to_ask(sources), settings.model))
                async with self._summary.keeping_up(progress):
                    results = await editing.all_files(sources, editor)
            finally:
                if editor:
                    await editor.aclose()
        if editor:
            account.know(model=editor.model)
            account.note(*editor.notes, *editing.notes)
        else:
            account.know(model=model_of(results) or settings.model.model)
            account.note(*editing.notes)
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
            secrets=self._desk.secrets,
            bases=asyncio.create_task(read_bases(self._forge, seen.pull, sources)),
            findings=self._findings,
            anywhere=self._anywhere,
        )

    def _way(
        self, seen: Seen, settings: Settings, save: Callable[[], Awaitable[None]] | None = None
    ) -> Delivery:
        return WAYS[settings.deliver](self._destination(seen, settings, save))

    def _destination(
        self, seen: Seen, settings: Settings, save: Callable[[], Awaitable[None]] | None = None
    ) -> Destination:
        return Destination(
            job=self._account.job,
            pull=seen.pull,
            forge=self._forge,
            settings=settings,
            command=self._summary.key,
            run_url=self._desk.run_url,
            reviews=self._reviews,
            save=save,
            sleep=self._desk.sleep,
        )
