"""From placed files to what stands on the pull request: one review, or none.

Nothing is lost on the way: a suggestion that GitHub does not take moves to the patch with the
reason, and is counted there.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from predict_edit.domain import (
    CommandRef,
    FileResult,
    Job,
    PullRequest,
    Review,
    ReviewDraft,
    Suggestion,
)
from predict_edit.errors import CommandChanged, ForgeError, ForgeRefused, ForgeUnavailable
from predict_edit.forge import Forge
from predict_edit.log import log
from predict_edit.marker import Marker
from predict_edit.report.review_body import render_review_body
from predict_edit.settings import Settings
from predict_edit.suggest import reasons
from predict_edit.suggest.patch import remainder_hunks
from predict_edit.suggest.place import demote

KIND = "review"
NOT_INLINE = "delivered as a patch, as asked"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was posted, and what became of the files by that."""

    files: tuple[FileResult, ...]
    posted: int = 0
    """Suggestions in the review; in a dry run, those that would be."""
    review_url: str = ""
    suggestion_urls: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()


async def deliver(
    files: Sequence[FileResult],
    *,
    job: Job,
    pull: PullRequest,
    forge: Forge,
    settings: Settings,
    run_url: str,
    key: str,
) -> Delivered:
    """Post the suggestions as one review, after a last look at head and command.

    Raises:
        CommandChanged: the comment is not what it was when the run began.
        ForgeError: head or comment could not be read again.
    """
    files = tuple(files)
    if settings.deliver == "patch":
        return Delivered(files=_demoted(files, NOT_INLINE))
    if settings.dry_run or not _suggestions(files):
        return Delivered(files=files, posted=len(_suggestions(files)))
    head, _ = await asyncio.gather(forge.head_sha(pull.number), check_unchanged(forge, job.command))
    if head != pull.head_sha:
        return Delivered(files=_demoted(files, reasons.HEAD_MOVED))
    marker = Marker(KIND, {"command": key, "head": pull.head_sha})
    draft = ReviewDraft(
        commit_id=pull.head_sha,
        body=_body(files, marker, run_url),
        suggestions=_suggestions(files),
    )
    try:
        review = await _post(forge, pull.number, draft, marker)
    except ForgeError as error:
        log.error("the review was not posted: %s", error)
        return Delivered(
            files=_demoted(files, reasons.REFUSED),
            notes=(f"The suggestions could not be posted. {error}",),
        )
    return Delivered(
        files=files,
        posted=len(draft.suggestions),
        review_url=review.url,
    )


async def check_unchanged(forge: Forge, command: CommandRef) -> None:
    """Read the comment again: an edited or deleted one is no command any more.

    Raises:
        CommandChanged: it was edited or deleted.
    """
    if command.comment_id is None:
        return
    body = await forge.command_body(command)
    if body != command.body:
        raise CommandChanged(
            "The comment with the command was "
            + ("deleted" if body is None else "edited")
            + " while the run worked, so nothing was posted.",
            "Give the command again in a new comment.",
        )


async def _post(forge: Forge, number: int, draft: ReviewDraft, marker: Marker) -> Review:
    """Post once; where it is not known whether that worked, look before giving up.

    Raises:
        ForgeError: the review is not there.
    """
    try:
        return await forge.create_review(number, draft)
    except ForgeUnavailable:
        for review in await forge.marked_reviews(number, str(marker)):
            if review.mine:
                log.info("GitHub failed to say so, but the review was posted")
                return review
        raise
    except ForgeRefused as error:
        log.error("defect: GitHub refused a review that should be right: %s", error.reasons)
        raise


def _body(files: Sequence[FileResult], marker: Marker, run_url: str) -> str:
    placed = [result.placed for result in files if result.placed]
    remainder = [(file.file.path, hunks) for file in placed if (hunks := remainder_hunks(file))]
    return render_review_body(placed, remainder, marker=str(marker), run_url=run_url)


def _suggestions(files: Sequence[FileResult]) -> tuple[Suggestion, ...]:
    return tuple(
        suggestion for result in files if result.placed for suggestion in result.placed.suggestions
    )


def _demoted(files: Sequence[FileResult], reason: str) -> tuple[FileResult, ...]:
    return tuple(
        dataclasses.replace(result, placed=demote(result.placed, result.placed.suggestions, reason))
        if result.placed
        else result
        for result in files
    )
