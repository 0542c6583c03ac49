"""A sharded run gives the same as a whole one."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from predict_edit.domain.edits import ChangedFile, EditRequest
from predict_edit.domain.errors import SpreadError
from predict_edit.domain.run_report import FileStatus, Outcome
from predict_edit.run.manifest import (
    DoneFile,
    Manifest,
    PlannedShard,
    ShardResult,
    lost_files,
    read_parts,
    write_part,
)

from .conftest import BRANCH, REPOSITORY, MakeScene, Scene, python_file, without_import, world_files


async def plan(scene: Scene, **inputs: str) -> tuple[str, ...]:
    """The first job; its plan is where the others look for it."""
    done = await scene.run(mode="plan", **inputs)
    assert done.report.outcome is Outcome.UNCHANGED, done.report.problem
    handed = scene.workspace / "handed"
    shutil.rmtree(handed, ignore_errors=True)
    handed.mkdir()
    shutil.copy(scene.workspace / "predict-edit-out" / "plan.json", handed)
    return done.report.shards or ()


async def edit(scene: Scene, name: str, **inputs: str) -> None:
    """One job of the matrix, with its result where the last job looks for it."""
    await scene.run(mode="edit", shard=name, results="handed/plan.json", findings="", **inputs)
    number = name.partition("/")[0]
    shutil.copy(scene.workspace / "predict-edit-out" / f"shard-{number}.json",
                scene.workspace / "handed")  # fmt: skip


def tree(scene: Scene, branch: str = BRANCH) -> dict[str, bytes]:
    """All files of a branch."""
    return scene.world.files_at(branch)


@pytest.mark.parametrize(
    ("count", "shards"), [(24, 4), pytest.param(400, 8, marks=pytest.mark.slow)]
)
async def test_same_as_whole(make_scene: MakeScene, count: int, shards: int) -> None:
    """Shards make the tree of a whole run; a lost one loses its files until it is redone."""
    scene = await make_scene(world_files(count, count))
    limit = str(count)
    await scene.run(branch="whole", max_files=limit)
    names = await plan(scene, shard=str(shards), max_files=limit)
    assert names == tuple(f"{n}/{shards}" for n in range(1, shards + 1))
    scene.editor.asked.clear()
    lost = names[-2]
    for name in names:
        if name != lost:
            await edit(scene, name)
    done = await scene.run(mode="publish", results="handed/*.json", findings="")

    failed = done.report.with_status(FileStatus.FAILED)
    assert done.report.outcome is Outcome.PARTIAL
    assert len(failed) == count - len(scene.editor.asked)
    assert {result.reason for result in failed} == {
        f"shard {lost}: its job left no result; run it again"
    }
    assert len(scene.sandbox.files(scene.pulls[-1])) == count - len(failed)

    await edit(scene, lost)
    done = await scene.run(mode="publish", results="handed/*.json", findings="")
    assert done.report.outcome is Outcome.OPENED, done.report.problem
    assert tree(scene) == tree(scene, "whole")
    assert len(scene.editor.asked) == count
    assert len(scene.pulls) == 2


async def test_earlier_edits_stay(scene: Scene) -> None:
    """Files of earlier runs are in no shard, and still in the pull request afterwards."""
    await scene.run()
    scene.sandbox.push(REPOSITORY, "main", {"src/m004.py": python_file(4, faulty=True)})
    scene.lint()
    names = await plan(scene)
    assert names == ("1/1",)
    await edit(scene, "1/1")
    await scene.run(mode="publish", results="handed/*.json", findings="")

    assert len(scene.editor.asked) == 4
    assert len(scene.sandbox.files(scene.pulls[0])) == 4


async def test_jobs_that_ran_twice(scene: Scene) -> None:
    """A shard's result that is there twice counts once, and publishing again changes nothing."""
    for name in await plan(scene, shard="2"):
        await edit(scene, name)
    handed = scene.workspace / "handed"
    (handed / "again").mkdir()
    shutil.copy(handed / "shard-1.json", handed / "again")
    outcomes = [
        (await scene.run(mode="publish", results="handed/**/*.json", findings="")).report.outcome
        for _ in range(2)
    ]

    assert outcomes == [Outcome.OPENED, Outcome.UNCHANGED]
    (pull,) = scene.pulls
    assert len(scene.sandbox.files(pull)) == 3


async def test_nothing_to_do(scene: Scene) -> None:
    """If nothing is new, the matrix is empty, and publishing writes nothing."""
    await scene.run()
    seen = len(scene.sandbox.log.requests)

    assert await plan(scene) == ()
    await scene.run(mode="publish", results="handed/*.json", findings="")
    assert scene.written(seen) == []


async def test_base_moves_between_jobs(scene: Scene) -> None:
    """All jobs work on the plan's commit."""
    start = scene.tip("main")
    await plan(scene, shard="1")
    scene.sandbox.push(REPOSITORY, "main", {"src/m000.py": "other = 1\n"})
    await edit(scene, "1/1")
    done = await scene.run(mode="publish", results="handed/*.json", findings="")

    assert done.report.head == start
    store = scene.sandbox.repository(REPOSITORY).store
    assert store.commit(scene.pulls[0].head_sha).parents == (start,)


async def test_limits_are_divided(scene: Scene) -> None:
    """The limits of the whole run hold over all jobs together."""
    await plan(scene, shard="3", max_tokens="9000", max_cost="0.3")
    found, _ = read_parts(
        {"plan.json": (scene.workspace / "handed" / "plan.json").read_bytes()}, None, "1"
    )

    assert sum(shard.max_tokens or 0 for shard in found.shards) <= 9000
    assert sum(shard.max_cost or 0 for shard in found.shards) <= Decimal("0.3")
    assert all((shard.max_tokens or 0) > 2500 for shard in found.shards)


async def test_judged_again_when_published(scene: Scene) -> None:
    """Edits that are off target in a job are also off target in the delivery, and counted once."""

    def fix(request: EditRequest) -> str:
        return without_import(request).replace("value_29", "renamed")

    scene.editor.fix = fix
    await plan(scene, shard="1")
    await edit(scene, "1/1")
    done = await scene.run(mode="publish", results="handed/*.json", findings="")

    assert b"renamed" not in tree(scene)["src/m000.py"]
    assert len(done.report.files) == 3
    assert done.report.usage.prompt_tokens == 300


async def test_forged_plan_speaks_for_no_other_job(scene: Scene) -> None:
    """A plan that names another job, or a result with other text, is refused and writes nothing."""
    await scene.run()
    (theirs,) = scene.pulls
    identity = re.search(r" job=(\w+)", theirs.body or "")
    assert identity
    work = {"instruction": "Sort the imports.", "branch": BRANCH}
    await plan(scene, shard="1", **work)
    await edit(scene, "1/1", **work)
    seen = len(scene.sandbox.log.requests)
    for name, old, new in (
        ("plan.json", r'"job":"\w*"', f'"job":"{identity[1]}"'),
        ("shard-1.json", "value_2 = ", "forged = "),
        ("plan.json", r'"seal":"\w*"', '"seal":"\u00fc"'),
    ):
        part = scene.workspace / "handed" / name
        sound = part.read_text()
        part.write_text(re.sub(old, new, sound))
        assert part.read_text() != sound
        done = await scene.run(mode="publish", results="handed/*.json", findings="", **work)
        part.write_text(sound)

        assert done.report.outcome is Outcome.FAILED
        assert f"`handed/{name}` was changed on its way" in done.report.problem
    assert scene.written(seen) == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"mode": "edit", "results": "handed/plan.json"}, "`shard` is missing"),
        ({"mode": "edit", "shard": "1/1"}, "`results` is missing"),
        ({"mode": "edit", "shard": "9", "results": "handed/plan.json"}, "the plan has 1 shards"),
        ({"mode": "publish", "results": "nothing/*.json"}, "hold no plan"),
    ],
)
async def test_missing_parts(scene: Scene, inputs: dict[str, str], said: str) -> None:
    await plan(scene, shard="1")
    done = await scene.run(findings="", **inputs)

    assert done.report.outcome is Outcome.FAILED
    assert said in done.report.problem


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.json", b"{"),
        ("x.json", b"[1]"),
        ("x.json", b'{"kind": "shard", "version": 2}'),
        ("x.json", b'{"kind": "plan"}'),
    ],
)
def test_broken_part(name: str, data: bytes) -> None:
    with pytest.raises(SpreadError, match=r"`x\.json`"):
        read_parts({name: data}, None, "1")


MINE = Manifest(
    key="a",
    repository="o/n",
    ref="main",
    commit="1" * 40,
    instruction="x",
    shards=(PlannedShard(paths=("a.py",)),),
    files=(ChangedFile(path="a.py", status="modified", blob_sha="1"),),
)


def test_result_of_another_plan() -> None:
    """A result of an earlier attempt is ignored, and its shard counts as lost."""
    other = ShardResult(plan="b", shard=1, model="m", files=())
    files = {
        "p.json": write_part(MINE, None, "1").encode(),
        "s.json": write_part(other, None, "1").encode(),
    }

    assert read_parts(files, None, "1") == (MINE, {})
    assert lost_files(MINE, {}) == {"a.py": "shard 1/1: its job left no result; run it again"}


@pytest.mark.parametrize(("shard", "path"), [(2, "a.py"), (1, "b.py"), (0, "a.py")])
def test_result_that_was_not_asked_for(shard: int, path: str) -> None:
    """A result for another shard, or with a file that the plan did not give it, is refused."""
    done = DoneFile(path=path, blob_sha="1", status=FileStatus.UNCHANGED)
    part = ShardResult(plan="a", shard=shard, model="m", files=(done,))
    files = {
        "p.json": write_part(MINE, None, "1").encode(),
        "s.json": write_part(part, None, "1").encode(),
    }
    with pytest.raises(SpreadError):
        read_parts(files, None, "1")


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    """An artifact may contain result.json and patches beside the parts."""
    del tmp_path
    mine = Manifest(key="a", repository="o/n", ref="main", commit="1" * 40, instruction="x",
                    shards=())  # fmt: skip
    files = {
        "p.json": write_part(mine, None, "1").encode(),
        "result.json": b'{"version":1}',
        "e.patch": b"d",
    }

    assert read_parts(files, None, "1") == (mine, {})
