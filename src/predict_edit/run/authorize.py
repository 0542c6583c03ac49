"""Who gave the command and whether they may: asked before anything else is read or said."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from predict_edit.domain import ChangedFile, Comment, PullRequest, Role
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.ports import Forge
from predict_edit.run.policy import Policy, read_policy
from predict_edit.run.prefetch import Look, look_at
from predict_edit.settings.fields import Inputs
from predict_edit.settings.resolve import resolve
from predict_edit.support.log import log
from predict_edit.trigger.command import DEFAULT_COMMAND
from predict_edit.trigger.rate_limit import too_many
from predict_edit.trigger.requests import PullRequestCommand
from predict_edit.trigger.roles import refusal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the first look at the pull request brought."""

    role: Role
    pull: PullRequest
    changed: tuple[ChangedFile, ...]


class Gate:
    """Lets those through who may give commands."""

    def __init__(self, forge: Forge, commanded: PullRequestCommand, inputs: Inputs) -> None:
        self._forge = forge
        self._commanded = commanded
        self._inputs = inputs
        self.trusted = False
        """Whether the one who asked may give commands, and so be told what went wrong."""

    async def look(self, begun: Awaitable[Look] | None = None) -> Seen:
        """Take the first look, or the one that was ``begun`` already, and see what it brought.

        What goes wrong with the role is raised first: without it nobody is told anything.

        Raises:
            ForgeError: one of the questions was not answered.
        """
        look = await (begun or look_at(self._forge, self._commanded))
        if isinstance(look.role, BaseException):
            raise look.role
        self.trusted = refusal(look.role, self._least_role()) is None
        if isinstance(look.pull, BaseException):
            raise look.pull
        if isinstance(look.changed, BaseException):
            raise look.changed
        return Seen(role=look.role, pull=look.pull, changed=look.changed)

    async def policy(
        self, seen: Seen, beside: Sequence[Callable[[], Awaitable[Any]]]
    ) -> Policy | None:
        """What the repository says; ``None`` where it says that this person may not.

        A role that the workflow itself refuses is refused before anything more is read. ``beside``
        is read at the same time.

        Raises:
            PredictEditError: the policy could not be read, or is wrong.
        """
        denial = refusal(seen.role, self._least_role())
        if denial is None or self._inputs.permission is None:
            try:
                found = await asyncio.gather(
                    read_policy(self._forge, seen.pull, seen.changed), *(do() for do in beside)
                )
                policy: Policy = found[0]
                denial = refusal(seen.role, resolve(self._inputs, policy.config).permission)
            except PredictEditError:
                # Only who may is told what is wrong; what the config says is not known then.
                if denial is None:
                    raise
            else:
                self.trusted = denial is None
                if denial is None:
                    return policy
        log.info("denied: %s %s", self._commanded.command.author, denial)
        return None

    def wait(self, comments: Sequence[Comment], now: dt.datetime, key: str) -> str:
        """Say why even who may has to wait; nothing where they need not."""
        author, word = self._commanded.command.author, self._inputs.command or DEFAULT_COMMAND
        reason = too_many(comments, author, now, key=key, word=word)
        if reason:
            log.warning("denied: %s", reason)
        return reason or ""

    def _least_role(self) -> Role:
        given = self._inputs.permission
        return Role[given.upper()] if given else Role.WRITE
