"""Hides older suggestions on lines that now have new ones, unless a person reacted to them.

Best effort throughout: what cannot be hidden stays, which does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from predict_edit.delivery.delivered import Destination
from predict_edit.delivery.review_markers import PENDING, REVIEW, SUGGESTION, SUGGESTIONS, field_of
from predict_edit.domain.edits import Suggestion
from predict_edit.domain.errors import ForgeError
from predict_edit.domain.repository import Review, ReviewThread
from predict_edit.report.markdown import length, link
from predict_edit.support.log import log

_START: Final = "**Superseded in part**"
_ROOM: Final = 65_000


async def supersede(to: Destination, posted: Sequence[Suggestion], url: str) -> None:
    """Hide our older suggestions, unanswered and unresolved, that overlap the posted ones."""
    older = [
        review
        for review in to.reviews
        if review.mine
        and review.state != PENDING
        and field_of(review.body, REVIEW) not in {"", to.command}
    ]
    if not older:
        return
    try:
        commands = set()
        for thread in await to.forge.review_threads(to.pull.number, SUGGESTIONS):
            outdated = _is_open(thread, to.command) and _overlaps(thread, posted)
            if outdated and await to.forge.minimize_comment(thread.comment.node_id):
                commands.add(field_of(thread.comment.body, SUGGESTION))
        for review in older:
            if field_of(review.body, REVIEW) in commands:
                await _announce(to, review, url)
    except ForgeError as error:
        log.info("older suggestions were left as they are: %s", error.cause)


def _is_open(thread: ReviewThread, command: str) -> bool:
    """Whether a thread is an older suggestion of ours that nobody reacted to."""
    return (
        thread.comment.mine
        and field_of(thread.comment.body, SUGGESTION) not in {"", command}
        and not (thread.replies or thread.resolved or thread.outdated or thread.minimized)
    )


def _overlaps(thread: ReviewThread, posted: Sequence[Suggestion]) -> bool:
    if thread.line is None:
        return False
    start = thread.start_line or thread.line
    return any(
        suggestion.path == thread.path
        and suggestion.start_line <= thread.line
        and start <= suggestion.line
        for suggestion in posted
    )


async def _announce(to: Destination, review: Review, url: str) -> None:
    """Start the text of a review with a link to the newer suggestions."""
    body = f"{_START} by {link('newer suggestions', url)}.\n\n{review.body}"
    if not review.body.startswith(_START) and length(body) <= _ROOM:
        await to.forge.update_review_body(to.pull.number, review.id, body)
