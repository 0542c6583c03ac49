"""Names of git's blobs, to prove that a file is the one that was asked for."""

from __future__ import annotations

import hashlib


def blob_sha_of(data: bytes) -> str:
    """Compute the SHA-1 that git names a blob by: of ``blob <size>``, a zero byte and the data."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()
