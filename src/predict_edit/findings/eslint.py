"""ESLint's JSON (ESLint, "Formatters Reference", ``json``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydantic

from predict_edit.findings.reported_finding import ReportedFinding, Roots, Shape


class _Message(Shape):
    message: str = ""
    severity: int = 1
    rule: str | None = pydantic.Field(default=None, alias="ruleId")
    line: int | None = None
    column: int | None = None
    end_line: int | None = pydantic.Field(default=None, alias="endLine")


class _File(Shape):
    path: str = pydantic.Field(alias="filePath")
    messages: list[_Message] = pydantic.Field(default_factory=list)


_REPORT = pydantic.TypeAdapter(list[_File], config=pydantic.ConfigDict(hide_input_in_errors=True))


def read(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of ESLint; what it says without rule and line is about itself, not the file."""
    for file in _REPORT.validate_python(found):
        for one in file.messages:
            if one.rule is None and one.line is None:
                continue
            yield ReportedFinding(
                path=file.path,
                line=one.line,
                end_line=one.end_line,
                column=one.column,
                rule=one.rule or "",
                message=one.message,
                tool="eslint",
                level="warning" if one.severity == 1 else "error",
            )
