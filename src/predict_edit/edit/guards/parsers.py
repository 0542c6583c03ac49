"""Parsers of the languages that Python and PyYAML know.

A parser is a function that raises :class:`Malformed` for what is not its language, and
:class:`Unjudged` if it cannot say (too large, too deep, not installed).
"""

from __future__ import annotations

import ast
import json
import re
import symtable
import threading
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import yaml

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 and 3.12 count the depth of all threads' parsing together and stumble over the sum,
with a ``SystemError``; the filters of warnings are shared as well."""

MAX_YAML_CHARACTERS = 500_000
MAX_YAML_DEPTH = 100
"""libyaml takes quadratic time on deep nesting, so deeper texts are not judged."""


class Malformed(Exception):
    """The text is not in the language; ``line`` is 1-based where the parser tells."""

    def __init__(self, line: int | None = None) -> None:
        super().__init__(line)
        self.line = line


class Unjudged(Exception):
    """It cannot be told whether the text is in the language."""


Parser = Callable[[str], None]


def python_tree(text: str) -> ast.Module:
    """Parse Python as this interpreter knows it, from any thread.

    Raises:
        SyntaxError, ValueError: it is not Python.
        RecursionError, MemoryError: it is nested deeper than Python goes.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text.removeprefix("\ufeff"))


def _python(text: str) -> None:
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The parser and the first pass behind it; no tree is made, which takes as long again.
            symtable.symtable(text, "<text>", "exec")
    except SyntaxError as error:
        raise Malformed(error.lineno) from error
    except ValueError as error:
        raise Malformed from error


def _json(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(error.lineno) from error
    except ValueError as error:
        # A number with more digits than Python converts.
        raise Unjudged from error


_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|/\*.*?\*/", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_STRING}|,(?=\s*[\]}}])", re.DOTALL)


def _json_with_comments(text: str) -> None:
    """JSON with comments and trailing commas, which many tools read in their own files."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0][0] == '"' else re.sub(r"[^\n]", " ", found[0])

    _json(_LAST_COMMA.sub(blank, _COMMENT.sub(blank, text)))


def _json_lines(text: str) -> None:
    """One JSON value a line; blank lines are allowed."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                _json(line)
            except Malformed as error:
                raise Malformed(number) from error


def _toml(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed from error


def _yaml(text: str) -> None:
    """Read the events only: no object is built, no tag resolved, no alias expanded."""
    if len(text) > MAX_YAML_CHARACTERS:
        raise Unjudged
    depth = 0
    anchors: set[str] = set()
    for event in _yaml_events(text):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH:
            raise Unjudged
        anchor = event.anchor if isinstance(event, yaml.NodeEvent) else None
        if isinstance(event, yaml.AliasEvent) and anchor not in anchors:
            raise Malformed(None if event.start_mark is None else event.start_mark.line + 1)
        if anchor is not None:
            anchors.add(anchor)


def _yaml_events(text: str) -> Iterator[yaml.Event]:
    """The parser's events, one by one, with its errors as ours."""
    try:
        yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise Malformed(None if mark is None else mark.line + 1) from error
    except yaml.YAMLError as error:
        raise Malformed from error


BUILT_IN: Mapping[str, Parser] = MappingProxyType(
    {
        ".py": _python,
        ".pyi": _python,
        ".json": _json,
        ".ipynb": _json,
        ".geojson": _json,
        ".webmanifest": _json,
        ".jsonc": _json_with_comments,
        ".code-workspace": _json_with_comments,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".toml": _toml,
        ".yml": _yaml,
        ".yaml": _yaml,
    }
)
"""Parsers by suffix, lower case with its dot."""
