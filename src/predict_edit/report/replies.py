"""Answers that are not a report of a run: help, wrong commands, failures before there is a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from predict_edit.domain.errors import AlreadyRunning, CommandError, PredictEditError
from predict_edit.report.jinja import render
from predict_edit.report.markdown import marked

_MOST_RECIPES = 30


def render_help(
    *,
    command: str,
    options: Mapping[str, str],
    marker: str,
    recipes: Sequence[tuple[str, str]] = (),
    apply: bool = False,
    may_commit: bool = False,
) -> str:
    """Render the answer to a bare command or to ``help``.

    ``options`` are those this repository lets a commenter set, each with a short description;
    ``recipes`` name and instruction of each recipe of its config; ``apply`` says whether
    suggestions can be committed by command, and ``may_commit`` whether the job surely may do so.
    """
    usage = [f"{command} [options] [@head] what to change", f"{command} help"]
    usage += [f"{command} [options] address"]
    usage += [f"{command} run NAME"] if recipes else []
    usage += [f"{command} apply"] if apply else []
    body = render(
        "help.md.j2",
        command=command,
        usage="\n".join(usage),
        example=f"{command} --files 'src/**/*.py' Replace string `FizzBuzz` with `MSFTBuzz`.",
        options=tuple(options.items()),
        recipes=recipes[:_MOST_RECIPES],
        more_recipes=max(0, len(recipes) - _MOST_RECIPES),
        apply=apply,
        may_commit=may_commit,
    )
    return marked(body, marker)


def render_command_error(error: CommandError, *, command: str, marker: str) -> str:
    """Render the answer to a command that cannot be carried out."""
    return marked(
        render("command_error.md.j2", error=error, help=f"{command} help"),
        marker,
    )


def render_failure(error: PredictEditError, *, marker: str, run_url: str = "") -> str:
    """Render what stopped a run as a whole: the cause and the next step."""
    running = error.url if isinstance(error, AlreadyRunning) else ""
    text = render("failure.md.j2", error=error, running=running, run_url=run_url)
    return marked(text, marker)
