"""The host in conversation with the offline GitHub, as in a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from predict_edit.domain.edits import ReviewDraft, Suggestion
from predict_edit.domain.errors import AnchorRefused, BranchMoved, ForgeForbidden, ForgeUnavailable
from predict_edit.domain.repository import CommandRef, CommandSource, CommitDraft, Reaction, Role
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault, Sandbox, run_sandbox_github
from predict_edit_sandbox.github.nouns import PullRequest
from predict_edit_sandbox.github.roles import Role as SandboxRole
from predict_edit_sandbox.world import World, build_world

REPOSITORY = "octo/demo"
MARKER = "<!-- predict-edit:test -->"


class Scene:
    """An offline GitHub with one pull request, and forges that talk to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sandbox = Sandbox()
        self.sandbox.add_repository(REPOSITORY, world.repository)
        self.sandbox.set_role(REPOSITORY, "ada", SandboxRole.WRITE)
        self.pull: PullRequest = self.sandbox.open_pull_request(
            REPOSITORY, base=world.base_ref, head=world.head_ref, title="Words"
        )
        self.url = ""
        self.forges: list[GitHubHost] = []

    def forge(self, *, token: str = DEFAULT_TOKEN, enterprise: bool = False) -> GitHubHost:
        """A forge that talks to the served GitHub."""
        prefix = "/api/v3" if enterprise else ""
        client = Client(
            repository=REPOSITORY,
            token=token,
            api_url=self.url + prefix,
        )
        self.forges.append(GitHubHost(client))
        return self.forges[-1]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A scene that is served during the test, without defects at its end."""
    scene = Scene(build_world(tmp_path / "world"))
    async with run_sandbox_github(scene.sandbox) as scene.url:
        yield scene
        for forge in scene.forges:
            await forge.aclose()
    assert scene.sandbox.defects == []


def suggest(path: str, line: int) -> Suggestion:
    """A suggestion for one line."""
    return Suggestion(path=path, start_line=line, line=line, body="```suggestion\nnew\n```")


def first_added_line(patch: str) -> int:
    """The number of the first line that a patch adds."""
    from unidiff.patch import PatchSet

    patched = PatchSet(f"--- a/f\n+++ b/f\n{patch}\n")[0]
    return next(
        line.target_line_no
        for hunk in patched
        for line in hunk
        if line.is_added and line.target_line_no
    )


@pytest.mark.parametrize("enterprise", [False, True])
async def test_every_file_is_read_byte_for_byte(scene: Scene, *, enterprise: bool) -> None:
    """The listed files are read as git has them, with few requests."""
    forge = scene.forge(enterprise=enterprise)
    role, pull, files = await asyncio.gather(
        forge.role_of("ada"),
        forge.pull_request(scene.pull.number),
        forge.changed_files(scene.pull.number),
    )
    assert (role, pull.head_sha, len(files)) == (
        Role.WRITE,
        scene.world.head_sha,
        pull.changed_files,
    )
    wanted = {file.path: file.blob_sha for file in files if file.status != "removed"}
    contents = await forge.read_files(pull.head_sha, wanted)
    there = scene.world.files_at(scene.world.head_sha)
    assert set(contents) == set(wanted)
    for path, content in contents.items():
        assert content.blob_sha == wanted[path]
        assert content.size == len(there[path])
        if content.data is None:
            assert content.binary or content.mode == 0o120000
        else:
            assert content.data == there[path]
    assert forge.requests <= 4


async def test_a_run_leaves_its_traces_and_finds_them_again(scene: Scene) -> None:
    """Reactions, summary comment and review are written, recognised as ours, and changed."""
    forge = scene.forge()
    number = scene.pull.number
    said = scene.sandbox.comment(REPOSITORY, number, "ada", "/predict-edit do it")
    scene.sandbox.comment(REPOSITORY, number, "eve", f"mine too {MARKER}")
    command = CommandRef(source=CommandSource.ISSUE_COMMENT, comment_id=said.id, author="ada")
    await forge.react(command, Reaction.TAKEN)
    summary = await forge.create_comment(number, f"working {MARKER}")
    await forge.edit_comment(summary.id, f"done {MARKER}")
    assert await forge.command_body(command) == "/predict-edit do it"

    files = {file.path: file for file in await forge.changed_files(number)}
    path = "fizzbuzz.py"
    line = first_added_line(files[path].patch or "")
    draft = ReviewDraft(
        commit_id=scene.world.head_sha, body=MARKER, suggestions=(suggest(path, line),)
    )
    review = await forge.create_review(number, draft)
    assert await forge.has_comments(number, review.id)

    again = scene.forge()
    comments, (seen,) = await again.conversation(number)
    comments = tuple(each for each in comments if MARKER in each.body)
    assert [(each.body.split()[0], each.mine) for each in comments] == [
        ("mine", False),
        ("done", True),
    ]
    assert comments[1].id == summary.id
    assert (seen.id, seen.mine) == (review.id, True)

    (thread,) = await forge.threads(number)
    assert (thread.path, thread.line, thread.resolved, thread.replies) == (path, line, False, 0)
    assert thread.comment.mine
    assert await forge.minimize_comment(thread.comment.node_id)
    assert (await forge.threads(number))[0].comment.minimized
    await forge.update_review_body(number, review.id, f"superseded {MARKER}")
    _, (seen,) = await forge.conversation(number)
    assert seen.body.startswith("superseded")
    assert len(said.reactions) == 1


async def test_a_thread_on_the_diff_is_read(scene: Scene) -> None:
    """With its comments, oldest first, and who wrote them."""
    forge = scene.forge()
    number = scene.pull.number
    files = {file.path: file for file in await forge.changed_files(number)}
    line = first_added_line(files["fizzbuzz.py"].patch or "")
    first = scene.sandbox.review_comment(
        REPOSITORY, number, "ada", "why 101?", path="fizzbuzz.py", line=line
    )
    scene.sandbox.reply(first, "bob", "because")
    last = scene.sandbox.reply(first, "ada", "/predict-edit say so")
    (thread,) = await forge.threads(number)
    assert (thread.path, thread.line, thread.comment.id) == ("fizzbuzz.py", line, first.id)
    assert [(each.id == last.id, each.body, each.author) for each in thread.comments] == [
        (False, "why 101?", "ada"),
        (False, "because", "bob"),
        (True, "/predict-edit say so", "ada"),
    ]
    for count in range(100):
        scene.sandbox.reply(first, "bob", f"reply {count}")
    (oldest,), (newest,) = await forge.threads(number), await forge.threads(number, newest=True)
    assert (len(oldest.comments), oldest.comment.id) == (100, first.id)
    assert [each.body for each in newest.comments] == [f"reply {count}" for count in range(100)]
    assert {oldest.replies, newest.replies} == {102}
    assert oldest.diff_hunk == newest.diff_hunk == thread.diff_hunk != ""


async def test_a_suggestion_outside_the_diff_is_reported(scene: Scene) -> None:
    """The old and the new wording of the refusal mean the same."""
    forge = scene.forge()
    draft = ReviewDraft(
        commit_id=scene.world.head_sha, body=MARKER, suggestions=(suggest("fizzbuzz.py", 9999),)
    )
    for old in (False, True):
        scene.sandbox.switches.old_wording = old
        with pytest.raises(AnchorRefused):
            await forge.create_review(scene.pull.number, draft)
    assert await forge.conversation(scene.pull.number) == ((), ())


async def test_a_review_that_was_posted_in_spite_of_a_502_is_found(scene: Scene) -> None:
    """One POST, an error, and the marked review is found by the next read."""
    forge = scene.forge()
    scene.sandbox.faults.add(Fault(method="POST", path=".*/reviews", status=502, when="after"))
    draft = ReviewDraft(commit_id=scene.world.head_sha, body=MARKER, suggestions=())
    with pytest.raises(ForgeUnavailable):
        await forge.create_review(scene.pull.number, draft)
    _, (found,) = await forge.conversation(scene.pull.number)
    assert found.mine
    assert len(scene.sandbox.log.matching("POST", "/reviews")) == 1


async def test_committing_needs_the_permission_and_the_head(scene: Scene) -> None:
    """Without ``contents: write`` the refusal names it; with it, only on the expected head."""
    draft = CommitDraft(
        repository=REPOSITORY,
        branch=scene.world.head_ref,
        expected_head=scene.world.head_sha,
        headline="Apply suggestions",
        body="",
        files=(("fizzbuzz.py", b"print(1)\r\n"),),
    )
    with pytest.raises(ForgeForbidden, match="`contents: write`"):
        await scene.forge().commit(draft)
    token = scene.sandbox.add_token(
        "ghs_may_write", permissions={"contents": "write", "pull_requests": "write"}
    ).value
    forge = scene.forge(token=token)
    made = await forge.commit(draft)
    assert (await forge.pull_request(scene.pull.number)).head_sha == made.sha
    contents = await forge.read_files(made.sha, {"fizzbuzz.py": None})
    assert contents["fizzbuzz.py"].data == b"print(1)\r\n"
    with pytest.raises(BranchMoved):
        await forge.commit(draft)
