"""What the person who gave a command sees of it: reactions and the summary comment."""

from __future__ import annotations

from predict_edit.delivery.summary_comment import Announcement
from predict_edit.domain import CommandRef, Reaction
from predict_edit.domain.errors import ForgeError
from predict_edit.domain.ports import Forge
from predict_edit.support.log import log
from predict_edit.trigger.requests import PullRequestCommand


class Conversation:
    """Says things where the command was given; in a dry run, nothing is said at all."""

    def __init__(
        self, forge: Forge, command: CommandRef, announcement: Announcement, *, silent: bool
    ) -> None:
        self._forge = forge
        self._command = command
        self._silent = silent
        self.announcement = announcement

    def be_silent(self) -> None:
        """Say nothing from here on: the repository's config asks for a dry run."""
        self._silent = True
        self.announcement.be_silent()

    async def react(self, reaction: Reaction) -> None:
        """Put a reaction on the command, which never fails a run."""
        if not self._silent:
            await self._forge.react(self._command, reaction)

    async def finish(self, text: str, reaction: Reaction) -> bool:
        """Say the last word; ``False`` where GitHub would not take it, which the log then tells."""
        try:
            await self.announcement.say_last(text, self._command, reaction)
        except ForgeError as error:
            log.error("the summary could not be written: %s", error)
            await self.react(Reaction.FAILED)
            return False
        return True


def command_key(commanded: PullRequestCommand, run_id: str) -> str:
    """The name of a command, the same when its workflow is run again."""
    command = commanded.command
    if command.comment_id is None:
        return f"run-{run_id or 'local'}"
    return f"{command.source.replace('_', '-')}-{command.comment_id}"
