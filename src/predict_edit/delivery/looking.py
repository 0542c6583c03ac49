"""What of a command stands on the pull request already, so that nothing is posted twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from predict_edit.delivery.marks import REVIEW, SUGGESTION, Item, command_of
from predict_edit.domain import Review
from predict_edit.domain.errors import ForgeError
from predict_edit.domain.ports import Forge
from predict_edit.support.log import log
from predict_edit.support.markers import find_marker

PENDING = "PENDING"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The suggestions of one command that are posted."""

    keys: frozenset[str] = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()
    """Path and last line, where GitHub tells no more."""

    def holds(self, item: Item) -> bool:
        """Whether this suggestion is among them."""
        place = (item.suggestion.path, item.suggestion.line)
        return item.key in self.keys or place in self.places


def reviews_of(reviews: Iterable[Review], command: str) -> tuple[Review, ...]:
    """The submitted reviews of one command, oldest first."""
    return tuple(
        review
        for review in reviews
        if review.mine and review.state != PENDING and command_of(review.body, REVIEW) == command
    )


def batch_of(review: Review) -> int:
    """Which review of its command it is; 0 where its mark does not say."""
    marker = find_marker(review.body, REVIEW)
    number = marker.fields.get("batch", "") if marker else ""
    return int(number) if number.isdecimal() and len(number) <= len("999999") else 0


async def standing(forge: Forge, number: int, reviews: Sequence[Review], command: str) -> Standing:
    """Which suggestions of the command are posted, by their marks or else by their lines.

    Raises:
        ForgeError: it cannot be told, so nothing more should be posted.
    """
    if not reviews:
        return Standing()
    try:
        threads = await forge.review_threads(number, f"command={command} ")
    except ForgeError as error:
        log.debug("threads cannot be read, so lines have to do: %s", error)
        return Standing(places=frozenset(await _places(forge, number, reviews)))
    keys = set()
    for thread in threads:
        marker = find_marker(thread.comment.body, SUGGESTION)
        if thread.comment.mine and marker and marker.fields.get("command") == command:
            keys.add(marker.fields.get("key", ""))
    return Standing(keys=frozenset(keys))


async def _places(forge: Forge, number: int, reviews: Sequence[Review]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for review in reviews:
        found += [
            (path, line) for path, line, _ in await forge.review_comment_urls(number, review.id)
        ]
    return found


async def clear_pending(forge: Forge, number: int) -> bool:
    """Delete the pending review that a run of ours left behind; ``False`` where there is none.

    Ours is one by our account that has our mark, or neither text nor comments. A review that a
    person has begun with the same account is never touched.

    Raises:
        ForgeError: GitHub failed.
    """
    for review in await forge.marked_reviews(number, ""):
        if not review.mine or review.state != PENDING:
            continue
        marked = bool(command_of(review.body, REVIEW))
        if marked or (
            not review.body.strip() and not await forge.review_comment_urls(number, review.id)
        ):
            log.info("a pending review that an earlier run left behind is deleted")
            await forge.delete_pending_review(number, review.id)
            return True
    return False
