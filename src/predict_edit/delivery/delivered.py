"""What every way of delivery takes and returns, and the check that the command still holds."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Protocol

from predict_edit.domain import (
    CommandRef,
    FileResult,
    Job,
    Outcome,
    PlacedFile,
    PullRequest,
    Review,
    Suggestion,
)
from predict_edit.domain.errors import CommandChanged
from predict_edit.domain.ports import GitHost
from predict_edit.settings.fields import Settings
from predict_edit.suggest.place import cap, demote


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The pull request that edits go to, and what this run knows about it."""

    job: Job
    pull: PullRequest
    forge: GitHost
    settings: Settings
    command: str
    """The key of the command, part of every marker."""
    run_url: str = ""
    reviews: tuple[Review, ...] = ()
    """Our own marked reviews when the run began, oldest first."""
    save: Callable[[], Awaitable[None]] | None = None
    """Saves the paid answers; awaited before anything is posted that must not be posted twice."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was delivered, or would be, and where each hunk ended as a result."""

    files: tuple[FileResult, ...]
    outcome: Outcome | None = None
    """What GitHub has of it; ``None`` if the edits are only in the patch."""
    pull_request: int = 0
    """The pull request that carries the edits of a branch."""
    pull_request_url: str = ""
    review_url: str = ""
    suggestion_urls: tuple[tuple[str, int, str], ...] = ()
    """Path, last line and address of each suggestion on the pull request."""
    commit_url: str = ""
    complete: bool = True
    """Whether GitHub accepted everything; if not, running the command again may help."""
    notes: tuple[str, ...] = ()


class Delivery(Protocol):
    """One way of delivery."""

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Apply limits and demotions, as if GitHub accepted everything; pure.

        This is all that a dry run needs.
        """

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Write to GitHub what was prepared.

        Whatever GitHub refuses moves to the patch with the reason, so no hunk is lost.

        Raises:
            CommandChanged: the comment was edited or deleted while the run worked.
            ForgeError: the comment, or what was posted before, could not be read.
        """


async def check_unchanged(forge: GitHost, command: CommandRef) -> None:
    """Read the comment again: an edited or deleted one is not a command any more.

    Raises:
        CommandChanged: it was edited or deleted.
        ForgeError: it could not be read.
    """
    if command.comment_id is not None:
        _check(command, await forge.command_body(command))


async def unchanged_head(forge: GitHost, number: int, command: CommandRef) -> str:
    """Do the same, and return the newest commit; empty if it could not be read.

    Raises:
        CommandChanged: the comment was edited or deleted.
        ForgeError: the comment could not be read.
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


def capped(results: Sequence[FileResult], limit: int) -> tuple[FileResult, ...]:
    """Apply ``max-suggestions`` over all files, in their order."""
    placed = iter(cap([result.placed for result in results if result.placed], limit))
    return changed(results, lambda _: next(placed))


def demoted(
    files: Iterable[FileResult], reason: str, only: Collection[Suggestion] | None = None
) -> tuple[FileResult, ...]:
    """Move suggestions to the patch: all of them, or only some."""
    return changed(
        files,
        lambda placed: demote(placed, placed.suggestions if only is None else only, reason),
    )


def changed(
    files: Iterable[FileResult], change: Callable[[PlacedFile], PlacedFile]
) -> tuple[FileResult, ...]:
    """Change the placements of every edited file."""
    return tuple(
        dataclasses.replace(result, placed=change(result.placed)) if result.placed else result
        for result in files
    )
