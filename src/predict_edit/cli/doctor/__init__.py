"""``predict-edit doctor``: whether workflow files are right and the model can be used.

Workflow files are read, and nothing is asked for that. Of the model one tiny edit is asked for, the
example of the vendors' own documentation, with the file as its prediction: about 500 tokens. What
is wrong is named with the next step.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime as dt
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from predict_edit.cli.console import DONE, FAILED, WRONG, Screen, Style
from predict_edit.cli.doctor.checks import Check, diagnose, failed, of_config
from predict_edit.cli.doctor.workflow_check import Examined, examine_all, find
from predict_edit.cli.doctor.workflow_source import Mistake
from predict_edit.cli.model_choice import read_model
from predict_edit.domain.errors import LocalFileError, SettingsError
from predict_edit.report.view import plural
from predict_edit.support.log import Secrets

_STYLES: Final[Mapping[str, Style]] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "red",
    "skipped": "dim",
}
_STATE: Final = 8
"""Columns of a state."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        0 when all is well, 1 when something must be corrected, 2 when the settings are wrong and
        nothing was requested.
    """
    secrets = Secrets()
    screen, aside = Screen(sys.stdout, secrets), Screen(sys.stderr, secrets)
    aside.line("Reading the workflows of this checkout.", "dim")
    workflows: list[Examined] = []
    try:
        root, files = find(arguments.workflow, Path.cwd())
        checks, deliver = of_config(root)
        workflows = examine_all(files, Path.cwd(), deliver, named=bool(arguments.workflow))
        status = FAILED if _must_be_corrected(checks, workflows) else DONE
    except LocalFileError as error:
        checks, status = [failed("workflow", error)], WRONG
    for secret in (secret for file in workflows for secret in file.secrets):
        secrets.add(secret)
    if not arguments.json:
        _show_files(checks, workflows, screen)
    about_model: list[Check] = []
    if not arguments.workflow:
        aside.line("Signing in and asking the model for one tiny edit.", "dim")
        about_model, model_status = _about_model(arguments, secrets)
        status = max(status, model_status)
        if not arguments.json:
            _show_model(about_model, screen, apart=bool(checks or workflows))
    if arguments.json:
        screen.data(
            {
                "version": 1,
                "ok": status == DONE,
                "checks": [dataclasses.asdict(check) for check in (*checks, *about_model)],
                "workflows": [file.as_data() for file in workflows],
            }
        )
    return status


def _about_model(arguments: argparse.Namespace, secrets: Secrets) -> tuple[list[Check], int]:
    """Ask the model, and return what that showed."""
    try:
        choice = read_model(arguments, os.environ)
        secrets.add(choice.settings.api_key)
        today = dt.datetime.now(tz=dt.UTC).date()
        checks = asyncio.run(diagnose(choice, environ=os.environ, mask=secrets.add, today=today))
    except SettingsError as error:
        return [failed("settings", error)], WRONG
    return checks, FAILED if any(check.state == "failed" for check in checks) else DONE


def _must_be_corrected(checks: list[Check], workflows: list[Examined]) -> bool:
    mistakes = (mistake for file in workflows for mistake in file.mistakes)
    states = (*(check.state for check in checks), *(mistake.state for mistake in mistakes))
    return "failed" in states


def _show_files(checks: Sequence[Check], examined: Sequence[Examined], screen: Screen) -> None:
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
        screen.hanging("Line numbers are those of the files as they are: work from the bottom up.")


def _show_model(checks: Sequence[Check], screen: Screen, *, apart: bool) -> None:
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
    screen.line(f"{mistake.state:<{_STATE}} {mistake.place}", _STYLES[mistake.state])
    screen.hanging(f"{'':<{indent}}{_sentence(mistake.found)}", indent)
    for correction in mistake.corrections:
        screen.line(f"{'':<{indent}}→ {correction}")
        for line in correction.lines:
            screen.line(line, "bold")
    if mistake.next_step:
        screen.hanging(f"{'':<{indent}}→ {mistake.next_step}", indent + 2)
    screen.line()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
