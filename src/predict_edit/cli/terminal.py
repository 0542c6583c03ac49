"""A run on a terminal, with rich: progress bars, the report, and patches in colour.

Text from outside is shown as text, never as markup.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TextIO

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from predict_edit.cli.console import Silent, coloured
from predict_edit.domain.edits import (
    FailedEdit,
    FileEdit,
    PlacementKind,
    SourceFile,
    Usage,
)
from predict_edit.domain.run_report import FileResult, FileStatus, RunReport
from predict_edit.report.markdown import legible
from predict_edit.report.view import COLUMNS, count, dollars, lines, view
from predict_edit.support.log import printable
from predict_edit.support.text import plural

PLAIN_WIDTH: Final = 100
"""Columns if the output is not a terminal."""
WIDE: Final = 110
"""Columns from which on every figure has a column."""
NARROW: Final = 60
"""Columns below which only the figures of the answer have a column, so that paths have one."""
SOME: Final = 5
"""Paths that are listed where many have the same fate."""
_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}
_LABELS: Final = {
    PlacementKind.INLINE: ("suggestion", "bold green"),
    PlacementKind.PATCH: ("in the patch", "bold yellow"),
    PlacementKind.REJECTED: ("rejected", "bold red"),
}


def make_console() -> Console:
    """Make a console that honours ``NO_COLOR`` and is plain if it is not a terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Files hold any script, and a terminal may know only ASCII.
        sys.stdout.reconfigure(errors="replace")
    console = _console(sys.stdout)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


def _console(stream: TextIO) -> Console:
    """Make a console; without any colour system, rich writes no bold and no dim either."""
    colours: Literal["auto"] | None = "auto" if coloured(stream) else None
    return Console(file=stream, highlight=False, emoji=False, markup=False, color_system=colours)


def show_report(console: Console, report: RunReport) -> None:
    """Show what would be posted, what it took and what was left out."""
    for result in report.with_status(FileStatus.EDITED):
        show_file(console, result)
    _show_others(console, report)
    _show_tokens(console, report)
    console.print()
    for style, sentence in sentences(report):
        console.print(Text(printable(sentence), style=style))


def show_file(console: Console, result: FileResult) -> None:
    """Show one file: each change as a small diff under what would become of it."""
    if result.placed is None:
        return
    console.print()
    console.print(Text(printable(result.path), style="bold"))
    for placement in result.placed.placements:
        label, style = _LABELS[placement.kind]
        why = f": {printable(placement.reason)}" if placement.reason else ""
        console.print(
            Text.assemble(f"  {lines(*placement.lines)}  ", (label, style), (why, "dim")),
            soft_wrap=not console.is_terminal,
        )
        for sign, texts in (("-", placement.hunk.removed), ("+", placement.hunk.added)):
            for text in texts:
                shown = legible(text.removesuffix("\n").removesuffix("\r"))
                console.print(Text(f"    {sign}{shown}", style=_STYLES[sign]), soft_wrap=True)


def show_patch(console: Console, patch: str) -> None:
    """Show a patch in colours; if not on a terminal, byte for byte as ``git apply`` takes it."""
    if not console.is_terminal:
        sys.stdout.flush()
        sys.stdout.buffer.write(patch.encode())
        sys.stdout.buffer.flush()
        return
    for line in patch.removesuffix("\n").split("\n"):
        header = line.startswith(("---", "+++", "diff ", "index "))
        style = "bold" if header else _STYLES.get(line[:1], "")
        console.print(Text(legible(line.removesuffix("\r")), style=style), soft_wrap=True)


def sentences(report: RunReport) -> Iterator[tuple[str, str]]:
    """Yield what came out, each sentence with its style, the most important first."""
    seen = view(report)
    edited = len(report.with_status(FileStatus.EDITED))
    failed = seen.failed_count
    if not report.files:
        yield "bold", "No file to edit."
    elif seen.inline or seen.in_patch:
        said = f"{plural(report.suggestion_count, 'suggestion')} in {plural(edited, 'file')}"
        rest = f"{plural(seen.in_patch, 'change')} in the patch, {seen.rejected} rejected"
        yield "bold green", f"{said}; {rest}."
    elif seen.rejected:
        yield "bold red", f"All {plural(seen.rejected, 'change')} rejected; nothing is left."
    elif not failed:
        yield "bold", "Nothing to change."
    if failed:
        yield "bold red", f"{plural(failed, 'file')} failed."
    if report.cost is not None:
        overhead = seen.prediction.overhead
        extra = f", of which rejected predictions {dollars(overhead)}" if overhead else ""
        yield "", f"Estimated cost: {dollars(report.cost)}{extra}."
    if report.plan and (used := report.plan.effort.usage):
        tokens = f"{count(used.prompt_tokens)} prompt and {count(used.completion_tokens)}"
        yield "dim", f"Plan: {tokens} completion tokens."
    if seen.prediction.unreported and edited:
        files = plural(seen.prediction.unreported, "file")
        yield "dim", f"The provider did not report prediction tokens for {files}."
    for note in report.notes:
        yield "", note


def _show_others(console: Console, report: RunReport) -> None:
    """Show the files that were not edited, and why."""
    seen = view(report)
    for word, style, groups in (
        ("failed", "bold red", seen.failed),
        ("skipped", "yellow", seen.skipped),
    ):
        for group in groups:
            console.print()
            console.print(Text.assemble((_some(group.paths), "bold"), "  ", (word, style)))
            console.print(Padding(Text(printable(group.reason)), (0, 0, 0, 2), expand=False))


def _some(paths: Sequence[str]) -> str:
    """Name the first of many paths, and how many more there are."""
    shown = ", ".join(printable(path) for path in paths[:SOME])
    return f"{shown} and {len(paths) - SOME} more" if len(paths) > SOME else shown


def _show_tokens(console: Console, report: RunReport) -> None:
    seen = view(report)
    if not seen.asked or seen.total.usage == Usage():
        return
    wide, narrow = console.width >= WIDE, console.width < NARROW
    columns = [each for each in COLUMNS if wide or not (each.wide or (narrow and each.spare))]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("file", overflow="fold", ratio=None)
    for column in columns:
        title = column.title.lower() if wide else column.short
        table.add_column(title, justify="right", no_wrap=True)
    for row in seen.rows:
        table.add_row(Text(printable(row.path)), *(column.show(row) for column in columns))
    if len(seen.rows) > 1:
        cells = (column.show(seen.total) for column in columns)
        table.add_row(Text("all", style="bold"), *cells)
    console.print()
    console.print(Rule(Text("tokens", style="bold"), align="left", style="dim"))
    console.print(table)


NEVER_FULL: Final = 0.99
"""An answer may grow longer than the file; a bar is full only when it is whole."""


class Bars(Silent):
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
        # rich cannot move up further than the screen
        room = max(1, self._bars.console.height - 4)
        for file in files:
            self._expected[file.path] = len(file.text)
            self._tasks[file.path] = self._bars.add_task(
                printable(file.path), total=1.0, amount="waiting", visible=len(files) <= room
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


class Lines(Silent):
    """One line a file as it is done, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._total = self._done = 0

    def begin(self, files: Sequence[SourceFile]) -> None:
        """Say how many there are."""
        self._total = len(files)
        self._write(f"asking the model for {self._total} file{'s' * (self._total != 1)}")

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """Say what is done."""
        self._done += 1
        path = printable(answer.file.path)
        self._write(f"[{self._done}/{self._total}] {path}: {_outcome(answer)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def watch_for(*, quiet: bool = False) -> Silent:
    """Choose how to show progress on standard error."""
    if quiet:
        return Silent()
    console = _console(sys.stderr)
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
    predicted = f", {plural(accepted, 'predicted token')} accepted" if accepted else ""
    return f"{unchanged.strip()} {answer.effort.seconds:.1f} s{predicted}".strip()
