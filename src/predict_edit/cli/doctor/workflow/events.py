"""What starts the workflow. Source: GitHub, "Events that trigger workflows"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from predict_edit.cli.doctor.workflow.mistake import Mistake
from predict_edit.cli.doctor.workflow.source import Change, entries, items_of, text_of, value_of
from predict_edit.cli.doctor.workflow.use import COMMENTS, OTHERS, Use

_CREATED: Final = {"types": "[created]"}
_TARGET: Final = "pull_request_target"
_STARTS: Final = (*COMMENTS, *OTHERS)


def mistakes(use: Use) -> Iterator[Mistake]:
    """Events that give no command, and kinds of comments that are none."""
    on = entries(use.source.root).get("on")
    if on is None:
        return
    starting = [name for name in use.triggers if name in _STARTS]
    if _TARGET in use.triggers:
        yield use.mistake(
            use.triggers[_TARGET],
            f"`{_TARGET}` gives no command, and starts this job with its secrets for everybody's "
            "pull requests",
            *_without_target(use, others=starting),
            fatal=True,
        )
    elif not starting:
        yield use.mistake(
            on.key,
            f"none of these events gives a command: {', '.join(use.triggers)}",
            use.source.rewritten(on, "\n  issue_comment:\n    types: [created]"),
            fatal=True,
        )
    for name in use.comments:
        yield from _kinds(use, name)


def _kinds(use: Use, name: str) -> Iterator[Mistake]:
    """The kinds of one comment event: only new comments are commands."""
    on = value_of(use.source.root, "on")
    event = entries(on).get(name)
    kinds = entries(event.value).get("types") if event else None
    if kinds is None:
        yield use.mistake(
            use.triggers[name],
            f"`{name}` also starts a run for each edited and deleted comment, which is no command",
            _with_types(use, name),
        )
        return
    listed = {text_of(item) for item in items_of(kinds.value)}
    if "created" not in listed:
        yield use.mistake(
            kinds.key,
            f"`{name}` starts no run for a new comment, and only new comments are commands",
            use.source.rewritten(kinds, "[created]"),
            fatal=True,
        )
    elif listed != {"created"}:
        yield use.mistake(
            kinds.key,
            f"`{name}` also starts a run for comments that are not new, which are no commands",
            use.source.rewritten(kinds, "[created]"),
        )


def _with_types(use: Use, name: str) -> Change:
    """The event with ``types: [created]``, however ``on`` is written."""
    source = use.source
    on = entries(source.root)["on"]
    event = entries(on.value).get(name)
    if event is None:
        listed = (
            f"\n  {each}:" + ("\n    types: [created]" if each == name else "")
            for each in use.triggers
        )
        return source.rewritten(on, "".join(listed))
    if isinstance(event.value, yaml.MappingNode) and event.value.value:
        return source.added(event.value, "types", "[created]")
    if isinstance(on.value, yaml.MappingNode) and on.value.flow_style:
        return source.rewritten(event, _CREATED)
    # What stands behind the name on its line, such as a comment, stays.
    line_end = source.text.find("\n", event.key.end_mark.index)
    at = len(source.text) if line_end < 0 else line_end
    indent = " " * (event.key.start_mark.column + 2)
    return Change(start=at, end=at, text=f"\n{indent}types: [created]")


def _without_target(use: Use, others: list[str]) -> tuple[Change, ...]:
    """Comments in the place of the event, or the event gone where others start the run."""
    source = use.source
    on = entries(source.root)["on"]
    if isinstance(on.value, yaml.MappingNode):
        event = entries(on.value)[_TARGET]
        if others:
            return (source.without(on.value, event),)
        text = "issue_comment: { types: [created] }"
        if not on.value.flow_style:
            text = f"issue_comment:\n{' ' * (event.key.start_mark.column + 2)}types: [created]"
        rewritten = source.rewritten(event, "")
        return (Change(start=rewritten.start, end=rewritten.end, text=text),)
    listed = [name for name in use.triggers if name != _TARGET]
    if not others:
        return (source.rewritten(on, "\n  issue_comment:\n    types: [created]"),)
    return (source.rewritten(on, f"[{', '.join(listed)}]"),)
