"""What every way of delivery is given, and what it gives back."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

from predict_edit.domain import CommandRef, Commit, FileResult, Job, PullRequest, Review
from predict_edit.domain.errors import CommandChanged
from predict_edit.domain.ports import Forge
from predict_edit.settings.resolve import Settings
from predict_edit.suggest.place import demote

Sleep = Callable[[float], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Where edits go, for whom, and what stands there already."""

    job: Job
    pull: PullRequest
    forge: Forge
    settings: Settings
    command: str
    """The name of the command, which all marks carry."""
    run_url: str = ""
    reviews: tuple[Review, ...] = ()
    """The marked reviews by our own account, oldest first, as they were when the run began."""
    save: Callable[[], Awaitable[None]] | None = None
    """Keeps what was paid for; done before anything is posted that must not be done twice."""
    sleep: Sleep = asyncio.sleep


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was delivered, and what became of the files by that."""

    files: tuple[FileResult, ...]
    posted: int = 0
    """Suggestions that stand on the pull request; in a dry run, those that would."""
    review_url: str = ""
    suggestion_urls: tuple[tuple[str, int, str], ...] = ()
    committed: bool = False
    """Whether the edits are in a commit; in a dry run, whether they would be."""
    commit: Commit | None = None
    complete: bool = True
    """Whether GitHub took what it was given; if not, running the command again may help."""
    notes: tuple[str, ...] = ()


async def check_unchanged(forge: Forge, command: CommandRef) -> None:
    """Read the comment again: an edited or deleted one is no command any more.

    Raises:
        CommandChanged: it was edited or deleted.
        ForgeError: it could not be read.
    """
    if command.comment_id is not None:
        _check(command, await forge.command_body(command))


async def unchanged_head(forge: Forge, number: int, command: CommandRef) -> str:
    """Like :func:`check_unchanged`; the newest commit comes back, empty where it is not known.

    Raises:
        CommandChanged: the comment was edited or deleted.
        ForgeError: it could not be read.
    """
    head, body = await forge.look_again(number, command)
    if command.comment_id is not None:
        _check(command, body)
    return head


def _check(command: CommandRef, body: str | None) -> None:
    if body != command.body:
        raise CommandChanged(
            "The comment with the command was "
            + ("deleted" if body is None else "edited")
            + " while the run worked, so nothing was posted.",
            "Give the command again in a new comment.",
        )


def all_demoted(files: tuple[FileResult, ...], reason: str) -> tuple[FileResult, ...]:
    """Every suggestion moved to the patch, for one reason."""
    return tuple(
        dataclasses.replace(result, placed=demote(result.placed, result.placed.suggestions, reason))
        if result.placed
        else result
        for result in files
    )
