"""What all commands at a terminal share: errors that help, and exit statuses."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Final

from predict_edit.domain.errors import Defect, PredictEditError, SettingsError
from predict_edit.support.log import Secrets, log, set_up

DONE, FAILED, WRONG, UNCHANGED, INTERRUPTED = 0, 1, 2, 3, 130
KEYS: Final = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_CLIENT_SECRET")
_RED, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"


def guarded(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Run a command; whatever goes wrong becomes two lines and an exit status."""
    _prepare_log(debug=arguments.debug)
    try:
        return run(arguments)
    except PredictEditError as error:
        say_error(error)
        if arguments.debug:
            traceback.print_exc()
        return WRONG if isinstance(error, SettingsError) else FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\npredict-edit: interrupted.\n")
        return INTERRUPTED
    except BrokenPipeError:
        raise  # the command line ends every command so
    except Exception as error:  # noqa: BLE001 - a defect of ours is told like any other failure
        if arguments.debug:
            traceback.print_exc()
        defect = Defect.of(error)
        say_error(Defect(defect.cause, "Run it again with --debug and report what it prints."))
        return FAILED


def say_error(error: PredictEditError) -> None:
    """Tell what happened and what to do, in colour where that is wanted."""
    red, bold, plain = (_RED, _BOLD, _PLAIN) if coloured(sys.stderr) else ("", "", "")
    cause, step = (printable(part) for part in (error.cause, error.next_step))
    sys.stderr.write(f"{red}predict-edit:{plain} {bold}{cause}{plain}\n")
    if step:
        sys.stderr.write(f"  {step}\n")
    sys.stderr.flush()


def printable(text: str) -> str:
    """Write what would steer a terminal as escapes, on one line."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def coloured(stream: object) -> bool:
    """Tell whether to colour: on a terminal that can, unless NO_COLOR is set (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def has_rich() -> bool:
    """Tell whether the extra for terminals is installed."""
    return importlib.util.find_spec("rich") is not None


def _prepare_log(*, debug: bool) -> None:
    secrets = Secrets()
    for name in KEYS:
        secrets.add(os.environ.get(name))
    if debug:
        set_up(sys.stderr, secrets, debug=True)
        sys.excepthook = sys.__excepthook__
    elif not log.handlers:
        log.addHandler(logging.NullHandler())
        log.propagate = False
