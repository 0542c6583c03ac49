"""The syntax of more languages, where tree-sitter and its grammars are installed.

They are an extra: without them, files in these languages pass the syntax guard unread. A grammar
that cannot read the file as it was before the edit judges nothing, so a grammar that is behind its
language does no harm to files that use what is new.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from predict_edit.edit import syntax

MAX_CHARACTERS = 1_000_000

_GRAMMARS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), ("tree_sitter_javascript", "language")),
    **dict.fromkeys((".ts", ".mts", ".cts"), ("tree_sitter_typescript", "language_typescript")),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
    ".go": ("tree_sitter_go", "language"),
    ".rs": ("tree_sitter_rust", "language"),
    ".java": ("tree_sitter_java", "language"),
    **dict.fromkeys((".c", ".h"), ("tree_sitter_c", "language")),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp"), ("tree_sitter_cpp", "language")),
    ".cs": ("tree_sitter_c_sharp", "language"),
    ".rb": ("tree_sitter_ruby", "language"),
    ".php": ("tree_sitter_php", "language_php"),
    **dict.fromkeys((".sh", ".bash"), ("tree_sitter_bash", "language")),
}
"""Suffix to the grammar's module and the function in it that gives the language."""


@functools.cache
def known() -> Mapping[str, syntax.Parser]:
    """The parsers by suffix: those that are always there, and the grammars that are installed."""
    return MappingProxyType({**_installed(), **syntax.BUILT_IN})


def _installed() -> dict[str, syntax.Parser]:
    """A parser for each language whose grammar is here; nothing is loaded yet."""
    if importlib.util.find_spec("tree_sitter") is None:
        return {}
    there = {
        module: importlib.util.find_spec(module) is not None for module, _ in _GRAMMARS.values()
    }
    return {
        suffix: functools.partial(_parse, module, function)
        for suffix, (module, function) in _GRAMMARS.items()
        if there[module]
    }


@functools.cache
def _language(module: str, function: str) -> Any:
    """A grammar, loaded at first use; ``None`` where it does not fit the installed tree-sitter."""
    tree_sitter = importlib.import_module("tree_sitter")
    try:
        return tree_sitter.Language(getattr(importlib.import_module(module), function)())
    except (ImportError, AttributeError, ValueError):
        return None


def _parse(module: str, function: str, text: str) -> None:
    """Read a text; what the grammar does not understand is malformed.

    Raises:
        Malformed: a node of the tree is an error or was made up, with the first one's line.
        Unjudged: the text is too long, or the grammar cannot be loaded.
    """
    language = _language(module, function)
    if language is None or len(text) > MAX_CHARACTERS:
        raise syntax.Unjudged
    parser = importlib.import_module("tree_sitter").Parser(language)
    tree = parser.parse(text.encode("utf-8", "surrogatepass"))
    if tree.root_node.has_error:
        raise syntax.Malformed(_first_error(tree.root_node))


def _first_error(node: Any) -> int:
    """The 1-based line of the first error, found by going down where the errors are."""
    while not (node.is_error or node.is_missing):
        broken = next((child for child in node.children if child.has_error), None)
        if broken is None:
            break
        node = broken
    line: int = node.start_point[0] + 1
    return line
