"""A file that could be parsed must still be parsable.

A parser is a function that raises :class:`Malformed` for what is not its language, and
:class:`Unjudged` where it cannot say (too large, too deep, not installed). Others can be plugged
in by passing a larger table than :data:`BUILT_IN`.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import yaml

from predict_edit.edit import kinds
from predict_edit.edit.python_tree import tree_of

MAX_CHARACTERS = 2_000_000
MAX_YAML_CHARACTERS = 500_000
MAX_YAML_DEPTH = 100
"""libyaml takes quadratic time on deep nesting, so what is deeper is not judged."""


class Malformed(Exception):
    """The text is not in the language; ``line`` is 1-based where the parser tells."""

    def __init__(self, line: int | None = None) -> None:
        super().__init__(line)
        self.line = line


class Unjudged(Exception):
    """It cannot be told whether the text is in the language."""


Parser = Callable[[str], None]


def _python(text: str) -> None:
    """Python, as this interpreter knows it."""
    try:
        tree_of(text)
    except SyntaxError as error:
        raise Malformed(error.lineno) from error
    except ValueError as error:
        raise Malformed from error


def _json(text: str) -> None:
    """JSON as its standard has it."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(error.lineno) from error
    except ValueError as error:
        # A number with more digits than Python converts.
        raise Unjudged from error


def _json_lines(text: str) -> None:
    """One JSON value a line; blank lines are allowed."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                _json(line)
            except Malformed as error:
                raise Malformed(number) from error


def _toml(text: str) -> None:
    """TOML."""
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
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".toml": _toml,
        ".yml": _yaml,
        ".yaml": _yaml,
    }
)
"""Parsers by suffix, lower case with its dot."""

_NAMES = {
    **dict.fromkeys((".py", ".pyi"), f"Python {sys.version_info.major}.{sys.version_info.minor}"),
    ".toml": "TOML",
    **dict.fromkeys((".yml", ".yaml"), "YAML"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "JavaScript"),
    **dict.fromkeys((".ts", ".mts", ".cts", ".tsx"), "TypeScript"),
    ".go": "Go",
    ".rs": "Rust",
    ".java": "Java",
    **dict.fromkeys((".c", ".h"), "C"),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp"), "C++"),
    ".cs": "C#",
    ".rb": "Ruby",
    ".php": "PHP",
    **dict.fromkeys((".sh", ".bash"), "shell script"),
}


def problem(
    path: str, original: str, edited: str, parsers: Mapping[str, Parser] = BUILT_IN
) -> str | None:
    """Why the edit breaks the file; ``None`` where it does not or nobody can tell."""
    suffix = kinds.suffix(path)
    parser = parsers.get(suffix)
    if parser is None or max(len(original), len(edited)) > MAX_CHARACTERS:
        return None
    try:
        _parse(parser, original)
    except (Malformed, Unjudged):
        return None
    try:
        _parse(parser, edited)
    except Malformed as error:
        name = _NAMES.get(suffix, "JSON" if suffix in BUILT_IN else suffix[1:])
        where = f" (line {error.line})" if error.line else ""
        return f"The file was valid {name} before the edit and is not after it{where}."
    except Unjudged:
        return None
    return None


def _parse(parser: Parser, text: str) -> None:
    """Run a parser; what is nested too deeply for it is not judged."""
    try:
        parser(text.removeprefix("\ufeff"))
    except (RecursionError, MemoryError) as error:
        # Nested deeper than the parser goes: hostile, or generated.
        raise Unjudged from error
