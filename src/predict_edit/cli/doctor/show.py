"""What the doctor found, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from predict_edit.cli.console import Screen, Style
from predict_edit.cli.doctor.checks import Check
from predict_edit.cli.doctor.workflow_check import Examined
from predict_edit.cli.doctor.workflow_source import Mistake
from predict_edit.report.view import plural

_STYLES: Final[Mapping[str, Style]] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "red",
    "skipped": "dim",
}
_STATE: Final = 8
"""Columns of a state."""


def show_files(checks: Sequence[Check], examined: Sequence[Examined], screen: Screen) -> None:
    """Show the config, then each mistake with its place and the correct lines, and a verdict."""
    if checks:
        _show_checks(checks, screen)
    if not examined:
        return
    for file in examined:
        if not file.mistakes:
            screen.line(f"{'ok':<{_STATE}} {file.path}", "green")
        for mistake in file.mistakes:
            _show_mistake(mistake, screen)
    found = [mistake for file in examined for mistake in file.mistakes]
    fatal = sum(mistake.state == "failed" for mistake in found)
    files = plural(len(examined), "workflow")
    if not found:
        screen.line(f"{files}: nothing to correct.", "green")
        return
    screen.line(
        f"{files}: {plural(len(found), 'mistake')}, {fatal or 'none'} of which must be corrected.",
        "red" if fatal else "yellow",
    )
    if len(found) > 1:
        screen.line("Line numbers are those of the files as they are: work from the bottom up.")


def show_model(checks: Sequence[Check], screen: Screen, *, apart: bool) -> None:
    """Show the checks of the model, and whether it can be used."""
    if apart:
        screen.line()
    _show_checks(checks, screen)
    failed = sum(check.state == "failed" for check in checks)
    warned = sum(check.state == "warning" for check in checks)
    if failed:
        screen.line(
            f"The model cannot be used yet: {failed} of {len(checks)} checks failed.", "red"
        )
    else:
        more = f"; {plural(warned, 'warning')}" if warned else ""
        screen.line(f"The model can be used{more}.", "green")


def _show_checks(checks: Sequence[Check], screen: Screen) -> None:
    """Show a paragraph a check, and what to do below it."""
    width = max(len(check.name) for check in checks)
    indent = _STATE + width + 3
    for check in checks:
        head = f"{check.state:<{_STATE}} {check.name:<{width}}  "
        screen.hanging(head + check.found, indent, _STYLES[check.state])
        if check.next_step:
            screen.hanging(f"{'':<{indent}}→ {check.next_step}", indent + 2)


def _show_mistake(mistake: Mistake, screen: Screen) -> None:
    indent = _STATE + 1
    screen.verbatim(f"{mistake.state:<{_STATE}} {mistake.place}", _STYLES[mistake.state])
    screen.hanging(f"{'':<{indent}}{_sentence(mistake.found)}", indent)
    for correction in mistake.corrections:
        screen.line(f"{'':<{indent}}→ {correction}")
        for line in correction.lines:
            screen.verbatim(line, "bold")
    if mistake.next_step:
        screen.hanging(f"{'':<{indent}}→ {mistake.next_step}", indent + 2)
    screen.line()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
