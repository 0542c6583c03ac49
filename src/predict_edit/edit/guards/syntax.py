"""A file that could be parsed must still be parsable."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from predict_edit.edit.guards import grammars
from predict_edit.edit.guards.grammars import GRAMMARS
from predict_edit.edit.guards.parsers import BUILT_IN, Malformed, Parser, Unjudged
from predict_edit.edit.rewrite import Rewrite

MAX_CHARACTERS = 2_000_000

_NAMES = {
    **grammars.NAMES,
    **dict.fromkeys((".py", ".pyi"), f"Python {sys.version_info.major}.{sys.version_info.minor}"),
    ".toml": "TOML",
    **dict.fromkeys((".jsonc", ".code-workspace"), "JSON with comments"),
    **dict.fromkeys((".yml", ".yaml"), "YAML"),
}


_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{\{|<#")
_COMMENTS_ALLOWED = re.compile(
    r"(?:^|/)(?:\.[\w.-]*rc\.json|(?:ts|js)config[\w.-]*\.json|(?:tslint|devcontainer|deno|nodemon|"
    r"biome|turbo|nx|wrangler|renovate|launch|tasks|settings|extensions|keybindings|babel\.config|"
    r"api-extractor[\w.-]*|language-configuration|\.?cspell|jest\.config|"
    r"typedoc|pyrightconfig|\.markdownlint|angular|nest-cli|project|rush|tsdoc|host|global|"
    r"appsettings[\w.-]*|local\.settings|launchSettings|[\w.-]*-color-theme)\.json)$|(?:^|/)\.(?:vscode|zed|devcontainer)/"
)
"""JSON files whose own tools read comments and trailing commas."""


_BRACKETS = ("(", ")"), ("[", "]"), ("{", "}")
_OPENS = re.compile(
    r"^\s*(?:if|unless|while|until|case|def|class|module|begin|for)\b|\bdo\b|\{", re.MULTILINE
)
_CLOSES = re.compile(r"^\s*(?:end|fi|done|esac)\b|\}", re.MULTILINE)
_WORDS_CLOSE = frozenset({".rb", ".sh", ".bash"})
_NEWER_PYTHON = re.compile(
    r"\s*(?:(?:async )?def|class|type) \w+\[|\s*except\*? [\w.]+, *[\w., ]+:|"
    r".*\b[rR]?[tT][rR]?[\"']|.*\b[rR]?[fF][rR]?([\"']).*\{[^{}]*\1|"
    r"\s*type \w+ =|\s*lazy (?:import|from) |"
    r"\s*(?:print|exec) [\"'\w]|\s*raise \w+, "
)
"""Generics and type aliases (PEP 695), f-strings in f-strings (PEP 701), bare `except` lists (758),
templates (750), lazy imports (810), and Python 2."""


def _unbalanced(rewrite: Rewrite) -> bool:
    """Whether the edit changes what is left open: a grammar may be behind its language.

    What a grammar does not know is new, and closes what it opens; a lost or doubled bracket does
    not.
    """
    before, after = rewrite.original, rewrite.edited
    if rewrite.suffix in _WORDS_CLOSE:
        counts = [
            len(_OPENS.findall(text)) - len(_CLOSES.findall(text)) for text in (before, after)
        ]
        return counts[0] != counts[1]
    return any(
        before.count(left) - before.count(right) != after.count(left) - after.count(right)
        for left, right in _BRACKETS
    )


def _is_newer(rewrite: Rewrite, line: int | None) -> bool:
    """Whether the line is of another Python than the one that reads it."""
    if rewrite.suffix not in {".py", ".pyi"} or not line or line > len(rewrite.new):
        return False
    return _NEWER_PYTHON.match(rewrite.new[line - 1]) is not None


def _becomes_template(rewrite: Rewrite) -> bool:
    """Whether the new text has placeholders of a template, which no grammar of its suffix knows."""
    return any(_TEMPLATE.search(line) for _, line in rewrite.added) or bool(
        _TEMPLATE.search(rewrite.original)
    )


def problem(rewrite: Rewrite, parsers: Mapping[str, Parser] | None = None) -> str | None:
    """Say how the edit breaks the file; ``None`` if it does not, or if no parser can tell.

    ``parsers`` replaces the table of all parsers that are built in or installed.
    """
    suffix = rewrite.suffix
    if suffix == ".json" and _COMMENTS_ALLOWED.search(rewrite.path):
        suffix = ".jsonc"
    parser = (grammars.known() if parsers is None else parsers).get(suffix)
    if parser is None or max(len(rewrite.original), len(rewrite.edited)) > MAX_CHARACTERS:
        return None
    if _becomes_template(rewrite):
        return None
    try:
        # First: most edits break nothing, and then the original need not be parsed.
        _parse(parser, rewrite.edited)
    except Unjudged:
        return None
    except Malformed as error:
        balanced = suffix in GRAMMARS and not _unbalanced(rewrite)
        if balanced or _is_newer(rewrite, error.line) or not _is_valid(parser, rewrite.original):
            return None
        name = _NAMES.get(suffix, "JSON" if suffix in BUILT_IN else suffix[1:])
        where = f" (line {error.line})" if error.line else ""
        return f"The file was valid {name} before the edit and is not after it{where}."
    return None


def _is_valid(parser: Parser, text: str) -> bool:
    try:
        _parse(parser, text)
    except (Malformed, Unjudged):
        return False
    return True


def _parse(parser: Parser, text: str) -> None:
    """Run a parser; what is nested too deeply for it is unjudged."""
    try:
        parser(text.removeprefix("\ufeff"))
    except (RecursionError, MemoryError) as error:
        # Nested deeper than the parser goes: hostile, or generated.
        raise Unjudged from error
