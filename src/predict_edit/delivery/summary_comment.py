"""The one summary comment of a command: found again, kept up to date, finished."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Final

from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeRateLimited,
    ForgeUnavailable,
)
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import CommandRef, Comment, Reaction, Review
from predict_edit.support.log import log
from predict_edit.support.markers import Marker, Seals, find_marker
from predict_edit.trigger.rate_limit import KIND, signature
from predict_edit.trigger.requests import PullRequestCommand

FIRST_UPDATE = 10.0
"""Seconds until the first update. The next one waits three times as long, so most runs have one."""
LONGEST_PAUSE: Final = 60.0

_UNSURE: Final = (ForgeUnavailable, ForgeAnswerInvalid, ForgeRateLimited)
"""Errors after which a comment may have been written."""


class SummaryComment:
    """What readers of the pull request see of a command: one comment, and reactions on the command.

    ``key`` names the command, so a second run of it edits the same comment. A silent one (a dry
    run) writes nothing. ``conversation`` has the comments of all people after :meth:`find`.
    ``trusts`` says whether the command's author may give commands, and so may read what goes wrong;
    authorization decides it.
    """

    def __init__(
        self,
        forge: GitHost,
        number: int,
        command: CommandRef,
        key: str,
        *,
        silent: bool,
        seals: Seals,
    ) -> None:
        self.key = key
        self.trusts = False
        self.conversation: tuple[Comment, ...] = ()
        self._forge = forge
        self._number = number
        self._command = command
        self._silent = silent
        self._seals = seals
        self._comment: Comment | None = None
        self._text = ""
        self._may_write = False

    @property
    def url(self) -> str:
        """The address of the comment; empty until it exists."""
        return self._comment.url if self._comment else ""

    @property
    def earlier(self) -> Marker | None:
        """The marker of an earlier run of the same command, after :meth:`find`."""
        return find_marker(self._comment.body, KIND) if self._comment else None

    def be_silent(self) -> None:
        """Write nothing from here on."""
        self._silent = True

    def marker(self, *, head: str, state: str, **more: str) -> str:
        """Return the marker for the comment's text; fields without a value are left out."""
        known = {name: value for name, value in more.items() if value}
        by = signature(self._command.author)
        fields = {"command": self.key, "by": by, "head": head, "state": state, **known}
        return str(self._seals.seal(Marker(KIND, fields)))

    async def find(self) -> tuple[Review, ...]:
        """Look for the comment of an earlier run of this command; return the reviews beside it.

        Raises:
            ForgeError: the comments could not be read; posting blindly might post twice.
        """
        ours: dict[str, Comment] = {}
        conversation = []
        comments, reviews = await self._forge.conversation(self._number)
        for comment in comments:
            marker = self._seals.find(comment.body, KIND) if comment.mine else None
            command = marker.fields.get("command", str(comment.id)) if marker else ""
            # A marker without our seal, or copied from an older comment, counts for nothing.
            mine = marker is not None and ours.setdefault(command, comment) is comment
            conversation.append(dataclasses.replace(comment, mine=mine))
        self.conversation = tuple(conversation)
        self._comment = ours.get(self.key)
        return reviews

    async def react(self, reaction: Reaction) -> None:
        """Add a reaction to the command; best effort."""
        if not self._silent:
            self._may_write = await self._forge.react(self._command, reaction)

    async def say(self, text: str) -> None:
        """Write the comment, or replace its text.

        Raises:
            ForgeError: GitHub refused or failed.
        """
        if self._silent:
            return
        if self._comment is None:
            await self._create(text)
        else:
            await self._forge.edit_comment(self._comment.id, text)
        self._text = text

    async def note(self, text: str) -> None:
        """Replace the text if it changed; a failure is only logged."""
        if text == self._text:
            return
        try:
            await self.say(text)
        except ForgeError as error:
            log.info("the progress could not be shown: %s", error.cause)

    async def finish(self, text: str, reaction: Reaction) -> bool:
        """Write the final text, then add the reaction; ``False`` if GitHub refused the text."""
        if self._silent:
            return True
        try:
            if self._comment is None:
                await self._create(text)
                await self.react(reaction)
            else:
                await self._forge.close_comment(self._comment, text, self._command, reaction)
        except ForgeError as error:
            log.error("the summary could not be written: %s", error)
            await self.react(Reaction.FAILED)
            return False
        return True

    async def _create(self, text: str) -> None:
        """Write the comment once; if that is unclear, look for it before trying again."""
        try:
            self._comment = await self._forge.create_comment(self._number, text)
        except _UNSURE as error:
            await self.find()
            if self._comment is None:
                if isinstance(error, ForgeRateLimited):
                    raise
                self._comment = await self._forge.create_comment(self._number, text)

    @contextlib.asynccontextmanager
    async def keeping_up(self, render: Callable[[], str | None]) -> AsyncIterator[None]:
        """Show what ``render`` returns now and, less and less often, whenever it changed.

        ``None`` from ``render`` means that nothing is worth a request just now.

        The first text is written beside the work if GitHub took a reaction before, else before the
        work: a token that may not comment may not review either, so no model is to be paid for it.
        If GitHub refuses the text all the same, the work ends.

        Raises:
            ForgeError: the first text was refused.
        """
        if not self._may_write and (first := render()):
            await self.say(first)
        stop = asyncio.Event()
        updates = asyncio.create_task(self._update(render, stop))
        work = asyncio.current_task()

        def end_work(task: asyncio.Task[None]) -> None:
            if work and not stop.is_set() and task.exception() is not None:
                work.cancel()

        updates.add_done_callback(end_work)
        try:
            yield
        except asyncio.CancelledError:
            if updates.done() and (refusal := updates.exception()):
                if work:
                    work.uncancel()
                raise refusal from None
            raise
        finally:
            # Wait for a request under way: it must not overtake the final text.
            stop.set()
            await asyncio.wait([updates])
        updates.result()

    async def _update(self, render: Callable[[], str | None], stop: asyncio.Event) -> None:
        if (first := render()) and first != self._text:
            await self.say(first)
        pause = FIRST_UPDATE
        while not await _set_within(stop, pause):
            pause = min(pause * 3, LONGEST_PAUSE)
            if text := render():
                await self.note(text)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def command_key(commanded: PullRequestCommand, run_id: str) -> str:
    """Return the key of a command, the same when its workflow is run again."""
    command = commanded.command
    if command.comment_id is None:
        return f"run-{run_id or 'local'}"
    return f"{command.source.replace('_', '-')}-{command.comment_id}"
