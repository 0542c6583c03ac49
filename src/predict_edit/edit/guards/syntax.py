"""A file that could be parsed must still be parsable."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from predict_edit.edit.guards import grammars
from predict_edit.edit.guards.parsers import BUILT_IN, Malformed, Parser, Unjudged
from predict_edit.edit.rewrite import Rewrite

MAX_CHARACTERS = 2_000_000

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


def problem(rewrite: Rewrite, parsers: Mapping[str, Parser] | None = None) -> str | None:
    """Say how the edit breaks the file; ``None`` if it does not, or if no parser can tell.

    ``parsers`` replaces the table of all parsers that are built in or installed.
    """
    suffix = rewrite.suffix
    parser = (grammars.known() if parsers is None else parsers).get(suffix)
    if parser is None or max(len(rewrite.original), len(rewrite.edited)) > MAX_CHARACTERS:
        return None
    try:
        _parse(parser, rewrite.original)
    except (Malformed, Unjudged):
        return None
    try:
        _parse(parser, rewrite.edited)
    except Malformed as error:
        name = _NAMES.get(suffix, "JSON" if suffix in BUILT_IN else suffix[1:])
        where = f" (line {error.line})" if error.line else ""
        return f"The file was valid {name} before the edit and is not after it{where}."
    except Unjudged:
        return None
    return None


def _parse(parser: Parser, text: str) -> None:
    """Run a parser; what is nested too deeply for it is unjudged."""
    try:
        parser(text.removeprefix("\ufeff"))
    except (RecursionError, MemoryError) as error:
        # Nested deeper than the parser goes: hostile, or generated.
        raise Unjudged from error
