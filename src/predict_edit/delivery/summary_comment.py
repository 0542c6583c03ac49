"""The one summary comment of a command: found again, kept up to date, finished."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from predict_edit.domain import CommandRef, Comment, Reaction
from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeRateLimited,
    ForgeUnavailable,
)
from predict_edit.domain.ports import Forge
from predict_edit.support.log import log
from predict_edit.support.markers import Marker, find_marker
from predict_edit.trigger.rate_limit import KIND, signature

FIRST_UPDATE = 2.0
"""Seconds until the first update; the one after it waits four times as long, and so on."""
LONGEST_PAUSE = 60.0

_UNSURE = (ForgeUnavailable, ForgeAnswerInvalid, ForgeRateLimited)
"""After these it is not known whether a comment was written."""


class Announcement:
    """What the pull request's readers see of a command, in one comment.

    ``key`` names the command, so that a second run of it edits the same comment, and ``by`` is the
    person who gave it. A silent announcement (a dry run) writes nothing. ``conversation`` holds
    everybody's comments after :meth:`find`.
    """

    def __init__(
        self, forge: Forge, number: int, key: str, *, silent: bool, by: str | None = None
    ) -> None:
        self._forge = forge
        self._number = number
        self._key = key
        self._by = signature(by)
        self.conversation: tuple[Comment, ...] = ()
        self._silent = silent
        self._comment: Comment | None = None
        self._said = ""

    @property
    def url(self) -> str:
        """The address of the comment, empty while there is none."""
        return self._comment.url if self._comment else ""

    @property
    def earlier(self) -> Marker | None:
        """What an earlier run of the same command left, after :meth:`find`."""
        return find_marker(self._comment.body, KIND) if self._comment else None

    @property
    def key(self) -> str:
        """The name of the command."""
        return self._key

    def be_silent(self) -> None:
        """Write nothing from here on."""
        self._silent = True

    def marker(self, *, head: str, state: str, **more: str) -> str:
        """The marker to put into the comment's text; fields without a value are left out."""
        known = {name: value for name, value in more.items() if value}
        fields = {"command": self._key, "by": self._by, "head": head, "state": state, **known}
        return str(Marker(KIND, fields))

    async def find(self) -> None:
        """Look for the comment of an earlier run of this command.

        Raises:
            ForgeError: the comments could not be read; posting blindly might post twice.
        """
        self.conversation = await self._forge.marked_comments(self._number, "")
        for comment in self.conversation:
            marker = find_marker(comment.body, KIND) if comment.mine else None
            if marker and marker.fields.get("command") == self._key:
                self._comment = comment
                return

    async def say(self, text: str) -> None:
        """Write the comment, or replace its text.

        Raises:
            ForgeError: GitHub does not take it.
        """
        if self._silent:
            return
        if self._comment is None:
            await self._create(text)
        else:
            await self._forge.edit_comment(self._comment.id, text)
        self._said = text

    async def say_last(self, text: str, command: CommandRef, reaction: Reaction) -> None:
        """Say something for good, and put a reaction on the command once it is said.

        Raises:
            ForgeError: GitHub does not take the text; there is no reaction then.
        """
        if self._silent:
            return
        if self._comment is None:
            await self._create(text)
            await self._forge.react(command, reaction)
        else:
            await self._forge.close_comment(self._comment, text, command, reaction)
        self._said = text

    async def note(self, text: str) -> None:
        """Say something that is worth no failed run, unless it is what was said last."""
        if text == self._said:
            return
        try:
            await self.say(text)
        except ForgeError as error:
            log.info("the progress could not be shown: %s", error.cause)

    async def _create(self, text: str) -> None:
        """Write the comment once; where that is not sure, look for it before trying again."""
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
        """Say what ``render`` says now and, less and less often, whenever it changed.

        ``None`` says that nothing is worth a request just now.

        The first saying happens beside the work, but a refusal of it ends the work: who may not
        comment may not review either, and should hear so before more of the model is paid.

        Raises:
            ForgeError: the first saying was refused.
        """
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
            # A request under way is waited for: it must not overtake the final text.
            stop.set()
            await asyncio.wait([updates])
        updates.result()

    async def _update(self, render: Callable[[], str | None], stop: asyncio.Event) -> None:
        if first := render():
            await self.say(first)
        pause = FIRST_UPDATE
        while not await _set_within(stop, pause):
            pause = min(pause * 4, LONGEST_PAUSE)
            if text := render():
                await self.note(text)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
