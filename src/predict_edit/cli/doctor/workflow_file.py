"""A workflow file: its values, the line of each of them, and the lines that correct it.

Corrections change the text, so that all else stays as it is.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import yaml

Path = tuple[str | int, ...]
"""Where a value is: keys of mappings and numbers of list items, from the root."""
Value = Any
"""A text, or a list or mapping of values."""
_BEFORE: Final = {"if": "runs-on"}
"""A new key of a job goes before this one, else before its steps; any other key goes last."""


class NotYaml(Exception):
    """A file is not a YAML mapping; ``args`` are the reason and the line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Renamed:
    """Another key in the place of an entry's, with its value or a new one."""

    name: str
    value: Value | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Lines that belong in the place of others.

    ``first`` to ``last`` are counted from 1, both included. Where ``last`` is before ``first``, the
    lines are new and go before ``first``.
    """

    first: int
    last: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        """Say where the lines go, for a person with an editor."""
        span = f"line {self.first}"
        if self.last > self.first:
            span = f"lines {self.first} to {self.last}"
        if not self.lines:
            return f"Delete {span}."
        if self.last < self.first:
            return f"Insert before line {self.first}:"
        return f"Replace {span} with:"


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
    """The text of one file, its nodes, and their values as plain data."""

    def __init__(self, path: str, text: str) -> None:
        """Parse a file.

        Raises:
            NotYaml: it is not YAML, or not a mapping.
        """
        self.path = path
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        try:
            root = yaml.compose(self.text, Loader=yaml.BaseLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise NotYaml(f"it is not valid YAML: {error.problem or error.context}", line) from None
        except (yaml.YAMLError, RecursionError):
            raise NotYaml("it cannot be read as YAML", 1) from None
        if not isinstance(root, yaml.MappingNode):
            raise NotYaml("it is not a YAML mapping", 1)
        self._root = root
        self.data: Mapping[str, Value] = _plain(root, {})

    def line_of(self, path: Path) -> int:
        """Return the line of a key or list item, or of the nearest one around it that exists."""
        node: yaml.Node = self._root
        line = 1
        for key in path:
            entry = _child(node, key)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        return int(line)

    def corrections(self, fixes: Mapping[Path, Value | Renamed | None]) -> tuple[Correction, ...]:
        """Return the lines once each place has its value; one with ``None`` is gone.

        A place one behind the last item of a list is a new item.
        """
        text = self.text
        # From the bottom up, so that the places above stay where they are.
        changes = [self._change(path, fix) for path, fix in fixes.items()]
        for start, end, new in sorted(changes, key=lambda change: change[0])[::-1]:
            text = text[:start] + new + text[end:]
        before, after = self.text.split("\n"), text.split("\n")
        steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        return tuple(
            Correction(first=start + 1, last=end, lines=tuple(after[new_start:new_end]))
            for tag, start, end, new_start, new_end in steps
            if tag != "equal"
        )

    def _change(self, path: Path, fix: Value | Renamed | None) -> tuple[int, int, str]:
        """Return where a text starts and ends, and what replaces it."""
        node: yaml.Node = self._root
        for depth, key in enumerate(path):
            rest = path[depth + 1 :]
            entry = _child(node, key)
            if entry is None and isinstance(node, yaml.MappingNode):
                return self._added(node, str(key), _nested(rest, fix))
            if entry is None:
                return self._appended(node, _nested(rest, fix))
            if not rest and fix is None:
                return self._removed(node, *entry)
            if not rest or not (isinstance(entry[1], yaml.CollectionNode) and entry[1].value):
                return self._rewritten(*entry, _nested(rest, fix))
            node = entry[1]
        raise ValueError(path)

    def _added(self, node: yaml.MappingNode, name: str, value: Value) -> tuple[int, int, str]:
        """Add an entry to a mapping that has some."""
        before = _child(node, _BEFORE.get(name, "steps"))
        at = before[0].start_mark.index if before else self._end(node)
        indent = node.start_mark.column
        if node.flow_style:
            entry = f"{name}: {_flow(value)}"
            end = self._entry_end(*node.value[-1])
            return (at, at, f"{entry}, ") if before else (end, end, f", {entry}")
        entry = _block(name, value, indent)
        if before:
            return at, at, f"{entry}\n{' ' * indent}"
        at = self._line_end(at)
        return at, at, f"\n{' ' * indent}{entry}"

    def _appended(self, items: yaml.Node, value: Value) -> tuple[int, int, str]:
        """Append an item to a list of mappings."""
        end = self._end(items)
        if isinstance(items, yaml.CollectionNode) and items.flow_style:
            last = self._end(items.value[-1])
            return last, last, f", {_flow(value)}"
        dash = items.start_mark.column
        lines = "\n".join(_block(name, each, dash + 2) for name, each in value.items())
        at = self._line_end(end)
        return at, at, f"\n{' ' * dash}- " + lines.replace("\n", f"\n{' ' * (dash + 2)}")

    def _rewritten(
        self, key: yaml.Node, held: yaml.Node, value: Value | Renamed
    ) -> tuple[int, int, str]:
        """Give an entry another value."""
        start = key.start_mark.index
        name = value.name if isinstance(value, Renamed) else str(key.value)
        new = value.value if isinstance(value, Renamed) else value
        if new is None:
            return start, key.end_mark.index, name
        line_start = self.text.rfind("\n", 0, start) + 1
        inside = self.text[line_start:start].strip(" -")
        entry = f"{name}: {_flow(new)}" if inside else _block(name, new, key.start_mark.column)
        return start, self._entry_end(key, held), entry

    def _removed(self, parent: yaml.Node, key: yaml.Node, held: yaml.Node) -> tuple[int, int, str]:
        """Remove an entry or a list item, with its whole lines if it has lines of its own."""
        start = key.start_mark.index
        end = self._end(held) if key is held else self._entry_end(key, held)
        if isinstance(parent, yaml.CollectionNode) and parent.flow_style:
            tail = re.compile(r"\s*,\s*").match(self.text, end)
            return start, tail.end() if tail else end, ""
        if key is held:  # a list item starts with its dash
            start = self.text.rfind("-", 0, start)
        return self.text.rfind("\n", 0, start) + 1, self._line_end(end) + 1, ""

    def _end(self, node: yaml.Node) -> int:
        """Find where a node's own text ends; YAML lets a block reach to whatever comes next."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            end = node.end_mark.index
        else:
            last = node.value[-1]
            end = self._entry_end(*last) if isinstance(last, tuple) else self._end(last)
        return len(self.text[:end].rstrip())

    def _entry_end(self, key: yaml.Node, held: yaml.Node) -> int:
        if held.start_mark.index < key.start_mark.index:  # an alias; the node is at its anchor
            return len(self.text[: self._line_end(key.end_mark.index)].rstrip())
        return max(self._end(held), key.end_mark.index)

    def _line_end(self, index: int) -> int:
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end


def _plain(node: yaml.Node, known: dict[int, Value]) -> Value:
    """Return a node's value; an alias, even inside its own anchor, is the same object."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if id(node) in known:
        return known[id(node)]
    if isinstance(node, yaml.MappingNode):
        made = known[id(node)] = dict[str, Value]()
        made.update((str(k.value), _plain(v, known)) for k, v in _entries(node))
        return made
    items = known[id(node)] = list[Value]()
    items += (_plain(item, known) for item in node.value)
    return items


def _entries(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    return ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the last entry of a name as key and value, or a list item as both."""
    if isinstance(node, yaml.MappingNode):
        return {str(entry[0].value): entry for entry in _entries(node)}.get(str(key))
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def _nested(path: Path, value: Value) -> Value:
    for key in reversed(path):
        value = {key: value}
    return value


def _block(name: str, value: Value, indent: int) -> str:
    """Write an entry over as many lines as it takes; the first one has its indent already."""
    if not isinstance(value, Mapping) or not value:
        return f"{name}: {_inline(value, '{}')}".rstrip()
    inner = (_block(key, each, indent + 2) for key, each in value.items())
    return "\n".join((f"{name}:", *(f"{' ' * (indent + 2)}{entry}" for entry in inner)))


def in_yaml(text: str) -> str:
    """Write a text as a value, quoted if YAML would read it otherwise."""
    return _inline(text, "{}")


def _flow(value: Value) -> str:
    return _inline(value, "{{x: {}}}")


def _inline(value: Value, place: str) -> str:
    """Write a value on one line; a text is quoted if YAML would read it otherwise."""
    if isinstance(value, Mapping):
        entries = ", ".join(f"{key}: {_flow(each)}" for key, each in value.items())
        return f"{{ {entries} }}" if entries else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return value if _reads_as(place.format(value), value) else json.dumps(value, ensure_ascii=False)


def _reads_as(text: str, value: str) -> bool:
    try:
        node = yaml.compose(f"x: {text}", Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return False
    held = _plain(node, {}).get("x") if isinstance(node, yaml.MappingNode) else None
    return held in (value, {"x": value})
