"""The listener of a command: one summary comment, and reactions, for the person who gave it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Final

from predict_edit.delivery.state import LIMIT, Memory, pack, unpack
from predict_edit.delivery.summary_comment import SummaryComment, command_key
from predict_edit.domain.edits import FailedEdit, FileEdit
from predict_edit.domain.errors import CommandError, PredictEditError, RunCancelled
from predict_edit.domain.repository import Reaction
from predict_edit.domain.run_report import FileResult, Outcome, OutputPaths, RunReport, Watch
from predict_edit.report.markdown import length
from predict_edit.report.outputs import to_outputs
from predict_edit.report.replies import render_command_error, render_failure, render_help
from predict_edit.report.summary import render_progress, render_summary
from predict_edit.run.context import Context, Listener, Plan, RunRequest
from predict_edit.settings.fields import CommandOptions, Inputs, Settings, hyphenated
from predict_edit.suggest.patch import patches_of
from predict_edit.support.log import log
from predict_edit.support.text import listed, quoted
from predict_edit.trigger.command import DEFAULT_COMMAND
from predict_edit.trigger.requests import PullRequestCommand

LAST_WORDS: Final = 5.0
"""Seconds in which a cancelled run may say so; a runner waits 7.5 before it insists."""
SUMMARY_ROOM: Final = 59_000
"""Characters of a summary together with what it remembers."""


class SummaryListener(Listener):
    """Answers a command on a pull request: reactions on it, and its one summary comment.

    ``memory`` is what the comment's marker remembers.
    """

    answers = True
    work = "the command"

    def __init__(self, commanded: PullRequestCommand, inputs: Inputs, ctx: Context) -> None:
        self.memory = Memory()
        self._run_url = ctx.run_url
        self._secret = inputs.api_key
        self._word = inputs.command or DEFAULT_COMMAND
        self.comment = SummaryComment(
            ctx.forge,
            commanded.pull_request,
            commanded.command,
            command_key(commanded, ctx.run_id),
            silent=bool(inputs.dry_run) or inputs.mode == "edit",
            seals=commanded.seals(inputs.api_key),
        )

    @property
    def url(self) -> str:
        """The address of the summary comment."""
        return self.comment.url

    def recall(self) -> None:
        """Recall what the comment of an earlier run remembers, once it was found."""
        earlier = self.comment.earlier
        if packed := earlier.fields.get("memory", "") if earlier else "":
            self.memory = unpack(packed, self._secret)

    def be_silent(self) -> None:
        """Write nothing from here on."""
        self.comment.be_silent()

    async def started(self) -> None:
        """React to the command."""
        await self.comment.react(Reaction.TAKEN)

    async def denied(self) -> None:
        """React to the command, and say nothing to a stranger."""
        await self.comment.react(Reaction.DENIED)

    @contextlib.asynccontextmanager
    async def watch(self, plan: Plan) -> AsyncIterator[Watch]:
        """Count the files in the summary comment until the model is through."""
        head, total = plan.head, len(plan.sources)
        count = _Count()

        def render() -> str | None:
            if count.all_answered(total):
                return None
            boxes = {source.path: source.path in count.paths for source in plan.sources}
            return self._progress(head, count.files, total, boxes)

        async with self.comment.keeping_up(render):
            yield count

    async def progress(self, head: str, done: int, total: int) -> None:
        """Write how far the command is.

        Raises:
            ForgeError: GitHub refused or failed.
        """
        await self.comment.say(self._progress(head, done, total))

    async def save(self, head: str, total: int) -> None:
        """Save what was paid for, before anything is posted that must not be posted twice."""
        await self.comment.note(self._progress(head, total, total))

    async def finished(self, report: RunReport, *, complete: bool) -> bool:
        """Write the summary. What it remembers never takes the room of what people read."""
        self.memory.figures = to_outputs(report, OutputPaths())
        outcome = str(report.outcome) if complete else ""

        carried = report.carrier != "patch"
        placed = [
            each.placed for each in report.files if each.placed and (each.held or not carried)
        ]
        patches = () if report.review_url and not carried else patches_of(placed)

        def marker(room: int) -> str:
            return self._marker(report.head, "done", outcome=outcome, room=room)

        bare = marker(0)
        summary = render_summary(report, marker=bare, patches=patches)
        # To render takes long; with what is remembered, only the last line is another.
        room = min(LIMIT, SUMMARY_ROOM - length(summary))
        summary = summary.removesuffix(f"{bare}\n") + f"{marker(room)}\n"
        failed = report.outcome is Outcome.FAILED
        return await self.comment.finish(summary, Reaction.FAILED if failed else Reaction.DONE)

    async def finished_again(self) -> None:
        """React once more to a command that an earlier run finished; its summary says it all."""
        await self.comment.react(Reaction.DONE)

    async def help(self, settings: Settings, *, head: str, own_branch: bool) -> bool:
        """Answer how commands are written; ``False`` if that could not be posted."""
        text = render_help(
            command=settings.command,
            marker=self._marker(head, "answered"),
            options=allowed_options(settings),
            recipes=settings.recipes,
            apply=own_branch,
            may_commit="commit" in settings.deliveries,
        )
        return await self.comment.finish(text, Reaction.DONE)

    async def failed(self, error: PredictEditError, *, head: str) -> bool:
        """Say why, but only to a person who may give commands."""
        if isinstance(error, CommandError):
            log.info("answered: %s", error)
            marker = self._marker(head, "answered")
            text = render_command_error(error, command=self._word, marker=marker)
            return await self.comment.finish(text, Reaction.DONE)
        log.error("failed: %s", error)
        try:
            async with asyncio.timeout(LAST_WORDS if isinstance(error, RunCancelled) else None):
                if not self.comment.trusts:
                    await self.comment.react(Reaction.FAILED)
                    return True
                marker = self._marker(head, "done", outcome=Outcome.FAILED)
                text = render_failure(error, marker=marker, run_url=self._run_url)
                return await self.comment.finish(text, Reaction.FAILED)
        except TimeoutError:
            log.error("there was no time left to report it on the pull request")
            return False

    def _progress(
        self, head: str, done: int, total: int, boxes: Mapping[str, bool] | None = None
    ) -> str:
        """What the summary comment says while the run works; a box a file says if it is done."""
        marker = self._marker(head, "working")
        return render_progress(done, total, marker=marker, run_url=self._run_url, boxes=boxes)

    def _marker(self, head: str, state: str, *, outcome: str = "", room: int = LIMIT) -> str:
        """The summary's marker, with as much of what is remembered as there is room for."""
        known = self.memory.records or self.memory.figures
        memory = pack(self.memory, self._secret, room) if known and room > 0 else ""
        return self.comment.marker(head=head, state=state, outcome=outcome, memory=memory)


def allowed_options(settings: Settings) -> dict[str, str]:
    """What a command may set here, each with what it may be."""
    fields = CommandOptions.model_fields.items()
    options = {hyphenated(name): field.description or "" for name, field in fields} | {
        "model": listed(map(quoted, settings.models), "or"),
        "deliver": listed(map(quoted, settings.deliveries), "or"),
        "max-suggestions": f"{settings.max_suggestions} or fewer; the rest goes to the patch",
    }
    if not settings.also:
        del options["also"]
    if len(settings.models) <= 1:
        del options["model"]
    return options


class _Count(Watch):
    """Counts the files that are done, and those that the model is through with."""

    def __init__(self) -> None:
        self.files = 0
        self.paths: set[str] = set()
        self._answered: set[str] = set()

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """Note that the model is through with a file."""
        self._answered.add(answer.file.path)

    def done(self, result: FileResult) -> None:
        """Count one more."""
        self.files += 1
        self.paths.add(result.path)

    def all_answered(self, total: int) -> bool:
        """Whether the model is through: the review would wait for an update under way."""
        return len(self.paths | self._answered) == total


def commanded_dry(request: RunRequest) -> bool:
    """Whether the command itself asks for a dry run, so that a person waits for its result."""
    return isinstance(request, PullRequestCommand) and "dry-run" in getattr(
        request.parsed, "options", {}
    )
