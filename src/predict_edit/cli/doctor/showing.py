"""What the doctor found, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from predict_edit.cli.display import Screen, Style
from predict_edit.cli.doctor.files import Examined
from predict_edit.cli.doctor.symptoms import Check
from predict_edit.cli.doctor.workflow.mistake import Mistake
from predict_edit.report.view import plural

_STYLES: Final[Mapping[str, Style]] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "red",
    "skipped": "dim",
}
_STATE: Final = 8
"""Columns of a state."""


def show_checks(checks: Sequence[Check], screen: Screen) -> None:
    """A paragraph a check, and what to do below it."""
    width = max(len(check.name) for check in checks)
    indent = _STATE + width + 3
    for check in checks:
        head = f"{check.state:<{_STATE}} {check.name:<{width}}  "
        screen.hanging(head + check.found, indent, _STYLES[check.state])
        if check.next_step:
            screen.hanging(f"{'':<{indent}}→ {check.next_step}", indent + 2)


def show_model_verdict(checks: Sequence[Check], screen: Screen) -> None:
    """Whether the model can be used."""
    failed = sum(check.state == "failed" for check in checks)
    warned = sum(check.state == "warning" for check in checks)
    if failed:
        screen.line(
            f"The model cannot be used yet: {failed} of {len(checks)} checks failed.", "red"
        )
    else:
        more = f"; {warned} to look at" if warned else ""
        screen.line(f"The model can be used{more}.", "green")


def show_workflows(examined: Sequence[Examined], screen: Screen) -> None:
    """Each mistake with its place and the lines that are right, and a verdict."""
    for file in examined:
        if not file.mistakes:
            screen.line(f"{'ok':<{_STATE}} {file.path}", "green")
        for mistake in file.mistakes:
            _show_mistake(mistake, screen)
    found = [mistake for file in examined for mistake in file.mistakes]
    fatal = sum(mistake.state == "failed" for mistake in found)
    if not found:
        screen.line(f"{plural(len(examined), 'workflow')}: nothing to correct.", "green")
        return
    screen.line(
        f"{plural(len(examined), 'workflow')}: {plural(len(found), 'mistake')}, "
        f"{fatal or 'none'} of which must be corrected.",
        "red" if fatal else "yellow",
    )
    if len(found) > 1:
        screen.line("Line numbers are those of the files as they are: work from the bottom up.")


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
