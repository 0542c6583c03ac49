"""The demonstration as a user runs it."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from predict_edit_sandbox import demo_show as show
from predict_edit_sandbox import runner
from predict_edit_sandbox.demo import CANNOT, DONE, FAILED, MARK, run_demo
from predict_edit_sandbox.demo_model import LIVE_DEFAULT
from predict_edit_sandbox.demo_serve import TOLD
from predict_edit_sandbox.model import ModelConfig, ModelSandbox, Quirk
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.faults import about, spoiling

QUIET = "import pathlib; o = pathlib.Path('predict-edit-out'); o.mkdir(); print('did nothing')"


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def console() -> Console:
    """A console that writes into a string."""
    return Console(file=io.StringIO(), width=110, highlight=False, emoji=False)


def printed(console: Console) -> str:
    """What was written."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_offline(tmp_path: Path, console: Console, from_nothing: None) -> None:
    """Offline the real action's posts are proven to give the expected files."""
    out = tmp_path / "out"

    status = run_demo(out=out, console=console)

    text = printed(console)
    assert status == DONE, text
    assert "PROVEN" in text
    assert "stand-in" in text
    assert b"MSFTBuzz" in (out / "result" / "fizzbuzz.py").read_bytes()
    assert (out / "workspace" / "predict-edit-out" / "result.json").is_file()
    for name in ("summary.md", "model-requests.json", "log.txt", "event.json"):
        assert (out / name).stat().st_size, name
    assert "sk-sandbox" not in (out / "model-requests.json").read_text()


def test_second_time(tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second demonstration in the same folder clears what the first left."""
    monkeypatch.setattr(runner, "COMMAND", ("-I", "-c", QUIET))
    run_demo(out=tmp_path / "out", console=console)
    (tmp_path / "out" / "old").touch()

    run_demo(out=tmp_path / "out", console=console)

    assert not (tmp_path / "out" / "old").exists()
    assert (tmp_path / "out" / MARK).exists()
    assert (tmp_path / "out" / ".gitignore").read_text() == "*\n"


def test_nothing_posted_is_a_failure(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An action that posts nothing does not pass for a success."""
    monkeypatch.setattr(runner, "COMMAND", ("-I", "-c", QUIET))

    assert run_demo(out=tmp_path / "out", console=console) == FAILED
    assert "no suggestion was posted" in printed(console)


def test_failed_action(tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the action fails, its own words are shown."""
    monkeypatch.setattr(runner, "COMMAND", ("-I", "-c", "import sys; sys.exit('it broke [red]')"))

    assert run_demo(out=tmp_path / "out", console=console) == FAILED
    assert "it broke [red]" in printed(console)


def test_folder_of_another_program(tmp_path: Path, console: Console) -> None:
    """A folder that the demonstration did not make is left alone."""
    (tmp_path / ".gitignore").write_text("precious\n")

    assert run_demo(out=tmp_path, console=console) == CANNOT
    assert (tmp_path / ".gitignore").read_text() == "precious\n"
    assert "--out" in printed(console).replace("\n", "")


def test_live_without_a_key(tmp_path: Path, console: Console) -> None:
    """Without a key the variables are named, and nothing is made."""
    out = tmp_path / "out"

    assert run_demo(out=out, live=True, environ={}, console=console) == CANNOT
    assert "OPENAI_API_KEY" in printed(console)
    assert not out.exists()


def test_no_color_means_no_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither bold nor dim (no-color.org)."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for value, escaped in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", value)
        monkeypatch.setattr(sys, "stdout", stream := Terminal())
        show.title(show.make_console(), "title", "text")
        assert ("\x1b" in stream.getvalue()) is escaped


def test_control_characters_are_shown(console: Console) -> None:
    """Text from files cannot move the cursor or colour the terminal."""
    show.suggestion(console, "a", 1, ["\x1b[31mred\r"], ["[bold]x[/bold]"])

    assert "\x1b[31m" not in printed(console)
    assert "[bold]x[/bold]" in printed(console)


def test_unreported_figures(console: Console) -> None:
    """A figure that was not reported is a question mark, not a zero."""
    usage = {"prompt_tokens": 5, "accepted_prediction_tokens": None}

    show.tokens(console, {"files": [{"path": "a", "usage": usage, "seconds": 1.0}], "usage": usage})

    assert printed(console).count("?") == 8


def test_long_patch_is_shortened(console: Console) -> None:
    """A patch is shown in part, and says how much is missing."""
    show.patch(console, "\n".join(f"+{n}" for n in range(100)), most=10)

    assert "90 more lines" in printed(console)


async def test_live(tmp_path: Path, console: Console) -> None:
    """With a key and an address in the environment that model is asked, and no key is kept."""
    async with ModelSandbox() as model:
        environ = {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": model.base_url}
        out = tmp_path / "out"

        status = await asyncio.to_thread(
            run_demo, out=out, live=True, environ=environ, console=console
        )

    assert status == DONE, printed(console)
    assert model.exchanges[0].body["model"] == LIVE_DEFAULT
    kept = [path for path in out.rglob("*") if path.is_file() and "-runner" not in str(path)]
    assert not [path for path in kept if API_KEY.encode() in path.read_bytes()]


async def test_live__model_with_a_mind_of_its_own(tmp_path: Path, console: Console) -> None:
    """A real model that edits otherwise is reported, but is not a failure of the action."""
    config = ModelConfig(planner=about("汉字", spoiling(Quirk.NO_TRAILING_BLANKS)))
    async with ModelSandbox(config) as model:
        environ = {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": model.base_url}

        status = await asyncio.to_thread(
            run_demo, out=tmp_path / "out", live=True, environ=environ, console=console
        )

    assert status == DONE, printed(console)
    assert "not what the instruction says" in printed(console)


def test_table_in_a_comment_is_whole() -> None:
    """Long paths in the summary's table are not cut, and what is folded on GitHub is named."""
    narrow = Console(file=io.StringIO(), width=60, highlight=False, emoji=False)
    path = "a/rather/long/path/to/a/file.py"

    show.comment(
        narrow,
        "| File | Accepted | Rejected | Completion |\n|---|--:|--:|--:|\n"
        f"| {path} | 1 | 2 | 3 |\n\n"
        "<details><summary>More</summary>\n\nhidden\n\n<details><summary>Within</summary>\n\n"
        "hidden too\n\n</details>\n\nhidden\n\n</details>\n<!-- marker -->",
    )

    text = printed(narrow)
    assert path in text
    assert "More (folded)" in text
    assert "Within" not in text
    assert "hidden" not in text
    assert "marker" not in text


def test_terminal_that_knows_only_ascii() -> None:
    """Characters that a terminal does not know are replaced, not fatal."""
    script = "from predict_edit_sandbox import demo_show as s; s.plain(s.make_console(), 'é 汉 ok')"

    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]},
    )

    assert b"ok" in run.stdout


@pytest.mark.parametrize("columns", [80, 130, 200])
def test_everything_fits_the_terminal(columns: int) -> None:
    """No heading is broken in the middle of a word, and no path is cut."""
    console = Console(file=io.StringIO(), width=columns, color_system=None)
    path = "crates/fizz/src/lib.rs"
    heads = (
        *("File", "Result", "Suggestions", "Hunks in patch", "Prompt", "Cached", "Completion"),
        *("Accepted", "Rejected", "Acceptance", "Seconds"),
    )
    row = (path, "edited", *["1,000"] * 9)
    table = f"| {' | '.join(heads)} |\n|{' -- |' * 11}\n| {' | '.join(row)} |\n"
    show.comment(console, table)
    usage = {f"{name}_tokens": 123456 for name in ("prompt", "cached", "completion")}
    usage |= {f"{name}_prediction_tokens": 123456 for name in ("accepted", "rejected")}
    show.tokens(console, {"files": [{"path": path, "usage": usage, "seconds": 12.3}]})
    show.step(console, "built a git repository", "/a" * 60)
    lines = printed(console).splitlines()
    assert max(map(len, lines)) <= columns
    assert sum(path in line for line in lines) == 2
    words = {word for line in lines for word in line.split()}
    assert {"Suggestions", "prompt", "completion", "rejected", "seconds"} <= words
    assert ("Acceptance" in words) == (columns > 180)


def test_the_model_alone_can_be_served(tmp_path: Path) -> None:
    """What is printed is enough to edit a file in another process, until it is interrupted."""
    run = "from predict_edit.cli.main import main; raise SystemExit(main())"
    # A shell that starts the tests in the background has its children ignore interrupts.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = (sys.executable, "-c", f"{heed}; {run}")
    serving = subprocess.Popen((*command, "demo", "--serve-model"), stdout=subprocess.PIPE)
    assert serving.stdout is not None
    try:
        said = b"".join(serving.stdout.readline() for _ in TOLD.splitlines()).decode()
        given = dict(re.findall(r"(OPENAI_\w+)=(\S+)", said))
        (instruction,) = re.findall(r"-m '(.*)'", said)
        done = subprocess.run(
            (*command, "edit", "-", "-m", instruction),
            input=b"say FizzBuzz\n",
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **given},
            capture_output=True,
            check=False,
        )
        serving.send_signal(signal.SIGINT)
        assert serving.wait(30) == 0
    finally:
        serving.kill()
        serving.wait()
        serving.stdout.close()
    assert done.stdout == b"say MSFTBuzz\n", done.stderr.decode()
