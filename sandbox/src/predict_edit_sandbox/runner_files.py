"""Reads what a step writes the way the runner does: ``GITHUB_OUTPUT`` and the log.

For ``GITHUB_OUTPUT`` the rules are those of actions/runner, ``FileCommandManager.cs``: whichever
of ``=`` and ``<<`` comes first in a line decides, a delimiter ends a value only as a whole line,
and what is neither is an error that fails the step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MASK = re.compile(r"^\s*::add-mask::(.*)$", re.IGNORECASE)


class OutputFileInvalid(ValueError):
    """The runner would fail the step: the file is not in its format."""


def parse_outputs(text: str) -> dict[str, str]:
    """All outputs; a later one of the same name wins.

    Raises:
        OutputFileInvalid: a line is no output, or a delimiter never comes.
    """
    outputs: dict[str, str] = {}
    lines = iter(text.removesuffix("\n").split("\n") if text else [])
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            if not delimiter:
                raise OutputFileInvalid(f"Invalid format '{line}'. Delimiter must not be empty.")
            value = _until(lines, delimiter)
        else:
            raise OutputFileInvalid(f"Invalid format '{line}'")
        if not name:
            raise OutputFileInvalid(f"Invalid format '{line}'. Name must not be empty")
        outputs[name] = value
    return outputs


def shown_log(text: str) -> str:
    """The log as people see it: masks are obeyed from their line on, and not shown."""
    masks: list[str] = []
    shown: list[str] = []
    for line in text.split("\n"):
        if command := _MASK.match(line):
            if value := _unescaped(command[1]).strip():
                masks = sorted({*masks, value}, key=len, reverse=True)
            continue
        for value in masks:
            line = line.replace(value, "***")  # noqa: PLW2901  # one mask after the other
        shown.append(line)
    return "\n".join(shown)


def _unescaped(data: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(code, char)
    return data


def _until(lines: Iterator[str], delimiter: str) -> str:
    value: list[str] = []
    for line in lines:
        if line == delimiter:
            return "\n".join(value)
        value.append(line)
    raise OutputFileInvalid(f"Invalid value. Matching delimiter not found '{delimiter}'")
