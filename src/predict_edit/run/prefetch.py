"""The first look at a pull request, which needs so little that it can be taken very early.

The libraries for all that comes after it are loaded while GitHub answers.
"""

from __future__ import annotations

import asyncio
import dataclasses

from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.errors import ForgeError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import CommandRef, PullRequest, Role


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What each of the questions brought, or what went wrong with it."""

    role: Role | BaseException
    pull: PullRequest | BaseException
    changed: tuple[ChangedFile, ...] | BaseException


async def look_at(forge: GitHost, number: int, command: CommandRef) -> Look:
    """Everything that can be asked at once: the person's role, the pull request, its files.

    Nothing is raised: authorization decides which failure counts.
    """
    asked = asyncio.ensure_future(forge.pull_request(number))
    role, pull, changed = await asyncio.gather(
        role_of(forge, command), asked, forge.changed_files(number, asked), return_exceptions=True
    )
    return Look(role=role, pull=pull, changed=changed)


async def role_of(forge: GitHost, command: CommandRef) -> Role:
    """Read the role of the person who gave a command or started a run.

    A dispatch is by a person with write access at least, as GitHub lets no others do that, even if
    it does not list them as a collaborator. Only a higher role has to be looked up.
    """
    if command.comment_id is not None:
        return await forge.role_of(command.author or "", command.author_id)
    if command.author is None:
        return Role.WRITE
    try:
        return max(Role.WRITE, await forge.role_of(command.author, command.author_id))
    except ForgeError:
        return Role.WRITE
