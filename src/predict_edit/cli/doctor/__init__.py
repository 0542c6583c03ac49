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
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from predict_edit.cli.console import DONE, FAILED, WRONG, Screen, Style
from predict_edit.cli.doctor.checks import Check, diagnose, failed, of_config
from predict_edit.cli.doctor.workflow_file import Mistake
from predict_edit.cli.doctor.workflow_rules import Examined, examine
from predict_edit.cli.local_files import read_bytes
from predict_edit.cli.model_choice import in_local_words, read_model
from predict_edit.domain.errors import LocalFileError, SettingsError
from predict_edit.support.log import Secrets
from predict_edit.support.text import plural

_STYLES: Final[Mapping[str, Style]] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "red",
    "skipped": "dim",
}
_STATE: Final = 8
"""Columns of a state."""
_NO_WORKFLOW: Final = Check(
    "workflow",
    "skipped",
    "no workflow of this checkout uses predict-edit",
    "`predict-edit init` writes one.",
)
_MOST_CHARACTERS: Final = 1_000_000
"""A longer file is not a workflow."""


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
    status = DONE
    try:
        root, files = _find(arguments.workflow, Path.cwd())
        checks, deliver = of_config(root)
        workflows = _examine_all(files, Path.cwd(), deliver, named=bool(arguments.workflow))
        checks += [_NO_WORKFLOW] * bool(root and not workflows)
    except LocalFileError as error:
        checks, status = [failed("workflow", error)], WRONG
    for secret in (secret for file in workflows for secret in file.secrets):
        secrets.add(secret)
    if not arguments.json:
        _show_checks(checks, screen)
        _show_workflows(workflows, screen)
    about_model: list[Check] = []
    if not arguments.workflow:
        aside.line("Signing in and asking the model for one tiny edit.", "dim")
        try:
            about_model = _about_model(arguments, secrets)
        except SettingsError as error:
            about_model, status = [failed("settings", error)], WRONG
    states: set[str] = {check.state for check in (*checks, *about_model)}
    states |= {mistake.state for file in workflows for mistake in file.mistakes}
    if "failed" in states:
        status = max(status, FAILED)
    if arguments.json:
        files_data = [
            {"path": each.path, "mistakes": [dataclasses.asdict(one) for one in each.mistakes]}
            for each in workflows
        ]
        checks_data = [dataclasses.asdict(check) for check in (*checks, *about_model)]
        data = {"version": 1, "ok": status == DONE, "checks": checks_data, "workflows": files_data}
        screen.data(data)
    elif about_model:
        if checks or workflows:
            screen.line()
        _show_model(about_model, screen)
    return status


def _about_model(arguments: argparse.Namespace, secrets: Secrets) -> list[Check]:
    """Ask the model, and return what that showed.

    Raises:
        SettingsError: the settings are wrong, and nothing was requested.
    """
    choice = read_model(arguments, os.environ)
    for secret in choice.settings.secrets:
        secrets.add(secret)
    today = dt.datetime.now(tz=dt.UTC).date()
    checks = asyncio.run(diagnose(choice, environ=os.environ, mask=secrets.add, today=today))
    return [
        dataclasses.replace(check, next_step=in_local_words(check.next_step, choice.origins))
        for check in checks
    ]


def _find(given: Iterable[Path], here: Path) -> tuple[Path | None, list[Path]]:
    """Find the files that were named, or else those of the checkout around ``here``.

    Returns:
        The top folder of the checkout, ``None`` if there is not any, and the files.

    Raises:
        LocalFileError: a folder that was named has no workflow files.
    """
    named: list[Path] = []
    for path in given:
        files = workflow_files(path) if path.is_dir() else [path]
        if not files:
            raise LocalFileError(f"{path} has no workflow files.", "Name a file or another folder.")
        named += files
    start = named[0].absolute().parent if named else here
    root = next((each for each in (start, *start.parents) if (each / ".git").exists()), None)
    return root, named or (workflow_files(root / ".github" / "workflows") if root else [])


def workflow_files(folder: Path) -> list[Path]:
    """Return the workflow files in a folder."""
    return sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.glob(pattern))


def _examine_all(paths: Iterable[Path], here: Path, deliver: str, *, named: bool) -> list[Examined]:
    """Examine files; those without the action are left out, unless they were ``named``.

    Raises:
        LocalFileError: a file cannot be read, or was named and does not use the action.
    """
    examined = []
    for path in paths:
        absolute = path.absolute()
        shown = str(absolute.relative_to(here) if absolute.is_relative_to(here) else path)
        text = read_bytes(path).decode("utf-8", "replace")[:_MOST_CHARACTERS]
        found = examine(shown, text, deliver)
        if found is not None:
            examined.append(found)
        elif named:
            raise LocalFileError(
                f"No step of {shown} uses predict-edit.",
                "Name the workflow whose step has `uses: OWNER/predict-edit@…`.",
            )
    return examined


def _show_workflows(examined: Sequence[Examined], screen: Screen) -> None:
    """Show each mistake with its place and the correct lines, and a verdict."""
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


def _show_model(checks: Sequence[Check], screen: Screen) -> None:
    """Show the checks of the model, and whether it can be used."""
    _show_checks(checks, screen)
    wrong = sum(check.state == "failed" for check in checks)
    warned = sum(check.state == "warning" for check in checks)
    if wrong:
        screen.line(f"The model cannot be used yet: {wrong} of {len(checks)} checks failed.", "red")
    else:
        more = f"; {plural(warned, 'warning')}" if warned else ""
        screen.line(f"The model can be used{more}.", "green")


def _show_checks(checks: Sequence[Check], screen: Screen) -> None:
    """Show a paragraph a check, and what to do below it."""
    width = max((len(check.name) for check in checks), default=0)
    indent = _STATE + width + 3
    for check in checks:
        head = f"{check.state:<{_STATE}} {check.name:<{width}}  "
        screen.hanging(head + check.found, indent, _STYLES[check.state])
        if check.next_step:
            screen.hanging(f"{'':<{indent}}→ {check.next_step}", indent + 2)


def _show_mistake(mistake: Mistake, screen: Screen) -> None:
    indent = _STATE + 1
    place = f"{mistake.path}:{mistake.line}"
    screen.line(f"{mistake.state:<{_STATE}} {place}", _STYLES[mistake.state])
    found = f"{mistake.found[:1].upper()}{mistake.found[1:]}."
    screen.hanging(f"{'':<{indent}}{found}", indent)
    for correction in mistake.corrections:
        screen.line(f"{'':<{indent}}→ {correction}")
        for line in correction.lines:
            screen.line(line, "bold")
    if mistake.next_step:
        screen.hanging(f"{'':<{indent}}→ {mistake.next_step}", indent + 2)
    screen.line()
