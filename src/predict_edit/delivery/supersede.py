"""Older suggestions on the lines that now have new ones: hidden, as far as nobody took them up.

Best effort throughout: what cannot be hidden stays and does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from predict_edit.delivery.looking import PENDING
from predict_edit.delivery.marks import REVIEW, SUGGESTION, SUGGESTIONS, command_of
from predict_edit.delivery.request import Parcel
from predict_edit.domain import Review, ReviewThread, Suggestion
from predict_edit.domain.errors import ForgeError
from predict_edit.report.markdown import length, link
from predict_edit.support.log import log

_START = "**Superseded in part**"
_ROOM = 65_000


async def supersede(parcel: Parcel, posted: Sequence[Suggestion], url: str) -> None:
    """Hide our own older suggestions, unanswered and unresolved, that overlap the new ones."""
    older = [
        review
        for review in parcel.reviews
        if review.mine
        and review.state != PENDING
        and command_of(review.body, REVIEW) not in {"", parcel.command}
    ]
    if not older or not posted:
        return
    try:
        threads = await parcel.forge.review_threads(parcel.pull.number, SUGGESTIONS)
        commands = set()
        for thread in threads:
            taken_over = _open(thread, parcel.command) and _overlaps(thread, posted)
            if taken_over and await parcel.forge.minimize_comment(thread.comment.node_id):
                commands.add(command_of(thread.comment.body, SUGGESTION))
        await _tell(parcel, older, commands, url)
    except ForgeError as error:
        log.info("older suggestions were left as they are: %s", error.cause)


def _open(thread: ReviewThread, command: str) -> bool:
    """Whether a thread is an older suggestion of ours that nobody has taken up."""
    return (
        thread.comment.mine
        and command_of(thread.comment.body, SUGGESTION) not in {"", command}
        and not (thread.replies or thread.resolved or thread.outdated or thread.minimized)
    )


def _overlaps(thread: ReviewThread, posted: Iterable[Suggestion]) -> bool:
    if thread.line is None:
        return False
    start = thread.start_line or thread.line
    return any(
        suggestion.path == thread.path
        and suggestion.start_line <= thread.line
        and start <= suggestion.line
        for suggestion in posted
    )


async def _tell(parcel: Parcel, older: Iterable[Review], commands: set[str], url: str) -> None:
    """Begin the text of the reviews whose suggestions were hidden with a word on it."""
    for review in older:
        if command_of(review.body, REVIEW) not in commands or review.body.startswith(_START):
            continue
        body = f"{_START} by {link('newer suggestions', url)}.\n\n{review.body}"
        if length(body) <= _ROOM:
            await parcel.forge.update_review_body(parcel.pull.number, review.id, body)
