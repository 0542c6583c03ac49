"""Draw the README's picture from a real run of the demonstration.

The command, the summary as it is seen at first sight, and some suggestions are those of the run.
The cost is left out, as each prompt holds random characters, so that the picture changes only when
the output does.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    console.print(Panel(Text(COMMAND, style="bold"), title=_by(COMMENTER), title_align="left"))
    comment = (folder / "summary.md").read_text("utf-8").partition("<sub>")[0]
    summary = Table.grid()
    summary.add_row(Text(_plain(comment.partition("\n")[0]), style="bold"))
    summary.add_row("")
    summary.add_row(_files(comment))
    for bullet in (line for line in comment.splitlines() if line.startswith("- ")):
        summary.add_row(Text(_plain(bullet)))
    console.print(Panel(summary, title=_by("github-actions[bot]"), title_align="left"))
    for line in _suggestions(folder):
        console.print(line)
    console.print(Text("every file is what it should be, byte for byte", style="bold green"))
    drawn = console.export_svg(title="predict-edit demo", theme=THEME, unique_id="demo")
    # The font would be fetched from elsewhere; the reader's own is good enough.
    return _FONT_FACE.sub("", drawn).replace("Fira Code", "ui-monospace")


def _by(login: str) -> Text:
    return Text.assemble((f"@{login}", "bold cyan"), (" commented", "bright_black"))


def _plain(markdown: str) -> str:
    return re.sub(r"[*`]", "", _LINK.sub(r"\1", markdown))


def _files(comment: str) -> Table:
    """Some rows of the comment's table."""
    lines = [line.strip("|").split("|") for line in comment.splitlines() if line.startswith("|")]
    heads, _, *rows = ([_plain(cell.strip()) for cell in line] for line in lines)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number in {0, len(heads) - 1} else "right")
    shown = [row for row in rows if row[0] in FILES]
    for path, *cells in shown:
        table.add_row(Text(path, style="cyan"), *cells)
    table.add_row(Text(f"… {len(rows) - len(shown)} more files", style="bright_black"))
    return table


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
