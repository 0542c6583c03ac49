"""A workflow file as text and nodes, the steps in it that use the action, and mistakes in them.

Changes are made to the text, so that all else stays as it is.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import yaml

Value = str | Mapping[str, str]
"""What an entry that is written anew holds."""

_PLAIN_IN_FLOW = re.compile(r"[A-Za-z0-9/][^\[\]{},:#&*!|>'\"%@`]*")
_INDENT = 2


class NotYaml(Exception):
    """A file is not a YAML mapping; ``args`` are the reason and the line."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """Characters of the file, from ``start`` to before ``end``, and what takes their place."""

    start: int
    end: int
    text: str


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
            return f"Put before line {self.first}:"
        return f"Put in the place of {span}:"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key of a mapping with its value."""

    key: yaml.Node
    value: yaml.Node


class Source:
    """The text of one file and the tree of its nodes."""

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
        self.root = root

    def corrections(self, changes: Sequence[TextChange]) -> tuple[Correction, ...]:
        """The changes as whole lines."""
        before, after = self.text.split("\n"), changed(self.text, changes).split("\n")
        steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        return tuple(
            Correction(first=start + 1, last=end, lines=tuple(after[new_start:new_end]))
            for tag, start, end, new_start, new_end in steps
            if tag != "equal"
        )

    def end_of(self, node: yaml.Node) -> int:
        """Where a node's own text ends; YAML lets a block reach to whatever comes next."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style:
            end = node.end_mark.index
        elif not node.value:
            end = node.start_mark.index
        else:
            last = node.value[-1]
            end = self.end_of(last[1] if isinstance(last, tuple) else last)
        return len(self.text[:end].rstrip())

    def line_end(self, index: int) -> int:
        """Where the line of a character ends, before its line feed."""
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end

    def replaced(self, node: yaml.Node, text: str) -> TextChange:
        """A node with another text on its line."""
        return TextChange(start=node.start_mark.index, end=self.end_of(node), text=text)

    def rewritten(self, entry: Entry, value: Value) -> TextChange:
        """An entry of a mapping with another value."""
        start = entry.key.start_mark.index
        end = max(self.end_of(entry.value), entry.key.end_mark.index)
        if self.text[end : end + 1] == ":":
            end += 1
        return TextChange(start=start, end=end, text=self._written(entry.key, value))

    def added(
        self, mapping: yaml.MappingNode, name: str, value: Value, *, before: str | None = None
    ) -> TextChange:
        """A further entry, before the entry ``before`` or at the start. The mapping has one."""
        held = entries(mapping)
        first = (held.get(before or "") or next(iter(held.values()))).key
        at = first.start_mark.index
        if mapping.flow_style:
            return TextChange(start=at, end=at, text=f"{name}: {_flow(value)}, ")
        indent = first.start_mark.column
        return TextChange(start=at, end=at, text=f"{_block(name, value, indent)}\n{' ' * indent}")

    def added_behind(
        self, mapping: yaml.MappingNode, entry: Entry, name: str, value: Value
    ) -> TextChange:
        """A further entry, right behind the one-line entry ``entry``."""
        if mapping.flow_style:
            return self.added(mapping, name, value)
        at = self.line_end(self.end_of(entry.value))
        indent = entry.key.start_mark.column
        return TextChange(start=at, end=at, text=f"\n{' ' * indent}{_block(name, value, indent)}")

    def without_lines(self, start: int, end: int) -> TextChange:
        """The whole lines from one place to another gone."""
        first = self.text.rfind("\n", 0, start) + 1
        return TextChange(start=first, end=self.line_end(end) + 1, text="")

    def without(self, mapping: yaml.MappingNode, entry: Entry) -> TextChange:
        """An entry of a mapping gone."""
        start, end = entry.key.start_mark.index, self.end_of(entry.value)
        if not mapping.flow_style:
            return self.without_lines(start, max(start, end))
        tail = re.compile(r"\s*,\s*").match(self.text, end)
        return TextChange(start=start, end=tail.end() if tail else end, text="")

    def _written(self, key: yaml.Node, value: Value) -> str:
        """A key with a value, in block style where the key starts its line."""
        mark = key.start_mark
        line_start = self.text.rfind("\n", 0, mark.index) + 1
        if self.text[line_start : mark.index].strip(" -"):
            return f"{key.value}: {_flow(value)}"
        return _block(str(key.value), value, mark.column)


def changed(text: str, changes: Iterable[TextChange]) -> str:
    """A text with changes made, those at one place in their order; they must not overlap."""
    for change in sorted(changes, key=lambda each: each.start)[::-1]:
        text = text[: change.start] + change.text + text[change.end :]
    return text


def line_of(node: yaml.Node) -> int:
    """The line on which a node starts, from 1."""
    return int(node.start_mark.line) + 1


def entries(node: yaml.Node | None) -> dict[str, Entry]:
    """The entries of a mapping by name; none of anything else."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {
        str(key.value): Entry(key=key, value=value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode)
    }


def value_of(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """Return the value of an entry, or ``None``."""
    entry = entries(node).get(name)
    return entry.value if entry else None


def text_of(node: yaml.Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def items_of(node: yaml.Node | None) -> list[yaml.Node]:
    """The items of a list; a scalar is a list of one."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    return [node] if isinstance(node, yaml.ScalarNode) and node.value else []


def _block(name: str, value: Value, indent: int) -> str:
    """An entry over as many lines as it takes; the first one has its indent already."""
    if isinstance(value, str):
        return f"{name}:{value}" if value.startswith("\n") else f"{name}: {value}"
    inner = " " * (indent + _INDENT)
    return "\n".join((f"{name}:", *(f"{inner}{key}: {each}" for key, each in value.items())))


def _flow(value: Value) -> str:
    """A value on one line, inside braces."""
    if not isinstance(value, str):
        return f"{{ {', '.join(f'{key}: {_flow(each)}' for key, each in value.items())} }}"
    if _PLAIN_IN_FLOW.fullmatch(value) or value.startswith("["):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


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
    changes: tuple[TextChange, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def place(self) -> str:
        """``file:line``, as editors and terminals understand it."""
        return f"{self.path}:{self.line}"

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        data = dataclasses.asdict(self)
        del data["changes"]  # the corrections say the same in whole lines
        return data


COMMENTS: Final = ("issue_comment", "pull_request_review_comment")
OTHERS: Final = ("workflow_dispatch", "schedule", "workflow_call")
"""What else starts a run; a called workflow gets the event of its caller."""
_ACTION = re.compile(r"[^/@\s]+/predict-edit(?:/[^@\s]*)?(?:@(?P<ref>\S*))?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One step that uses the action."""

    source: Source
    job_name: str
    job: yaml.MappingNode
    step: yaml.MappingNode
    deliver: str
    """What the repository's config says; empty where it says nothing."""

    @property
    def uses(self) -> yaml.Node:
        """What the step uses."""
        return entries(self.step)["uses"].value

    @property
    def inputs(self) -> yaml.MappingNode | None:
        """The mapping under the step's ``with``, or ``None``."""
        node = value_of(self.step, "with")
        return node if isinstance(node, yaml.MappingNode) else None

    @property
    def given(self) -> Mapping[str, Entry]:
        """The inputs that the step passes."""
        return entries(self.inputs)

    def literal(self, name: str) -> str | None:
        """An input's text; ``None`` where it is not given or only known at run time."""
        entry = self.given.get(name)
        text = text_of(entry.value).strip() if entry else ""
        return None if not text or "${{" in text else text

    @property
    def triggers(self) -> Mapping[str, yaml.Node]:
        """The events, each with the node that names it."""
        on = value_of(self.source.root, "on")
        if isinstance(on, yaml.MappingNode):
            return {name: entry.key for name, entry in entries(on).items()}
        return {text_of(item): item for item in items_of(on)}

    @property
    def comments(self) -> tuple[str, ...]:
        """The events among them that are comments."""
        return tuple(name for name in COMMENTS if name in self.triggers)

    @property
    def about_a_branch(self) -> bool:
        """Whether files of a branch are edited, without any pull request."""
        called = "workflow_call" in self.triggers
        return not self.comments and "pull-request" not in self.given and not called

    @property
    def word(self) -> str | None:
        """The word that opens a command; ``None`` where it is only known at run time."""
        return "/predict-edit" if "command" not in self.given else self.literal("command")

    def mistake(
        self,
        node: yaml.Node,
        found: str,
        *changes: TextChange,
        next_step: str = "",
        fatal: bool = False,
    ) -> Mistake:
        """Report what is wrong at a node."""
        return Mistake(
            path=self.source.path,
            line=line_of(node),
            state="failed" if fatal else "warning",
            found=found,
            next_step=next_step,
            changes=changes,
            corrections=self.source.corrections(changes),
        )


def uses_of(source: Source, deliver: str = "") -> list[Use]:
    """Every step of a workflow that uses the action."""
    return [
        Use(source=source, job_name=name, job=job.value, step=step, deliver=deliver)
        for name, job in entries(value_of(source.root, "jobs")).items()
        if isinstance(job.value, yaml.MappingNode)
        for step in items_of(value_of(job.value, "steps"))
        if isinstance(step, yaml.MappingNode)
        if _ACTION.fullmatch(text_of(value_of(step, "uses")))
    ]


def ref_of(uses: str) -> str:
    """What a step's ``uses`` pins the action to; empty where nothing does."""
    match = _ACTION.fullmatch(uses)
    return (match["ref"] or "") if match else ""
