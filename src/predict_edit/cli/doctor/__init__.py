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
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from predict_edit.cli.console import Screen
from predict_edit.cli.doctor.checks import Check, diagnose, failed
from predict_edit.cli.doctor.show import show_files, show_model
from predict_edit.cli.doctor.workflow_check import Examined, look
from predict_edit.cli.model_choice import read_model
from predict_edit.domain.errors import LocalFileError, SettingsError
from predict_edit.support.log import Secrets

DONE, WRONG, CANNOT = 0, 1, 2


def run(
    arguments: argparse.Namespace,
    *,
    environ: Mapping[str, str] | None = None,
    stream: TextIO | None = None,
    errors: TextIO | None = None,
    here: Path | None = None,
) -> int:
    """Run the command.

    Returns:
        0 when all is well, 1 when something must be corrected, 2 when the settings are wrong and
        nothing was requested.
    """
    environ = os.environ if environ is None else environ
    secrets = Secrets()
    screen = Screen(sys.stdout if stream is None else stream, secrets)
    aside = Screen(sys.stderr if errors is None else errors, secrets)
    aside.line("Reading the workflows of this checkout.", "dim")
    workflows: list[Examined] = []
    try:
        checks, workflows = look(arguments.workflow, Path.cwd() if here is None else here)
        status = WRONG if _must_be_corrected(checks, workflows) else DONE
    except LocalFileError as error:
        checks, status = [failed("workflow", error)], CANNOT
    for secret in (secret for file in workflows for secret in file.secrets):
        secrets.add(secret)
    if not arguments.json:
        show_files(checks, workflows, screen)
    about_model: list[Check] = []
    if not arguments.workflow:
        aside.line("Signing in and asking the model for one tiny edit.", "dim")
        about_model, model_status = _about_model(arguments, environ, secrets)
        status = max(status, model_status)
        if not arguments.json:
            show_model(about_model, screen, apart=bool(checks or workflows))
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


def _about_model(
    arguments: argparse.Namespace, environ: Mapping[str, str], secrets: Secrets
) -> tuple[list[Check], int]:
    """Ask the model, and return what that showed."""
    try:
        choice = read_model(arguments, environ)
        secrets.add(choice.settings.api_key)
        today = dt.datetime.now(tz=dt.UTC).date()
        checks = asyncio.run(diagnose(choice, environ=environ, mask=secrets.add, today=today))
    except SettingsError as error:
        return [failed("settings", error)], CANNOT
    return checks, WRONG if any(check.state == "failed" for check in checks) else DONE


def _must_be_corrected(checks: list[Check], workflows: list[Examined]) -> bool:
    mistakes = (mistake for file in workflows for mistake in file.mistakes)
    states = (*(check.state for check in checks), *(mistake.state for mistake in mistakes))
    return "failed" in states
