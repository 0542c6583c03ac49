"""Pylint's JSON (``--output-format json`` and ``json2``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydantic

from predict_edit.findings.reported_finding import ReportedFinding, Roots, Shape


class _Message(Shape):
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


class _Report2(Shape):
    messages: list[_Message]


_REPORT = pydantic.TypeAdapter(
    list[_Message], config=pydantic.ConfigDict(hide_input_in_errors=True)
)


def read(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of pylint, old format."""
    yield from map(_finding, _REPORT.validate_python(found))


def read_json2(found: Any, _roots: Roots) -> Iterator[ReportedFinding]:
    """Findings of pylint, format ``json2``."""
    yield from map(_finding, _Report2.model_validate(found).messages)


def _finding(one: _Message) -> ReportedFinding:
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
