"""The real action, as a process, between the offline GitHub and the offline model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from predict_edit_sandbox.demo_model import offline
from predict_edit_sandbox.demo_proof import Proof, prove
from predict_edit_sandbox.demo_scene import (
    COMMAND,
    open_pull_request,
    play,
    step_for,
    summary_comment,
)
from predict_edit_sandbox.github import Sandbox, run_sandbox_github
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.example import CODE, PUBLISHED
from predict_edit_sandbox.model.records import Exchange
from predict_edit_sandbox.runner import ActionRun
from predict_edit_sandbox.world import World, build_world
from predict_edit_sandbox.world_files import STANDARD, numbered

REFUSED = {
    "max_completion_tokens",
    "tools",
    "n",
    "logprobs",
    "presence_penalty",
    "frequency_penalty",
    "audio",
    "modalities",
}


async def act(
    world: World,
    folder: Path,
    config: ModelConfig | None = None,
    inputs: Mapping[str, str] | None = None,
) -> tuple[ActionRun, Proof, list[Exchange], str]:
    """Give the published command on a world, and prove what came of it."""
    github = Sandbox()
    pull = open_pull_request(github, world)
    async with ModelSandbox(config) as model, run_sandbox_github(github) as url:
        step = step_for(
            github,
            pull,
            url=url,
            choice=offline(model, None),
            workspace=folder / "workspace",
            command=COMMAND,
            inputs=inputs,
        )
        run = await play(step)
    assert github.defects == []
    proof = prove(
        github=github,
        pull=pull,
        login="ada",
        edits=run.file("edits.patch"),
        remainder=run.file("remainder.patch"),
        expected=world.expected(),
        folder=folder,
    )
    return run, proof, model.exchanges, summary_comment(pull)


async def test_fork(tmp_path: Path) -> None:
    """A pull request from a fork is edited like any other."""
    world = build_world(tmp_path / "git", files=numbered(2), fork=True)

    run, proof, _, _ = await act(world, tmp_path)

    assert run.exit_code == 0, run.stdout
    assert proof.complete
    assert proof.as_expected


async def test_requests_are_the_seeds(tmp_path: Path) -> None:
    """The prediction is the file's text exactly, and nothing is sent that predictions exclude."""
    world = build_world(tmp_path / "git")

    run, proof, exchanges, _ = await act(world, tmp_path)

    assert run.exit_code == 0, run.stdout
    assert proof.as_expected
    heads = {file.head for file in STANDARD}
    for exchange in exchanges:
        assert exchange.note == ""
        assert not REFUSED & set(exchange.body)
        if exchange.predicted:
            assert exchange.body["prediction"]["content"].encode() in heads
    assert CODE in {exchange.file for exchange in exchanges}


@pytest.mark.parametrize("prediction", ["on", "auto"])
async def test_published_figures(tmp_path: Path, prediction: str) -> None:
    """The published response comes out with exactly its numbers."""
    world = build_world(tmp_path / "git", files=STANDARD[:1], attributes="")

    run, proof, exchanges, summary = await act(
        world, tmp_path, ModelConfig(canned=PUBLISHED), {"prediction": prediction}
    )

    assert run.exit_code == 0, run.stdout
    assert len(exchanges) == 1
    figures = {name: run.outputs[name] for name in run.outputs if name.endswith("-tokens")}
    assert figures == {
        "prompt-tokens": "124",
        "cached-tokens": "0",
        "completion-tokens": "77",
        "accepted-prediction-tokens": "6",
        "rejected-prediction-tokens": "4",
    }
    assert all(figure in summary for figure in ("124", "77", "60"))
    assert proof.complete
    # The published answer lost the file's first and last line feed; the action puts them back.
    assert proof.as_expected
