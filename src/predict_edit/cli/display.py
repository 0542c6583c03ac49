"""What a person at a terminal sees: tables and colours where rich is installed, else plain text.

Everything that is shown passes through here: secrets are taken out, and text from a server cannot
steer the terminal or a runner that reads along.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TextIO

from predict_edit.support.log import Secrets, harmless

Style = Literal["", "bold", "dim", "green", "yellow", "red"]


class Screen:
    """Writes to one stream."""

    def __init__(self, stream: TextIO, secrets: Secrets, *, plain: bool | None = None) -> None:
        self._stream = stream
        self._secrets = secrets
        if plain is None:
            plain = not stream.isatty() or importlib.util.find_spec("rich") is None
        self._plain = plain

    def safe(self, text: str) -> str:
        """A text without secrets and control characters."""
        return harmless(self._secrets.hide(text))

    def line(self, text: str = "", style: Style = "") -> None:
        """One line or paragraph."""
        if self._plain:
            self._stream.write(self.safe(text) + "\n")
            return
        from rich.console import Console  # noqa: PLC0415 - an extra
        from rich.text import Text  # noqa: PLC0415

        Console(file=self._stream, highlight=False).print(Text(self.safe(text), style=style))

    def hanging(self, text: str, indent: int, style: Style = "") -> None:
        """A paragraph whose further lines start below its text; a pipe gets one long line."""
        width = shutil.get_terminal_size().columns - 1 if self._stream.isatty() else 0
        if width < 2 * indent:
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
            self.verbatim(line, style)

    def verbatim(self, text: str, style: Style = "") -> None:
        """One line that is never wrapped, so that it can be copied."""
        if self._plain:
            self.line(text)
            return
        from rich.console import Console  # noqa: PLC0415 - an extra
        from rich.text import Text  # noqa: PLC0415

        console = Console(file=self._stream, highlight=False)
        console.print(Text(self.safe(text), style=style), soft_wrap=True)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """A table; the columns of ``right`` hold figures."""
        cells = [[self.safe(cell) for cell in row] for row in rows]
        if self._plain:
            self._plain_table(heads, cells, right)
            return
        from rich.console import Console  # noqa: PLC0415 - an extra
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, head in enumerate(heads):
            table.add_column(head, justify="right" if number in right else "left")
        for row in cells:
            table.add_row(*map(Text, row))
        Console(file=self._stream, highlight=False).print(table)

    def data(self, value: Mapping[str, Any]) -> None:
        """JSON for programs."""
        text = json.dumps(self._without_secrets(value), indent=2, default=str)
        self._stream.write(text + "\n")

    def _without_secrets(self, value: Any) -> Any:
        """The same data; JSON's escapes could split a secret, so it is hidden before."""
        if isinstance(value, str):
            return self._secrets.hide(value)
        if isinstance(value, Mapping):
            return {name: self._without_secrets(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._without_secrets(inner) for inner in value]
        return value

    def _plain_table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]
    ) -> None:
        """Columns with two blanks between."""
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        for row in (heads, *rows):
            line = "  ".join(
                cell.rjust(width) if number in right else cell.ljust(width)
                for number, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self._stream.write(line.rstrip() + "\n")
