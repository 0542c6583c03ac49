"""The JSON of single linters: ESLint's, pylint's and ruff's.

ESLint, "Formatters Reference", ``json``; pylint, ``--output-format json`` and ``json2``; ruff,
``--output-format json``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pydantic

from predict_edit.findings.reported_finding import ReportedFinding, Roots, Shape

_HIDING: Final = pydantic.ConfigDict(hide_input_in_errors=True)


class _EslintMessage(Shape):
    message: str = ""
    severity: int = 1
    rule: str | None = pydantic.Field(default=None, alias="ruleId")
    line: int | None = None
    column: int | None = None
    end_line: int | None = pydantic.Field(default=None, alias="endLine")


class _EslintFile(Shape):
    path: str = pydantic.Field(alias="filePath")
    messages: list[_EslintMessage] = pydantic.Field(default_factory=list)


_ESLINT = pydantic.TypeAdapter(list[_EslintFile], config=_HIDING)


def read_eslint(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of ESLint; what it says without rule and line is about itself, not the file."""
    for file in _ESLINT.validate_python(found):
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


class _PylintMessage(Shape):
    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = pydantic.Field(default=None, alias="endLine")
    type: str = "warning"
    symbol: str = ""
    message: str = ""
    number: str = pydantic.Field(
        default="", validation_alias=pydantic.AliasChoices("message-id", "messageId")
    )


class _PylintReport(Shape):
    messages: list[_PylintMessage]


_PYLINT = pydantic.TypeAdapter(list[_PylintMessage], config=_HIDING)


def read_pylint(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of pylint, old format."""
    yield from map(_pylint_finding, _PYLINT.validate_python(found))


def read_pylint_json2(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of pylint, format ``json2``."""
    yield from map(_pylint_finding, _PylintReport.model_validate(found).messages)


def _pylint_finding(one: _PylintMessage) -> ReportedFinding:
    """Pylint counts columns from 0."""
    return ReportedFinding(
        path=one.path,
        line=one.line,
        end_line=one.end_line,
        column=None if one.column is None else one.column + 1,
        rule=" ".join(filter(None, (one.number, one.symbol))),
        message=one.message,
        tool="pylint",
        level=one.type,
    )


class _RuffPlace(Shape):
    row: int
    column: int | None = None


class _RuffMessage(Shape):
    filename: str
    message: str = ""
    code: str | None = None
    location: _RuffPlace | None = None
    end_location: _RuffPlace | None = None


_RUFF = pydantic.TypeAdapter(list[_RuffMessage], config=_HIDING)


def read_ruff(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of ruff; one without a rule is a syntax error."""
    for one in _RUFF.validate_python(found):
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
