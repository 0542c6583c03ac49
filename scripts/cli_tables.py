"""The tables of all commands and options, made from the command line's own grammar."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from predict_edit.cli.grammar import commands_of, make_parser

SHARED = "model"
"""The group of options that several commands share, which gets a table of its own."""
DEBUG = "--debug"
"""An option that most commands have, and that is explained once."""


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """All commands by name."""
    return commands_of(make_parser())


def reference() -> str:
    """Write a section for each command with options, and one for the options they share."""
    sections = []
    shared: dict[str, str] = {}
    for name, parser in commands().items():
        own = []
        for group in parser._action_groups:  # noqa: SLF001
            rows = [row for row in _rows(group) if row[0] != f"`{DEBUG}`"]
            if group.title == SHARED:
                shared |= dict(rows)
            else:
                own += rows
        if own:
            sections.append(f"### {name}\n\n{_table(own)}")
    users = [f"`{name}`" for name, parser in commands().items() if _asks_a_model(parser)]
    told = f"Options of {', '.join(users[:-1])} and {users[-1]}."
    sections.append(f"### Which model\n\n{told}\n\n{_table(list(shared.items()))}")
    return "\n\n".join(sections)


def _asks_a_model(parser: argparse.ArgumentParser) -> bool:
    return any(group.title == SHARED for group in parser._action_groups)  # noqa: SLF001


def _rows(group: argparse._ArgumentGroup) -> Iterator[tuple[str, str]]:
    """What can be written, and what it does."""
    for action in group._group_actions:  # noqa: SLF001
        # Help is the same everywhere, and an old name of an option is not shown.
        if isinstance(action, argparse._HelpAction) or action.help == argparse.SUPPRESS:  # noqa: SLF001
            continue
        value = str(action.metavar or action.dest).upper() if action.nargs != 0 else ""
        if action.choices:
            value = "|".join(map(str, action.choices))
        names = [f"{name} {value}".strip() for name in action.option_strings] or [value]
        shown = ", ".join(f"`{name}`" for name in names).replace("|", "\\|")
        yield shown, (action.help or "").replace("|", "\\|")


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(
        ("| You write | What it does |", "| :-- | :-- |", *(f"| {a} | {b} |" for a, b in rows))
    )
