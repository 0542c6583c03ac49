"""What the model layer promises, seen from outside: the real action as a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from predict_edit.sandbox.model import ModelConfig
from predict_edit.sandbox.model.faults import FaultKind, about, failing
from predict_edit.sandbox.runner import ActionRun
from predict_edit.sandbox.stage import Stage, many, set_stage
from predict_edit.sandbox.world_files import WorldFile

MakeStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def make_stage(tmp_path: Path) -> AsyncIterator[MakeStage]:
    """A maker of stages; its arguments are those of ``set_stage``."""
    async with AsyncExitStack() as stack:

        async def make(**scene: Any) -> Stage:
            return await stack.enter_async_context(set_stage(tmp_path, **scene))

        yield make


def result_of(stage: Stage, run: ActionRun) -> dict[str, Any]:
    """What ``result.json`` of the last run holds."""
    path = stage.folder / f"run{stage.runs}" / run.outputs["result"]
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def apply(folder: Path, patch: Path, text: str) -> str:
    """The one file of these tests after ``git apply``."""
    file = folder / "src" / "tasks.py"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    subprocess.run(["git", "apply", str(patch)], cwd=folder, check=True)
    return file.read_text()


async def test_a_stream_without_an_end_ends_the_file_and_not_the_run(
    make_stage: MakeStage,
) -> None:
    """It is closed, told with what it took, and the other file is suggested."""
    endless = ModelConfig(planner=about('"FizzBuzz 1"', failing(FaultKind.ENDLESS)))
    stage = await make_stage(files=many(2), model=endless)
    run = await stage.say()
    assert (run.exit_code, run.outputs["outcome"]) == (0, "partial")
    assert len(stage.suggestions) == 1
    assert "over and over" in stage.summaries[0]
    assert "| about " in stage.summaries[0]
    failed, edited = result_of(stage, run)["files"]
    assert (failed["status"], failed["usage"], failed["attempts"]) == ("failed", None, 2)
    assert edited["status"] == "edited"
    assert edited["usage"]["completion_tokens"] > 0


async def test_a_file_of_six_thousand_lines_is_edited_everywhere(make_stage: MakeStage) -> None:
    """In pieces, through a model that writes 4,096 tokens at once; the patch gives every line."""
    head = "".join(
        f'def task_{n}(value):\n    """Task {n} tells FizzBuzz."""\n    return value * {n}\n\n\n'
        for n in range(1_200)
    )
    base = head.replace("Task 7 tells", "Task 7 told")
    file = WorldFile(path="src/tasks.py", base=base.encode(), head=head.encode())
    stage = await make_stage(files=[file])
    run = await stage.say(inputs={"model": "small-output", "max-output-tokens": "4096"})
    assert run.exit_code == 0
    assert run.outputs["files-edited"] == "1"
    (told,) = result_of(stage, run)["files"]
    assert told["attempts"] == len(stage.model.exchanges) > 10
    assert sum(told["hunks"].values()) == 1_200
    workspace = stage.folder / f"run{stage.runs}"
    patched = apply(stage.folder / "applied", workspace / run.outputs["patch"], head)
    assert patched == head.replace("FizzBuzz", "MSFTBuzz")
