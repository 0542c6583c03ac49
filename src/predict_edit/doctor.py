"""``predict-edit doctor``: whether the model can be reached as it is set up, and what it can do.

One tiny edit is asked for, the example of the vendors' own documentation, with the file as its
prediction: about 500 tokens. What is wrong is named with the next step.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from predict_edit.display import Screen, Style
from predict_edit.errors import SettingsError
from predict_edit.log import Secrets
from predict_edit.model_options import add_model_options

if TYPE_CHECKING:
    from predict_edit.symptoms import Check

DONE, WRONG, CANNOT = 0, 1, 2

_STYLES: Mapping[str, Style] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "red",
    "skipped": "dim",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "doctor",
        help="check the model's settings, sign in, and ask for one tiny edit",
        description="Check the settings, sign in to the model, ask for one tiny edit with a "
        "prediction (about 500 tokens), and say what was found and what to do about it.",
    )
    add_model_options(parser)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.set_defaults(run=run)


def run(
    arguments: argparse.Namespace,
    *,
    environ: Mapping[str, str] | None = None,
    stream: TextIO | None = None,
) -> int:
    """Run the command.

    Returns:
        0 when the model can be used, 1 when something keeps it from that, 2 when the settings are
        wrong and nothing was requested.
    """
    environ = os.environ if environ is None else environ
    secrets = Secrets()
    screen = Screen(sys.stdout if stream is None else stream, secrets)
    from predict_edit.diagnosis import diagnose  # noqa: PLC0415 - loads the SDK
    from predict_edit.model_choice import read_model  # noqa: PLC0415
    from predict_edit.symptoms import settings_problem  # noqa: PLC0415

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
        status = WRONG if any(check.state == "failed" for check in checks) else DONE
    except SettingsError as error:
        checks, status = [settings_problem(error)], CANNOT
    if arguments.json:
        screen.data({"version": 1, "ok": status == DONE, "checks": [c.as_data() for c in checks]})
    else:
        show(checks, screen)
    return status


def show(checks: list[Check], screen: Screen) -> None:
    """One line a check, what to do below it, and the verdict."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        screen.line(f"{check.state:<8} {check.name:<{width}}  {check.found}", _STYLES[check.state])
        if check.next_step:
            screen.line(f"{'':<8} {'':<{width}}  → {check.next_step}")
    failed = sum(check.state == "failed" for check in checks)
    warned = sum(check.state == "warning" for check in checks)
    if failed:
        screen.line(
            f"The model cannot be used yet: {failed} of {len(checks)} checks failed.", "red"
        )
    else:
        more = f"; {warned} to look at" if warned else ""
        screen.line(f"The model can be used{more}.", "green")
