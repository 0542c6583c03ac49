"""Posting suggestions in reviews, never twice and never blindly again.

GitHub takes a review whole or not at all, does not say which comment it refuses, and was seen to
answer 502 for one that it had taken. So after every answer that is not clear the review is looked
for by its mark, and a batch that is refused is halved until what is at fault stands alone.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from predict_edit.delivery.looking import batch_of, clear_pending
from predict_edit.delivery.marks import Item, review_marker
from predict_edit.delivery.moving import follow
from predict_edit.delivery.request import Parcel
from predict_edit.domain import FileResult, Review, ReviewDraft
from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeRateLimited,
    ForgeRefused,
    ForgeUnavailable,
    PendingReview,
    TextRefused,
)
from predict_edit.report.review_body import render_review_body
from predict_edit.suggest.patch import remainder_hunks
from predict_edit.suggest.place import HEAD_MOVED, REFUSED, demote
from predict_edit.support.log import log
from predict_edit.support.markers import Marker

BATCH: Final = 30
"""Comments of one review; GitHub documents no limit, and more than 32 were seen to be refused."""
PAUSE: Final = 1.0
"""Seconds between requests that create something, as GitHub's rate limit guide asks."""
MOST_REFUSALS: Final = 12
"""Refusals in a row after which it is not single suggestions that are at fault."""
_LONGEST_WAIT: Final = 120.0
_LONGEST_REASON: Final = 120
_TRIES: Final = 3


class Poster:
    """Posts suggestions and keeps account of what became of them in ``files``."""

    def __init__(
        self, parcel: Parcel, files: Sequence[FileResult], earlier: Sequence[Review] = ()
    ) -> None:
        self.files = tuple(files)
        self.head = parcel.pull.head_sha
        self.notes: list[str] = []
        self.posted: list[Item] = []
        self._parcel = parcel
        self._forge = parcel.forge
        self._number = parcel.pull.number
        self._batch = max(map(batch_of, earlier), default=0)
        self._first: tuple[Review, Marker] | None = None
        self._continued = bool(earlier)
        self._short = False
        self._cleared = False
        self._refusals = 0
        self._said = self.files
        self._head_ahead = ""

    @property
    def url(self) -> str:
        """The address of the first review that was posted."""
        return self._first[0].url if self._first else ""

    async def post(self, items: Sequence[Item], *, head: str = "") -> None:
        """Post everything that GitHub takes; the rest is demoted, with the reason.

        ``head`` is the newest commit as it was just read, empty where it was not.
        """
        self._head_ahead = head
        waiting = collections.deque(
            tuple(items[start : start + BATCH]) for start in range(0, len(items), BATCH)
        )
        while waiting:
            batch = waiting.popleft()
            try:
                batch = await self._still_fitting(batch)
                if not batch:
                    continue
                if self._first or self._refusals:
                    await self._parcel.sleep(PAUSE)
                halves = await self._send(batch)
            except ForgeError as error:
                log.error("the suggestions were not all posted: %s", error)
                self.notes.append(f"Not all suggestions could be posted. {error}")
                for rest in (batch, *waiting):
                    self._demote(rest, REFUSED)
                break
            waiting.extendleft(reversed(halves))
        await self._correct()

    async def _still_fitting(self, batch: tuple[Item, ...]) -> tuple[Item, ...]:
        """Look at the head once more, and keep what it still takes."""
        head, self._head_ahead = self._head_ahead, ""
        if self.head == (head or await self._forge.head_sha(self._number)):
            return batch
        files = {result.path: result.placed.file for result in self.files if result.placed}
        moved = await follow(self._forge, self._number, batch, files)
        log.info(
            "the head moved; %s of %s suggestions fit", len(batch) - len(moved.lost), len(batch)
        )
        self.head = moved.head
        self._demote(tuple(item for item in batch if item in moved.lost), HEAD_MOVED)
        return tuple(item for item in batch if item not in moved.lost)

    async def _send(self, batch: tuple[Item, ...]) -> tuple[tuple[Item, ...], ...]:
        """Post one review; what is to be tried again in smaller ones comes back.

        Raises:
            ForgeError: nothing more can be posted at all.
        """
        self._batch += 1
        marker = review_marker(self._parcel.command, self._batch, self.head)
        for tries_left in reversed(range(_TRIES)):
            draft = ReviewDraft(
                commit_id=self.head,
                body=self._body(marker),
                suggestions=tuple(item.marked for item in batch),
            )
            try:
                review = await self._forge.create_review(self._number, draft)
            except (ForgeUnavailable, ForgeAnswerInvalid, ForgeRateLimited) as error:
                if not _is_unsure(error):
                    raise
                found = await self._find(marker, error)
                if found is None:
                    if not tries_left:
                        raise
                    await self._parcel.sleep(min(error.retry_after or PAUSE, _LONGEST_WAIT))
                    if error.status == HTTPStatus.UNPROCESSABLE_ENTITY and len(batch) > 1:
                        await self._hide_orphan(marker)
                        return _halves(batch)
                    continue
                log.info("GitHub failed to say so, but the review was posted")
                review = found
            except ForgeRefused as error:
                if tries_left and await self._remedied(error):
                    continue
                return await self._split(batch, marker, error)
            self._refusals = 0
            self._first = self._first or (review, marker)
            self.posted += batch
            return ()
        raise AssertionError("the last try returns or raises")

    async def _find(self, marker: Marker, cause: ForgeError) -> Review | None:
        """The review with exactly this mark, where it stands with its comments.

        Raises:
            ForgeError: ``cause``, when it cannot be told.
        """
        try:
            for review in await self._forge.marked_reviews(self._number, str(marker)):
                if review.mine and await self._forge.review_comment_urls(self._number, review.id):
                    return review
        except ForgeError as error:
            log.info("it cannot be told whether the review was posted: %s", error.cause)
            raise cause from None
        return None

    async def _remedied(self, error: ForgeRefused) -> bool:
        """Remove what stands in the way of the whole review, once."""
        if isinstance(error, PendingReview) and not self._cleared:
            self._cleared = True
            return await clear_pending(self._forge, self._number)
        if isinstance(error, TextRefused) and not self._short:
            self._short = True
            return True
        return False

    async def _split(
        self, batch: tuple[Item, ...], marker: Marker, error: ForgeRefused
    ) -> tuple[tuple[Item, ...], ...]:
        """Halve a batch that was refused; a single suggestion goes to the patch.

        Raises:
            ForgeRefused: it is not the suggestions that are at fault.
        """
        self._refusals += 1
        single = error.status == HTTPStatus.UNPROCESSABLE_ENTITY
        if not single or isinstance(error, PendingReview) or self._refusals > MOST_REFUSALS:
            raise error
        log.error("defect: GitHub refused suggestions that should be right: %s", error.reasons)
        await self._hide_orphan(marker)
        if len(batch) > 1:
            return _halves(batch)
        said = (error.reasons or ("without a reason",))[-1]
        self._demote(batch, f"{REFUSED}: {said}"[:_LONGEST_REASON])
        return ()

    async def _hide_orphan(self, marker: Marker) -> None:
        """Fold away the empty review that GitHub was once seen to keep of a refused one."""
        try:
            for review in await self._forge.marked_reviews(self._number, str(marker)):
                if review.mine and review.node_id:
                    await self._forge.minimize_comment(review.node_id)
        except ForgeError as error:
            log.debug("no review was looked for: %s", error)

    def _demote(self, items: Sequence[Item], reason: str) -> None:
        """Move suggestions to the patch."""
        gone = {item.suggestion for item in items}
        self.files = tuple(
            dataclasses.replace(result, placed=demote(result.placed, here, reason))
            if result.placed and (here := gone.intersection(result.placed.suggestions))
            else result
            for result in self.files
        )

    def _body(self, marker: Marker) -> str:
        """The text of a review; the first of a command tells everything, the others little."""
        if self._first or self._continued:
            return f"More suggestions for the same command.\n\n{marker}\n"
        self._said = self.files
        return self._whole_body(marker, short=self._short)

    def _whole_body(self, marker: Marker, *, short: bool = False) -> str:
        placed = [result.placed for result in self.files if result.placed]
        remainder = [(file.file.path, hunks) for file in placed if (hunks := remainder_hunks(file))]
        return render_review_body(
            placed, () if short else remainder, marker=str(marker), run_url=self._parcel.run_url
        )

    async def _correct(self) -> None:
        """Say anew what the first review says, where something changed after it was posted."""
        if self._first is None or self._said == self.files:
            return
        review, marker = self._first
        body = self._whole_body(marker, short=self._short)
        try:
            await self._forge.update_review_body(self._number, review.id, body)
        except ForgeError as error:
            log.info("the review's text could not be corrected: %s", error.cause)


def _is_unsure(error: ForgeError) -> bool:
    """Whether the review may stand all the same; other limits were waited for already."""
    limited = isinstance(error, ForgeRateLimited)
    return not limited or error.status == HTTPStatus.UNPROCESSABLE_ENTITY


def _halves(batch: tuple[Item, ...]) -> tuple[tuple[Item, ...], ...]:
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]
