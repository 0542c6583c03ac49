"""The proof at the end of the demonstration, on posts that are right and posts that are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from predict_edit_sandbox.demo_proof import Proof, prove, suggestions_of
from predict_edit_sandbox.demo_scene import REPOSITORY, open_pull_request, suggested
from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox, run_sandbox_github
from predict_edit_sandbox.world import World, build_world, git
from predict_edit_sandbox.world_files import numbered

FENCE = "```"
PATH = "package/module_0001.py"
FIRST, LAST = 'FIRST = "MSFTBuzz 1"', 'LAST = "MSFTBuzz"'
Post = Callable[..., Any]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One changed file with the word inside and outside of the diff."""
    return build_world(tmp_path / "git", files=numbered(1), attributes="")


def edits_of(world: World, *lines: int) -> bytes:
    """The patch that puts the new word into these lines of the head, as git writes it."""
    head = world.files[0].head or b""
    pieces = head.split(b"\n")
    for line in lines:
        pieces[line - 1] = pieces[line - 1].replace(b"FizzBuzz", b"MSFTBuzz")
    folder = world.repository.parent
    (folder / "old").write_bytes(head)
    (folder / "new").write_bytes(b"\n".join(pieces))
    blobs = [git(world.repository, "hash-object", "-w", str(folder / n)) for n in ("old", "new")]
    old, new = (blob.decode().strip() for blob in blobs)
    if old == new:
        return b""
    body = git(world.repository, "diff", old, new).decode()
    return body.replace(f"a/{old}", f"a/{PATH}").replace(f"b/{new}", f"b/{PATH}").encode()


async def proven(
    world: World, tmp_path: Path, *, body: str, edits: bytes, remainder: bytes, line: int = 3
) -> Proof:
    """Post one comment as the action would, and prove."""
    github = Sandbox()
    pull = open_pull_request(github, world)
    async with run_sandbox_github(github) as url, httpx2.AsyncClient(base_url=url) as client:
        answer = await client.post(
            f"/repos/{REPOSITORY}/pulls/{pull.number}/reviews",
            headers={"authorization": f"Bearer {DEFAULT_TOKEN}"},
            json={
                "event": "COMMENT",
                "body": "",
                "commit_id": world.head_sha,
                "comments": [{"path": PATH, "line": line, "side": "RIGHT", "body": body}],
            },
        )
        assert answer.status_code == 200, answer.text
    if suggestions_of(pull):
        (one,) = suggested(pull, world)
        assert (one.path, one.start, len(one.before)) == (PATH, line, 1)
    return prove(
        github=github,
        pull=pull,
        login="ada",
        edits=edits,
        remainder=remainder,
        expected=world.expected(),
        folder=tmp_path,
    )


def suggestion(text: str) -> str:
    """A suggestion block."""
    return f"{FENCE}suggestion\n{text}\n{FENCE}"


@pytest.fixture
def last(world: World) -> int:
    """Number of the line far from the diff."""
    return (world.files[0].head or b"").count(b"\n")


async def test_everything_right(world: World, tmp_path: Path, last: int) -> None:
    """A right suggestion and a right patch for the rest give the edits and the expectation."""
    proof = await proven(
        world,
        tmp_path,
        body=suggestion(FIRST),
        edits=edits_of(world, 3, last),
        remainder=edits_of(world, last),
    )

    assert proof.problem == ""
    assert proof.complete
    assert proof.as_expected
    assert [(file.path, file.suggestions) for file in proof.files] == [(PATH, 1)]
    assert (tmp_path / "result" / PATH).read_bytes() == world.expected()[PATH]
    assert proof.remainder == "git apply"


async def test_wrong_suggestion(world: World, tmp_path: Path, last: int) -> None:
    """A suggestion that says something else than the edits is found."""
    proof = await proven(
        world,
        tmp_path,
        body=suggestion('FIRST = "MSFTBuzz  1"'),
        edits=edits_of(world, 3, last),
        remainder=edits_of(world, last),
    )

    assert not proof.complete
    assert not proof.as_expected


async def test_lost_hunk(world: World, tmp_path: Path, last: int) -> None:
    """A hunk that is neither suggested nor in the patch for the rest is found."""
    proof = await proven(
        world, tmp_path, body=suggestion(FIRST), edits=edits_of(world, 3, last), remainder=b""
    )

    assert not proof.complete


async def test_edits_beyond_the_instruction(world: World, tmp_path: Path) -> None:
    """Edits that add up but are not the instruction's are recognised."""
    proof = await proven(
        world, tmp_path, body=suggestion(FIRST), edits=edits_of(world, 3), remainder=b""
    )

    assert proof.complete
    assert not proof.as_expected


async def test_broken_patch(world: World, tmp_path: Path) -> None:
    """A patch that git does not take is a problem, not a crash."""
    proof = await proven(
        world, tmp_path, body=suggestion(FIRST), edits=edits_of(world, 3), remainder=b"nonsense"
    )

    assert "git" in proof.problem
    assert not proof.complete


async def test_suggestion_that_github_refuses(world: World, tmp_path: Path) -> None:
    """A suggestion that changes nothing cannot be committed, and the reason is given."""
    proof = await proven(
        world,
        tmp_path,
        body=suggestion('FIRST = "FizzBuzz 1"'),
        edits=b"",
        remainder=b"",
    )

    assert "no changes were made" in proof.problem


async def test_no_suggestion(world: World, tmp_path: Path, last: int) -> None:
    """Without suggestions the patch alone must do."""
    everything = edits_of(world, 3, last)

    proof = await proven(world, tmp_path, body="Hello.", edits=everything, remainder=everything)

    assert proof.as_expected
    assert proof.commit == world.head_sha
