"""The open alerts of code scanning, as findings."""

from __future__ import annotations

from typing import Final

from predict_edit.domain.edits import Dropped, Finding, FindingsReport
from predict_edit.domain.errors import FindingsError, ForgeNotFound
from predict_edit.findings.collection import MAX_FINDINGS
from predict_edit.findings.reported_finding import ReportedFinding, Roots
from predict_edit.findings.sarif import NO_PLACE
from predict_edit.github.client import PER_PAGE, Client, parse
from predict_edit.github.rest import CODE_SCANNING_ALERTS, RestAnswer

_PAGES: Final = MAX_FINDINGS // PER_PAGE + 1
"""One more than can be used, so that a surplus is noticed."""
_NO_ANALYSIS: Final = "no analysis found"
"""What GitHub says if nothing was ever uploaded."""
_ROOTS: Final = Roots()


class _AlertLocation(RestAnswer):
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    start_column: int | None = None


class _AlertMessage(RestAnswer):
    text: str | None = None


class _AlertInstance(RestAnswer):
    location: _AlertLocation | None = None
    message: _AlertMessage | None = None


class _AlertRule(RestAnswer):
    id: str | None = None
    severity: str | None = None
    description: str | None = None


class _AlertTool(RestAnswer):
    name: str | None = None


class CodeScanningAlert(RestAnswer):
    """One entry of GET code-scanning/alerts."""

    rule: _AlertRule
    tool: _AlertTool
    most_recent_instance: _AlertInstance


async def open_alerts(client: Client, ref: str) -> FindingsReport:
    """Return the open alerts of a git reference, in GitHub's order.

    With ``ref``, GitHub gives for each alert where it was last seen there (GitHub, "List code
    scanning alerts for a repository").

    Raises:
        FindingsError: nothing was ever uploaded to code scanning.
        ForgeForbidden: code scanning is off, or the token may not read it.
        ForgeError: GitHub failed.
    """
    endpoint = CODE_SCANNING_ALERTS
    query = {"state": "open", "ref": ref}
    try:
        entries = await client.pages(endpoint, "code-scanning/alerts", limit=_PAGES, query=query)
    except ForgeNotFound as error:
        if any(_NO_ANALYSIS in reason.casefold() for reason in error.reasons):
            raise FindingsError(
                f"Code scanning has no results yet for {ref}.",
                "Run a workflow with code scanning there first, or remove `code-scanning` from "
                "`findings`.",
            ) from None
        raise
    return FindingsReport(
        findings=tuple(map(_finding, parse(list[CodeScanningAlert], entries, endpoint)))
    )


def _finding(alert: CodeScanningAlert) -> Finding | Dropped:
    """Return an alert at its place; paths should be the repository's, and are checked."""
    place, said = alert.most_recent_instance.location, alert.most_recent_instance.message
    if place is None or place.path is None:
        return Dropped(NO_PLACE)
    path = _ROOTS.relative(place.path)
    if isinstance(path, Dropped):
        return path
    return ReportedFinding(
        path=path,
        line=place.start_line,
        end_line=place.end_line,
        column=place.start_column,
        rule=alert.rule.id or "",
        message=(said.text if said else None) or alert.rule.description or "",
        tool=alert.tool.name or "",
        level=alert.rule.severity or "warning",
    ).at(path)
