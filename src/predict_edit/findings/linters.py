"""The JSON of ruff, ESLint and pylint: the fields that are read, and nothing more of it.

Sources: ruff, ``--output-format json``; ESLint, "Formatters Reference", ``json``; pylint,
``--output-format json`` and ``json2``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydantic

from predict_edit.findings.paths import Roots
from predict_edit.findings.raw import RawFinding


class Shape(pydantic.BaseModel):
    """What reports have in common: more fields than are read, and nothing shown of a value."""

    model_config = pydantic.ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class _Place(Shape):
    row: int
    column: int | None = None


class _Ruff(Shape):
    filename: str
    message: str = ""
    code: str | None = None
    location: _Place | None = None
    end_location: _Place | None = None


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


class _Pylint(Shape):
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


class _Pylint2(Shape):
    messages: list[_Pylint]


_RUFF = pydantic.TypeAdapter(list[_Ruff], config=pydantic.ConfigDict(hide_input_in_errors=True))
_ESLINT = pydantic.TypeAdapter(
    list[_EslintFile], config=pydantic.ConfigDict(hide_input_in_errors=True)
)
_PYLINT = pydantic.TypeAdapter(list[_Pylint], config=pydantic.ConfigDict(hide_input_in_errors=True))


def read_ruff(found: Any, _roots: Roots) -> Iterator[RawFinding]:
    """Findings of ruff; a rule-less one is a syntax error."""
    for one in _RUFF.validate_python(found):
        start, end = one.location, one.end_location
        # An end at the start of a line is the end of the line before.
        last = None if end is None else end.row - (end.column == 1 and end.row > 1)
        yield RawFinding(
            path=one.filename,
            line=start.row if start else None,
            end_line=last,
            column=start.column if start else None,
            rule=one.code or "",
            message=one.message,
            tool="ruff",
            level="error",
        )


def read_eslint(found: Any, _roots: Roots) -> Iterator[RawFinding]:
    """Findings of ESLint; what it says without rule and line is about itself, not the file."""
    for file in _ESLINT.validate_python(found):
        for one in file.messages:
            if one.rule is None and one.line is None:
                continue
            yield RawFinding(
                path=file.path,
                line=one.line,
                end_line=one.end_line,
                column=one.column,
                rule=one.rule or "",
                message=one.message,
                tool="eslint",
                level="warning" if one.severity == 1 else "error",
            )


def read_pylint(found: Any, _roots: Roots) -> Iterator[RawFinding]:
    """Findings of pylint, old format."""
    yield from map(_of_pylint, _PYLINT.validate_python(found))


def read_pylint_2(found: Any, _roots: Roots) -> Iterator[RawFinding]:
    """Findings of pylint, format ``json2``."""
    yield from map(_of_pylint, _Pylint2.model_validate(found).messages)


def _of_pylint(one: _Pylint) -> RawFinding:
    """Pylint counts columns from 0."""
    return RawFinding(
        path=one.path,
        line=one.line,
        end_line=one.end_line,
        column=None if one.column is None else one.column + 1,
        rule=" ".join(filter(None, (one.number, one.symbol))),
        message=one.message,
        tool="pylint",
        level=one.type,
    )
