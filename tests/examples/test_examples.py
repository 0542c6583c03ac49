"""The workflows of ``examples/``, run: conditions, permissions, artifacts and the real action."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from predict_edit_sandbox.github import Sandbox, pull_request_closed
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, many, set_stage
from predict_edit_sandbox.world_files import WorldFile

from .conftest import Workflow, load

MakeStage = Callable[..., Awaitable[Stage]]
CONFIG = b"recipes:\n  lint-fix: Delete lines containing `import os`.\n"
SCHEDULE = {"schedule": "0 5 * * 1"}


@pytest.fixture
async def make_stage(tmp_path: Path) -> AsyncIterator[MakeStage]:
    """A maker of stages; its arguments are those of ``set_stage``."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**scene: Any) -> Stage:
            return await stack.enter_async_context(set_stage(tmp_path, **scene))

        yield make


def lintable() -> list[WorldFile]:
    """Three files with an unused import, and a recipe that the offline model follows."""
    texts = {f"src/{name}": b"import os\n\na = 1\n" for name in ("a.py", "b.py", "a.js")}
    texts[".github/predict-edit.yml"] = CONFIG
    return [WorldFile(path=path, base=data, head=data) for path, data in texts.items()]


def open_to_us(github: Sandbox) -> None:
    """Tick the box, and let code scanning have findings."""
    github.switches.actions_may_open_pull_requests = True
    for name in ("a.py", "b.py"):
        github.repository(REPOSITORY).add_alert(f"src/{name}", 1)


async def commented(stage: Stage, name: str, body: str = REPLACE, **more: Any) -> Workflow:
    """A run of an example on a comment."""
    comment = stage.github.comment(REPOSITORY, stage.pull.number, WRITER, body)
    payload = stage.comment_payload(comment)
    return Workflow(stage, load(name), "issue_comment", payload, **more)


@pytest.mark.parametrize(
    "name",
    [
        "comment-openai",
        *(
            pytest.param(f"comment-{one}", marks=pytest.mark.slow)
            for one in ("azure-key", "azure-keyless", "openai-compatible", "ghes")
        ),
    ],
)
async def test_comment(make_stage: MakeStage, name: str) -> None:
    """A command gets its review and leaves an artifact; any other comment starts no job."""
    stage = await make_stage(files=many(2))
    workflow = await (await commented(stage, name)).run()
    (run,) = workflow.jobs["edit"].runs

    assert (workflow.jobs["edit"].result, run.outputs["outcome"]) == ("success", "suggested"), (
        run.log
    )
    assert len(stage.suggestions) == 2
    assert {"edits.patch", "result.json"} <= set(workflow.artifacts["predict-edit"])
    other = await (await commented(stage, name, "Thank you!")).run()
    assert other.jobs["edit"].result == "skipped"


@pytest.mark.slow
async def test_thread(make_stage: MakeStage) -> None:
    """A command in a review thread edits the thread's file only."""
    stage = await make_stage(files=many(2))
    path = "src/file_001.py"
    first = stage.github.review_comment(REPOSITORY, 1, "ada", "Ours.", path=path, line=6)
    payload = stage.reply_payload(stage.github.reply(first, WRITER, REPLACE))
    workflow = await Workflow(
        stage, load("comment-threads"), "pull_request_review_comment", payload
    ).run()
    (run,) = workflow.jobs["edit"].runs

    assert run.outputs["outcome"] == "suggested", run.log
    assert {each.thread.path for each in stage.suggestions} == {path}


async def test_pull_request(make_stage: MakeStage) -> None:
    """A command gets a pull request into the head branch, closed with the one it is on."""
    elsewhere = WorldFile(path="src/else.py", base=b"a = 'FizzBuzz'\n", head=b"a = 'FizzBuzz'\n")
    stage = await make_stage(files=[*many(2), elsewhere], prepare=open_to_us)
    workflow = await (await commented(stage, "comment-pull-request")).run()
    (run,) = workflow.jobs["edit"].runs

    assert (workflow.jobs["edit"].result, run.outputs["outcome"]) == ("success", "opened"), run.log
    pull = stage.github.repository(REPOSITORY).pulls[2]
    assert pull.base_ref == stage.pull.head_ref
    assert set(stage.github.files(pull)) == {*(file.path for file in many(2)), elsewhere.path}

    stage.github.merge_pull_request(REPOSITORY, 1)
    event = pull_request_closed(stage.github, stage.pull)
    closed = await Workflow(stage, load("comment-pull-request"), "pull_request", event).run()
    assert (closed.jobs["edit"].result, pull.state) == ("success", "closed")
    assert pull.repository.store.branch(pull.head_ref) is None


@pytest.mark.slow
async def test_dispatch(make_stage: MakeStage) -> None:
    stage = await make_stage(files=many(2))
    payload = stage.dispatch_payload(
        pull_request="1", instruction=REPLACE.removeprefix("/predict-edit ")
    )
    workflow = await Workflow(stage, load("dispatch"), "workflow_dispatch", payload).run()

    assert workflow.jobs["edit"].result == "success", workflow.jobs["edit"].runs[0].log
    assert len(stage.suggestions) == 2


async def test_lint_fix_with_ruff(make_stage: MakeStage) -> None:
    """Ruff's findings lead to a pull request, and the job lists which of them are gone."""
    stage = await make_stage(files=lintable(), prepare=open_to_us)
    workflow = await Workflow(stage, load("lint-fix-ruff"), "schedule", SCHEDULE).run()
    (run,) = workflow.jobs["fix"].runs
    pull = stage.github.repository(REPOSITORY).pulls[2]

    assert (workflow.jobs["fix"].result, run.outputs["outcome"]) == ("success", "opened"), run.log
    assert set(stage.github.files(pull)) == {"src/a.py", "src/b.py"}
    assert pull.labels == ["lint"]
    assert workflow.jobs["fix"].summary.startswith("2 findings gone, 0 left, 0 new.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changed"),
    [("lint-fix-eslint", {"src/a.js"}), ("lint-fix-code-scanning", {"src/a.py", "src/b.py"})],
)
async def test_lint_fix(make_stage: MakeStage, name: str, changed: set[str]) -> None:
    """The other linters' findings lead to a pull request as well."""
    stage = await make_stage(files=lintable(), prepare=open_to_us)
    workflow = await Workflow(stage, load(name), "schedule", SCHEDULE).run()
    (run,) = workflow.jobs["fix"].runs

    assert (workflow.jobs["fix"].result, run.outputs["outcome"]) == ("success", "opened"), run.log
    assert set(stage.github.files(stage.github.repository(REPOSITORY).pulls[2])) == changed


@pytest.mark.slow
async def test_recipe(make_stage: MakeStage) -> None:
    stage = await make_stage(files=lintable(), prepare=open_to_us)
    payload = stage.dispatch_payload(recipe="lint-fix", files="*.js")
    workflow = await Workflow(stage, load("recipe-dispatch"), "workflow_dispatch", payload).run()
    (run,) = workflow.jobs["edit"].runs

    assert run.outputs["outcome"] == "opened", run.log
    assert set(stage.github.files(stage.github.repository(REPOSITORY).pulls[2])) == {"src/a.js"}


async def test_lint_fix_matrix(make_stage: MakeStage) -> None:
    """A job is killed, its file is missing; it is run again, and the pull request is complete."""
    stage = await make_stage(files=lintable(), prepare=open_to_us)
    payload = stage.dispatch_payload()
    workflow = Workflow(stage, load("lint-fix-matrix"), "workflow_dispatch", payload, lost="2/2")
    await workflow.run()
    (published,) = workflow.jobs["publish"].runs

    assert workflow.jobs["edit"].result == "failure"
    assert (published.outputs["outcome"], published.outputs["files-failed"]) == ("partial", "1")
    assert "shard 2/2: its job left no result; run it again" in published.summary
    pull = stage.github.repository(REPOSITORY).pulls[2]
    assert len(stage.github.files(pull)) == 1

    workflow.lost = ""
    await workflow.run(["edit", "publish"])
    assert {job.result for job in workflow.jobs.values()} == {"success"}
    assert set(stage.github.files(pull)) == {"src/a.py", "src/b.py"}


async def test_comment_matrix(make_stage: MakeStage) -> None:
    """A sharded command on a pull request; a whole second attempt does nothing."""
    stage = await make_stage(files=many(2))
    workflow = await (await commented(stage, "comment-matrix")).run()
    runs = [run for job in workflow.jobs.values() for run in job.runs]

    assert {job.result for job in workflow.jobs.values()} == {"success"}, runs[-1].log
    assert [run.outputs["outcome"] for run in runs] == [
        "unchanged", "patched", "patched", "suggested"
    ]  # fmt: skip
    assert (len(stage.suggestions), len(stage.summaries), len(stage.bodies)) == (2, 1, 2)

    await workflow.run()
    assert [job.result for job in workflow.jobs.values()] == ["success", "skipped", "skipped"]
    assert (len(stage.suggestions), len(stage.summaries), len(stage.bodies)) == (2, 1, 2)
