"""Reads reports from the workspace, where earlier steps of the job left them.

What lies there was written by the repository's own steps, which may have run anything: a report is
a regular file inside the workspace, links are not followed out of it, and the number of files and
bytes is bounded.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import stat
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from predict_edit.domain.edits import FindingsReport
from predict_edit.domain.errors import FindingsError, PredictEditError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.run_report import OUTPUT_FOLDER
from predict_edit.findings.code_scanning import read_alerts
from predict_edit.findings.collection import Findings, collect
from predict_edit.findings.formats import MAX_BYTES, parse_report
from predict_edit.findings.reported_finding import Roots
from predict_edit.support.globs import Globs

CODE_SCANNING: Final = "code-scanning"
"""Among the globs of `findings`: the repository's open code scanning alerts. A file of that name is
``/code-scanning``."""
MAX_REPORTS: Final = 500
MAX_TOTAL: Final = 256 * 1024 * 1024
MAX_LOOKED_AT: Final = 500_000
_SKIPPED_FOLDERS: Final = frozenset({".git", "node_modules"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where reports are, and where the repository was on the machines that wrote them."""

    folder: Path
    roots: Roots

    async def findings(self, host: GitHost, globs: Sequence[str], *, ref: str) -> Findings:
        """Read all findings that ``globs`` name; alerts are those of the git reference ``ref``.

        Raises:
            FindingsError: a report is missing or cannot be read.
            ForgeError: the alerts could not be read.
        """
        files = tuple(glob for glob in globs if glob != CODE_SCANNING)
        reports = (
            await asyncio.to_thread(read_reports, self.folder, files, self.roots) if files else ()
        )
        if CODE_SCANNING in globs:
            alerts = read_alerts(await host.open_alerts(ref))
            reports = (*reports, alerts)
        return await asyncio.to_thread(collect, reports)

    def read(
        self, globs: Sequence[str], name: str, error: type[PredictEditError]
    ) -> dict[str, bytes]:
        """Read the files that ``globs`` name, as :func:`read_matching` does."""
        return read_matching(self.folder, globs, name, error)


def read_reports(workspace: Path, globs: Sequence[str], roots: Roots) -> tuple[FindingsReport, ...]:
    """Read all reports that match.

    Raises:
        FindingsError: no report matches, one cannot be read, or there are too many.
    """
    found = read_matching(workspace, globs, "findings", FindingsError, without={OUTPUT_FOLDER})
    if not found:
        raise FindingsError(
            f"No file in the workspace matches `findings` ({', '.join(globs)}).",
            "Let an earlier step of the job write the report into the workspace; a linter that "
            "finds nothing still has to write its empty report.",
        )
    return tuple(parse_report(path, data, roots) for path, data in found.items())


def read_matching(
    workspace: Path,
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
    wanted = Globs.of(globs)
    found: dict[str, bytes] = {}
    total = 0
    for path in sorted(_matching(workspace, wanted, without)):
        data = _read(workspace / path, path, error)
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
            f"`{name}` cannot be opened ({type(problem).__name__}).",
            "Check that it is a file of its own and readable by everybody.",
        ) from None
