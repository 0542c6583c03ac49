"""Trees, branches and pull requests of our own, against the offline GitHub."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from predict_edit.domain.errors import BranchMoved, ForgeForbidden, ForgeRefused
from predict_edit.domain.repository import BranchMove, BranchPull, CommitDraft
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox, Switches, run_sandbox_github
from predict_edit_sandbox.world import World, build_world
from predict_edit_sandbox.world_files import WorldFile

REPOSITORY = "octo/demo"


class Scene:
    """An offline GitHub with a repository, and a forge that talks to it."""

    def __init__(self, world: World, sandbox: Sandbox, forge: GitHubHost) -> None:
        self.world = world
        self.sandbox = sandbox
        self.forge = forge

    async def commit(self, branch: str, head: str, text: str = "new\n") -> str:
        """Commit one file on a branch through the host."""
        draft = CommitDraft(
            repository=REPOSITORY,
            branch=branch,
            expected_head=head,
            headline="Edit",
            body="",
            files=(("new.txt", text.encode()),),
        )
        return (await self.forge.commit(draft)).sha


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """The standard world, in which the job's token may write everything."""
    world = build_world(tmp_path / "world")
    sandbox = Sandbox(switches=Switches(actions_may_open_pull_requests=True))
    sandbox.add_token(DEFAULT_TOKEN, permissions={"contents": "write", "pull_requests": "write"})
    sandbox.add_repository(REPOSITORY, world.repository)
    async with run_sandbox_github(sandbox) as url:
        client = Client(repository=REPOSITORY, token=DEFAULT_TOKEN, api_url=url)
        forge = GitHubHost(client)
        yield Scene(world, sandbox, forge)
        await forge.aclose()
    assert sandbox.defects == []


@pytest.mark.parametrize("limit", [100_000, 3])
async def test_tree(scene: Scene, limit: int) -> None:
    """All files come, in one request, or folder by folder if GitHub cuts the tree."""
    scene.sandbox.switches.tree_limit = limit
    if limit == 3:
        scene.sandbox.switches.tree_limit = len(
            scene.sandbox.repository(REPOSITORY).store.tree(scene.world.base_sha)
        )
    files = await scene.forge.tree(scene.world.base_sha)

    assert {file.path for file in files} == set(scene.world.files_at(scene.world.base_sha))
    assert all(file.mode == 0o100644 and len(file.blob_sha) == 40 for file in files)
    assert (scene.forge.requests == 1) == (limit == 100_000)


async def test_branches(scene: Scene) -> None:
    """The default branch and tips are read; a missing branch has no tip."""
    assert (await scene.forge.repository()).default_branch == "main"
    assert await scene.forge.branch_tip("main") == scene.world.base_sha
    assert await scene.forge.branch_tip("mai") is None
    with pytest.raises(ForgeRefused):
        await scene.forge.create_branch("main", scene.world.base_sha)


async def test_move_checks_where_it_was(scene: Scene) -> None:
    """All branches move or none: a push to one keeps all where they are."""
    forge, base = scene.forge, scene.world.base_sha
    await forge.create_branch("a/b", base)
    ours = await scene.commit("a/b", base)
    await forge.create_branch("temporary", base)
    better = await scene.commit("temporary", base, "better\n")
    theirs = scene.sandbox.push(REPOSITORY, "a/b", {"theirs.txt": "x\n"})
    moves = [
        BranchMove(branch="a/b", before=ours, after=better),
        BranchMove(branch="temporary", before=better, after=None),
    ]
    with pytest.raises(BranchMoved):
        await forge.move_branches(moves)

    assert await forge.branch_tip("a/b") == theirs
    assert await forge.branch_tip("temporary") == better

    await forge.move_branches([BranchMove(branch="a/b", before=theirs, after=better), moves[1]])
    assert await forge.branch_tip("a/b") == better
    assert await forge.branch_tip("temporary") is None


async def test_move_makes_a_branch(scene: Scene) -> None:
    """A branch that must not exist is created, and refused if it exists."""
    new = BranchMove(branch="fresh", before=None, after=scene.world.base_sha)
    await scene.forge.move_branches([new])

    assert await scene.forge.branch_tip("fresh") == scene.world.base_sha
    with pytest.raises(ForgeRefused):
        await scene.forge.move_branches([new])


async def test_life_of_a_pull_request(scene: Scene) -> None:
    """Opened, labelled, changed, closed: the branch's state shows each."""
    forge, base = scene.forge, scene.world.base_sha
    await forge.create_branch("ours", base)
    tip = await scene.commit("ours", base)
    made = await forge.open_pull_request("ours", "main", title="Fix", body="Body", draft=True)
    await forge.label(made.number, ["lint", "bot"])
    await forge.update_pull_request(made.number, title="Fix more", body="Other")
    state = await forge.branch_state("ours")

    assert state.tip == tip
    assert state.pulls == (
        BranchPull(number=made.number, state="open", url=made.url, body="Other", mine=True),
    )
    there = scene.sandbox.pull(REPOSITORY, made.number)
    assert (there.title, there.base_ref, there.draft) == ("Fix more", "main", True)
    assert there.labels == ["lint", "bot"]

    await forge.update_pull_request(made.number, close=True)
    assert (await forge.branch_state("ours")).pulls[0].state == "closed"


async def test_merged_is_reported(scene: Scene) -> None:
    """A merged pull request is not a closed one."""
    await scene.forge.create_branch("ours", scene.world.base_sha)
    await scene.commit("ours", scene.world.base_sha)
    made = await scene.forge.open_pull_request("ours", "main", title="Fix", body="")
    scene.sandbox.merge_pull_request(REPOSITORY, made.number)

    assert (await scene.forge.branch_state("ours")).pulls[0].state == "merged"
    assert "new.txt" in scene.world.files_at("main")


async def test_setting_of_the_repository(scene: Scene) -> None:
    """If workflows may not open pull requests, the message says which box to tick."""
    scene.sandbox.switches.actions_may_open_pull_requests = False
    await scene.forge.create_branch("ours", scene.world.base_sha)
    await scene.commit("ours", scene.world.base_sha)
    with pytest.raises(ForgeForbidden, match="Allow GitHub Actions to create and approve"):
        await scene.forge.open_pull_request("ours", "main", title="Fix", body="")


async def test_protected_branch(scene: Scene) -> None:
    """A protected branch accepts neither commits nor moves, and the error says so."""
    await scene.forge.create_branch("ours", scene.world.base_sha)
    scene.sandbox.repository(REPOSITORY).protected.add("ours")
    with pytest.raises(ForgeRefused, match="Protected"):
        await scene.commit("ours", scene.world.base_sha)
    with pytest.raises(ForgeRefused, match="Protected"):
        await scene.forge.move_branches(
            [BranchMove(branch="ours", before=scene.world.base_sha, after=None)]
        )


async def test_twenty_thousand_files(tmp_path: Path) -> None:
    """The tree of a large repository comes with one request and within little memory."""
    files = [
        WorldFile(path=f"p{n % 200:03}/d{n % 7}/f{n:05}.py", base=b"x\n", head=b"x\n")
        for n in range(20_000)
    ]
    world = build_world(tmp_path / "world", files=files)
    sandbox = Sandbox()
    sandbox.add_repository(REPOSITORY, world.repository)
    async with run_sandbox_github(sandbox) as url:
        client = Client(repository=REPOSITORY, token=DEFAULT_TOKEN, api_url=url)
        forge = GitHubHost(client)
        tracemalloc.start()
        found = await forge.tree(world.base_sha)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await forge.aclose()

    assert len(found) == 20_001
    assert forge.requests == 1
    assert peak < 150_000_000
