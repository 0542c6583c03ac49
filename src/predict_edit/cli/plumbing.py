"""What git's plumbing prints, read: the raw format of changes, and blobs in one batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from predict_edit.cli.git import Git
from predict_edit.domain.errors import CheckoutError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of git's raw format (git-diff-index(1), "Raw output format")."""

    old_mode: str
    new_mode: str
    old_sha: str
    new_sha: str
    status: str
    path: str
    previous_path: str | None = None


def read_raw(output: str) -> Iterator[Entry]:
    """Read git's raw format with NUL between the fields."""
    fields = iter(output.split("\0"))
    for head in fields:
        if not head:
            return
        old_mode, new_mode, old_sha, new_sha, status = head.lstrip(":").split(" ")
        moved = next(fields) if status[0] in "RC" else None
        yield Entry(
            old_mode=old_mode,
            new_mode=new_mode,
            old_sha=old_sha,
            new_sha=new_sha,
            status=status[0],
            path=next(fields),
            previous_path=moved,
        )


def read_blobs(git: Git, names: Iterable[str]) -> dict[str, bytes]:
    """Read blobs in one go (git-cat-file(1), "Batch output")."""
    wanted = [name for name in dict.fromkeys(names) if name.strip("0")]
    if not wanted:
        return {}
    output = git.raw("cat-file", "--batch", data="".join(f"{n}\n" for n in wanted).encode())
    blobs, at = {}, 0
    for name in wanted:
        end = output.index(b"\n", at)
        header = output[at:end].split()
        if header[-1] == b"missing":
            raise CheckoutError(
                f"git does not have the object {name[:12]} here.",
                "The clone is partial: check out the base once, so that git fetches its files.",
            )
        size = int(header[2])
        blobs[name] = output[end + 1 : end + 1 + size]
        at = end + 2 + size
    return blobs
