"""What a person at a terminal sees."""

from __future__ import annotations

import io
import json

import pytest

from predict_edit.display import Screen
from predict_edit.log import Secrets


def shown(*, plain: bool) -> str:
    """The same things shown, with hostile text and a secret in them."""
    secrets = Secrets()
    secrets.add("top-secret-1")
    stream = io.StringIO()
    screen = Screen(stream, secrets, plain=plain)
    screen.line("the key top-secret-1 and \x1b[31mred\x1b[0m and ##[error]x and [bold]markup[/]")
    screen.table(("Name", "n"), [["a\nb", "1"], ["top-secret-1", "1,000"]], right=[1])
    return stream.getvalue()


@pytest.mark.parametrize("plain", [True, False])
def test_secrets_and_control_characters_never_come_through(plain: bool) -> None:
    """Neither in lines nor in tables, with rich or without; markup is text."""
    text = shown(plain=plain)
    assert "top-secret-1" not in text
    assert "\x1b[31m" not in text
    assert "##[error]" not in text
    assert "[bold]markup[/]" in text
    assert "1,000" in text


def test_without_rich_a_table_has_columns() -> None:
    """Figures to the right."""
    lines = shown(plain=True).splitlines()[1:]
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
    """Also where rich is installed."""
    stream = io.StringIO()
    Screen(stream, Secrets()).line("text", "red")
    assert stream.getvalue() == "text\n"
