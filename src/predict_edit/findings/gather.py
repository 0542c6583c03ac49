"""Findings from wherever they are asked for: reports in the workspace, and GitHub's own alerts."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from predict_edit.domain.ports import Forge
from predict_edit.findings import Findings, Roots
from predict_edit.findings.collect import collect
from predict_edit.findings.workspace import read_reports

CODE_SCANNING: Final = "code-scanning"
"""What stands among the globs of `findings` for the repository's open code scanning alerts; a file
of that name is ``/code-scanning``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where reports lie, and where the repository stood for those who wrote them."""

    folder: Path
    roots: Roots


async def gather_findings(
    forge: Forge, globs: Sequence[str], workspace: Workspace, *, ref: str
) -> Findings:
    """All findings that are asked for; alerts are those of the git reference ``ref``.

    Raises:
        FindingsError: a report is missing or cannot be read.
        ForgeError: the alerts could not be read.
    """
    files = tuple(glob for glob in globs if glob != CODE_SCANNING)
    reports = (
        await asyncio.to_thread(read_reports, workspace.folder, files, workspace.roots)
        if files
        else ()
    )
    alerts = (await forge.open_alerts(ref),) if CODE_SCANNING in globs else ()
    return await asyncio.to_thread(collect, (*reports, *alerts))
