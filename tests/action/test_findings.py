"""Commands on a pull request about linters' findings."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from predict_edit.domain.edits import PlacementKind
from predict_edit.domain.run_report import FileStatus, Outcome
from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox
from predict_edit_sandbox.stage import REPOSITORY, Stage, many
from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeStage = Callable[..., Awaitable[Stage]]
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
LINT_FIX = "/predict-edit run lint-fix"
MERGE = "refs/pull/1/merge"
CONFIG = b"recipes:\n  sweep:\n    instruction: Fix it.\n    anywhere: true\n"


def scanning(github: Sandbox) -> None:
    """Let the job's token read code scanning, with findings in the first two files."""
    allowed = {"contents": "read", "pull_requests": "write", "security_events": "read"}
    github.add_token(DEFAULT_TOKEN, permissions=allowed)  # type: ignore[arg-type]  # literals
    repository = github.repository(REPOSITORY)
    for number in (1, 2):
        repository.add_alert(f"src/file_{number:03}.py", 6, "a bad name", ref=MERGE)
    repository.add_alert("src/file_003.py", 6, "a bad name")
    repository.add_alert("src/file_003.py", 6, "a bad name", ref=MERGE, state="dismissed")


def far_apart(path: str) -> WorldFile:
    """A file whose change has the word twice, forty lines apart."""
    lines = [f"value_{line} = {line}\n" for line in range(60)]
    lines[5] = lines[45] = 'name = "FizzBuzz"\n'
    head = "".join(lines)
    return WorldFile(path=path, base=head.replace("Fizz", "Fuzz").encode(), head=head.encode())


async def test_only_files_with_findings(rehearse: MakeRehearsal) -> None:
    """Of the changed files, those with findings are edited, and the model sees the findings."""
    rehearsal = await rehearse(files=many(3))
    report = "/home/runner/work/game/game/src/file_002.py:6:1: N801 a bad name\nnot/here.py:1: x\n"
    (rehearsal.workspace / "lint.txt").write_text(report)
    done = await rehearsal.say(LINT_FIX, findings="lint.txt")

    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    (request,) = rehearsal.typist.requests
    assert [(f.path, f.line, f.rule) for f in request.findings] == [("src/file_002.py", 6, "N801")]
    assert request.instruction.startswith("Fix what linters found")
    skipped = {r.path: r.reason for r in done.report.with_status(FileStatus.SKIPPED)}
    assert skipped == dict.fromkeys(
        ("src/file_001.py", "src/file_003.py"), "nothing was found in it"
    )


@pytest.mark.parametrize("anywhere", [False, True])
async def test_off_target(rehearse: MakeRehearsal, anywhere: bool) -> None:
    """An edit far from every finding is rejected, unless the recipe allows it; paid for once."""
    files = [far_apart("src/far.py"), WorldFile(path=".github/predict-edit.yml", base=CONFIG,
             head=CONFIG)]  # fmt: skip
    rehearsal = await rehearse(files=files)
    (rehearsal.workspace / "lint.txt").write_text("src/far.py:6:1: N801 a bad name\n")
    comment = rehearsal.comment("/predict-edit run sweep" if anywhere else LINT_FIX)
    done = await rehearsal.follow(comment, findings="lint.txt")
    await rehearsal.follow(comment, findings="lint.txt")

    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert done.report.count(PlacementKind.REJECTED) == (0 if anywhere else 1)
    assert [line for _, line in rehearsal.places] == ([6, 46] if anywhere else [6])
    assert rehearsal.typist.asked == ["src/far.py"]


async def test_open_alerts_of_the_pull_request(rehearse: MakeRehearsal) -> None:
    """`code-scanning` means the open alerts of the pull request's merge; nothing is run."""
    rehearsal = await rehearse(files=many(3), prepare=scanning)
    done = await rehearsal.say(LINT_FIX, findings="code-scanning")

    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert sorted(rehearsal.typist.asked) == ["src/file_001.py", "src/file_002.py"]
    assert {found.message for r in rehearsal.typist.requests for found in r.findings} == {
        "a bad name"
    }


async def test_no_right_to_read_alerts(rehearse: MakeRehearsal) -> None:
    """Without `security-events: read`, the command fails before any model is asked, and says so."""
    rehearsal = await rehearse(files=many(1))
    done = await rehearsal.say(LINT_FIX, findings="code-scanning")

    assert done.report.outcome is Outcome.FAILED
    assert "`security-events: read`" in rehearsal.summary
    assert rehearsal.typist.opened == 0


async def test_recipe_needs_findings(rehearse: MakeRehearsal) -> None:
    """The recipe `lint-fix` exists only if the workflow gives findings."""
    rehearsal = await rehearse(files=many(1))
    done = await rehearsal.say(LINT_FIX)

    assert done.report.outcome is Outcome.ANSWERED
    assert "There is no recipe" in rehearsal.summary


async def test_report_is_missing(rehearse: MakeRehearsal) -> None:
    """A report that was not written ends the command with what to do."""
    rehearsal = await rehearse(files=many(1))
    done = await rehearsal.say(LINT_FIX, findings="lint.sarif")

    assert done.report.outcome is Outcome.FAILED
    assert "No file in the workspace matches" in rehearsal.summary


async def test_spread(rehearse: MakeRehearsal) -> None:
    """The plan reads the findings, once; the other jobs get them from it."""
    rehearsal = await rehearse(files=[far_apart(f"src/f{n}.py") for n in range(3)])
    lint = rehearsal.workspace / "lint.txt"
    lint.write_text("".join(f"src/f{n}.py:6:1: N801 a bad name\n" for n in range(2)))
    comment = rehearsal.comment(LINT_FIX)
    handed = rehearsal.workspace / "handed"
    handed.mkdir()
    await rehearsal.follow(comment, mode="plan", shard="1", findings="lint.txt")
    (handed / "plan.json").write_bytes(rehearsal.file("plan.json"))
    lint.unlink()
    await rehearsal.follow(comment, mode="edit", shard="1/1", results="handed/*.json")
    (handed / "shard-1.json").write_bytes(rehearsal.file("shard-1.json"))
    done = await rehearsal.follow(comment, mode="publish", results="handed/*.json")

    assert done.report.outcome is Outcome.SUGGESTED, done.report.problem
    assert rehearsal.places == [("src/f0.py", 6), ("src/f1.py", 6)]
    assert done.report.count(PlacementKind.REJECTED) == 2
    assert all(len(request.findings) == 1 for request in rehearsal.typist.requests)


async def test_dispatch(make_stage: MakeStage) -> None:
    """By hand on a pull request, with findings and without an instruction: the lint-fix recipe."""
    stage = await make_stage(files=many(2), prepare=scanning)
    payload = stage.dispatch_payload()
    run = await stage.run("workflow_dispatch", payload, pull_request="1", findings="code-scanning")

    assert run.exit_code == 0, run.log
    assert len(stage.bodies) == 2
    asked = json.dumps(stage.bodies[0])
    assert "Fix what linters found" in asked
    assert "line 6, column 1: F401 a bad name" in asked
