"""The promises of the model layer, seen from outside: the real action as a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.example import CODE, INSTRUCTIONS, PUBLISHED
from predict_edit_sandbox.model.faults import FaultKind, about, either, every, failing
from predict_edit_sandbox.runner import ActionRun
from predict_edit_sandbox.stage import Stage, many, set_stage
from predict_edit_sandbox.world_files import WorldFile

MakeStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def make_stage(tmp_path: Path) -> AsyncIterator[MakeStage]:
    """A maker of stages; its arguments are those of ``set_stage``."""
    async with AsyncExitStack() as stack:

        async def make(**scene: Any) -> Stage:
            return await stack.enter_async_context(set_stage(tmp_path, **scene))

        yield make


def result_of(stage: Stage, run: ActionRun) -> dict[str, Any]:
    """The content of ``result.json`` of the last run."""
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
    """It is closed and reported with its tokens, and the other file is suggested."""
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
    """In pieces, through a model that writes 4,096 tokens at once; the patch has every line."""
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


@pytest.mark.parametrize(
    "limit", [{"max-tokens": "4000"}, {"max-cost": "0.0021"}], ids=["tokens", "money"]
)
async def test_a_run_ends_at_its_limit_and_delivers_what_it_has(
    make_stage: MakeStage, limit: dict[str, str]
) -> None:
    """The limit holds; edits are posted, and every file that is left is named with the reason."""
    stage = await make_stage(files=many(12))
    run = await stage.say(inputs={**limit, "concurrency": "2"})
    assert (run.exit_code, run.outputs["outcome"]) == (0, "partial")
    result = result_of(stage, run)
    edited = [file for file in result["files"] if file["status"] == "edited"]
    left = [file for file in result["files"] if file["status"] == "skipped"]
    assert len(edited) == len(stage.model.exchanges) == len(stage.suggestions) > 1
    assert len(edited) + len(left) == 12
    assert len(left) > 1
    assert (run.outputs["files-edited"], run.outputs["files-skipped"]) == (
        str(len(edited)),
        str(len(left)),
    )
    (name,) = limit
    assert all(file["reason"].startswith("budget: The call may ") for file in left)
    assert all(f"`{name}`" in file["reason"] for file in left)
    assert all(file["usage"] is None and file["attempts"] == 0 for file in left)
    assert all(f"`{file['path']}`" in stage.summaries[0] for file in left)
    used = result["usage"]
    assert used["prompt_tokens"] + used["completion_tokens"] == sum(
        exchange.accounts.prompt + exchange.accounts.completion
        for exchange in stage.model.exchanges
        if exchange.accounts
    )
    if name == "max-tokens":
        assert used["prompt_tokens"] + used["completion_tokens"] <= 4_000
    else:
        assert 0 < float(run.outputs["cost-usd"]) <= 0.0021


async def test_a_limit_below_the_first_call_fails_without_any(make_stage: MakeStage) -> None:
    """No request is made; the limit and what to do about it open the summary."""
    stage = await make_stage(files=many(2))
    run = await stage.say(inputs={"max-tokens": "100"})
    assert (run.exit_code, run.outputs["outcome"]) == (1, "failed")
    assert stage.model.exchanges == []
    head, _, _ = stage.summaries[0].partition("<details>")
    assert "100 that `max-tokens` allows" in head
    assert "Raise `max-tokens`" in head


async def test_a_dry_run_says_what_a_run_takes(make_stage: MakeStage) -> None:
    """In the log before it asks, and in the job summary beside the actual figures."""
    stage = await make_stage(files=many(3))
    run = await stage.say(inputs={"dry-run": "true"})
    assert (run.exit_code, run.outputs["outcome"]) == (0, "suggested")
    told = next(
        line for line in run.stdout.splitlines() if "Estimate before the model was asked" in line
    )
    assert run.stdout.index("Estimate before the model was asked") < run.stdout.index(
        "1 of 3 files done"
    )
    said = told.removeprefix("predict-edit: ")
    assert "3 files in 3 calls: " in said
    assert said.replace("`", "") in run.summary.replace("`", "")
    likely, most = (
        float(told.partition(f"{word} ")[2].partition(" USD")[0].split()[-1])
        for word in ("; likely", "USD, at most")
    )
    assert 0.8 * likely <= float(run.outputs["cost-usd"]) <= most
    assert stage.summaries == []
    assert stage.suggestions == []


async def test_the_published_response_gives_exactly_its_numbers(make_stage: MakeStage) -> None:
    """The vendor's FizzBuzz: 124 prompt, 77 completion, 6 accepted, 4 rejected, everywhere."""
    file = WorldFile(path="fizz.py", base=b"", head=CODE.encode())
    stage = await make_stage(files=[file], model=ModelConfig(canned=PUBLISHED))
    run = await stage.say(f"/predict-edit {INSTRUCTIONS.strip()}")
    assert (run.exit_code, run.outputs["outcome"]) == (0, "suggested")
    (body,) = stage.bodies
    assert body["prediction"] == {"type": "content", "content": CODE}
    names = ("prompt", "completion", "accepted-prediction", "rejected-prediction")
    assert [run.outputs[f"{name}-tokens"] for name in names] == ["124", "77", "6", "4"]
    figures = ["124", "0", "77", "6", "4", "60 %"]
    (row,) = [line for line in stage.summaries[0].splitlines() if line.startswith("| `fizz.py`")]
    assert [cell.strip() for cell in row.split("|")][5:11] == figures
    (told,) = result_of(stage, run)["files"]
    assert told["prediction"] == "sent"
    assert told["usage"] == {
        "prompt_tokens": 124,
        "cached_tokens": 0,
        "cache_write_tokens": None,
        "completion_tokens": 77,
        "accepted_prediction_tokens": 6,
        "rejected_prediction_tokens": 4,
        "reasoning_tokens": 0,
    }
    (suggestion,) = stage.suggestions
    assert 'print("MSFTBuzz")' in suggestion.body


async def test_forty_files_come_through_a_bad_day_of_the_server(make_stage: MakeStage) -> None:
    """A third of the calls gets 429, a tenth breaks off: each file is edited once, and counted."""
    trouble = either(
        every(3, failing(FaultKind.RATE_LIMITED, retry_after=0.01)),
        every(10, failing(FaultKind.CUT)),
    )
    stage = await make_stage(files=many(40), model=ModelConfig(planner=trouble))
    run = await stage.say(inputs={"max-suggestions": "40", "plan": "off"})
    assert (run.exit_code, run.outputs["outcome"]) == (0, "suggested")
    files = result_of(stage, run)["files"]
    assert [file["status"] for file in files] == ["edited"] * 40
    assert len({file["path"] for file in files}) == 40
    assert len({each.body for each in stage.suggestions}) == 40
    assert len(stage.suggestions) == 40
    exchanges = stage.model.exchanges
    assert sum(file["attempts"] for file in files) == len(exchanges)
    assert sum(exchange.status == 429 for exchange in exchanges) >= len(exchanges) // 3
    whole = [exchange.accounts for exchange in exchanges if exchange.complete and exchange.accounts]
    assert len(whole) == 40 < len(exchanges) * 2 / 3
    assert run.outputs["completion-tokens"] == str(sum(each.completion for each in whole))
    assert "| about " in stage.summaries[0]


async def test_further_headers_reach_the_model_and_nothing_else(make_stage: MakeStage) -> None:
    """They are masked in the log, and are not in the comment, `result.json` or any other file."""
    quoting = ModelConfig(planner=about('"FizzBuzz 1"', failing(FaultKind.ERROR_EVENT)))
    stage = await make_stage(files=many(2), model=quoting)
    run = await stage.say(inputs={"headers": "x-portkey-api-key: hush-hush-1234\nx-team: editors"})
    assert run.outputs["outcome"] == "partial"
    for exchange in stage.model.exchanges:
        assert exchange.headers["x-portkey-api-key"] == "hush-hush-1234"
        assert exchange.headers["x-team"] == "editors"
    assert "::add-mask::hush-hush-1234" in run.stdout
    written = [
        path.read_text(errors="replace") for path in stage.folder.rglob("*") if path.is_file()
    ]
    shown = [run.log, *written, *stage.summaries]
    assert "hush-hush" not in "".join(shown)
