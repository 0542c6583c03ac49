from __future__ import annotations

import pytest

from predict_edit.domain.errors import ModelNotFound, UnknownOption
from predict_edit.report.replies import render_command_error, render_failure, render_help

from .conftest import HOSTILE, MARKER, assert_inert, read_markdown

OPTIONS = {"files": "only files that match", "dry-run": "write nothing"}


def test_help_shows_grammar_options_and_recipes() -> None:
    """Help has the forms of the command, each allowed option, and each recipe."""
    body = render_help(
        command="/edit", options=OPTIONS, marker=MARKER, recipes=[("types", "Add type hints.")]
    )

    usage, example = read_markdown(body).fences()
    assert usage.splitlines() == [
        "/edit [options] [@head] what to change",
        "/edit help",
        "/edit [options] address",
        "/edit run NAME",
    ]
    assert example.startswith("/edit --files")
    assert "| `--files` | only files that match |" in body
    assert "| `--dry-run` | write nothing |" in body
    assert "- `types`: Add type hints." in body
    assert body.endswith(f"\n{MARKER}\n")


def test_help_promises_only_what_is_there() -> None:
    body = render_help(command="/edit", options={}, marker=MARKER)

    assert "run NAME" not in body
    assert "apply" not in body
    assert "| Option" not in body


def test_help_mentions_apply_where_it_works() -> None:
    body = render_help(command="/edit", options=OPTIONS, marker=MARKER, apply=True)

    assert "/edit apply\n" in body
    assert "commits all open suggestions" in body


def test_help_is_bounded() -> None:
    """Hundreds of recipes are cut, and the rest are counted."""
    recipes = [(f"recipe{number}", "x" * 8_000) for number in range(500)]

    body = render_help(command="/edit", options=OPTIONS, marker=MARKER, recipes=recipes)

    assert len(body) < 10_000
    assert "- 470 more in `.github/predict-edit.yml`" in body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_inert(text: str) -> None:
    error = UnknownOption(f"There is no option {text}", text)
    for body in (
        render_help(command="/edit", options={text: text}, marker=MARKER, recipes=[(text, text)]),
        render_command_error(error, command="/edit", marker=MARKER),
        render_failure(error, marker=MARKER),
    ):
        assert_inert(read_markdown(body))


def test_command_error_says_what_is_allowed() -> None:
    """The answer to a wrong command says that nothing ran, why, and where help is."""
    error = UnknownOption("There is no option `--fiels`.", "Allowed: `--files`.")

    assert render_command_error(error, command="/edit", marker=MARKER) == (
        "**Not run.** There is no option `--fiels`.\n\nAllowed: `--files`.\n\n"
        f"`/edit help` lists what you can ask for.\n\n{MARKER}\n"
    )


def test_failure_has_cause_next_step_and_log() -> None:
    error = ModelNotFound("The model was not found (404).", "Check `model` and `base-url`.")

    assert render_failure(error, marker=MARKER, run_url="https://github.com/o/r/runs/1") == (
        "**Failed:** The model was not found \\(404\\).\n\n"
        "**Next step:** Check `model` and `base-url`.\n\n"
        f"[The log of the run](https://github.com/o/r/runs/1)\n\n{MARKER}\n"
    )
