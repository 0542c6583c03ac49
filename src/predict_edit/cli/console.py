"""What every command shows at a terminal: errors that help, text, tables, progress as lines.

Text and tables pass through ``Screen``: secrets are taken out, and text from a server cannot steer
the terminal or a runner that reads along. What needs rich is in :mod:`.terminal`.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib.util
import json
import logging
import os
import shutil
import sys
import textwrap
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from predict_edit.domain.edits import SourceFile
from predict_edit.domain.errors import (
    Defect,
    LocalFileError,
    PredictEditError,
    SettingsError,
    SignInError,
)
from predict_edit.domain.run_report import Watch
from predict_edit.support.log import Secrets, harmless, log, printable, set_up

if TYPE_CHECKING:
    from predict_edit.run.context import Plan

DONE, FAILED, WRONG, UNCHANGED, INTERRUPTED = 0, 1, 2, 3, 130
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
KEYS: Final = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_CLIENT_SECRET")
Style = Literal["", "bold", "dim", "green", "yellow", "red"]
_CODES: Final = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}
"""ECMA-48, "Select graphic rendition"."""


def guarded(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Run a command; whatever goes wrong becomes two lines and an exit status."""
    debug = getattr(arguments, "debug", False)
    _prepare_log(debug=debug)
    try:
        status = run(arguments)
        sys.stdout.flush()
        return status  # noqa: TRY300 - an error of the last write is one of the command, too
    except PredictEditError as error:
        say_error(_of_this_machine(error) if isinstance(error, SignInError) else error)
        if debug:
            traceback.print_exc()
        return WRONG if isinstance(error, SettingsError) else FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\npredict-edit: interrupted.\n")
        return INTERRUPTED
    except BrokenPipeError:
        raise  # the command line ends every command so
    except Exception as error:  # noqa: BLE001 - a defect of ours is reported like any other failure
        if debug:
            traceback.print_exc()
        if isinstance(error, OSError) and error.errno in _FULL:
            say_error(
                LocalFileError(
                    f"The output cannot be written ({error.strerror}).",
                    "Free some space, or send the output elsewhere.",
                )
            )
            return FAILED
        defect = Defect.of(error)
        say_error(Defect(defect.cause, "Run it again with --debug and report what it prints."))
        return FAILED


def _of_this_machine(error: SignInError) -> SignInError:
    from predict_edit.cli.model_choice import in_local_words  # noqa: PLC0415 - for errors only

    return SignInError(in_local_words(error.cause, {}), in_local_words(error.next_step, {}))


def say_error(error: PredictEditError) -> None:
    """Print what happened and what to do, in colour if wanted."""
    cause, step = (printable(part) for part in (error.cause, error.next_step))
    name = styled("predict-edit:", "red", sys.stderr)
    sys.stderr.write(f"{name} {styled(cause, 'bold', sys.stderr)}\n")
    if step:
        sys.stderr.write(f"  {step}\n")
    sys.stderr.flush()


def coloured(stream: object) -> bool:
    """Check whether to colour: on a terminal that can, unless NO_COLOR is set (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def styled(text: str, style: Style, stream: TextIO) -> str:
    """Put a text into colour or bold where the stream takes that."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style and coloured(stream) else text


def has_rich() -> bool:
    """Check whether the extra for terminals is installed."""
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


class Screen:
    """Writes to one stream."""

    def __init__(self, stream: TextIO, secrets: Secrets) -> None:
        self._stream = stream
        self._secrets = secrets

    def safe(self, text: str) -> str:
        """Return a text without secrets and control characters."""
        return harmless(self._secrets.hide(text))

    def line(self, text: str = "", style: Style = "") -> None:
        """Write one line that is never wrapped, so that it can be copied."""
        self._stream.write(styled(self.safe(text), style, self._stream) + "\n")

    def hanging(self, text: str, indent: int = 0, style: Style = "") -> None:
        """Write a paragraph whose further lines start below its text; a pipe gets one long line."""
        width = shutil.get_terminal_size().columns - 1
        if not self._stream.isatty() or width < 2 * indent:
            self.line(text, style)
            return
        for line in textwrap.wrap(
            self.safe(text),
            width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        ):
            self.line(line, style)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """Write a table with two blanks between columns; those of ``right`` hold figures."""
        cells = [list(heads), *([self.safe(cell) for cell in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            line = "  ".join(
                cell.rjust(width) if column in right else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self._stream.write(styled(line.rstrip(), "" if number else "bold", self._stream) + "\n")

    def data(self, value: Mapping[str, Any]) -> None:
        """Write JSON for programs."""
        text = json.dumps(value, indent=2, default=str)
        self._stream.write(self._secrets.hide(text) + "\n")


class Silent(Watch):
    """A watch that shows nothing; others override what they show."""

    @contextlib.asynccontextmanager
    async def watch(self, plan: Plan) -> AsyncIterator[Watch]:
        """Show the files that are sent to the model, if any."""
        if not plan.todo:
            yield self
            return
        self.begin(plan.todo)
        try:
            yield self
        finally:
            self.end()

    def begin(self, files: Sequence[SourceFile]) -> None:
        """Show that all files are about to be sent to the model."""

    def end(self) -> None:
        """End the display."""
