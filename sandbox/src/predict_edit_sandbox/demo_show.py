"""What the demonstration prints. Everything from outside is shown as text, never as markup."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from predict_edit_sandbox.demo_proof import Proof

NARROW = 100
"""Columns if the output is not a terminal."""
WIDE = 110
"""Columns from which on every figure of the tokens is shown."""
ALL_COLUMNS = 136
FIRST_COLUMNS = 4
"""From how many columns on the summary's table is whole, and what is left of it below that."""
_WIDE_ONLY = ("cached", "acceptance")
_TAGS = re.compile(r"<!--.*?-->|</?(?:details|summary|sub|sup|br|b|i|p)\b[^>]*>", re.DOTALL)
_DETAILS = re.compile(
    r"<details>\s*<summary>(?P<title>(?:(?!</summary>).)*)</summary>(?:(?!<details>).)*?</details>",
    re.DOTALL,
)
_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold", "i": "dim"}


class _WholeTable(TableElement):
    """A Markdown table that loses no letter.

    Where there is no room for all its columns, the first ones are shown: the tokens come again in a
    table of their own.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                if options.max_width < ALL_COLUMNS:
                    del table.columns[FIRST_COLUMNS:]
                for number, column in enumerate(table.columns):
                    column.overflow = "fold"
                    column.no_wrap = number == 0
            yield table


class _Markdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "table_open": _WholeTable,
    }


def make_console() -> Console:
    """A console that honours ``NO_COLOR`` and is plain and wide enough outside a terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Files hold any script, and a terminal may know only ASCII.
        sys.stdout.reconfigure(errors="replace")
    # Without any colour system, rich writes no bold and no dim either.
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(highlight=False, emoji=False, color_system=colours)
    if not console.is_terminal:
        console.width = NARROW
    return console


def title(console: Console, text: str, subtitle: str) -> None:
    """What this is."""
    console.print(Panel(Text(subtitle), title=Text(text, style="bold"), title_align="left"))


def step(console: Console, text: str, detail: str = "") -> None:
    """One thing that was done."""
    row = Table.grid(padding=(0, 2))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text("  done", style="green"), Text.assemble(text, (f"  {detail}", "dim")))
    console.print(row)


def heading(console: Console, text: str) -> None:
    """The beginning of a part."""
    console.print()
    console.print(Rule(Text(text, style="bold"), align="left"))


def comment(console: Console, body: str) -> None:
    """A comment on the pull request, as GitHub would show it: with its details folded."""
    folded, before = body, ""
    while folded != before:  # folds within folds go first
        before = folded
        folded = _DETAILS.sub(lambda match: f"\n*{match['title'].strip()}* (folded)\n", before)
    console.print(Padding(_Markdown(_TAGS.sub("", folded), hyperlinks=False), (0, 2)))


def suggestion(
    console: Console, path: str, start: int, before: Sequence[str], after: Sequence[str]
) -> None:
    """One suggestion as a small diff."""
    end = start + len(before) - 1
    lines = f"line {start}" if end <= start else f"lines {start} to {end}"
    console.print(Text.assemble(("  ", ""), (path, "bold"), (f", {lines}", "dim")))
    for sign, texts in (("-", before), ("+", after)):
        for text in texts:
            console.print(Text(f"    {sign}{_visible(text)}", style=_STYLES[sign]))


def patch(console: Console, text: str, *, most: int = 60) -> None:
    """A patch in colours, shortened where it is long."""
    # The names of blobs are for git alone.
    lines = [line for line in text.split("\n") if not line.startswith("index ")]
    for line in lines[:most]:
        style = _STYLES.get(line[:1], "") if not line.startswith(("---", "+++")) else "bold"
        console.print(Text(f"    {_visible(line)}", style=style))
    if len(lines) > most:
        more(console, f"{len(lines) - most} more lines in remainder.patch")


def more(console: Console, text: str) -> None:
    """What is left out, and where it is."""
    console.print(Text(f"    … {text}", style="dim"))


def tokens(console: Console, result: Mapping[str, Any]) -> None:
    """Tokens by file, from ``result.json``."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("  file", overflow="fold")
    wide = console.width >= WIDE
    for name in ("prompt", "cached", "completion", "accepted", "rejected", "acceptance", "seconds"):
        if wide or name not in _WIDE_ONLY:
            table.add_column(name, justify="right", no_wrap=True)
    rows: list[tuple[str, Mapping[str, Any] | None, float | None]] = [
        (entry["path"], entry.get("usage"), entry.get("seconds"))
        for entry in result.get("files", ())
        if entry.get("usage")
    ]
    rows.append(("all", result.get("usage"), None))
    for name, usage, seconds in rows:
        table.add_row(
            Text(f"  {name}"),
            *_figures(usage or {}, wide=wide),
            "" if seconds is None else f"{seconds:.2f}",
        )
    console.print(table)


def _figures(usage: Mapping[str, Any], *, wide: bool) -> Iterable[str]:
    for name in ("prompt", "cached", "completion") if wide else ("prompt", "completion"):
        yield _figure(usage.get(f"{name}_tokens"))
    accepted = usage.get("accepted_prediction_tokens")
    rejected = usage.get("rejected_prediction_tokens")
    yield _figure(accepted)
    yield _figure(rejected)
    if not wide:
        return
    if accepted is None or rejected is None or accepted + rejected == 0:
        yield "-"
    else:
        yield f"{accepted / (accepted + rejected):.0%}"


def _figure(figure: int | None) -> str:
    return "?" if figure is None else f"{figure:,}"


def proof(console: Console, proven: Proof) -> None:
    """What came of the suggestions and the rest."""
    if proven.problem:
        console.print(Text(f"  FAILED  {proven.problem}", style="bold red"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("  file", "suggestions", "+ patch = edits", "= instruction"):
        table.add_column(name, overflow="fold")
    for file in proven.files:
        if file.changed or not file.as_edited or not file.as_expected:
            table.add_row(
                Text(f"  {file.path}"),
                str(file.suggestions),
                _verdict(file.as_edited),
                _verdict(file.as_expected),
            )
    console.print(table)
    console.print(Text(f"  suggestions in commit {proven.commit[:12]}; patch: {proven.remainder}"))
    same = sum(not file.changed and file.as_expected for file in proven.files)
    console.print(Text(f"  {same} other files are as they were, byte for byte.", style="dim"))


def _verdict(good: bool) -> Text:
    return Text("the same bytes", style="green") if good else Text("DIFFERENT", style="bold red")


def files(console: Console, folder: Path, names: Mapping[str, str]) -> None:
    """Where everything is."""
    heading(console, "Files")
    console.print(Text(f"  {folder}"), soft_wrap=True)
    for name, what in names.items():
        console.print(Text.assemble((f"    {name}", ""), (f"  {what}" if what else "", "dim")))


def plain(console: Console, text: str) -> None:
    """Somebody else's output."""
    for line in text.splitlines():
        console.print(Text(f"    {_visible(line)}", style="dim"), soft_wrap=True)


def success(console: Console, text: str) -> None:
    """How it ended, when it ended well."""
    console.print()
    console.print(Text(f"  PROVEN  {text}", style="bold green"))


def next_steps(console: Console) -> None:
    """What to try after this."""
    console.print()
    console.print(Text("  Look at it as a page:         predict-edit demo --html page.html"))
    console.print(Text("  Your own files, without key:  predict-edit demo --serve-model"))
    console.print(Text("  With your key:                predict-edit doctor"))


def failure(console: Console, text: str) -> None:
    """What went wrong."""
    console.print(Text(f"  FAILED  {text}", style="bold red"))


def _visible(text: str) -> str:
    """Control characters would move the cursor; show them instead."""
    return "".join(
        char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}"
        for char in text.rstrip("\r")
    )
