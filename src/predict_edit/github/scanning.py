"""The open alerts of code scanning, as findings."""

from __future__ import annotations

from typing import Final

from predict_edit.domain import Dropped, Finding, FindingsReport
from predict_edit.domain.errors import FindingsError, ForgeNotFound
from predict_edit.findings.collection import MAX_FINDINGS
from predict_edit.findings.reported_finding import ReportedFinding, Roots
from predict_edit.findings.sarif import NO_PLACE
from predict_edit.github import endpoints, parsing
from predict_edit.github.client import Client
from predict_edit.github.parsing import FromGitHub
from predict_edit.github.transport import PER_PAGE

_PAGES: Final = MAX_FINDINGS // PER_PAGE + 1
"""One more than can be used, so that there being more is seen."""
_NO_ANALYSIS: Final = "no analysis found"
"""What GitHub says where nothing was ever uploaded."""
_ROOTS: Final = Roots()


class _Location(FromGitHub):
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    start_column: int | None = None


class _Message(FromGitHub):
    text: str | None = None


class _Instance(FromGitHub):
    location: _Location | None = None
    message: _Message | None = None


class _Rule(FromGitHub):
    id: str | None = None
    severity: str | None = None
    description: str | None = None


class _Tool(FromGitHub):
    name: str | None = None


class _Alert(FromGitHub):
    """One entry of GET code-scanning/alerts."""

    rule: _Rule
    tool: _Tool
    most_recent_instance: _Instance


async def open_alerts(client: Client, ref: str) -> FindingsReport:
    """The open alerts of a git reference, in GitHub's order.

    With ``ref``, GitHub tells of each alert where it was last seen there (GitHub, "List code
    scanning alerts for a repository").

    Raises:
        FindingsError: nothing was ever uploaded to code scanning.
        ForgeForbidden: code scanning is off, or the token may not read it.
        ForgeError: GitHub failed.
    """
    endpoint = endpoints.CODE_SCANNING_ALERTS
    try:
        pages = await client.pages(endpoint, limit=_PAGES, query={"state": "open", "ref": ref})
    except ForgeNotFound as error:
        if any(_NO_ANALYSIS in reason.casefold() for reason in error.reasons):
            raise FindingsError(
                f"Code scanning has no results yet for {ref}.",
                "Let a workflow with code scanning run there first, or leave `code-scanning` out "
                "of `findings`.",
            ) from None
        raise
    alerts = parsing.parse_pages(_Alert, pages, endpoint)
    return FindingsReport(findings=tuple(map(_finding, alerts)))


def _finding(alert: _Alert) -> Finding | Dropped:
    """An alert at its place; paths are the repository's already, and checked all the same."""
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
