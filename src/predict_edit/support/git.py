"""What git says of files, lines and names: blobs, modes, line ends, which names it accepts."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Final

FILE_MODE: Final = 0o100644
EXECUTABLE_MODE: Final = 0o100755
REGULAR_MODES: Final = frozenset({FILE_MODE, EXECUTABLE_MODE, 0o100664})
"""Git no longer writes 0o100664, but trees of its early days hold it."""
SYMLINK_MODE: Final = 0o120000
SUBMODULE_MODE: Final = 0o160000


def blob_sha_of(data: bytes) -> str:
    """Compute the SHA-1 that names a blob: of ``blob <size>``, a zero byte and the data."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def text_of(data: bytes | None) -> str | None:
    """Decode a text with every byte kept; ``None`` for what is not UTF-8, or missing."""
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


def lines_of(text: str) -> list[str]:
    """Split ``text`` at line feeds and nowhere else; each line keeps its line feed.

    ``str.splitlines`` also splits at form feeds, lone carriage returns, U+2028 and others, which
    git and GitHub do not count as line ends: every later line number would be wrong.
    """
    return io.StringIO(text, newline="\n").readlines()


def is_branch_name(name: str) -> bool:
    """Decide as ``git check-ref-format --branch`` does, and refuse invisible characters too."""
    parts = name.split("/")
    return not (
        not re.fullmatch(r"[^\x00-\x20\x7f~^:?*\[\\]+", name)
        or not name.isprintable()
        or name.startswith("-")
        or name.endswith(".")
        or name == "@"
        or ".." in name
        or "@{" in name
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )


def is_path(path: str) -> bool:
    """Decide whether git would store a path; one that climbs up, for example, it would not."""
    parts = path.casefold().split("/")
    return "\0" not in path and not {"", ".", "..", ".git"}.intersection(parts)
