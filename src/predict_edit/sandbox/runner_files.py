"""Reads ``GITHUB_OUTPUT`` the way the runner does.

The rules are those of actions/runner, ``FileCommandManager.cs``: whichever of ``=`` and ``<<``
comes first in a line decides, a delimiter ends a value only as a whole line, and what is neither
is an error that fails the step.
"""

from __future__ import annotations

from collections.abc import Iterator


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


def _until(lines: Iterator[str], delimiter: str) -> str:
    value: list[str] = []
    for line in lines:
        if line == delimiter:
            return "\n".join(value)
        value.append(line)
    raise OutputFileInvalid(f"Invalid value. Matching delimiter not found '{delimiter}'")
