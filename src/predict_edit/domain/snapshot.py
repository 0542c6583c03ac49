"""A pull request or a branch as read at one pinned commit, and its files."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request at the moment it was read; ``head_sha`` is pinned from then on."""

    number: int
    state: str
    """``open`` or ``closed``."""
    head_sha: str
    head_ref: str
    head_repository: str | None
    """``owner/name``, ``None`` when the fork was deleted."""
    base_sha: str
    base_ref: str
    changed_files: int
    """GitHub's count of changed files; the files endpoint lists at most 3,000 of them."""
    url: str = ""
    title: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One entry of GitHub's "list pull requests files"."""

    path: str
    status: str
    """added, removed, modified, renamed, copied, changed or unchanged."""
    blob_sha: str | None
    """Blob of the head; GitHub documents it as nullable."""
    additions: int
    deletions: int
    patch: str | None
    """Hunks without file header; absent for binary, pure renames and large diffs."""
    previous_path: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file as read at one commit."""

    path: str
    blob_sha: str
    data: bytes | None
    """``None`` for what is no blob (a submodule) or was too large to be sent."""
    mode: int | None
    """Git file mode, such as ``0o100644``; ``None`` when the host could not tell."""
    size: int = 0
    """Bytes of the blob."""
    binary: bool = False
    """The host or a NUL byte says that this is no text; ``data`` is then ``None``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file in the tree of a commit, without its content."""

    path: str
    blob_sha: str
    mode: int
    """Git file mode, such as ``0o100644``."""
    size: int
    """Bytes; 0 for what is no blob."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A text file that may be edited, exactly as it stands at the pinned head."""

    path: str
    text: str
    """Decoded as UTF-8 with every byte kept: byte-order mark, carriage returns, trailing blanks."""
    blob_sha: str
    change: ChangedFile | None = None
    """How the pull request changes it; ``None`` where there is no pull request."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that is not edited, and why, in words for the summary."""

    path: str
    reason: str
