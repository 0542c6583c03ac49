"""Who gave the command and whether they may: asked before anything else is read or said."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from predict_edit.domain import ChangedFile, PullRequest, Role
from predict_edit.errors import PredictEditError
from predict_edit.forge import Forge
from predict_edit.inputs import Inputs
from predict_edit.log import log
from predict_edit.policy import Policy, read_policy
from predict_edit.settings import resolve
from predict_edit.trigger.access import refusal
from predict_edit.trigger.events import Commanded


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the first look at the pull request brought."""

    role: Role
    pull: PullRequest
    changed: tuple[ChangedFile, ...]


class Gate:
    """Lets those through who may give commands."""

    def __init__(self, forge: Forge, commanded: Commanded, inputs: Inputs) -> None:
        self._forge = forge
        self._commanded = commanded
        self._inputs = inputs
        self.trusted = False
        """Whether the one who asked may give commands, and so be told what went wrong."""

    async def look(self) -> Seen:
        """Everything that can be asked at once: the person's role, the pull request, its files.

        What goes wrong with the role is raised first: without it nobody is told anything.

        Raises:
            ForgeError: one of them could not be read.
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
        self.trusted = refusal(role, self._least_role()) is None
        if isinstance(pull, BaseException):
            raise pull
        if isinstance(changed, BaseException):
            raise changed
        return Seen(role=role, pull=pull, changed=changed)

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

    def _least_role(self) -> Role:
        given = self._inputs.permission
        return Role[given.upper()] if given else Role.WRITE


async def _dispatcher() -> Role:
    """Who dispatches a workflow: GitHub lets only people with write access do that."""
    return Role.ADMIN
