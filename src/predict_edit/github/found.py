"""Files at a commit: what is known of each while they are fetched."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Final

from predict_edit.domain import FileContent

MAX_BYTES: Final = 1_000_000
"""Larger files are not fetched: no model edits them, and GitHub sends them by other ways only."""
OBJECT_ID: Final = re.compile(r"[0-9a-f]{40}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that is known to stand at the commit; its bytes are still to be fetched."""

    path: str
    sha: str
    mode: int | None
    size: int | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class Found:
    """What one way of asking brought: done, known but not fetched, and not told."""

    contents: dict[str, FileContent] = dataclasses.field(default_factory=dict)
    entries: list[Entry] = dataclasses.field(default_factory=list)
    untold: dict[str, str | None] = dataclasses.field(default_factory=dict)

    @staticmethod
    def union(parts: Iterable[Found]) -> Found:
        """All that several ways brought."""
        whole = Found()
        for part in parts:
            whole.contents |= part.contents
            whole.entries += part.entries
            whole.untold |= part.untold
        return whole


def content_of(path: str, sha: str, mode: int | None, data: bytes) -> FileContent:
    """A file whose bytes are verified; git calls binary what holds a NUL byte."""
    binary = b"\0" in data
    return FileContent(
        path=path,
        blob_sha=sha,
        data=None if binary else data,
        mode=mode,
        size=len(data),
        binary=binary,
    )
