"""Runs over a branch with the real action: scheduled and by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox
from predict_edit_sandbox.stage import REPOSITORY, Stage
from predict_edit_sandbox.world_files import WorldFile

MakeStage = Callable[..., Awaitable[Stage]]
DELETE = "Delete lines containing `import os`."


def may_write(github: Sandbox) -> None:
    """Give the job's token the permissions of the examples, and tick the box."""
    github.add_token(DEFAULT_TOKEN, permissions={"contents": "write", "pull_requests": "write"})
    github.switches.actions_may_open_pull_requests = True


def faulty(count: int) -> list[WorldFile]:
    """Modules with an unused import."""
    text = "import os\n" + "".join(f"v{n} = {n}\n" for n in range(9))
    return [
        WorldFile(path=f"src/m{n}.py", base=text.encode(), head=text.encode()) for n in range(count)
    ]


async def test_schedule(make_stage: MakeStage) -> None:
    """The report in the workspace leads to a pull request; the next run asks and writes nothing."""
    stage = await make_stage(files=faulty(3), prepare=may_write)
    line = "/home/runner/work/game/game/src/m{}.py:1:8: F401 `os` imported but unused\n"
    runs = []
    for _ in range(2):
        folder = stage.folder / f"run{stage.runs + 1}"
        folder.mkdir()
        (folder / "ruff.txt").write_text("".join(line.format(n) for n in range(2)))
        payload = {"schedule": "0 5 * * 1"}
        runs.append(await stage.run("schedule", payload, findings="ruff.txt", instruction=DELETE))

    assert [(run.exit_code, run.outputs["outcome"]) for run in runs] == [
        (0, "opened"), (0, "unchanged")
    ], runs[0].log  # fmt: skip
    assert len(stage.bodies) == 2
    shown = "".join(message["content"] for message in stage.bodies[0]["messages"][:-1])
    assert "line 1, column 8: F401 `os` imported but unused" in shown
    pulls = stage.github.repository(REPOSITORY).pulls
    assert set(stage.github.files(pulls[2])) == {"src/m0.py", "src/m1.py"}
    assert runs[0].outputs["pull-request"] == runs[1].outputs["pull-request"] == "2"
    assert runs[0].outputs["pull-request-url"].endswith("/pull/2")
    assert runs[0].result["outcome"] == "opened"
    assert "Opened [a pull request]" in runs[0].summary


async def test_dispatch_with_files(make_stage: MakeStage) -> None:
    """By hand, with `files` and no pull request; delivered as a patch, nothing is written."""
    stage = await make_stage(files=faulty(3))
    payload = stage.dispatch_payload(instruction=DELETE)
    run = await stage.run("workflow_dispatch", payload, files="src/m1.py", deliver="patch")

    assert (run.exit_code, run.outputs["outcome"]) == (0, "patched"), run.log
    assert run.file("edits.patch").count(b"-import os") == 1
    assert stage.written() == []
    assert run.outputs["pull-request"] == ""


async def test_wrong_settings(make_stage: MakeStage) -> None:
    """Suggestions need a pull request; the error comes before the model is asked."""
    stage = await make_stage(files=faulty(1))
    payload = stage.dispatch_payload(instruction=DELETE)
    run = await stage.run("workflow_dispatch", payload, files="*.py", deliver="suggestions")

    assert run.exit_code == 2
    assert "`deliver`" in run.stdout
    assert stage.github.log.requests == []


async def test_plan_of_a_sharded_run(make_stage: MakeStage) -> None:
    """A plan asks no model, and names the shards for the matrix; an edit job takes one."""
    stage = await make_stage(files=faulty(3))
    payload = stage.dispatch_payload(instruction=DELETE)
    plan = await stage.run(
        "workflow_dispatch", payload, files="src/*.py", mode="plan", shard="2", deliver="patch"
    )

    assert (plan.exit_code, plan.outputs["shards"]) == (0, '["1/2", "2/2"]'), plan.log
    assert stage.bodies == []
    folder = stage.folder / f"run{stage.runs + 1}"
    folder.mkdir()
    (folder / "plan.json").write_bytes(plan.file("plan.json"))
    part = await stage.run(
        "workflow_dispatch",
        stage.dispatch_payload(),
        mode="edit",
        shard="2/2",
        results="plan.json",
        deliver="patch",
    )
    assert part.exit_code == 0, part.log
    assert "shard-2.json" in part.files
    assert len(stage.bodies) in {1, 2}
