"""The open alerts of GitHub's code scanning, as findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pydantic

from predict_edit.domain.edits import Dropped, FindingsReport
from predict_edit.domain.errors import FindingsError
from predict_edit.findings.reported_finding import (
    ReportedFinding,
    Roots,
    Shape,
    inside,
    located,
)
from predict_edit.findings.sarif import NO_PLACE

_INSTANCE: Final = "most_recent_instance"


class CodeScanningAlert(Shape):
    """One entry of GET code-scanning/alerts; any of it may be missing or null."""

    path: str | None = inside(_INSTANCE, "location", "path")
    start_line: int | None = inside(_INSTANCE, "location", "start_line")
    end_line: int | None = inside(_INSTANCE, "location", "end_line")
    column: int | None = inside(_INSTANCE, "location", "start_column")
    message: str | None = inside(_INSTANCE, "message", "text")
    rule: str | None = inside("rule", "id")
    severity: str | None = inside("rule", "severity")
    description: str | None = inside("rule", "description")
    tool: str | None = inside("tool", "name")


def read_alerts(entries: Iterable[Any]) -> FindingsReport:
    """Read alerts in GitHub's order.

    Raises:
        FindingsError: one is not what GitHub documents.
    """
    try:
        alerts = [CodeScanningAlert.model_validate(entry) for entry in entries]
    except pydantic.ValidationError as error:
        field = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
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
