"""Draw the README's picture from a real run of the demonstration.

The command, the summary's sentence, the tokens and some suggestions are those of the run; only what
differs from run to run (seconds, and prompt tokens, as each prompt holds random characters) is left
out, so that the picture changes only when the output does.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from predict_edit_sandbox.demo import run_demo
from predict_edit_sandbox.demo_scene import COMMAND, COMMENTER
from predict_edit_sandbox.github.suggestion_blocks import suggestion_blocks

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "demo.svg"
WIDTH = 92
FILES = ("fizzbuzz.py", "cmd/fizz/main.go", "config/service.yaml", "src/clean.py")
"""Which files of the demonstration are shown."""
THEME = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [(139, 148, 158), (255, 123, 114), (63, 185, 80), (210, 153, 34),
     (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
)  # fmt: skip
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def main() -> int:
    """Run the demonstration and draw it; 0 when the demonstration proved itself."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "demo"
        status = run_demo(out=folder, console=Console(file=io.StringIO(), width=WIDTH))
        if status:
            print("the demonstration failed; `make demo` says why")
            return status
        svg = draw(folder)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(svg, encoding="utf-8", newline="\n")
    print(f"{PICTURE.name}: {len(svg.encode()):,} bytes")
    return 0


def draw(folder: Path) -> str:
    """Draw what a demonstration left in a folder."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor",
        highlight=False,
    )  # fmt: skip
    result = json.loads((folder / "workspace/predict-edit-out/result.json").read_text("utf-8"))
    console.print(Panel(Text(COMMAND, style="bold"), title=_by(COMMENTER), title_align="left"))
    sentence = (folder / "summary.md").read_text("utf-8").partition("\n")[0]
    summary = Table.grid()
    words = re.sub(r"[*`]", "", _LINK.sub(r"\1", sentence))
    summary.add_row(Text(words, style="bold"))
    summary.add_row("")
    summary.add_row(_tokens(result))
    console.print(Panel(summary, title=_by("github-actions[bot]"), title_align="left"))
    for line in _suggestions(folder):
        console.print(line)
    console.print(Text("every file is what it should be, byte for byte", style="bold green"))
    drawn = console.export_svg(title="predict-edit demo", theme=THEME, unique_id="demo")
    # The font would be fetched from elsewhere; the reader's own is good enough.
    return _FONT_FACE.sub("", drawn).replace("Fira Code", "ui-monospace")


def _by(login: str) -> Text:
    return Text.assemble((f"@{login}", "bold cyan"), (" commented", "bright_black"))


def _tokens(result: dict[str, Any]) -> Table:
    """The tokens of the files shown, and of all."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("File")
    heads = ("Result", "Suggestions", "Not inline", "Completion", "Accepted", "Rejected")
    for head in heads:
        table.add_column(head, justify="right")
    entries = [entry for entry in result["files"] if entry["path"] in FILES]
    for entry in entries:
        table.add_row(
            Text(entry["path"], style="cyan"),
            entry["status"],
            str(_suggested(entry)),
            str(entry["hunks"]["patch"]),
            *_figures(entry["usage"]),
        )
    more = sum(bool(entry["usage"]) for entry in result["files"]) - len(entries)
    table.add_row(Text(f"… {more} more files", style="bright_black"))
    suggested = str(sum(map(_suggested, result["files"])))
    patch = str(sum(entry["hunks"]["patch"] for entry in result["files"]))
    table.add_row(Text("Total", style="bold"), "", suggested, patch, *_figures(result["usage"]))
    return table


def _suggested(entry: dict[str, Any]) -> int:
    """Suggestions of a file; neighbouring hunks may share one."""
    inline = [place for place in entry["placements"] if place["kind"] == "inline"]
    return len({(place["start"], place["end"]) for place in inline})


def _figures(usage: dict[str, int]) -> list[str]:
    names = ("completion", "accepted_prediction", "rejected_prediction")
    return [f"{usage[f'{name}_tokens']:,}" for name in names]


def _suggestions(folder: Path) -> Iterator[Panel]:
    """The suggestions of one file, as diffs."""
    comments = json.loads((folder / "review.json").read_text("utf-8"))
    patch = (folder / "workspace/predict-edit-out/edits.patch").read_text("utf-8")
    section = patch.partition(f"+++ b/{FILES[0]}\n")[2].partition("\ndiff --git ")[0]
    removed = iter([line[1:] for line in section.split("\n") if line.startswith("-")])
    for comment in sorted(comments, key=lambda one: one["line"]):
        if comment["path"] != FILES[0] or not (blocks := suggestion_blocks(comment["body"])):
            continue
        count = comment["line"] - (comment["start_line"] or comment["line"]) + 1
        shown = Text()
        for _ in range(count):
            shown.append(f"- {next(removed)}\n", style="red")
        shown.append("\n".join(f"+ {line}" for line in blocks[0]), style="green")
        title = Text.assemble(
            ("Suggested change ", "bold"), (f"{FILES[0]}, line {comment['line']}", "bright_black")
        )
        yield Panel(shown, title=title, title_align="left", border_style="bright_black")


if __name__ == "__main__":
    sys.exit(main())
