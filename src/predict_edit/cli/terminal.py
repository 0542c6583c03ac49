"""A finished run on a terminal. Everything from outside is shown as text, never as markup."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from predict_edit.cli.front import printable
from predict_edit.domain import (
    FileResult,
    FileStatus,
    Placement,
    PlacementKind,
    RunReport,
    Usage,
)
from predict_edit.report.markdown import legible
from predict_edit.report.view import count, dollars, lines, percent, plural, tenths, view

PLAIN_WIDTH: Final = 100
"""Columns where the output is no terminal."""
WIDE: Final = 110
"""Columns from which on every figure has a column."""
SOME: Final = 5
"""Paths that are listed where many have the same fate."""
_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}
_LABELS: Final = {
    PlacementKind.INLINE: ("suggestion", "bold green"),
    PlacementKind.PATCH: ("in the patch", "bold yellow"),
    PlacementKind.REJECTED: ("rejected", "bold red"),
}


def make_console() -> Console:
    """Make a console that honours ``NO_COLOR`` and is plain where it is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Files hold any script, and a terminal may know only ASCII.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


def show_report(console: Console, report: RunReport) -> None:
    """Show what would be posted, what it took and what was left out."""
    for result in report.with_status(FileStatus.EDITED):
        show_file(console, result)
    _show_failures(console, report)
    _show_skipped(console, report)
    _show_tokens(console, report)
    console.print()
    for style, sentence in sentences(report):
        console.print(Text(printable(sentence), style=style))


def show_file(console: Console, result: FileResult) -> None:
    """One file: each change as a small diff under what would become of it."""
    if result.placed is None:
        return
    console.print()
    console.print(Text(printable(result.path), style="bold"))
    for group in _together(result.placed.placements):
        first = group[0]
        label, style = _LABELS[first.kind]
        why = f": {printable(first.reason)}" if first.reason else ""
        console.print(
            Text.assemble(f"  {lines(*first.lines)}  ", (label, style), (why, "dim")),
            soft_wrap=not console.is_terminal,
        )
        for placement in group:
            for sign, texts in (("-", placement.hunk.removed), ("+", placement.hunk.added)):
                for text in texts:
                    shown = legible(text.removesuffix("\n").removesuffix("\r"))
                    console.print(Text(f"    {sign}{shown}", style=_STYLES[sign]), soft_wrap=True)


def show_patch(console: Console, patch: str) -> None:
    """A patch in colours; where it is no terminal, byte for byte as ``git apply`` takes it."""
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
    """Tell what came out, each sentence with a style, the most important one first."""
    seen = view(report)
    edited = len(report.with_status(FileStatus.EDITED))
    failed = len(seen.failed)
    if not report.files:
        yield "bold", "No file to edit."
    elif seen.inline or seen.in_patch:
        files = plural(edited, "file")
        yield (
            "bold green",
            (
                f"{plural(report.suggestion_count, 'suggestion')} in {files}; "
                f"{plural(seen.in_patch, 'change')} in the patch, {seen.rejected} rejected."
            ),
        )
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
    if seen.prediction.unreported and edited:
        yield (
            "dim",
            (
                "The provider did not report prediction tokens for "
                f"{plural(seen.prediction.unreported, 'file')}."
            ),
        )
    for note in report.notes:
        yield "", note


def _together(placements: Sequence[Placement]) -> Iterator[list[Placement]]:
    """Hunks that share a suggestion stand together."""
    for suggestion, group in groupby(placements, key=lambda placement: placement.suggestion):
        if suggestion is not None:
            yield list(group)
        else:
            yield from ([placement] for placement in group)


def _show_failures(console: Console, report: RunReport) -> None:
    reasons: dict[str, list[str]] = {}
    for result in report.with_status(FileStatus.FAILED):
        reasons.setdefault(result.reason, []).append(result.path)
    for reason, paths in reasons.items():
        console.print()
        console.print(Text.assemble((_some(paths), "bold"), "  ", ("failed", "bold red")))
        console.print(Padding(Text(printable(reason)), (0, 0, 0, 2), expand=False))


def _show_skipped(console: Console, report: RunReport) -> None:
    groups = view(report).skipped
    if not groups:
        return
    console.print()
    for group in groups:
        console.print(
            Text.assemble(
                ("skipped  ", "yellow"),
                _some(group.paths),
                (f"  {printable(group.reason)}", "dim"),
            )
        )


def _some(paths: Sequence[str]) -> str:
    """The first of many paths, and how many more there are."""
    shown = ", ".join(printable(path) for path in paths[:SOME])
    return f"{shown} and {len(paths) - SOME} more" if len(paths) > SOME else shown


def _show_tokens(console: Console, report: RunReport) -> None:
    seen = view(report)
    if not seen.asked or seen.total.usage == Usage():
        return
    wide = console.width >= WIDE
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("file", overflow="fold", ratio=None)
    for name in _figure_names(wide=wide):
        table.add_column(name, justify="right", no_wrap=True)
    for row in seen.rows:
        table.add_row(Text(printable(row.path)), *_figures(row.usage, row.seconds, wide=wide))
    if len(seen.rows) > 1:
        table.add_row(Text("all", style="bold"), *_figures(seen.total.usage, None, wide=wide))
    console.print()
    console.print(Rule(Text("tokens", style="bold"), align="left", style="dim"))
    console.print(table)


def _figure_names(*, wide: bool) -> Iterable[str]:
    if wide:
        return (
            "prompt", "cached", "completion", "accepted", "rejected", "acceptance", "seconds",
        )  # fmt: skip
    return ("prompt", "compl.", "accepted", "rejected", "sec.")


def _figures(usage: Usage, seconds: float | None, *, wide: bool) -> list[str]:
    figures = [count(usage.prompt_tokens)]
    if wide:
        figures.append(count(usage.cached_tokens))
    figures += [
        count(usage.completion_tokens),
        count(usage.accepted_prediction_tokens),
        count(usage.rejected_prediction_tokens),
    ]
    if wide:
        figures.append(percent(usage.acceptance))
    return [*figures, tenths(seconds) if seconds is not None else ""]
