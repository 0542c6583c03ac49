"""The JSON of single linters, which name the same things differently.

ESLint, "Formatters Reference", ``json``; pylint, ``--output-format json`` and ``json2``; ruff,
``--output-format json``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pydantic

from predict_edit.findings.reported_finding import ReportedFinding
from predict_edit.support.validation import Validated

_HIDING: Final = pydantic.ConfigDict(hide_input_in_errors=True, defer_build=True)


def _at(*places: str | tuple[str, ...], default: Any = None) -> Any:
    """Declare a field by the keys that linters have for it; a tuple leads into an object."""
    paths = (pydantic.AliasPath(*((p,) if isinstance(p, str) else p)) for p in places)
    return pydantic.Field(default, validation_alias=pydantic.AliasChoices(*paths))


class _Message(Validated):
    line: int | None = _at("line", ("location", "row"))
    column: int | None = _at("column", ("location", "column"))
    end_line: int | None = _at("endLine", ("end_location", "row"))
    end_column: int | None = _at(("end_location", "column"))
    message: str = ""
    rule: str | None = _at("ruleId", "message-id", "messageId", "code")
    symbol: str = ""
    severity: object = 1
    """ESLint: 1 or 2; ruff has words of its own."""
    type: str = "warning"

    def found(self, path: str, tool: str, **other: Any) -> ReportedFinding:
        """Make it a finding; ``other`` are fields that this linter means differently."""
        fields = {
            "line": self.line,
            "end_line": self.end_line,
            "column": self.column,
            "rule": self.rule or "",
            "message": self.message,
            **other,
        }
        return ReportedFinding(path=path, tool=tool, **fields)


class _MessageOnFile(_Message):
    path: str = _at("path", "filename", default=...)


class _EslintFile(Validated):
    path: str = pydantic.Field(alias="filePath")
    messages: list[_Message] = pydantic.Field(default_factory=list)


class _PylintReport(Validated):
    messages: list[_MessageOnFile]


_ESLINT = pydantic.TypeAdapter(list[_EslintFile], config=_HIDING)
_MESSAGES = pydantic.TypeAdapter(list[_MessageOnFile], config=_HIDING)


def read_eslint(found: Any) -> Iterator[ReportedFinding]:
    """Read findings of ESLint; a message without rule and line is about ESLint itself."""
    for file in _ESLINT.validate_python(found):
        for one in file.messages:
            if one.rule is not None or one.line is not None:
                level = "warning" if one.severity == 1 else "error"
                yield one.found(file.path, "eslint", level=level)


def read_pylint(found: Any) -> Iterator[ReportedFinding]:
    """Read findings of pylint, old format or ``json2``; it counts columns from 0."""
    listed = found if isinstance(found, list) else _PylintReport.model_validate(found).messages
    for one in _MESSAGES.validate_python(listed):
        column = None if one.column is None else one.column + 1
        rule = " ".join(filter(None, (one.rule, one.symbol)))
        yield one.found(one.path, "pylint", column=column, rule=rule, level=one.type)


def read_ruff(found: Any) -> Iterator[ReportedFinding]:
    """Read findings of ruff; one without a rule is a syntax error."""
    for one in _MESSAGES.validate_python(found):
        # An end at the start of a line is the end of the line before.
        before = one.end_column == 1 and (one.end_line or 0) > 1
        end = one.end_line - 1 if before and one.end_line else one.end_line
        yield one.found(one.path, "ruff", end_line=end, level="error")
