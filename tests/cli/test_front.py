"""Errors at a terminal, shell completion, and the page of a finished run."""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from predict_edit.cli import main as main_module
from predict_edit.cli.console import coloured, guarded
from predict_edit.cli.grammar import commands_of, completion, make_parser
from predict_edit.cli.main import main
from predict_edit.domain.errors import CheckoutError, InvalidInput, SignInError

if TYPE_CHECKING:
    from .conftest import Command

RESULT = """{"version": 1, "outcome": "suggested", "head": "1234", "base": "5678",
"instruction": "Rename <b>it</b>.", "model": "gpt-4.1", "files": [{"path": "a.py",
"status": "edited", "reason": "", "prediction": "sent", "attempts": 1, "seconds": 1.0,
"hunks": {"inline": 1, "patch": 0, "rejected": 0},
"placements": [{"start": 1, "end": 1, "kind": "inline", "reason": ""}], "usage": USAGE}],
"usage": USAGE, "cost_usd": 0.05}""".replace(
    "USAGE",
    '{"prompt_tokens": 10, "cached_tokens": 0, "completion_tokens": 9, '
    '"accepted_prediction_tokens": 5, "rejected_prediction_tokens": 2}',
)
PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-<i>old\n+<i>new\n"


def ended(error: BaseException, *, debug: bool = False) -> int:
    """How a command ends at an error."""

    def run(_: argparse.Namespace) -> int:
        raise error

    return guarded(run, argparse.Namespace(debug=debug))


def test_an_error_is_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Cause and next step, one line each, without anything that steers a terminal."""
    assert ended(CheckoutError("It \x1b[31mbroke\n.", "Mend it.")) == 1
    assert capsys.readouterr().err == "predict-edit: It \\x1b[31mbroke\\n.\n  Mend it.\n"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("Wrong.", ""), 2),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("secret"), 1),
    ],
)
def test_each_end_has_its_status(
    error: BaseException, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage, an interruption and a bug end differently, without a traceback."""
    assert ended(error) == status
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "secret" not in said


def test_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(CheckoutError("It broke.", ""), debug=True) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "tty", "expected"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
    ],
)
def test_colour_is_for_those_who_want_it(
    variables: dict[str, str], tty: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR wins, a pipe gets none unless it is forced."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: tty, raising=False)

    assert coloured(stream) is expected


def completed(*words: str) -> list[str]:
    """What bash offers after some words."""
    bash = shutil.which("bash")
    assert bash is not None
    script = completion(make_parser(), "bash") + (
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _predict_edit; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = (bash, "-c", script, "bash", "predict-edit", *words)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_bash_completes_commands_options_and_values() -> None:
    """Real bash offers what the grammar has, and completes file names itself."""
    assert {"action", "preview", "edit", "page", "demo"} <= set(completed(""))
    assert completed("prev") == ["preview"]
    assert completed("preview", "--unt") == ["--untracked"]
    assert completed("completion", "") == ["bash", "zsh", "fish"]
    assert completed("edit", "some") == []


def test_other_shells_get_their_script() -> None:
    """Zsh uses bash's script; fish has a line for each option."""
    assert "bashcompinit" in completion(make_parser(), "zsh")
    fish = completion(make_parser(), "fish")
    assert "complete -c predict-edit -n '__fish_seen_subcommand_from edit' -l write\n" in fish
    assert "-x -a 'bash zsh fish'" in fish


@pytest.mark.parametrize("words", [("completion", "bash"), ("schema",), ("schema", "result")])
def test_a_closed_pipe_is_not_an_error(words: tuple[str, ...]) -> None:
    """Like `predict-edit schema | head -1`: no traceback, no complaint, exit status 1."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "predict_edit", *words],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("redirection", "status", "said"),
    [
        (">&-", 1, "Standard output is closed, so nothing was done."),
        (">/dev/full", 1, "The output cannot be written (No space left on device)."),
        ("<&-", 0, ""),
        (">/dev/null 2>&-", 0, ""),
    ],
)
def test_closed_and_full_streams_are_not_defects(redirection: str, status: int, said: str) -> None:
    """A program may be started with any of its three streams closed (POSIX, `<&-`)."""
    line = f"exec {sys.executable} -m predict_edit completion zsh {redirection}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)

    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_the_page_of_a_finished_run(command: Command, tmp_path: Path) -> None:
    """From the workspace, the folder or the file itself; the page is beside the result."""
    folder = tmp_path / "predict-edit-out"
    folder.mkdir()
    (folder / "result.json").write_text(RESULT)
    (folder / "edits.patch").write_text(PATCH)
    for name in (".", "predict-edit-out", "predict-edit-out/result.json"):
        ran = command("page", name)
        assert (ran.status, ran.out) == (0, "predict-edit-out/page.html\n"), ran.err
    page = (folder / "page.html").read_text()

    assert "Rename &lt;b&gt;it&lt;/b&gt;." in page
    assert "&lt;i&gt;new" in page
    assert "0.05 USD" in page
    assert "script-src" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_a_page_without_its_patch(command: Command, tmp_path: Path) -> None:
    """The figures are still shown, and the page says what is missing."""
    (tmp_path / "result.json").write_text(RESULT)
    ran = command("page", "result.json", "-o", "out.html")

    assert (ran.status, ran.out) == (0, "out.html\n")
    assert "because edits.patch is missing" in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize("content", [None, "{}", "no json", RESULT.replace("suggested", "x")])
def test_a_folder_without_a_run_is_refused(
    command: Command, tmp_path: Path, content: str | None
) -> None:
    """Without a result of this version there is no page, and the error says what to do."""
    if content is not None:
        (tmp_path / "result.json").write_text(content)
    ran = command("page", ".")

    assert (ran.status, ran.out) == (1, "")
    assert "result.json" in ran.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["previw"], "preview"),
        (["edit", "a.py", "-m", "x", "--wirte"], "--write"),
        (["doctor", "--work-flow=x"], "--workflow"),
        (["schema", "reslut"], "result"),
        (["edit", "a.py", "--mesage", "x"], "--message"),
        (["init", "--for", "comentz"], "comments"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As options of a comment are."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.rstrip().endswith(f"Did you mean {meant}?")


@pytest.mark.parametrize(
    "words",
    [["init", "--for"], ["edit", "a.py", "-m", "x", "--write", "--estimate"], ["edit", "-m"]],
)
def test_what_is_spelt_rightly_is_not_corrected(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert "Did you mean" not in capsys.readouterr().err


def test_an_error_names_options_and_no_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal has no inputs and no runner, whatever raised the error."""
    ended(SignInError("No token.", "Check `azure-tenant-id` and that the runner may sign in."))

    printed = capsys.readouterr().err
    assert "Check `--azure-tenant-id` and that this machine may sign in." in printed


@pytest.mark.parametrize("name", ["doctor", "compare", "demo", "preview", "edit", "page"])
def test_an_interruption_shows_no_traceback(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever command Ctrl-C ends."""

    def interrupted(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(main_module._COMMANDS, name, interrupted)
    words = {"compare": ["a.py", "-m", "x"], "edit": ["a.py", "-m", "x"]}
    assert main([name, *words.get(name, ["x"] if name in {"preview", "page"} else [])]) == 130
    assert capsys.readouterr().err == "\npredict-edit: interrupted.\n"


def test_a_demo_that_is_refused_changes_no_file(tmp_path: Path) -> None:
    """Not even a repository's own ``.gitignore``; see sandbox/tests/test_demo.py for the others."""
    (tmp_path / ".gitignore").write_text("precious\n")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == [".gitignore"]
    assert (tmp_path / ".gitignore").read_text() == "precious\n"


def test_every_value_has_a_name_of_its_own() -> None:
    """No option takes a mere ``VALUE``."""
    for name, command in commands_of(make_parser()).items():
        shown = command.format_help()
        assert "VALUE" not in shown, name


@pytest.mark.parametrize("command", ["preview", "edit", "doctor", "compare", "demo"])
def test_a_wrong_option_is_reported_in_a_few_lines(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error must not drown in a list of everything that is allowed."""
    with pytest.raises(SystemExit):
        main([command, "--no-such-option"])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) <= 4
    assert max(map(len, lines)) < 90
