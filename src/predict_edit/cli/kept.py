"""What a preview was answered, kept in the user's cache, so that ``--apply`` pays nothing again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from predict_edit.delivery.state import MAX_UNPACKED, Memory, pack, unpack
from predict_edit.support.log import log


class Kept:
    """The answers for one checkout: those of its last run, readable by their owner alone."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        self._file = _folder(environ) / f"{name}.answers"

    def load(self) -> Memory:
        """Read what is kept; an empty memory where there is nothing or it cannot be read."""
        try:
            return unpack(self._file.read_text(encoding="ascii"), None)
        except (OSError, UnicodeDecodeError):
            return Memory()

    def store(self, memory: Memory) -> None:
        """Keep a memory in the place of the last one; not being able to is no failure."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch = self._file.with_suffix(".new")
            scratch.unlink(missing_ok=True)
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(pack(memory, None, limit=MAX_UNPACKED))
            scratch.replace(self._file)
        except OSError as error:
            log.info("the answers could not be kept (%s)", error.strerror)


_APPLICATION: Final = "predict-edit"


def _folder(environ: Mapping[str, str]) -> Path:
    """Find the cache (XDG Base Directory Specification), wherever else there is none."""
    given = environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / _APPLICATION
