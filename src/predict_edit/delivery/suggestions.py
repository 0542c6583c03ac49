"""Delivery as suggestions: missing ones are posted, and older ones make room."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence

from predict_edit.delivery.delivered import CLOSED, Destination, demoted, recheck, suggested
from predict_edit.delivery.review_batches import ReviewBatches
from predict_edit.delivery.review_markers import (
    SUGGESTION,
    MarkedSuggestion,
    field_of,
    marked_suggestions,
    reviews_of,
)
from predict_edit.delivery.supersede import supersede
from predict_edit.domain.errors import ForgeError, PullRequestClosed
from predict_edit.domain.repository import PullRequest, Review
from predict_edit.domain.run_report import Delivered, FileResult, Outcome
from predict_edit.support.log import log


@dataclasses.dataclass(frozen=True, slots=True)
class SuggestionDelivery:
    """Each inline hunk becomes a suggestion that one click commits."""

    to: Destination

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Apply ``max-suggestions``."""
        return suggested(results, self.to.settings.max_suggestions)

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Post the suggestions that are not on the pull request yet.

        Saving and all that must be known first happen side by side.

        Raises:
            CommandChanged: the comment was edited or deleted while the run worked.
            ForgeError: the comment, or what was posted before, could not be read.
        """
        to = self.to
        items = marked_suggestions(prepared.files, to.command, to.settings.model.api_key)
        saving = asyncio.ensure_future(to.save() if to.save else asyncio.sleep(0))
        try:
            if not items:
                return prepared
            earlier = reviews_of(to.reviews, to.command)
            posted, head, _ = await asyncio.gather(
                self._already_posted(earlier),
                recheck(to),
                saving,
            )
        except PullRequestClosed as error:
            files = demoted(prepared.files, CLOSED)
            return Delivered(files=files, complete=False, notes=(str(error),))
        finally:
            # It must not overtake the final summary.
            await asyncio.wait([saving])
        batches = ReviewBatches(to, prepared.files, earlier)
        await batches.post([item for item in items if not posted.holds(item)], head=head)
        url = earlier[0].url if earlier else batches.url
        there = [item for item in items if posted.holds(item) or item in batches.posted]
        if there:
            await supersede(to, [item.suggestion for item in there], url)
        return Delivered(
            files=batches.files,
            outcome=Outcome.SUGGESTED if there else None,
            review_url=url,
            suggestion_urls=tuple(_links(to.pull, there)),
            complete=not batches.notes,
            notes=tuple(batches.notes),
        )

    async def _already_posted(self, reviews: Sequence[Review]) -> _Posted:
        """Find this command's posted suggestions by their markers, or else by their lines.

        Raises:
            ForgeError: neither could be read, so posting more could post twice.
        """
        if not reviews:
            return _Posted()
        forge, number, command = self.to.forge, self.to.pull.number, self.to.command
        try:
            threads = await forge.review_threads(number, f"command={command} ")
        except ForgeError as error:
            log.debug("the threads could not be read, so lines are compared: %s", error)
            places = set()
            for review in reviews:
                comments = await forge.review_comment_urls(number, review.id)
                places |= {(path, line) for path, line, _ in comments}
            return _Posted(places=frozenset(places))
        bodies = [thread.comment.body for thread in threads if thread.comment.mine]
        return _Posted(
            keys=frozenset(
                field_of(body, SUGGESTION, "key")
                for body in bodies
                if field_of(body, SUGGESTION) == command
            )
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """The suggestions of one command that are on the pull request."""

    keys: frozenset[str] = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()
    """Path and last line, if the markers could not be read."""

    def holds(self, item: MarkedSuggestion) -> bool:
        place = (item.suggestion.path, item.suggestion.line)
        return item.key in self.keys or place in self.places


def _links(pull: PullRequest, items: Iterable[MarkedSuggestion]) -> Iterator[tuple[str, int, str]]:
    """Link each suggestion's line in the pull request's diff, without asking for the address.

    GitHub names a file's section of the page by the SHA-256 of its path, and a line of the new side
    by ``R`` and its number. If that changes, the link still leads to the diff.
    """
    for item in items if pull.url else ():
        path, line = item.suggestion.path, item.suggestion.line
        name = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
        yield path, line, f"{pull.url}/files#diff-{name}R{line}"
