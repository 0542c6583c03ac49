"""What git knows a file by: the name of its blob, its mode, and where its lines end."""

from __future__ import annotations

import hashlib
from typing import Final

FILE_MODE: Final = 0o100644
REGULAR_MODES: Final = frozenset({FILE_MODE, 0o100755, 0o100664})
"""Git no longer writes 0o100664, but trees of its early days hold it."""
SYMLINK_MODE: Final = 0o120000
SUBMODULE_MODE: Final = 0o160000


def blob_sha_of(data: bytes) -> str:
    """Compute the SHA-1 that names a blob: of ``blob <size>``, a zero byte and the data."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def lines_of(text: str) -> list[str]:
    """Split ``text`` at line feeds and nowhere else; each line keeps its line feed.

    ``str.splitlines`` also splits at form feeds, lone carriage returns, U+2028 and others, which
    git and GitHub do not count as line ends: every later line number would be wrong.
    """
    *whole, rest = text.split("\n")
    lines = [f"{line}\n" for line in whole]
    if rest:
        lines.append(rest)
    return lines
