"""How far each file is, while a person waits: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from predict_edit.cli.front import printable
from predict_edit.cli.silent import Silent
from predict_edit.cli.work import Watch
from predict_edit.domain import FailedEdit, FileEdit, SourceFile

NEVER_FULL: Final = 0.99
"""An answer may grow longer than the file; a bar is full only when it is whole."""


class Lines:
    """One line a file as it is done, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._total = self._done = 0

    def begin(self, files: Sequence[SourceFile]) -> None:
        """Say how many there are."""
        self._total = len(files)
        self._write(f"asking the model for {self._total} file{'s' * (self._total != 1)}")

    def received(self, path: str, characters: int) -> None:
        """Wait for the end."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """Say what is done."""
        self._done += 1
        path = printable(answer.file.path)
        self._write(f"[{self._done}/{self._total}] {path}: {_outcome(answer)}")

    def end(self) -> None:
        """Nothing is left to be said."""

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class Bars:
    """One bar for each file that is being written, and a line for each that is done."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("  {task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[amount]}", style="dim"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._expected: dict[str, int] = {}

    def begin(self, files: Sequence[SourceFile]) -> None:
        """Show a bar for each file, as wide as the file is long."""
        for file in files:
            self._expected[file.path] = len(file.text)
            self._tasks[file.path] = self._bars.add_task(
                printable(file.path), total=1.0, amount="waiting", visible=len(files) <= self._room
            )
        self._bars.start()

    def received(self, path: str, characters: int) -> None:
        """Move a bar."""
        expected = self._expected[path]
        self._bars.update(
            self._tasks[path],
            completed=min(characters / max(1, expected), NEVER_FULL),
            amount=f"{characters:,} of about {expected:,}",
            visible=True,
        )

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """Put a line in the place of a bar."""
        self._bars.remove_task(self._tasks[answer.file.path])
        failed = isinstance(answer, FailedEdit)
        self._bars.console.print(
            Text.assemble(
                ("  failed  " if failed else "  done    ", "red" if failed else "green"),
                printable(answer.file.path),
                (f"  {_outcome(answer)}", "dim"),
            )
        )

    def end(self) -> None:
        """Take the bars away."""
        self._bars.stop()

    @property
    def _room(self) -> int:
        """Bars that can stand below each other; rich cannot move up further than the screen."""
        return max(1, self._bars.console.height - 4)


def watch_for(*, quiet: bool = False) -> Watch:
    """Choose how to tell, on standard error."""
    if quiet:
        return Silent()
    console = Console(stderr=True, highlight=False, emoji=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return Bars(console)
    return Lines(sys.stderr)


def _outcome(answer: FileEdit | FailedEdit) -> str:
    """Say in a few words what came, without anything of the file."""
    if isinstance(answer, FailedEdit):
        return f"failed after {answer.effort.seconds:.1f} s"
    unchanged = " unchanged," if answer.text == answer.file.text else ""
    usage = answer.effort.usage
    accepted = usage.accepted_prediction_tokens if usage else None
    predicted = f", {accepted:,} predicted tokens accepted" if accepted else ""
    return f"{unchanged.strip()} {answer.effort.seconds:.1f} s{predicted}".strip()
