"""What a pull request that moved on while the run worked still takes.

A suggestion fits as long as its file is the same blob at the new head and its lines still stand in
one piece of the new diff; both are read afresh, and the review then names the new head.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Final

from predict_edit.delivery.marks import Item
from predict_edit.domain import SourceFile
from predict_edit.domain.errors import DiffError
from predict_edit.domain.ports import Forge
from predict_edit.suggest.anchors import Anchors, anchors_of

_READINGS: Final = 3
"""How often a head that moves again and again is followed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The head to post on, and which suggestions it does not take."""

    head: str
    lost: frozenset[Item]


async def follow(
    forge: Forge, number: int, items: Iterable[Item], files: Mapping[str, SourceFile]
) -> Moved:
    """Read head and diff again, and hold the suggestions against them.

    Raises:
        ForgeError: they could not be read.
    """
    items = tuple(items)
    for _ in range(_READINGS):
        pull, changed = await asyncio.gather(
            forge.pull_request(number), forge.changed_files(number)
        )
        by_path = {change.path: change for change in changed}
        if await forge.head_sha(number) == pull.head_sha and pull.state == "open":
            break
    else:
        return Moved(head=pull.head_sha, lost=frozenset(items))
    anchors: dict[str, Anchors | None] = {}
    for path in {item.suggestion.path for item in items}:
        file, change = files[path], by_path.get(path)
        anchors[path] = None
        if change is not None and change.blob_sha == file.blob_sha:
            try:
                found = await asyncio.to_thread(anchors_of, change, file.text)
            except DiffError:
                continue
            anchors[path] = found if isinstance(found, Anchors) else None
    return Moved(
        head=pull.head_sha,
        lost=frozenset(item for item in items if not _fits(item, anchors[item.suggestion.path])),
    )


def _fits(item: Item, anchors: Anchors | None) -> bool:
    """Whether the diff still takes a suggestion."""
    asked = item.suggestion
    return anchors is not None and anchors.refusal(asked.start_line, asked.line) is None
