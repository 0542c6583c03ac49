"""The open alerts of GitHub's code scanning, as findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pydantic

from predict_edit.domain.edits import Dropped, FindingsReport
from predict_edit.domain.errors import FindingsError
from predict_edit.findings.reported_finding import ReportedFinding, Roots, located
from predict_edit.findings.sarif import NO_PLACE
from predict_edit.support.validation import Validated, first_problem, inside

_INSTANCE: Final = "most_recent_instance"


class CodeScanningAlert(Validated):
    """One entry of GET code-scanning/alerts; any of it may be missing or null."""

    path: str | None = inside(_INSTANCE, "location", "path", default=None)
    start_line: int | None = inside(_INSTANCE, "location", "start_line", default=None)
    end_line: int | None = inside(_INSTANCE, "location", "end_line", default=None)
    column: int | None = inside(_INSTANCE, "location", "start_column", default=None)
    message: str | None = inside(_INSTANCE, "message", "text", default=None)
    rule: str | None = inside("rule", "id", default=None)
    severity: str | None = inside("rule", "severity", default=None)
    description: str | None = inside("rule", "description", default=None)
    tool: str | None = inside("tool", "name", default=None)


def read_alerts(entries: Iterable[Any]) -> FindingsReport:
    """Read alerts in GitHub's order.

    Raises:
        FindingsError: one is not what GitHub documents.
    """
    try:
        alerts = [CodeScanningAlert.model_validate(entry) for entry in entries]
    except pydantic.ValidationError as error:
        field, *_ = first_problem(error)
        raise FindingsError(
            f"An alert of code scanning has no usable field `{field}`.",
            "Remove `code-scanning` from `findings`, and report this.",
        ) from None
    return FindingsReport(findings=tuple(located(map(_finding, alerts), Roots())))


def _finding(alert: CodeScanningAlert) -> ReportedFinding | Dropped:
    if alert.path is None:
        return Dropped(NO_PLACE)
    return ReportedFinding(
        path=alert.path,
        line=alert.start_line,
        end_line=alert.end_line,
        column=alert.column,
        rule=alert.rule or "",
        message=alert.message or alert.description or "",
        tool=alert.tool or "",
        level=alert.severity or "warning",
    )
