"""Files as the pull request found them, for those whose diff GitHub does not give."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from predict_edit.domain import PullRequest, SourceFile
from predict_edit.domain.errors import DiffError, ForgeError
from predict_edit.domain.ports import Forge
from predict_edit.suggest.anchors import NoAnchors, anchors_of
from predict_edit.support.log import log


async def read_bases(
    forge: Forge, pull: PullRequest, sources: Sequence[SourceFile]
) -> dict[str, str]:
    """The text at the merge base of each file whose diff is missing or cannot be used.

    Costs nothing where every diff is whole, else one request for the merge base and those of one
    reading. What cannot be had is left out: the edits of that file go to the patch then.
    """
    wanted = await asyncio.to_thread(_without_diff, sources)
    if not wanted:
        return {}
    try:
        start = await forge.merge_base(pull.base_sha, pull.head_sha)
        contents = await forge.read_files(start, dict.fromkeys(wanted.values()))
    except ForgeError as error:
        log.info("the files at the merge base could not be read: %s", error.cause)
        return {}
    texts: dict[str, str] = {}
    for path, old in wanted.items():
        data = contents[old].data if old in contents else None
        if data is not None:
            try:
                texts[path] = data.decode()
            except UnicodeDecodeError:
                log.info("a file at the merge base is no UTF-8 text")
    return texts


def _without_diff(sources: Sequence[SourceFile]) -> dict[str, str]:
    """Path at the head and at the base of the files whose diff cannot be used as it is."""
    wanted: dict[str, str] = {}
    for file in sources:
        change = file.change
        if change is None or change.status in {"added", "removed"}:
            continue
        try:
            usable = not isinstance(anchors_of(change, file.text), NoAnchors)
        except DiffError:
            continue
        if not usable:
            wanted[file.path] = change.previous_path or file.path
    return wanted
