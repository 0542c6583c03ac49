"""The account that a run gives of itself: what is known so far, and how it is told in the end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

from predict_edit.delivery.delivered import Delivered
from predict_edit.delivery.output_files import OutputFolder
from predict_edit.delivery.patch_files import write_output_files
from predict_edit.delivery.state import LIMIT, Memory, pack, unpack
from predict_edit.delivery.summary_comment import SummaryComment
from predict_edit.domain import (
    FileResult,
    FileStatus,
    Job,
    Outcome,
    Reaction,
    RunReport,
    SkippedFile,
)
from predict_edit.domain.errors import CommandError, PredictEditError, RunCancelled, SettingsError
from predict_edit.report.markdown import length
from predict_edit.report.outputs import OutputPaths, to_outputs
from predict_edit.report.replies import render_command_error, render_failure
from predict_edit.report.summary import render_progress, render_summary
from predict_edit.run.edit_files import common_problem
from predict_edit.run.outcome import Finished, money_of, outcome_of
from predict_edit.settings.fields import Settings
from predict_edit.support.log import log

LAST_WORDS = 5.0
"""Seconds in which a cancelled run may say so; a runner waits 7.5 before it insists."""
SUMMARY_ROOM = 59_000
"""Characters that a summary may have together with what it remembers."""


class Account:
    """What is known of a run. Whatever is said about it is said from here."""

    def __init__(
        self,
        report: RunReport,
        job: Job,
        comment: SummaryComment,
        outbox: OutputFolder,
        *,
        secret: str | None,
    ) -> None:
        self.job = job
        self.comment = comment
        self.memory = Memory()
        self.settings: Settings | None = None
        self._complete = True
        self._report = report
        self._outbox = outbox
        self._secret = secret

    def know(self, **facts: Any) -> None:
        """Put what became known into the report."""
        self._report = dataclasses.replace(self._report, **facts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know, a sentence each."""
        return self._report.notes

    def note(self, *sentences: str) -> None:
        """Add to what the reader should know."""
        self.know(notes=(*self._report.notes, *sentences))

    def marker(self, state: str, *, room: int = LIMIT) -> str:
        """The summary's mark, with as much of what is remembered as there is room for."""
        known = self.memory.records or self.memory.figures
        return self.comment.marker(
            head=self._report.head,
            state=state,
            outcome=str(self._report.outcome) if state == "done" and self._complete else "",
            memory=pack(self.memory, self._secret, room) if known and room > 0 else "",
        )

    def recall(self) -> None:
        """Read what an earlier run of the command left in its summary."""
        earlier = self.comment.earlier
        if packed := earlier.fields.get("memory", "") if earlier else "":
            self.memory = unpack(packed, self._secret)

    async def remember(self, done: int, total: int) -> None:
        """Save what is known before anything is posted that must not be done twice."""
        await self.comment.note(self.progress(done, total))

    def progress(self, done: int, total: int) -> str:
        """What the summary comment says while the run works."""
        return render_progress(
            done, total, marker=self.marker("working"), run_url=self._report.run_url
        )

    async def tell(self, delivered: Delivered, skipped: Sequence[SkippedFile]) -> Finished:
        """Put everything together and say it once, everywhere."""
        files = with_skipped(delivered.files, skipped)
        outcome = outcome_of(files, delivered.outcome)
        failed = outcome is Outcome.FAILED
        self._complete = delivered.complete
        self.know(
            job=self.job,
            outcome=outcome,
            files=files,
            cost=money_of(files),
            review_url=delivered.review_url,
            commit_url=delivered.commit_url,
            suggestion_urls=delivered.suggestion_urls,
            summary_url=self.comment.url,
            notes=(*self._report.notes, *delivered.notes),
            problem=common_problem(files) if failed else "",
        )
        paths = write_output_files(self._outbox, self._report)
        self.memory.figures = to_outputs(self._report, OutputPaths())
        told = await self.comment.finish(
            self._summary(), Reaction.FAILED if failed else Reaction.DONE
        )
        if not told and not (delivered.review_url or delivered.commit_url):
            return self.finished(
                outcome=Outcome.FAILED,
                problem="The summary could not be written on the pull request; the log says why.",
            )
        self.know(summary_url=self.comment.url)
        return Finished(report=self._report, paths=paths, settings=self.settings)

    async def tell_again(self, outcome: Outcome, files: Sequence[FileResult]) -> Finished:
        """The files and figures of an earlier run that had finished; nothing is written."""
        self.know(
            job=self.job,
            outcome=outcome,
            files=tuple(files),
            cost=money_of(files),
            review_url=self.memory.figures.get("review-url", ""),
            summary_url=self.comment.url,
        )
        await self.comment.react(Reaction.DONE)
        return Finished(
            report=self._report,
            paths=write_output_files(self._outbox, self._report),
            settings=self.settings,
            figures=self.memory.figures,
        )

    def _summary(self) -> str:
        """The summary; what is remembered never takes the room of what is to be read."""
        text = render_summary(self._report, marker=self.marker("done", room=0))
        room = min(LIMIT, SUMMARY_ROOM - length(text))
        return render_summary(self._report, marker=self.marker("done", room=room))

    async def answer(self, text: str) -> Finished:
        """Say something that is no edit; not being able to say it is a failure."""
        if await self.comment.finish(text, Reaction.DONE):
            return self.finished(outcome=Outcome.ANSWERED)
        return self.finished(
            outcome=Outcome.FAILED, problem="The answer could not be posted; the log says why."
        )

    async def answer_wrong(self, error: CommandError, command: str) -> Finished:
        """Say what is wrong with a command."""
        log.info("answered: %s", error)
        return await self.answer(
            render_command_error(error, command=command, marker=self.marker("answered"))
        )

    async def fail(self, error: PredictEditError, *, aloud: bool) -> Finished:
        """Say why the run failed, unless it is not known who would be told."""
        log.error("failed: %s", error)
        self.know(outcome=Outcome.FAILED)
        if aloud:
            text = render_failure(error, marker=self.marker("done"), run_url=self._report.run_url)
            await self.comment.finish(text, Reaction.FAILED)
        else:
            await self.comment.react(Reaction.FAILED)
        finished = self.finished(outcome=Outcome.FAILED, problem=str(error))
        return dataclasses.replace(finished, settings_wrong=isinstance(error, SettingsError))

    async def cancelled(self, *, aloud: bool) -> Finished:
        """Say that the run was cancelled, as far as there is time for it."""
        error = RunCancelled(
            "The workflow's run was cancelled before the command was done.",
            "Run it again, or give the command again; what was edited by then is remembered.",
        )
        try:
            async with asyncio.timeout(LAST_WORDS):
                return await self.fail(error, aloud=aloud)
        except TimeoutError:
            log.error("there was no time left to say so on the pull request")
            return self.finished(outcome=Outcome.FAILED, problem=str(error))

    def leave(self, files: Sequence[FileResult], **facts: Any) -> Finished:
        """The end of a job whose account another job gives: only files are left."""
        self.know(job=self.job, files=tuple(files), cost=money_of(files), **facts)
        return Finished(
            report=self._report,
            paths=write_output_files(self._outbox, self._report),
            settings=self.settings,
        )

    def finished(self, *, outcome: Outcome, problem: str = "") -> Finished:
        """A run that ends without an account of files."""
        self.know(
            job=self.job,
            outcome=outcome,
            problem=problem,
            summary_url=self.comment.url,
        )
        failed = outcome is Outcome.FAILED
        paths = write_output_files(self._outbox, self._report) if failed else OutputPaths()
        return Finished(report=self._report, paths=paths, settings=self.settings)


def with_skipped(
    files: Sequence[FileResult], skipped: Sequence[SkippedFile]
) -> tuple[FileResult, ...]:
    """All files of a run, those that were not tried last."""
    return (
        *files,
        *(
            FileResult(path=file.path, status=FileStatus.SKIPPED, reason=file.reason)
            for file in skipped
        ),
    )
