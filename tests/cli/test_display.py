"""What a person at a terminal sees."""

from __future__ import annotations

import io
import json

import pytest

from predict_edit.cli.console import Screen
from predict_edit.support.log import Secrets


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    """The same values shown, with hostile text and a secret in them."""
    secrets = Secrets()
    secrets.add("top-secret-1")
    screen = Screen(stream, secrets)
    screen.line("the key top-secret-1 and \x1b[31mred\x1b[0m and ##[error]x and [bold]markup[/]")
    screen.table(("Name", "n"), [["a\nb", "1"], ["top-secret-1", "1,000"]], right=[1])
    return stream.getvalue()


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_secrets_and_control_characters_never_come_through(
    kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in lines nor in tables, with rich or without; markup is text."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    text = shown(kind())
    assert "top-secret-1" not in text
    assert "\x1b[31m" not in text
    assert "##[error]" not in text
    assert "[bold]markup[/]" in text
    assert "1,000" in text


def test_without_rich_a_table_has_columns() -> None:
    """Figures to the right."""
    lines = shown(io.StringIO()).splitlines()[1:]
    assert lines == ["Name      n", "a\\nb      1", "***   1,000"]


def test_json_holds_no_secret() -> None:
    """And stays JSON."""
    secrets = Secrets()
    secrets.add('key-"quoted"-1')
    secrets.add("plain-key-1")
    stream = io.StringIO()
    Screen(stream, secrets).data({"a": "x plain-key-1", "b": 'key-"quoted"-1', "c": None})
    assert json.loads(stream.getvalue()) == {"a": "x ***", "b": "***", "c": None}


def test_a_pipe_gets_plain_text() -> None:
    """Even if rich is installed."""
    stream = io.StringIO()
    Screen(stream, Secrets()).line("text", "red")
    assert stream.getvalue() == "text\n"


def test_no_color_means_no_escape_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither colours nor bold nor dim (no-color.org)."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name, escaped in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", name)
        stream = Terminal()
        for style in ("bold", "dim", "red"):
            Screen(stream, Secrets()).line("text", style)
        assert ("\x1b" in stream.getvalue()) is escaped


@pytest.mark.parametrize("columns", [80, 200])
def test_paragraphs_fit_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Continuation lines start below the text, and no word is cut."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    text = "failed   sign-in  " + " ".join(["word"] * 60)
    Screen(stream, Secrets()).hanging(text, 18)
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) < columns
    assert all(line.startswith(" " * 18 + "word") for line in lines[1:])
    assert " ".join(stream.getvalue().split()) == " ".join(text.split())


def test_a_pipe_gets_a_paragraph_on_one_line() -> None:
    """For `grep`."""
    stream = io.StringIO()
    Screen(stream, Secrets()).hanging("word " * 100, 10)
    assert stream.getvalue().count("\n") == 1


def test_what_is_to_be_copied_is_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it is longer than the terminal is wide."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    Screen(stream, Secrets()).line("    if: " + "x " * 50 + "y")
    assert stream.getvalue() == "    if: " + "x " * 50 + "y\n"
