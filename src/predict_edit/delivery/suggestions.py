"""Delivery as suggestions: missing ones are posted in reviews, and older ones make room.

GitHub accepts a review whole or not at all, does not say which comment it refuses, and was seen to
answer 502 for a review that it had accepted. So after every unclear answer the review is looked up
by its marker, and a refused batch is halved until the suggestion at fault is alone. Nothing is
posted twice, or blindly again.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from predict_edit.delivery.delivered import (
    HEAD_MOVED,
    REFUSED,
    TOO_LATE,
    Destination,
    check_open,
    check_pin,
    demoted,
    recheck,
    suggested,
)
from predict_edit.delivery.review_markers import (
    REVIEW,
    SUGGESTION,
    MarkedSuggestion,
    field_of,
    marked_suggestions,
    review_marker,
    reviews_of,
)
from predict_edit.domain.edits import ReviewDraft, SourceFile, Suggestion
from predict_edit.domain.errors import (
    EverythingRefused,
    ForgeAnswerInvalid,
    ForgeError,
    ForgeRateLimited,
    ForgeRefused,
    ForgeUnavailable,
    HeadMismatch,
    PendingReview,
    PullRequestClosed,
    TextRefused,
)
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import PENDING, PullRequest, Review, ReviewThread
from predict_edit.domain.run_report import Delivered, FileResult, Outcome
from predict_edit.report.markdown import length, link
from predict_edit.report.review_body import render_review_body
from predict_edit.suggest.anchors import Anchors, anchors_of
from predict_edit.suggest.patch import patches_of
from predict_edit.support.log import log
from predict_edit.support.markers import Marker, Seals

BATCH: Final = 30
"""Comments of one review; GitHub documents no limit, but was seen to refuse more than 32."""
PAUSE: Final = 1.0
"""Seconds between requests that create something, as GitHub's rate limit guide asks."""
MOST_REFUSALS: Final = 12
"""Refusals in a row after which single suggestions are not what is at fault."""
_SUPERSEDED: Final = "**Superseded in part**"
_BODY_ROOM: Final = 65_000
_LONGEST_WAIT: Final = 120.0
_LONGEST_REASON: Final = 120
_TRIES: Final = 3
_READINGS: Final = 3
"""How often a head that keeps moving is followed."""

Batch = tuple[MarkedSuggestion, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class SuggestionDelivery:
    """Each inline hunk becomes a suggestion that one click commits."""

    to: Destination

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Apply ``max-suggestions``."""
        return suggested(results, self.to.max_suggestions)

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Post the suggestions that are not on the pull request yet.

        Saving and all that must be known first happen side by side.

        Raises:
            CommandChanged: the comment was edited or deleted while the run worked.
            PullRequestClosed: the pull request was closed or merged.
            HeadMismatch: the command is for one commit, and the head moved.
            ForgeError: the comment, or what was posted before, could not be read.
        """
        to = self.to
        items = marked_suggestions(prepared.files, to.job)
        saving = asyncio.ensure_future(to.save() if to.save else asyncio.sleep(0))
        try:
            if not items:
                await recheck(to)
                return prepared
            earlier = reviews_of(to.reviews, to.command, to.seals)
            posted, head, _ = await asyncio.gather(
                self._already_posted(items, earlier),
                recheck(to),
                saving,
            )
        finally:
            # It must not overtake the final summary.
            await asyncio.wait([saving])
        batches = ReviewBatches(to, prepared.files, earlier)
        await batches.post([item for item in items if item not in posted], head=head)
        url = earlier[0].url if earlier else batches.url
        there = [item for item in items if item in posted or item in batches.posted]
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

    async def _already_posted(
        self, items: Batch, reviews: Sequence[Review]
    ) -> frozenset[MarkedSuggestion]:
        """Find what this command has posted, by the markers.

        Raises:
            ForgeError: they could not be read, so posting more could post twice.
        """
        if not reviews:
            return frozenset()
        threads = await self.to.forge.threads(self.to.pull.number)
        bodies = [thread.comment.body for thread in threads if thread.comment.mine]
        seals = self.to.seals
        keys = {
            field_of(body, SUGGESTION, "key", seals=seals)
            for body in bodies
            if field_of(body, SUGGESTION, seals=seals) == self.to.command
        }
        return frozenset(item for item in items if item.key in keys)


class ReviewBatches:
    """The reviews of one command; ``files`` follows what became of each suggestion."""

    def __init__(
        self, to: Destination, files: Sequence[FileResult], earlier: Sequence[Review] = ()
    ) -> None:
        self.files = tuple(files)
        self.notes: list[str] = []
        self.posted: list[MarkedSuggestion] = []
        self._to = to
        self._forge = to.forge
        self._number = to.pull.number
        self._head = to.pull.head_sha
        self._batch = max((_batch_of(review, to.seals) for review in earlier), default=0)
        self._first: tuple[Review, Marker] | None = None
        self._continued = bool(earlier)
        self._short = False
        self._cleared = False
        self._refusals = 0
        self._described = self.files

    @property
    def url(self) -> str:
        """The address of the first review that was posted."""
        return self._first[0].url if self._first else ""

    async def post(self, items: Sequence[MarkedSuggestion], *, head: str = "") -> None:
        """Post what GitHub accepts and demote the rest, with the reason.

        ``head`` is the newest commit if it was just read.
        """
        waiting = collections.deque(
            tuple(items[start : start + BATCH]) for start in range(0, len(items), BATCH)
        )
        while waiting:
            batch = waiting.popleft()
            try:
                batch = await self._still_fitting(batch, head)
                head = ""
                if not batch:
                    continue
                if self._first or self._refusals:
                    await self._to.sleep(PAUSE)
                halves = await self._send(batch)
            except (ForgeError, HeadMismatch, PullRequestClosed) as error:
                log.error("the suggestions were not all posted: %s", error)
                self.notes.append(f"Not all suggestions could be posted. {error}")
                for rest in (batch, *waiting):
                    self._demote(rest, TOO_LATE.get(type(error), REFUSED))
                break
            waiting.extendleft(reversed(halves))
        await self._correct()

    async def _still_fitting(self, batch: Batch, head: str) -> Batch:
        """Keep what the newest head still takes."""
        if not head:
            pull = await self._forge.pull_request(self._number)
            check_open(pull.state)
            check_pin(self._to, pull.head_sha)
            head = pull.head_sha
        if self._head == head:
            return batch
        files = {result.path: result.placed.file for result in self.files if result.placed}
        self._head, lost = await _outdated(self._forge, self._number, batch, files)
        log.info("the head moved; %s of %s suggestions fit", len(batch) - len(lost), len(batch))
        self._demote(lost, HEAD_MOVED)
        return tuple(item for item in batch if item not in lost)

    async def _send(self, batch: Batch) -> tuple[Batch, ...]:
        """Post one review and return what to try again in smaller ones.

        Raises:
            ForgeError: nothing more can be posted at all.
        """
        self._batch += 1
        command, seals = self._to.command, self._to.seals
        marker = review_marker(command, self._batch, self._head, seals)
        for tries_left in reversed(range(_TRIES)):
            draft = ReviewDraft(
                commit_id=self._head,
                body=self._body(marker),
                suggestions=tuple(item.marked(command, self._head, seals) for item in batch),
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
                    await self._to.sleep(min(error.retry_after or PAUSE, _LONGEST_WAIT))
                    if error.status == HTTPStatus.UNPROCESSABLE_ENTITY and len(batch) > 1:
                        await self._hide_orphan(marker)
                        return _halves(batch)
                    continue
                log.info("GitHub reported an error, but the review was posted")
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
        """Return the review with exactly this marker, if it exists with its comments.

        Raises:
            ForgeError: ``cause``, if that could not be read.
        """
        try:
            for review in await self._marked(marker):
                if await self._forge.has_comments(self._number, review.id):
                    return review
        except ForgeError as error:
            log.info("it is not known whether the review was posted: %s", error.cause)
            raise cause from None
        return None

    async def _marked(self, marker: Marker) -> list[Review]:
        """Return our reviews with exactly this marker."""
        _, reviews = await self._forge.conversation(self._number)
        return [review for review in reviews if review.mine and str(marker) in review.body]

    async def _remedied(self, error: ForgeRefused) -> bool:
        """Remove what prevents the whole review, once."""
        if isinstance(error, PendingReview) and not self._cleared:
            self._cleared = True
            return await _clear_pending(self._forge, self._number, self._to.seals)
        if isinstance(error, TextRefused) and not self._short:
            self._short = True
            return True
        return False

    async def _split(self, batch: Batch, marker: Marker, error: ForgeRefused) -> tuple[Batch, ...]:
        """Halve a refused batch; a single suggestion goes to the patch.

        Raises:
            ForgeRefused: the suggestions are not what is at fault.
        """
        self._refusals += 1
        single = error.status == HTTPStatus.UNPROCESSABLE_ENTITY
        whole = isinstance(error, PendingReview | EverythingRefused)
        if not single or whole or self._refusals > MOST_REFUSALS:
            raise error
        log.error("defect: GitHub refused suggestions that should be right: %s", error.reasons)
        await self._hide_orphan(marker)
        if len(batch) > 1:
            return _halves(batch)
        reason = (error.reasons or ("without a reason",))[-1]
        self._demote(batch, f"{REFUSED}: {reason}"[:_LONGEST_REASON])
        return ()

    async def _hide_orphan(self, marker: Marker) -> None:
        """Hide the empty review that GitHub was once seen to keep of a refused one."""
        try:
            for review in await self._marked(marker):
                if review.node_id:
                    await self._forge.minimize_comment(review.node_id)
        except ForgeError as error:
            log.debug("no empty review was looked for: %s", error)

    def _demote(self, items: Iterable[MarkedSuggestion], reason: str) -> None:
        self.files = demoted(self.files, reason, {item.suggestion for item in items})

    def _body(self, marker: Marker) -> str:
        """Return the text of a review; only the first of a command describes the edits."""
        if self._first or self._continued:
            return f"More suggestions for the same command.\n\n{marker}\n"
        self._described = self.files
        return self._whole_body(marker)

    def _whole_body(self, marker: Marker) -> str:
        placed = [result.placed for result in self.files if result.placed]
        patches = () if self._short else patches_of(placed)
        return render_review_body(placed, patches, marker=str(marker), run_url=self._to.run_url)

    async def _correct(self) -> None:
        """Replace the first review's text if something changed after it was posted."""
        if self._first is None or self._described == self.files:
            return
        review, marker = self._first
        try:
            await self._forge.update_review_body(self._number, review.id, self._whole_body(marker))
        except ForgeError as error:
            log.info("the review's text could not be corrected: %s", error.cause)


def _links(pull: PullRequest, items: Iterable[MarkedSuggestion]) -> Iterator[tuple[str, int, str]]:
    """Link each suggestion's line in the pull request's diff, without asking for the address.

    GitHub names a file's section of the page by the SHA-256 of its path, and a line of the new side
    by ``R`` and its number. If that changes, the link still leads to the diff.
    """
    for item in items if pull.url else ():
        path, line = item.suggestion.path, item.suggestion.line
        name = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
        yield path, line, f"{pull.url}/files#diff-{name}R{line}"


def _batch_of(review: Review, seals: Seals) -> int:
    """Return the number of a review within its command; 0 if its marker has none."""
    number = field_of(review.body, REVIEW, "batch", seals=seals)
    return int(number) if number.isdecimal() and len(number) <= len("999999") else 0


def _is_unsure(error: ForgeError) -> bool:
    """Whether the review may exist all the same; other rate limits were waited for already."""
    limited = isinstance(error, ForgeRateLimited)
    return not limited or error.status == HTTPStatus.UNPROCESSABLE_ENTITY


def _halves(batch: Batch) -> tuple[Batch, ...]:
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]


async def _clear_pending(forge: GitHost, number: int, seals: Seals) -> bool:
    """Delete a pending review that a run of ours left behind; ``False`` if none was found.

    Ours is one by our account with our marker, or with neither text nor comments. A review that a
    person began with the same account is never touched.

    Raises:
        ForgeError: GitHub failed.
    """
    _, reviews = await forge.conversation(number)
    for review in reviews:
        if not review.mine or review.state != PENDING:
            continue
        marked = bool(field_of(review.body, REVIEW, seals=seals))
        if marked or not (review.body.strip() or await forge.has_comments(number, review.id)):
            log.info("deleting a pending review that an earlier run left behind")
            await forge.delete_pending_review(number, review.id)
            return True
    return False


async def _outdated(
    forge: GitHost, number: int, items: Batch, files: Mapping[str, SourceFile]
) -> tuple[str, frozenset[MarkedSuggestion]]:
    """Return the new head, and the suggestions that no longer fit there.

    A suggestion fits while its file is the same blob and its lines are in one piece of the new
    diff. Both are read again, and the review then names the new head.

    Raises:
        PullRequestClosed: the pull request was closed or merged.
        ForgeError: they could not be read.
    """
    for _ in range(_READINGS):
        pull, changed = await asyncio.gather(
            forge.pull_request(number), forge.changed_files(number)
        )
        check_open(pull.state)
        if (await forge.pull_request(number)).head_sha == pull.head_sha:
            break
    else:
        return pull.head_sha, frozenset(items)
    by_path = {change.path: change for change in changed}
    anchors: dict[str, Anchors] = {}
    for path in {item.suggestion.path for item in items}:
        file, change = files[path], by_path.get(path)
        if change is not None and change.blob_sha == file.blob_sha:
            found = await asyncio.to_thread(anchors_of, change, file.text)
            if isinstance(found, Anchors):
                anchors[path] = found
    return pull.head_sha, frozenset(
        item for item in items if not _fits(item, anchors.get(item.suggestion.path))
    )


def _fits(item: MarkedSuggestion, anchors: Anchors | None) -> bool:
    asked = item.suggestion
    return anchors is not None and anchors.refusal(asked.start_line, asked.line) is None


async def supersede(to: Destination, posted: Sequence[Suggestion], url: str) -> None:
    """Hide our older suggestions that overlap the posted ones, unless a person reacted to them.

    Best effort: what cannot be hidden stays, which does no harm.
    """
    older = [
        review
        for review in to.reviews
        if review.mine
        and review.state != PENDING
        and field_of(review.body, REVIEW, seals=to.seals) not in {"", to.command}
    ]
    if not older:
        return
    try:
        commands = set()
        for thread in await to.forge.threads(to.pull.number):
            outdated = _is_older(thread, to) and _overlaps(thread, posted)
            if outdated and await to.forge.minimize_comment(thread.comment.node_id):
                commands.add(field_of(thread.comment.body, SUGGESTION, seals=to.seals))
        for review in older:
            if field_of(review.body, REVIEW, seals=to.seals) in commands:
                await _link_newer(to, review, url)
    except ForgeError as error:
        log.info("older suggestions were left as they are: %s", error.cause)


def _is_older(thread: ReviewThread, to: Destination) -> bool:
    """Decide whether a thread is an older suggestion of ours that nobody reacted to."""
    command = field_of(thread.comment.body, SUGGESTION, seals=to.seals)
    ours = thread.comment.mine and command not in {"", to.command}
    return ours and thread.is_open and not thread.replies


def _overlaps(thread: ReviewThread, posted: Sequence[Suggestion]) -> bool:
    last = thread.line or 0
    first = thread.start_line or last
    return any(suggestion.overlaps(thread.path, first, last) for suggestion in posted)


async def _link_newer(to: Destination, review: Review, url: str) -> None:
    """Start the text of a review with a link to the newer suggestions."""
    body = f"{_SUPERSEDED} by {link('newer suggestions', url)}.\n\n{review.body}"
    if not review.body.startswith(_SUPERSEDED) and length(body) <= _BODY_ROOM:
        await to.forge.update_review_body(to.pull.number, review.id, body)
