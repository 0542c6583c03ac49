"""Reads reports from the workspace, where earlier steps of the job left them.

What lies there was written by the repository's own steps, which may have run anything: a report is
a regular file inside the workspace, links are not followed out of it, and the number of files and
bytes is bounded.
"""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from predict_edit.domain.errors import PredictEditError
from predict_edit.findings.reported_finding import Roots
from predict_edit.support.globs import Globs

MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger report is refused: GitHub takes no larger SARIF file either."""
MAX_REPORTS: Final = 500
MAX_TOTAL: Final = 256 * 1024 * 1024
MAX_LOOKED_AT: Final = 500_000
_SKIPPED_FOLDERS: Final = frozenset({".git", "node_modules"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where reports are, and where the repository was on the machines that wrote them."""

    folder: Path
    roots: Roots

    def read(
        self,
        globs: Sequence[str],
        name: str,
        error: type[PredictEditError],
        *,
        without: AbstractSet[str] = frozenset(),
    ) -> dict[str, bytes]:
        """Read the files that match, by path; folders named ``without`` are left out.

        ``name`` is the input that the globs are of, for messages.

        Raises:
            PredictEditError: as ``error``: there are too many, or one cannot be read.
        """
        found: dict[str, bytes] = {}
        total = 0
        for path in sorted(_matching(self.folder, Globs.of(globs), without)):
            data = _read(self.folder / path, path, error)
            total += len(data)
            if total > MAX_TOTAL:
                raise error(
                    f"The files for `{name}` are larger than {MAX_TOTAL // 2**20} MiB together.",
                    f"Match fewer files with `{name}`.",
                )
            if len(found) >= MAX_REPORTS:
                raise error(f"More than {MAX_REPORTS} files match `{name}`.", "Match fewer files.")
            found[path] = data
        return found


def _matching(workspace: Path, wanted: Globs, without: AbstractSet[str]) -> Iterator[str]:
    """Find the paths that match, relative to the workspace, without following links."""
    looked_at = 0
    for folder, names, files in os.walk(workspace, followlinks=False):
        names[:] = [name for name in names if name not in _SKIPPED_FOLDERS | without]
        for name in files:
            path = (Path(folder) / name).relative_to(workspace).as_posix()
            if wanted.match(path) is not None:
                yield path
        looked_at += len(files)
        if looked_at > MAX_LOOKED_AT:
            return


def _read(path: Path, name: str, error: type[PredictEditError]) -> bytes:
    """Read one file.

    Raises:
        PredictEditError: it is not a regular file, or cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise error(f"`{name}` is not a regular file.", "Match files only.")
            return stream.read(MAX_BYTES + 1)
    except OSError as problem:
        raise error(
            f"`{name}` cannot be opened ({problem.strerror}).",
            "Check that it is a regular file that this step may read.",
        ) from None
