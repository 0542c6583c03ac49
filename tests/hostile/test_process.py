"""The action as a process: the content of its two streams with everything turned up."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from predict_edit.cli import action
from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.runner import ActionRun
from predict_edit_sandbox.stage import REPLACE, set_stage
from predict_edit_sandbox.world_files import WorldFile

from .evidence import ALLOWED_COMMANDS, obeyed

SECRET_FILE = WorldFile(
    path="plans.txt",
    base=b"nothing\n",
    head=b"launch codes of FizzBuzz\n::error::launch codes\n##[error]launch codes\n",
)
LOUD = {
    "OPENAI_LOG": "debug",
    "AZURE_LOG_LEVEL": "debug",
    "HTTPX_LOG_LEVEL": "trace",
    "PYTHONASYNCIODEBUG": "1",
    "ACTIONS_RUNTIME_TOKEN": "runtime-token-0123456789",
    "ACTIONS_STEP_DEBUG": "true",
}


@pytest.fixture
async def loud_run(tmp_path: Path) -> ActionRun:
    """A run with every debug switch of every library on, and a library that prints."""
    async with set_stage(tmp_path, files=[SECRET_FILE]) as stage:
        run = await stage.say(REPLACE, debug=True, more=LOUD)
        assert run.outputs["outcome"] == "suggested", run.stdout
        return run


async def test_debug_logs_hold_no_token_prompt_or_file(loud_run: ActionRun) -> None:
    """With step debugging and all debug switches on, neither stream shows a protected value."""
    lines = (loud_run.stdout + loud_run.stderr).splitlines()
    seen = "\n".join(line for line in lines if not line.startswith("::add-mask::"))

    assert "launch codes" not in seen
    assert "Replace string" not in seen
    for secret in (DEFAULT_TOKEN, API_KEY, "runtime-token-0123456789"):
        assert secret not in seen
    assert [line for line in lines if obeyed(line) and not line.startswith(ALLOWED_COMMANDS)] == []
    assert all(line.startswith(("predict-edit: ", "::")) for line in lines)


async def test_masks_come_before_anything_else(loud_run: ActionRun) -> None:
    """The first lines are the masks of all secrets; nothing was printed before them."""
    lines = loud_run.stdout.splitlines()
    masks = [line for line in lines if line.startswith("::add-mask::")]

    assert lines[: len(masks)] == masks
    assert {f"::add-mask::{text}" for text in (DEFAULT_TOKEN, API_KEY)} <= set(masks)
    assert f"::add-mask::{LOUD['ACTIONS_RUNTIME_TOKEN']}" in masks
    assert loud_run.stderr == ""


STRAY = """
import sys, threading
from predict_edit.cli import action

def stray(*_):
    print("::error::owned")
    print("##[error]owned", file=sys.stderr)
    print("key sk-stray-secret-key", file=sys.stderr)
    thread = threading.Thread(target=int, args=("launch codes",))
    thread.start()
    thread.join()
    raise ValueError("launch codes")

action.read_runner = stray
sys.exit(action.main({"GITHUB_ACTIONS": "true", "INPUT_API-KEY": "sk-stray-secret-key"}))
"""


def test_whatever_is_printed_goes_through_the_log() -> None:
    """A print, a crash of a thread and an uncaught error are harmless and without values."""
    done = subprocess.run(
        [sys.executable, "-c", STRAY], capture_output=True, text=True, check=False, timeout=60
    )
    lines = done.stdout.splitlines()

    assert done.returncode == 1
    assert done.stderr == ""
    assert lines[0] == "::add-mask::sk-stray-secret-key"
    assert lines[1:4] == [
        "predict-edit: ::error::owned",
        "predict-edit: #\\#[error]owned",
        "predict-edit: key ***",
    ]
    assert [line.partition(" at ")[0] for line in lines[4:]] == [
        "predict-edit: unexpected ValueError",
        "predict-edit: unexpected ValueError",
    ]
    assert "launch codes" not in done.stdout


def test_a_crash_before_the_pipeline_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug outside the pipeline still writes the outcome, and shows none of its values."""
    event, output = tmp_path / "event.json", tmp_path / "output"
    event.write_text("{}")
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_OUTPUT": str(output),
    }

    def crash(*_: object) -> None:
        raise KeyError("launch codes")

    monkeypatch.setattr(action, "_read_trigger", crash)
    stream = io.StringIO()

    assert action.main(environ, stream) == 1
    assert "unexpected KeyError at" in stream.getvalue()
    assert "::error title=predict-edit failed::" in stream.getvalue()
    assert "launch codes" not in stream.getvalue()
    assert "\nfailed\n" in output.read_text(encoding="utf-8")


def test_a_full_disk_of_the_runner_does_not_change_the_result(tmp_path: Path) -> None:
    """It is said beside the result, and is not a defect."""
    event = tmp_path / "event.json"
    event.write_text("{}")
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_OUTPUT": "/dev/full",
    }
    stream = io.StringIO()

    assert action.main(environ, stream) == 0
    assert "::error title=predict-edit not written::" in stream.getvalue()
    assert "No space left" in stream.getvalue()
    assert "unexpected" not in stream.getvalue()
    assert "defect" not in stream.getvalue()
