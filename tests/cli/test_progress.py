"""Bars on a terminal, lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from predict_edit.cli.console import Silent
from predict_edit.cli.terminal import Bars, Lines, watch_for
from predict_edit.domain.edits import Effort, FailedEdit, FileEdit, SourceFile
from predict_edit.domain.errors import ModelTimeout

FILES = [SourceFile(path=name, text="x" * 100, blob_sha="1") for name in ("a.py", "b.py")]
EDIT = FileEdit(file=FILES[0], text="y", effort=Effort(seconds=1.5))
FAILURE = FailedEdit(file=FILES[1], error=ModelTimeout("It stalled.", ""), effort=Effort())


def test_lines_count_the_files() -> None:
    """Each file has one line when it is done, with how it went."""
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin(FILES)
    lines.received("a.py", 50)
    lines.answered(EDIT)
    lines.answered(FAILURE)
    lines.end()

    assert stream.getvalue().splitlines() == [
        "asking the model for 2 files",
        "[1/2] a.py: 1.5 s",
        "[2/2] b.py: failed after 0.0 s",
    ]


def test_bars_move_and_become_lines() -> None:
    """A bar shows characters against those expected; a finished file leaves a line."""
    stream = io.StringIO()
    bars = Bars(Console(file=stream, force_terminal=True, width=80, height=20))
    bars.begin(FILES)
    bars.received("a.py", 50)
    bars.received("b.py", 500)
    bars._bars.refresh()
    bars.answered(EDIT)
    bars.answered(FAILURE)
    bars.end()

    text = stream.getvalue()
    assert "50 of about 100" in text
    assert "500 of about 100" in text
    assert text.index("done") < text.index("failed")


def test_a_pipe_gets_lines_and_quiet_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars are only for terminals that can move the cursor."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stderr", io.StringIO())

    assert isinstance(watch_for(), Lines)
    assert isinstance(watch_for(quiet=True), Silent)
