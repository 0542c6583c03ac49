"""``predict-edit doctor``: whether workflow files are right and the model can be used.

Workflow files are read, and nothing is asked for that. Of the model one tiny edit is asked for, the
example of the vendors' own documentation, with the file as its prediction: about 500 tokens. What
is wrong is named with the next step.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from predict_edit.cli.display import Screen
from predict_edit.cli.model_options import add_model_options
from predict_edit.domain.errors import LocalFileError, SettingsError
from predict_edit.support.log import Secrets

if TYPE_CHECKING:
    from predict_edit.cli.doctor.files import Examined
    from predict_edit.cli.doctor.symptoms import Check

DONE, WRONG, CANNOT = 0, 1, 2
_EPILOG = (
    "Exit status: 0 all is well, perhaps with warnings, 1 something must be corrected, 2 the "
    "settings are wrong and no model was asked."
)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "doctor",
        usage="%(prog)s [options]",
        help="check workflow files and the model's settings, sign in, ask for one tiny edit",
        description="Look for mistakes in the workflows of this checkout that use the action, and "
        "print the lines that correct them. Then check the model's settings, sign in, ask for one "
        "tiny edit with a prediction (about 500 tokens), and say what was found and what to do "
        "about it.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--workflow",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="look at this workflow file or folder only, and ask no model; repeatable",
    )
    add_model_options(parser)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.set_defaults(run=run)


def run(
    arguments: argparse.Namespace,
    *,
    environ: Mapping[str, str] | None = None,
    stream: TextIO | None = None,
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
    from predict_edit.cli.doctor.files import look  # noqa: PLC0415 - loads the settings
    from predict_edit.cli.doctor.symptoms import failed  # noqa: PLC0415

    workflows: list[Examined] = []
    try:
        checks, workflows = look(arguments.workflow, Path.cwd() if here is None else here)
    except LocalFileError as error:
        checks, status = [failed("workflow", error)], CANNOT
    else:
        status = WRONG if _must_be_corrected(checks, workflows) else DONE
    for file in workflows:
        for secret in file.secrets:
            secrets.add(secret)
    about_model: list[Check] = []
    if not arguments.workflow:
        about_model, model_status = _about_model(arguments, environ, secrets)
        status = max(status, model_status)
    if arguments.json:
        screen.data(
            {
                "version": 1,
                "ok": status == DONE,
                "checks": [check.as_data() for check in (*checks, *about_model)],
                "workflows": [file.as_data() for file in workflows],
            }
        )
    else:
        _show(checks, workflows, about_model, screen)
    return status


def _about_model(
    arguments: argparse.Namespace, environ: Mapping[str, str], secrets: Secrets
) -> tuple[list[Check], int]:
    """Ask the model, and say what that showed."""
    from predict_edit.cli.doctor.diagnosis import diagnose  # noqa: PLC0415 - loads the SDK
    from predict_edit.cli.doctor.symptoms import settings_problem  # noqa: PLC0415
    from predict_edit.cli.model_choice import read_model  # noqa: PLC0415

    try:
        chosen = read_model(arguments, environ)
        secrets.add(chosen.settings.api_key)
        checks = asyncio.run(
            diagnose(
                chosen,
                environ=environ,
                mask=secrets.add,
                today=dt.datetime.now(tz=dt.UTC).date(),
            )
        )
    except SettingsError as error:
        return [settings_problem(error)], CANNOT
    return checks, WRONG if any(check.state == "failed" for check in checks) else DONE


def _must_be_corrected(checks: list[Check], workflows: list[Examined]) -> bool:
    return any(check.state == "failed" for check in checks) or any(
        mistake.state == "failed" for file in workflows for mistake in file.mistakes
    )


def _show(
    checks: list[Check], workflows: list[Examined], about_model: list[Check], screen: Screen
) -> None:
    """The files first, then the model, each with its verdict."""
    from predict_edit.cli.doctor import showing  # noqa: PLC0415 - loads the reports

    if checks:
        showing.show_checks(checks, screen)
    if workflows:
        showing.show_workflows(workflows, screen)
    if about_model:
        if checks or workflows:
            screen.line()
        showing.show_checks(about_model, screen)
        showing.show_model_verdict(about_model, screen)
