"""Ruff's JSON (``--output-format json``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydantic

from predict_edit.findings.reported_finding import ReportedFinding, Roots, Shape


class _Place(Shape):
    row: int
    column: int | None = None


class _Message(Shape):
    filename: str
    message: str = ""
    code: str | None = None
    location: _Place | None = None
    end_location: _Place | None = None


_REPORT = pydantic.TypeAdapter(
    list[_Message], config=pydantic.ConfigDict(hide_input_in_errors=True)
)


def read(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of ruff; one without a rule is a syntax error."""
    for one in _REPORT.validate_python(found):
        start, end = one.location, one.end_location
        # An end at the start of a line is the end of the line before.
        last = None if end is None else end.row - (end.column == 1 and end.row > 1)
        yield ReportedFinding(
            path=one.filename,
            line=start.row if start else None,
            end_line=last,
            column=start.column if start else None,
            rule=one.code or "",
            message=one.message,
            tool="ruff",
            level="error",
        )
