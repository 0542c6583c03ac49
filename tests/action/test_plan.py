"""A change that spans files: what every request is shown of it, and which files are asked for."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain.edits import ChangePlan, Effort, PlacementKind, SharedName, Usage
from predict_edit.domain.run_report import FileStatus, Outcome
from predict_edit.edit.plan import MAX_DIFF, NOT_NEEDED
from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.stage import REPOSITORY, WRITER, Stage, many, set_stage
from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

MakeStage = Callable[..., Awaitable[Stage]]
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
CHANGED, STEP = 60, 5
CHANGES = many(4, changes=20)
RENAME = "/predict-edit Rename `load_all` to `load_every`."
NAMES = (SharedName(old="load_all", new="load_every"),)


def may_write(github: Sandbox) -> None:
    """Let the job's token commit."""
    github.add_token(DEFAULT_TOKEN, permissions={"contents": "write", "pull_requests": "write"})


def said(exchange: Any) -> list[str]:
    """The messages of a request."""
    return [message["content"] for message in exchange.body["messages"]]


def scene(count: int = CHANGED) -> list[WorldFile]:
    """Changed files, of which every fifth uses the name that is to change."""
    files = []
    for number in range(1, count + 1):
        name = "load_all" if number % STEP == 0 else "load"
        head = f"def task_{number}(value):\n    return {name}(value)\n"
        base = head.replace(f"task_{number}", "task")
        files.append(WorldFile(path=f"src/f{number:02}.py", base=base.encode(), head=head.encode()))
    return files


def plan_of(files: Iterable[WorldFile]) -> str:
    """The answer of a model that knows which files are concerned."""
    told = [
        {"path": file.path, "edit": edit, "instruction": "Rename the call." if edit else ""}
        for file in files
        for edit in [b"load_all" in (file.head or b"")]
    ]
    return json.dumps({"files": told, "names": [{"old": "load_all", "new": "load_every"}]})


@pytest.mark.parametrize(
    ("model", "forms"), [("gpt-4.1", {"file": 6}), ("gpt-6-luna", {"file": 2, "edits": 4})]
)
async def test_whole_change_is_read_once(
    make_stage: MakeStage, model: str, forms: dict[str, int]
) -> None:
    """All requests of one form are equal up to the file's own part, and the cache has it."""
    long = [dataclasses.replace(file, path=f"lib/{n}.py") for n, file in enumerate(CHANGES)]
    files = [*many(2), *long]
    stage = await make_stage(files=files, model=ModelConfig(prompt_cache=True))
    run = await stage.say(inputs={"context": "pull-request", "model": model})

    assert (run.exit_code, run.outputs["outcome"]) == (0, "suggested"), run.log
    requests = [said(exchange) for exchange in stage.model.exchanges]
    begun = collections.Counter(json.dumps(messages[:3]) for messages in requests)
    assert sorted(begun.values()) == sorted(forms.values())
    named = (messages[2].split(maxsplit=2)[1] for messages in requests)
    assert collections.Counter(named) == forms
    assert all(f'file "{file.path}", modified' in requests[0][2] for file in files)
    cached = [exchange.accounts.cached for exchange in stage.model.exchanges if exchange.accounts]
    assert cached[0] == 0
    assert sum(tokens > 1_024 for tokens in cached) >= max(forms.values()) - 1
    assert run.outputs["cached-tokens"] == str(sum(cached))


async def test_a_diff_that_is_too_long_is_named(rehearse: MakeRehearsal) -> None:
    """It is beside its own file alone, and all others are beside every file."""
    lines = "".join(f"value_{number} = FizzBuzz\n" for number in range(2_500))
    long = WorldFile(path="src/long.py", base=b"FizzBuzz\n", head=lines.encode())
    rehearsal = await rehearse(files=[*many(2), long])
    done = await rehearsal.say(context="pull-request")

    (background,) = {each.background for each in rehearsal.typist.requests}
    assert background is not None
    (_, diff), *_ = background.blocks
    assert 'file "src/file_002.py", modified' in diff
    assert '[diffs that are not shown: "src/long.py"]' in diff
    assert len(diff) < MAX_DIFF
    named = "Not shown to the model beside other files: the diff of `src/long.py`."
    assert named in done.report.notes
    assert named in rehearsal.summary


class TestRenameOverTwelveOfSixtyFiles:
    """One run and its re-run, looked at from many sides."""

    @pytest.fixture(scope="class")
    @staticmethod
    def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
        """What both runs left."""

        async def both() -> dict[str, Any]:
            files = scene()
            folder = tmp_path_factory.mktemp("rename")
            model = ModelConfig(plan=plan_of(files))
            async with set_stage(folder, files=files, model=model) as stage:
                comment = stage.github.comment(REPOSITORY, stage.pull.number, WRITER, RENAME)
                payload = stage.comment_payload(comment)
                run = await stage.run("issue_comment", payload, max_files="60")
                result = stage.folder / f"run{stage.runs}" / run.outputs["result"]
                asked = [*stage.model.exchanges]
                again = await stage.run("issue_comment", payload, max_files="60")
                return {
                    "run": run,
                    "result": json.loads(result.read_text(encoding="utf-8")),
                    "asked": asked,
                    "again": again,
                    "calls": len(stage.model.exchanges),
                    "suggestions": {each.thread.path: each.body for each in stage.suggestions},
                    "posted": len(stage.suggestions),
                    "summary": stage.summaries[0],
                }

        return asyncio.run(both())

    def test_thirteen_calls(self, runs: dict[str, Any]) -> None:
        assert runs["run"].exit_code == 0, runs["run"].log
        assert [exchange.plans for exchange in runs["asked"]] == [True, *([False] * 12)]

    def test_suggestions_in_exactly_those_files(self, runs: dict[str, Any]) -> None:
        wanted = {f"src/f{number:02}.py" for number in range(STEP, CHANGED + 1, STEP)}
        assert {*runs["suggestions"]} == wanted
        assert runs["posted"] == 12
        body = runs["suggestions"]["src/f05.py"]
        assert "    return load_every(value)\n" in body
        others = "`src/f10.py`, `src/f15.py`, `src/f20.py` and 8 more files"
        assert f"Goes with the suggestions in {others}." in body

    def test_no_file_is_silently_gone(self, runs: dict[str, Any]) -> None:
        assert runs["run"].outputs["files-skipped"] == "48"
        assert runs["run"].outputs["files-edited"] == "12"
        assert "`--plan off`" in runs["summary"]
        assert f"{NOT_NEEDED} (48)" in runs["summary"].replace("\\", "")
        assert "Rename the call." in runs["summary"]

    def test_result_has_the_plan_and_its_tokens(self, runs: dict[str, Any]) -> None:
        result = runs["result"]
        assert len(result["plan"]["left"]) == 48
        assert result["plan"]["files"][0] == {
            "path": "src/f05.py",
            "instruction": "Rename the call.",
        }
        (name,) = result["plan"]["names"]
        assert (name["old"], name["new"], len(name["files"]), name["remaining"]) == (
            *("load_all", "load_every", 12),
            [],
        )
        used = [exchange.accounts.prompt for exchange in runs["asked"]]
        assert result["plan"]["usage"]["prompt_tokens"] == used[0]
        assert result["usage"]["prompt_tokens"] == sum(used)

    def test_hint_reaches_its_file_as_material(self, runs: dict[str, Any]) -> None:
        background = said(runs["asked"][1])[2]
        assert background.count("Rename the call.") == 1
        assert "begin: what a plan says about the file; the instruction decides" in background

    def test_run_again_it_asks_nothing(self, runs: dict[str, Any]) -> None:
        assert runs["again"].exit_code == 0, runs["again"].log
        assert runs["calls"] == 13
        assert runs["again"].outputs["files-skipped"] == "48"


@pytest.mark.parametrize(
    ("command", "inputs"),
    [
        (f"{RENAME[:13]} --files 'src/*' {RENAME[13:]}", {}),
        (f"{RENAME[:13]} --plan off {RENAME[13:]}", {}),
        (RENAME, {"plan": "off"}),
    ],
)
async def test_people_overrule_it(
    rehearse: MakeRehearsal, command: str, inputs: dict[str, str]
) -> None:
    """With the files they name, or without any plan."""
    rehearsal = await rehearse(files=scene(24))
    rehearsal.typist.change = ChangePlan(left=("src/f01.py",))
    done = await rehearsal.say(command, **inputs)

    assert done.report.plan is None
    assert len(rehearsal.typist.asked) == 24
    assert rehearsal.typist.plans == []


async def test_three_files_are_never_planned(rehearse: MakeRehearsal) -> None:
    """Unless it is asked for."""
    rehearsal = await rehearse(files=scene(3))
    await rehearsal.say(RENAME)
    assert rehearsal.typist.plans == []
    await rehearsal.say(RENAME, plan="on")
    assert len(rehearsal.typist.plans) == 1


@pytest.mark.parametrize(("plan", "calls"), [("auto", 21), ("off", 20)])
async def test_a_dry_run_estimates_the_plan(rehearse: MakeRehearsal, plan: str, calls: int) -> None:
    rehearsal = await rehearse(files=scene(20))
    done = await rehearsal.say(RENAME, dry_run="true", plan=plan)

    assert any(f"asked: 20 files in {calls} calls" in note for note in done.report.notes)
    assert len(rehearsal.typist.plans) == calls - 20


async def test_an_unreadable_plan_changes_nothing(rehearse: MakeRehearsal) -> None:
    """It is noted, and paid for."""
    rehearsal = await rehearse(files=scene(10))
    effort = Effort(usage=Usage(prompt_tokens=7, completion_tokens=1), attempts=1)
    rehearsal.typist.change = ChangePlan(problem="No JSON.", effort=effort)
    done = await rehearsal.say(RENAME, plan="on")

    assert len(rehearsal.typist.asked) == 10
    assert any("it left no file out. No JSON." in note for note in done.report.notes)
    assert done.report.usage.prompt_tokens == 7 + 10 * 10


async def test_files_with_an_old_name_are_asked_once_more(rehearse: MakeRehearsal) -> None:
    """With what was found said; what remains after that is told."""
    rehearsal = await rehearse(files=scene(10))
    typist = rehearsal.typist
    typist.old, typist.new = "load_all", "load_every"
    typist.change = ChangePlan(names=NAMES)
    typist.lazy = ("src/f10.py",)
    done = await rehearsal.say(RENAME, plan="on")

    assert typist.asked.count("src/f10.py") == 2
    assert typist.asked.count("src/f05.py") == 1
    (again,) = [each for each in typist.requests if each.leftover]
    assert "`load_all` (now `load_every`) in line 2" in again.leftover
    assert done.report.plan is not None
    (name,) = done.report.plan.names
    assert (name.files, name.remaining) == (("src/f05.py",), ("src/f10.py",))
    shown = rehearsal.summary.partition("<details><summary>Details")[0]
    assert "is still in `src/f10.py`." in shown
    assert "over `max-files`" not in shown
    edited = next(each for each in done.report.files if each.path == "src/f10.py")
    assert edited.effort is not None
    assert edited.effort.attempts == 2


async def test_a_group_may_be_cut_by_the_limit(rehearse: MakeRehearsal) -> None:
    """What is over `max-files` was not looked at, so whether it has an old name is not known."""
    rehearsal = await rehearse(files=scene(10))
    typist = rehearsal.typist
    typist.old, typist.new = "load_all", "load_every"
    typist.change = ChangePlan(names=NAMES)
    await rehearsal.say(RENAME, plan="on", max_files="9")

    shown = rehearsal.summary.partition("<details><summary>Details")[0]
    assert "1 file over `max-files` may still have an old name, such as `load_all`" in shown


async def test_files_are_told_the_names_that_they_share(rehearse: MakeRehearsal) -> None:
    """Each by itself might choose another one; a file without the old name is not told."""
    rehearsal = await rehearse(files=scene(10))
    rehearsal.typist.change = ChangePlan(hints=(("src/f05.py", "Rename it."),), names=NAMES)
    await rehearsal.say("/predict-edit Give `load_all` a better name.", plan="on")

    said = {each.file.path: each.hint for each in rehearsal.typist.requests if each.hint}
    names = "In all files: load_all becomes load_every."
    assert said == {"src/f05.py": f"Rename it.\n{names}", "src/f10.py": names}


async def test_a_second_answer_completes_the_edit(rehearse: MakeRehearsal) -> None:
    """Both are one edit of the file as it was."""
    rehearsal = await rehearse(files=scene(10))
    typist = rehearsal.typist
    typist.old, typist.new = "load_all", "load_every"
    typist.change = ChangePlan(names=NAMES)
    typist.late = ("src/f10.py",)
    done = await rehearsal.say(RENAME, plan="on")

    assert typist.asked.count("src/f10.py") == 2
    assert {path for path, _ in rehearsal.places} == {"src/f05.py", "src/f10.py"}
    assert done.report.plan is not None
    assert done.report.plan.names[0].remaining == ()


async def test_a_second_answer_that_replaces_no_name_is_not_taken(rehearse: MakeRehearsal) -> None:
    """It may undo the first one; its tokens are counted."""
    files = [*scene(10), WorldFile(path="a.py", base=b"x\n", head=b"load_all\nFizzBuzz\n")]
    rehearsal = await rehearse(files=files)
    typist = rehearsal.typist
    typist.old, typist.new = "load_all", "load_every"
    typist.change = ChangePlan(names=NAMES)
    typist.lazy = ("a.py",)
    typist.first = ("FizzBuzz", "MSFTBuzz")
    typist.again = ("MSFTBuzz", "FizzBuzz")
    done = await rehearsal.say(RENAME, plan="on")

    assert typist.asked.count("a.py") == 2
    assert ("a.py", 2) in rehearsal.places
    (result,) = (result for result in done.report.files if result.path == "a.py")
    assert result.effort is not None
    assert result.effort.attempts == 2


async def test_a_commit_takes_a_group_whole_or_not_at_all(rehearse: MakeRehearsal) -> None:
    """One file failed: its group is in the patch, with the reason; another edit is committed."""
    rehearsal = await rehearse(files=[*scene(10), *many(1)], prepare=may_write)
    typist = rehearsal.typist
    typist.old, typist.new = "load_all", "load_every"
    typist.first = ("FizzBuzz", "MSFTBuzz")
    typist.change = ChangePlan(names=NAMES)
    typist.broken = ("src/f10.py",)
    inputs = {"deliver": "commit", "plan": "on"}
    done = await rehearsal.say(RENAME, **inputs)

    status = {result.path: result.status for result in done.report.files}
    assert status["src/f10.py"] is FileStatus.FAILED
    held = next(result for result in done.report.files if result.path == "src/f05.py")
    assert held.placed is not None
    (placement,) = held.placed.placements
    assert placement.kind is PlacementKind.PATCH
    assert placement.reason == (
        "held back: the edits of the same names in `src/f10.py` are incomplete"
    )
    assert done.report.outcome is Outcome.PARTIAL
    assert done.report.commit_url
    assert "1 held back" in rehearsal.summary
    shown = rehearsal.summary.partition("<details><summary>Details")[0]
    assert "| `src/f05.py` | 1 | held back |" in shown
    assert "- 1 change not in the commit (held back: the edits of the same names in" in shown
    assert shown.count("```diff") == 1
    assert "+    return load_every(value)" in shown
    assert b"load_every" in rehearsal.file("remainder.patch")


async def test_a_group_that_is_whole_at_last_is_remembered_as_committed(
    rehearse: MakeRehearsal,
) -> None:
    """A third run reports all files of the commit, and asks for none."""
    rehearsal = await rehearse(files=scene(10), prepare=may_write)
    typist = rehearsal.typist
    typist.old, typist.new = "load_all", "load_every"
    typist.change = ChangePlan(names=NAMES)
    typist.broken = ("src/f10.py",)
    inputs = {"deliver": "commit", "plan": "on"}
    comment = rehearsal.comment(RENAME)
    await rehearsal.follow(comment, **inputs)
    typist.broken = ()
    for _ in range(2):
        typist.asked.clear()
        done = await rehearsal.follow(comment, **inputs)

    assert done.report.outcome is Outcome.COMMITTED
    assert typist.asked == []
    edited = {result.path for result in done.report.with_status(FileStatus.EDITED)}
    assert edited == {"src/f05.py", "src/f10.py"}
