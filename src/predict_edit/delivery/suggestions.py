"""Delivery as suggestions: what is missing is posted, and older ones make room."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator

from predict_edit.delivery.looking import reviews_of, standing
from predict_edit.delivery.marks import Item, items_of
from predict_edit.delivery.request import Delivered, Parcel, unchanged_head
from predict_edit.delivery.review import Poster
from predict_edit.delivery.supersede import supersede
from predict_edit.domain import FileResult, PullRequest


async def deliver_inline(
    files: tuple[FileResult, ...], parcel: Parcel, saving: asyncio.Task[None]
) -> Delivered:
    """Post the suggestions that do not stand on the pull request yet, once ``saving`` is done.

    Whatever has to be known or done before is done side by side.

    Raises:
        CommandChanged: the comment is not what it was when the run began.
        ForgeError: what is there already could not be read.
    """
    items = items_of(files, parcel.command, parcel.settings.model.api_key)
    if parcel.settings.dry_run or not items:
        return Delivered(files=files, posted=len(items))
    number, forge = parcel.pull.number, parcel.forge
    earlier = reviews_of(parcel.reviews, parcel.command)
    poster = Poster(parcel, files, earlier)
    there, head, _ = await asyncio.gather(
        standing(forge, number, earlier, parcel.command),
        unchanged_head(forge, number, parcel.job.command),
        saving,
    )
    await poster.post([item for item in items if not there.holds(item)], head=head)
    url = earlier[0].url if earlier else poster.url
    standing_now = [item for item in items if there.holds(item) or item in poster.posted]
    if standing_now:
        await supersede(parcel, [item.suggestion for item in standing_now], url)
    return Delivered(
        files=poster.files,
        posted=len(standing_now),
        review_url=url,
        suggestion_urls=tuple(_addresses(parcel.pull, standing_now)),
        complete=not poster.notes,
        notes=tuple(poster.notes),
    )


def _addresses(pull: PullRequest, items: Iterable[Item]) -> Iterator[tuple[str, int, str]]:
    """Where each suggestion stands in the pull request's diff, found without asking for it.

    GitHub names a file's part of the page by the SHA-256 of its path, and a line of the new side by
    ``R`` and its number. Where that should change, the address still leads to the diff.
    """
    for item in items if pull.url else ():
        path, line = item.suggestion.path, item.suggestion.line
        name = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
        yield path, line, f"{pull.url}/files#diff-{name}R{line}"
