"""A very large repository and very many findings, with the real action as a process."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox
from predict_edit_sandbox.runner import run_action
from predict_edit_sandbox.stage import Stage, set_stage
from predict_edit_sandbox.world_files import WorldFile

pytestmark = [pytest.mark.slow, pytest.mark.source]

FILES, FINDINGS = 20_000, 50_000
SECONDS = 60.0
"""Far more than it takes, for a machine that does much else."""
MEMORY = 300 * 1024 * 1024
METER = Path(__file__).resolve().parents[2] / "benchmarks" / "meter.py"


def path_of(number: int) -> str:
    """A path in one of many folders."""
    return f"p{number % 200:03}/d{number % 7}/f{number:05}.py"


def may_read(github: Sandbox) -> None:
    """What a planning job needs."""
    github.add_token(DEFAULT_TOKEN, permissions={"contents": "read", "pull_requests": "read"})


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A repository with 20,000 files."""
    files = [
        WorldFile(path=path_of(number), base=b"import os\n", head=b"import os\n")
        for number in range(FILES)
    ]
    async with set_stage(tmp_path, files=files, prepare=may_read) as stage:
        yield stage


@pytest.mark.parametrize("findings", [0, FINDINGS + 10])
async def test_selected_in_seconds(stage: Stage, tmp_path: Path, findings: int) -> None:
    """20,000 files, or 50,000 findings in them, are planned in seconds, within 300 MiB."""
    inputs = {"mode": "plan", "deliver": "patch", "max-files": str(FILES), "instruction": "Fix it."}
    step = stage.step("schedule", {"schedule": "0 5 * * 1"}, inputs | (
        {"findings": "lint.txt"} if findings else {"files": "*.py"}
    ))  # fmt: skip
    step.workspace.mkdir()
    lines = (
        f"{path_of(n % 100)}:{n // 100 + 1}:1: F401 `os` imported but unused ({n})\n"
        for n in range(findings)
    )
    (step.workspace / "lint.txt").write_text("".join(lines))
    report = tmp_path / "meter.json"
    run = await run_action(
        step, patience=300, through=(sys.executable, "-I", "-S", str(METER), str(report))
    )
    used = json.loads(report.read_text())
    plan = json.loads(run.file("plan.json"))
    planned = [path for shard in plan["shards"] for path in shard["paths"]]

    assert run.exit_code == 0, run.log
    assert len(planned) == (100 if findings else FILES)
    if findings:
        assert sum(map(len, plan["findings"]["by_path"].values())) == FINDINGS
        assert "10 findings were left out" in run.summary
    assert used["seconds"] < SECONDS, used
    assert used["memory"] < MEMORY, used
