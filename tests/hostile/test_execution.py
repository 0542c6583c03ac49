"""What the action runs: git on two texts, and nothing that anyone else has written."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import vcr  # type: ignore[import-untyped]  # vcrpy has no types
import yaml
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]  # likewise

from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.runner_files import parse_outputs
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, set_stage
from predict_edit_sandbox.world_files import WorldFile

WATCH = """
import json, os, runpy, sys
out = os.open({out!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def hear(event, args):
    told = None
    if event == "subprocess.Popen":
        told = {{"started": [str(part) for part in args[1]], "folder": str(args[2]),
                "environment": sorted(os.fsdecode(name) for name in args[3] or os.environ)}}
    elif event in ("os.exec", "os.posix_spawn", "os.system", "os.spawn", "os.fork"):
        told = {{"started": [event], "folder": "", "environment": []}}
    elif event == "open" and isinstance(args[0], str) and set(args[1] or "") & set("wax+"):
        told = {{"written": args[0]}}
    if told:
        os.write(out, (json.dumps(told) + "\\n").encode())
sys.addaudithook(hear)
runpy.run_module("predict_edit", run_name="__main__")
"""
"""Starts the action as the container does, and writes down what it starts and writes."""

TRAP = "import pathlib; pathlib.Path({pwned!r}).write_text('x')\n"
NAMES = ("conftest.py", "sitecustomize.py", "setup.py", "openai.py", "json.py", "tests/__init__.py")


def with_traps(workspace: Path, pwned: Path) -> None:
    """A workspace as a checkout of hostile code leaves it: modules, git's hooks and settings."""
    command = f"touch {pwned}"
    files = {
        **dict.fromkeys((*NAMES, "predict_edit/__init__.py"), TRAP.format(pwned=str(pwned))),
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/config": f"[core]\n\tfsmonitor = {command}\n\tpager = {command}\n"
        f'[diff]\n\texternal = {command}\n[diff "x"]\n\ttextconv = {command}\n',
        ".gitattributes": "* diff=x\n",
    }  # fmt: skip
    for name, text in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


async def watched(environ: Mapping[str, str], workspace: Path, out: Path) -> int:
    """Run the action in the workspace, recording in ``out`` what it starts and writes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-u", "-c", WATCH.format(out=str(out))),
        cwd=workspace,
        env=dict(environ),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(60):
        return await process.wait()


async def run_on_traps(folder: Path, pwned: Path) -> Mapping[str, str]:
    """One command on a pull request full of traps, in a workspace full of traps."""
    trap = TRAP.format(pwned=str(pwned)).encode()
    files = [WorldFile(path=name, base=b"# Fizz\n", head=b"# FizzBuzz\n" + trap) for name in NAMES]
    async with set_stage(folder, files=files) as stage:
        comment = stage.github.comment(REPOSITORY, 1, WRITER, REPLACE)
        step = stage.step("issue_comment", stage.comment_payload(comment))
        environ = {**step.prepare(), "GITHUB_TOKEN": DEFAULT_TOKEN}
        with_traps(step.workspace, pwned)
        assert await watched(environ, step.workspace, folder / "events") == 0
    return environ


def test_nothing_of_the_pull_request_is_run_or_written_anywhere(tmp_path: Path) -> None:
    """Executable files are texts: two temporary files, and what we leave on purpose."""
    pwned = tmp_path / "pwned"
    environ = asyncio.run(run_on_traps(tmp_path, pwned))

    output = Path(environ["GITHUB_OUTPUT"])
    outputs = parse_outputs(output.read_text())
    assert (outputs["outcome"], outputs["files-edited"]) == ("suggested", str(len(NAMES)))
    assert not pwned.exists()
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    started = [event for event in events if "started" in event]
    assert started
    for event in started:
        check_started(event)
    ours = (Path(environ["GITHUB_WORKSPACE"]) / "predict-edit-out", output.parent, Path(os.devnull))
    for path in (Path(event["written"]) for event in events if "written" in event):
        temporary = path.name in {"a", "b"} and path.parent.name.startswith("predict-edit-")
        assert temporary or any(path.is_relative_to(one) for one in ours), path


def check_started(event: Mapping[str, Any]) -> None:
    """Git on two texts in its own folder, a grammar, or the system's name."""
    program, *options = event["started"]
    secrets = ("INPUT_", "ACTIONS_", "GITHUB_TOKEN")
    assert not [name for name in event["environment"] if name.startswith(secrets)]
    if program == sys.executable:
        assert options[:3] == ["-I", "-S", "-B"]
        assert Path(options[3]).name == "grammar_child.py"
    elif Path(program).name == "git":
        assert {"diff", "--no-index", "--no-ext-diff", "--no-textconv"} <= set(options)
        assert Path(event["folder"]).name.startswith("predict-edit-")
        assert "GIT_CONFIG_NOSYSTEM" in event["environment"]
        assert not [name for name in event["environment"] if name.startswith("GITHUB_")]
    else:
        # The openai SDK sends the system's name, which Python's platform module asks for.
        assert event["started"] == ["uname", "-p"]


def test_recordings_are_read_without_running_code(tmp_path: Path) -> None:
    """A tampered cassette is refused, not executed."""
    pwned = tmp_path / "pwned"
    order = f"interactions: !!python/object/apply:os.system ['touch {pwned}']\nversion: 1\n"

    with pytest.raises(yaml.YAMLError):
        yamlserializer.deserialize(order)
    assert not pwned.exists()
    assert tuple(map(int, vcr.__version__.split(".")[:2])) >= (8, 3)
