"""A finished run on terminals of several kinds."""

from __future__ import annotations

import dataclasses
import io
import re
import sys
from decimal import Decimal

import pytest
from rich.console import Console

from predict_edit.cli import terminal
from predict_edit.domain.edits import Effort, PredictionState, SourceFile, Usage
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.suggest.place import place


def usage(scale: int = 1) -> Usage:
    """Figures of five digits."""
    return Usage(
        prompt_tokens=12_345 * scale,
        cached_tokens=1_024,
        completion_tokens=23_456,
        accepted_prediction_tokens=20_000,
        rejected_prediction_tokens=1_234,
    )


def report() -> RunReport:
    effort = Effort(
        usage=usage(),
        cost=Decimal("0.25"),
        overhead=Decimal("0.01"),
        prediction=PredictionState.SENT,
        attempts=1,
        seconds=12.3,
    )
    name = "src/packages/deep/inside/of/the/tree/module_with_a_long_name.py"
    file = SourceFile(path=name, text="a\nb\nc\n", blob_sha="1")
    edited = FileResult(
        path=name, status=FileStatus.EDITED, effort=effort, placed=place(file, "a\nB\nc\n")
    )
    return RunReport(
        outcome=Outcome.PARTIAL,
        files=(
            edited,
            FileResult(path="same.py", status=FileStatus.UNCHANGED, effort=effort),
            FileResult(path="x.bin", status=FileStatus.SKIPPED, reason="binary"),
            FileResult(path="bad.py", status=FileStatus.FAILED, reason="It stalled. Run it again."),
        ),
        cost=Decimal("0.50"),
        notes=("The model is to be retired.",),
    )


def printed(width: int, **more: bool) -> str:
    """The report on a terminal."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False, emoji=False, **more)  # type: ignore[arg-type]  # flags only
    terminal.show_report(console, report())
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 50, 60, 80, 100, 200])
def test_every_width_is_readable(width: int) -> None:
    """No line is wider than the terminal, no figure is cut, and wide ones show more."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", printed(width, force_terminal=True))
    long = [line for line in text.splitlines() if len(line) > width]

    assert [line for line in long if not line.startswith("src/packages")] == []
    assert "same.py" in text
    for figure in ("23,456", "20,000", "1,234", "46,912"):
        assert figure in text
    for figure in ("12,345", "24,690", "12.3"):
        assert (figure in text) == (width >= terminal.NARROW)
    assert ("acceptance" in text) == (width >= terminal.WIDE)
    assert "…" not in text


def test_colours_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a terminal gets colours, unless NO_COLOR is set."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m" in printed(80, force_terminal=True)
    assert "\x1b" not in printed(80)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in printed(80, force_terminal=True)


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


def test_no_color_takes_bold_and_dim_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """From everything that a preview shows (no-color.org)."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for value, escaped in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", value)
        monkeypatch.setattr(sys, "stdout", stream := Terminal())
        terminal.show_report(terminal.make_console(), report())
        terminal.show_patch(terminal.make_console(), "--- a\n+++ b\n")
        assert ("\x1b" in stream.getvalue()) is escaped


def test_everything_is_shown() -> None:
    """Changes, failures, what was left out, tokens, money and notes all have their line."""
    text = printed(200)

    for said in (
        "line 2  in the patch: ",
        "    -b\n    +B\n",
        "bad.py  failed\n  It stalled. Run it again.",
        "x.bin  skipped\n  binary\n",
        "0 suggestions in 1 file; 1 change in the patch, 0 rejected.",
        "1 file failed.",
        "Estimated cost: 0.50 USD, of which rejected predictions 0.02 USD.",
        "The model is to be retired.",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (RunReport(outcome=Outcome.UNCHANGED), "No file to edit."),
        (
            RunReport(
                outcome=Outcome.UNCHANGED,
                files=(FileResult(path="a", status=FileStatus.UNCHANGED),),
            ),
            "Nothing to change.",
        ),
    ],
)
def test_nothing_to_show_has_its_sentence(run: RunReport, said: str) -> None:
    """A run without changes does not end in silence."""
    assert [sentence for _, sentence in terminal.sentences(run)] == [said]


@pytest.mark.parametrize("columns", [80, 200])
def test_one_reason_of_many_files_is_shown_once(columns: int) -> None:
    """Below the names of the first files; and a table of only dashes is left out."""
    reason = "The key was not accepted. " * 8
    failed = Effort(usage=None, cost=None, prediction=PredictionState.SENT, attempts=1, seconds=0.1)
    files = tuple(
        FileResult(path=f"mod{n}.py", status=FileStatus.FAILED, reason=reason, effort=failed)
        for n in range(8)
    )
    console = Console(file=io.StringIO(), width=columns, color_system=None)
    terminal.show_report(
        console,
        dataclasses.replace(report(), files=files, outcome=Outcome.FAILED, cost=None, notes=()),
    )
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    lines = text.splitlines()
    assert "mod0.py, mod1.py, mod2.py, mod3.py, mod4.py and 3 more  failed" in lines
    assert " ".join(text.split()).count(reason.strip()) == 1
    assert max(map(len, lines)) <= columns
    assert all(line.startswith("  ") for line in lines if "key was" in line)
    assert "tokens" not in text
    assert lines[-1] == "8 files failed."
