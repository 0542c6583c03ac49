"""The runner that starts the action, and the parser of its files."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit_sandbox import forks, runner
from predict_edit_sandbox.runner import (
    RunnerEnvironment,
    input_variable,
    run_action,
    run_action_sync,
)
from predict_edit_sandbox.runner_files import OutputFileInvalid, parse_outputs, shown_log

SCRIPT = """
import json, os, pathlib, sys
out = pathlib.Path("predict-edit-out")
out.mkdir()
(out / "result.json").write_text(json.dumps({"version": 1}))
(out / "edits.patch").write_bytes(b"x\\r\\n")
with open(os.environ["GITHUB_OUTPUT"], "a") as stream:
    stream.write("outcome=patched\\nsummary-url<<E\\na\\n=b\\nE\\n")
with open(os.environ["GITHUB_STEP_SUMMARY"], "a") as stream:
    stream.write("# Done")
print(json.dumps(dict(os.environ)))
print("oops", file=sys.stderr)
sys.exit(3)
"""


def environment(tmp_path: Path, **more: object) -> RunnerEnvironment:
    """A step in a temporary workspace."""
    return RunnerEnvironment(
        workspace=tmp_path / "workspace",
        event_name="issue_comment",
        payload={"action": "created"},
        inputs={"github-token": "t", "max-files": "3"},
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a script that looks around instead of the action."""
    monkeypatch.setattr(runner, "COMMAND", ("-I", "-c", SCRIPT))


async def test_collects_what_the_step_leaves(tmp_path: Path, stand_in: None) -> None:
    """Exit code, streams, outputs, summary and files come back."""
    run = await run_action(environment(tmp_path))

    assert run.exit_code == 3
    assert run.stderr == "oops\n"
    assert run.outputs == {"outcome": "patched", "summary-url": "a\n=b"}
    assert run.summary == "# Done"
    assert set(run.files) == {"edits.patch", "result.json"}
    assert run.result == {"version": 1}
    assert run.file("edits.patch") == b"x\r\n"
    assert run.file("remainder.patch") == b""


def test_environment_is_the_runners(
    tmp_path: Path, stand_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process sees the runner's variables, and none of ours."""
    monkeypatch.setenv("OPENAI_API_KEY", "leaked")
    monkeypatch.setenv("GITHUB_TOKEN", "leaked")

    run = run_action_sync(
        environment(tmp_path, api_url="http://127.0.0.1:1/api/v3", more={"EXTRA": "1"})
    )

    import json

    seen = json.loads(run.stdout)
    assert seen["INPUT_GITHUB-TOKEN"] == "t"
    assert seen["INPUT_MAX-FILES"] == "3"
    assert seen["GITHUB_API_URL"] == "http://127.0.0.1:1/api/v3"
    assert seen["GITHUB_REPOSITORY_OWNER"] == "octo"
    assert seen["EXTRA"] == "1"
    assert json.loads(Path(seen["GITHUB_EVENT_PATH"]).read_text())["action"] == "created"
    assert "leaked" not in run.stdout


async def test_leftovers_of_an_earlier_run_are_gone(tmp_path: Path, stand_in: None) -> None:
    """A second run in the same workspace starts with empty files."""
    step = environment(tmp_path)
    first = await run_action(step)
    (step.workspace / "predict-edit-out" / "old").touch()

    second = await run_action(step)

    assert second.outputs == first.outputs
    assert "old" not in second.files


async def test_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that does not end is killed."""
    monkeypatch.setattr(runner, "COMMAND", ("-I", "-c", "import time; time.sleep(60)"))

    with pytest.raises(TimeoutError):
        await run_action(environment(tmp_path), patience=0.3)


def ignored(tmp_path: Path, **more: object) -> RunnerEnvironment:
    """A step for an event that is not a command."""
    return RunnerEnvironment(
        workspace=tmp_path / "workspace",
        event_name="watch",
        payload={"action": "started"},
        inputs={"github-token": "t", "model": "gpt-4o"},
        **more,  # type: ignore[arg-type]
    )


def test_the_real_action_starts(tmp_path: Path) -> None:
    run = run_action_sync(ignored(tmp_path))

    assert (run.exit_code, run.outputs["outcome"]) == (0, "ignored"), run.stderr


async def test_forked_runs_are_like_those_from_nothing(tmp_path: Path) -> None:
    with forks.from_nothing():
        alone = await run_action(ignored(tmp_path / "alone"))
        wrong = await run_action(ignored(tmp_path / "wrong", more={"GITHUB_EVENT_PATH": ""}))
    with forks.serving():
        for number in range(3):  # from the second on, all libraries are there
            run = await run_action(ignored(tmp_path / f"forked{number}"))
            assert (run.exit_code, run.stdout, run.stderr, run.outputs, run.summary) == (
                *(alone.exit_code, alone.stdout, alone.stderr, alone.outputs, alone.summary),
            )
        run = await run_action(ignored(tmp_path / "again", more={"GITHUB_EVENT_PATH": ""}))
        assert (run.exit_code, run.stdout) == (wrong.exit_code, wrong.stdout)
        assert run.exit_code != 0


async def test_a_forked_run_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with forks.serving(), pytest.raises(TimeoutError):
        await run_action(ignored(tmp_path), patience=0)


def test_command_is_the_containers() -> None:
    """The action is started isolated from the workspace and unbuffered."""
    assert runner.COMMAND == ("-I", "-u", "-m", "predict_edit")
    assert sys.executable


def test_input_variable() -> None:
    """Only blanks are replaced; hyphens stay."""
    assert input_variable("max-files") == "INPUT_MAX-FILES"
    assert input_variable("a b") == "INPUT_A_B"


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("", {}),
        ("a=1\n", {"a": "1"}),
        ("a=1\n\nb=2", {"a": "1", "b": "2"}),
        ("a=x<<y\n", {"a": "x<<y"}),
        ("a<<X=Y\n1\nX=Y\n", {"a": "1"}),
        ("a<<E\nE\n", {"a": ""}),
        ("a<<E\n1\n E\n2\nE\nb=\n", {"a": "1\n E\n2", "b": ""}),
        ("a=1\na=2\n", {"a": "2"}),
        ("a<<E\n1\r\nE\n", {"a": "1\r"}),
    ],
)
def test_outputs(text: str, outputs: dict[str, str]) -> None:
    """Outputs are read as the runner reads them."""
    assert parse_outputs(text) == outputs


@pytest.mark.parametrize("text", ["a\n", "=1\n", "<<E\n1\nE\n", "a<<\n1\n", "a<<E\n1\n"])
def test_wrong_outputs(text: str) -> None:
    """What fails a step on a runner fails here."""
    with pytest.raises(OutputFileInvalid):
        parse_outputs(text)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z-]*", fullmatch=True), st.text(), max_size=4))
def test_heredocs_carry_anything(outputs: dict[str, str]) -> None:
    """Any text survives between delimiters that do not occur in it."""
    text = "".join(f"{name}<<ghEOF~1\n{value}\nghEOF~1\n" for name, value in outputs.items())

    assert parse_outputs(text) == outputs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n", "a\n"),
        ("s3cret\n::add-mask::s3cret\na s3cret b\n", "s3cret\na *** b\n"),
        ("::add-mask::ab\n::add-mask::abc\nabc ab", "*** ***"),
        ("::add-mask::\na", "a"),
        ("  ::ADD-MASK::50%25\n50%", "***"),
    ],
)
def test_masks(text: str, shown: str) -> None:
    """The log hides what was masked, and the masks themselves."""
    assert shown_log(text) == shown


async def test_a_forked_run_ends_with_those_who_wait_for_it(tmp_path: Path) -> None:
    step = ignored(tmp_path)
    server = forks.Forks()
    process = await server.start(step.prepare(), step.workspace)
    os.kill(process.pid, signal.SIGSTOP)

    server.stop()

    await process.communicate()
    assert process.returncode == -signal.SIGKILL
