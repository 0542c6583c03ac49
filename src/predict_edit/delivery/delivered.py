"""What every way of delivery takes and returns, and the check just before it writes."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from predict_edit.domain.edits import PlacedFile, SharedName, Suggestion
from predict_edit.domain.errors import (
    CommandChanged,
    CommitRefused,
    ForkRefused,
    HeadMismatch,
    PullRequestClosed,
)
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import BranchPull, CommandRef, PullRequest, Review
from predict_edit.domain.run_report import Delivered, FileResult, Job, Outcome
from predict_edit.support.markers import Seals

CLOSED: Final = "the pull request was closed while the run worked"
HEAD_MOVED: Final = "head moved: the pull request changed while the run worked"
TOO_LATE: Final[Mapping[type[Exception], str]] = {
    PullRequestClosed: CLOSED,
    HeadMismatch: HEAD_MOVED,
}
"""Why suggestions are in the patch if nothing more may be written to the pull request."""
OVER_LIMIT: Final = "more suggestions than max-suggestions allows"
REFUSED: Final = "GitHub refused the suggestion"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The pull request that edits go to, and what this run knows about it."""

    job: Job
    pull: PullRequest
    forge: GitHost
    command: str
    """The key of the command, part of every marker."""
    seals: Seals
    max_suggestions: int = 0
    dry_run: bool = False
    run_url: str = ""
    reviews: tuple[Review, ...] = ()
    """Our own marked reviews when the run began, oldest first."""
    save: Callable[[], Awaitable[None]] | None = None
    """Saves the paid answers; awaited before anything is posted that must not be posted twice."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OwnBranch:
    """The branch to use, and what earlier runs left there."""

    branch: str
    tip: str | None = None
    """Its newest commit; ``None`` if it does not exist."""
    pull: BranchPull | None = None
    """Our open pull request from it."""
    content: str = ""
    """The digest of what the open pull request changes."""
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The answers of earlier runs, as :class:`~predict_edit.delivery.state.Memory` has them."""
    source: str = ""
    """The commit with the edited files of ``answers``; empty if there is none."""
    names: tuple[SharedName, ...] = ()
    """What the files of the open pull request change alike."""
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
            PullRequestClosed: the pull request was closed or merged; nothing was written.
            HeadMismatch: the head is not the commit that the command names; nothing was written.
            ForgeError: the comment, or what was posted before, could not be read.
        """


def check_ready(pull: PullRequest, job: Job) -> None:
    """Refuse a closed pull request, and one that is not at the commit the command names.

    Raises:
        PullRequestClosed: GitHub applies no suggestions on a closed pull request.
        HeadMismatch: the command's ``@sha`` names another commit.
    """
    if pull.state != "open":
        raise PullRequestClosed(
            "The pull request is closed, and GitHub applies no suggestions on closed ones.",
            "Reopen it and run the command again.",
        )
    if job.pinned_sha and not pull.head_sha.startswith(job.pinned_sha):
        raise HeadMismatch(
            f"The command is meant for {job.pinned_sha[:12]}, but the head is now "
            f"{pull.head_sha[:12]}.",
            "Look at the newest commits, then run the command again. If "
            f"`@{job.pinned_sha[:12]}` is a person, write `--` before it.",
        )


def check_branch(pull: PullRequest) -> str:
    """Return the repository of the head branch, unless that is gone.

    Raises:
        CommitRefused: the pull request's fork was deleted.
    """
    if pull.head_repository is None:
        raise CommitRefused(
            "Nothing can be committed: the pull request's fork was deleted.",
            "Run the command with `--deliver patch`, and apply the patch on a branch that exists.",
        )
    return pull.head_repository


def check_same_repository(pull: PullRequest, job: Job) -> None:
    """Refuse a pull request into the branch of a fork.

    Raises:
        ForkRefused: the head is in another repository.
    """
    if pull.head_repository is None or pull.head_repository.casefold() != job.repository.casefold():
        raise ForkRefused(
            "The pull request is from a fork, and a pull request into a fork's branch cannot be "
            "opened with this repository's token.",
            "Run the command with `--deliver suggestions` or `--deliver patch`.",
        )


async def recheck(to: Destination) -> str:
    """Read command and pull request again, just before writing; return the newest commit.

    Raises:
        CommandChanged: the comment was edited or deleted: it is not a command any more.
        PullRequestClosed: the pull request was closed or merged.
        HeadMismatch: the command is for one commit, and the head moved.
        ForgeError: one of them could not be read.
    """
    command = to.job.command
    head, state, body = await to.forge.look_again(to.pull.number, command)
    if command.comment_id is not None:
        check_command(command, body)
    check_open(state)
    check_pin(to, head)
    return head


def check_command(
    command: CommandRef, body: str | None, when: str = "while the run worked"
) -> None:
    """Compare a command with its comment as it reads now, ``None`` if it was deleted.

    Raises:
        CommandChanged: it is not a command any more.
    """
    if body != command.body:
        raise CommandChanged(
            f"The comment with the command was {'deleted' if body is None else 'edited'} {when}, "
            "so nothing was posted.",
            "Write the command in a new comment.",
        )


async def save_and_recheck(to: Destination) -> None:
    """Save the paid answers, then look again, as :func:`recheck` does."""
    if to.save is not None:
        await to.save()
    await recheck(to)


def check_pin(to: Destination, head: str) -> None:
    """Refuse another commit than the one that the command names.

    Raises:
        HeadMismatch: the head moved away from it.
    """
    if to.job.pinned_sha and head != to.pull.head_sha:
        raise HeadMismatch(
            f"The command is for {to.pull.head_sha[:12]} alone, and the head moved to {head[:12]} "
            "while the run worked.",
            "Take the edits from `edits.patch`, or look at the newest commits and run the command "
            "again.",
        )


def check_open(state: str) -> None:
    """Refuse to write to a pull request that is not open any more.

    Raises:
        PullRequestClosed: it was closed or merged.
    """
    if state != "open":
        raise PullRequestClosed(
            f"The pull request was {state} while the run worked.",
            "Take the edits from `edits.patch`"
            + ("." if state == "merged" else ", or reopen it and run the command again."),
        )


def suggested(results: Iterable[FileResult], limit: int) -> Delivered:
    """Return what would be delivered if GitHub took the first ``limit`` suggestions."""
    files = capped(results, limit)
    inline = any(result.placed.suggestions for result in files if result.placed)
    return Delivered(files=files, outcome=Outcome.SUGGESTED if inline else None)


def capped(results: Iterable[FileResult], limit: int) -> tuple[FileResult, ...]:
    """Keep the first ``limit`` suggestions over all files, top down; the rest goes to the patch."""
    left = limit

    def cap(placed: PlacedFile) -> PlacedFile:
        nonlocal left
        suggestions = placed.suggestions
        over = suggestions[max(0, left) :]
        left -= len(suggestions)
        return placed.demoted(over, OVER_LIMIT)

    return changed(results, cap)


def demoted(
    files: Iterable[FileResult], reason: str, only: Collection[Suggestion] | None = None
) -> tuple[FileResult, ...]:
    """Move suggestions to the patch: all of them, or only some."""
    return changed(
        files, lambda placed: placed.demoted(placed.suggestions if only is None else only, reason)
    )


def changed(
    files: Iterable[FileResult], change: Callable[[PlacedFile], PlacedFile]
) -> tuple[FileResult, ...]:
    """Change the placements of every edited file."""
    return tuple(
        dataclasses.replace(result, placed=change(result.placed)) if result.placed else result
        for result in files
    )
