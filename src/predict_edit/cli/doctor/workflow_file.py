"""A workflow file: its values, the line of each of them, and the lines that correct it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import yaml

Path = tuple[str | int, ...]
"""Where a value is: keys of mappings and numbers of list items, from the root."""
Value = Any
"""A text, or a list or mapping of values."""


class NotYaml(Exception):
    """A file is not a YAML mapping; ``args`` are the reason and the line."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The lines that are right for an entry of a workflow, a new one or one that it has."""

    at: str
    """The keys that lead to the entry, and the numbers of list items from 0."""
    lines: tuple[str, ...]
    """Empty if the entry is to be deleted."""

    def __str__(self) -> str:
        """Say what to do with the lines, for a person with an editor."""
        return f"Write `{self.at}` as:" if self.lines else f"Delete `{self.at}`."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong in a line, and the lines that would be right."""

    path: str
    line: int
    """From 1."""
    state: Literal["failed", "warning"]
    """``failed`` keeps commands from working or is unsafe; a ``warning`` costs time or money."""
    found: str
    next_step: str = ""
    corrections: tuple[Correction, ...] = ()


class WorkflowFile:
    """The nodes of one file, and their values as plain data: texts, lists and mappings."""

    def __init__(self, path: str, text: str) -> None:
        """Parse a file.

        Raises:
            NotYaml: it is not YAML, or not a mapping.
        """
        self.path = path
        try:
            loader = yaml.BaseLoader(text.removeprefix("\ufeff"))
            root = loader.get_single_node()
            self.data: Mapping[str, Value] = loader.construct_document(root) if root else {}
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise NotYaml(f"it is not valid YAML: {error.problem or error.context}", line) from None
        except (yaml.YAMLError, RecursionError):
            raise NotYaml("it cannot be read as YAML", 1) from None
        if not isinstance(root, yaml.MappingNode):
            raise NotYaml("it is not a YAML mapping", 1)
        self._root = root

    def line_of(self, path: Path) -> int:
        """Return the line of a key or list item, or of the nearest one around it that exists."""
        node: yaml.Node = self._root
        line = 1
        for key in path:
            entry = None
            if isinstance(node, yaml.MappingNode):
                entry = {each.value: (each, value) for each, value in node.value}.get(key)
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
                entry = next(((item, item) for item in node.value[key:]), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        return line


def correction(path: Path, value: Value | None) -> Correction:
    """Return the lines that give a place this value, indented by two blanks a level.

    ``None`` deletes the entry.
    """
    at = ".".join(map(str, path))
    if value is None:
        return Correction(at=at, lines=())
    entry = [value] if isinstance(path[-1], int) else {path[-1]: value}
    text = yaml.dump(entry, Dumper=PlainDumper, sort_keys=False, width=10_000, allow_unicode=True)
    indent = "  " * (len(path) - 1)
    return Correction(at=at, lines=tuple(f"{indent}{line}" for line in text.splitlines()))


class PlainDumper(yaml.SafeDumper):
    """Writes a text such as ``on`` or ``15`` without quotes, because GitHub reads it as meant."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc] # as in PyYAML

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        del data
        return True
