"""Branches and commits on a host without GraphQL."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain import BranchMove, CommitDraft
from predict_edit.domain.errors import BranchMoved, ForgeRefused, ForgeUnauthorized
from predict_edit.github.forge import GitHubForge

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub

OLD, NEW, TREE = "a" * 40, "b" * 40, "c" * 40
DRAFT = CommitDraft(
    repository="octo/demo",
    branch="topic/x",
    expected_head=OLD,
    headline="Apply suggestions",
    body="By the tool.",
    files=(("a.sh", b"\xef\xbb\xbfx\r\n"), ("gone.py", None)),
)


def at(branch: str, sha: str) -> dict[str, Any]:
    """A branch as GitHub tells it."""
    return {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": sha}}


def listed(number: int, **fields: Any) -> dict[str, Any]:
    """One of the listed pull requests."""
    return {
        "number": number,
        "state": "open",
        "title": f"Pull {number}",
        "html_url": f"https://github.com/octo/demo/pull/{number}",
        "user": {"login": "github-actions[bot]"},
        "head": {"ref": "topic", "sha": NEW, "repo": {"full_name": "octo/demo"}},
        "base": {"ref": "main", "sha": OLD, "repo": {"full_name": "octo/demo"}},
        **fields,
    }


def serve_commit(github: FakeGitHub) -> None:
    """All that making a commit asks for."""
    github.on("GET", "git/ref/heads/topic/x", at("topic/x", OLD))
    entry = {"path": "a.sh", "mode": "100755", "type": "blob", "sha": "d" * 40}
    github.on("GET", f"git/trees/{OLD}", {"tree": [entry], "truncated": False})
    github.on("POST", "git/blobs", {"sha": "e" * 40}, status=201)
    github.on("GET", f"git/commits/{OLD}", {"sha": OLD, "tree": {"sha": TREE}})
    github.on("POST", "git/trees", {"sha": "f" * 40}, status=201)
    github.on("POST", "git/commits", {"sha": NEW, "html_url": "https://github.com/c"}, status=201)


async def test_a_commit_is_made_and_the_branch_moves_forward(
    github: FakeGitHub, rest_forge: GitHubForge
) -> None:
    """Bytes as base64, modes as they were, and an update that GitHub refuses unless it is ahead."""
    serve_commit(github)
    github.on("PATCH", "git/refs/heads/topic/x", at("topic/x", NEW))
    made = await rest_forge.commit(DRAFT)
    assert (made.sha, made.url) == (NEW, "https://github.com/c")
    blob, tree, commit, move = (
        received.json for received in github.received if received.method in {"POST", "PATCH"}
    )
    assert (base64.b64decode(blob["content"]), blob["encoding"]) == (DRAFT.files[0][1], "base64")
    assert tree == {
        "base_tree": TREE,
        "tree": [
            {"path": "a.sh", "mode": "100755", "type": "blob", "sha": "e" * 40},
            {"path": "gone.py", "mode": "100644", "type": "blob", "sha": None},
        ],
    }
    message = "Apply suggestions\n\nBy the tool."
    assert commit == {"message": message, "tree": "f" * 40, "parents": [OLD]}
    assert move == {"sha": NEW, "force": False}


async def test_a_branch_that_moved_is_left(github: FakeGitHub, rest_forge: GitHubForge) -> None:
    """Nothing is made for another head, and the refusal is told from every other."""
    github.on("GET", "git/ref/heads/topic/x", at("topic/x", NEW))
    with pytest.raises(BranchMoved):
        await rest_forge.commit(DRAFT)
    assert len(github.received) == 1


async def test_a_branch_that_moves_meanwhile_is_left(
    github: FakeGitHub, rest_forge: GitHubForge
) -> None:
    """GitHub refuses what is no fast-forward; that too says that the branch moved."""
    serve_commit(github)
    refused = {"message": "Update is not a fast forward"}
    github.on("PATCH", "git/refs/heads/topic/x", refused, status=422)
    with pytest.raises(BranchMoved):
        await rest_forge.commit(DRAFT)


async def test_a_host_that_turns_out_to_have_no_graphql(
    github: FakeGitHub, forge: GitHubForge
) -> None:
    """After a 404 for GraphQL the commit is made over REST."""
    github.on_graphql(status=404)
    serve_commit(github)
    github.on("PATCH", "git/refs/heads/topic/x", at("topic/x", NEW))
    assert (await forge.commit(DRAFT)).sha == NEW


async def test_the_pull_requests_of_a_branch(github: FakeGitHub, rest_forge: GitHubForge) -> None:
    """Newest first, those of forks and of other branches left out, ours by the account."""
    fork = {"ref": "topic", "sha": NEW, "repo": {"full_name": "mona/demo"}}
    deleted = {"ref": "topic", "sha": NEW, "repo": None}
    other = {"ref": "main", "sha": NEW, "repo": {"full_name": "octo/demo"}}
    github.on(
        "GET",
        "pulls",
        [
            listed(1, state="closed", merged_at="2026-01-01T00:00:00Z", body="b"),
            listed(3, user={"login": "mona"}, draft=True),
            listed(4, head=fork),
            listed(5, head=deleted),
            listed(6, head=other),
        ],
    )
    github.on("GET", "/user", {}, status=403)
    github.on("GET", "git/ref/heads/topic", at("topic", NEW))
    state = await rest_forge.branch_state("topic")
    assert state.tip == NEW
    found = [(pull.number, pull.state, pull.mine, pull.draft) for pull in state.pulls]
    assert found == [(3, "open", False, True), (1, "merged", True, False)]
    (asked,) = github.asked("GET", "pulls")
    assert asked.query == {"per_page": "100", "state": "all", "head": "octo:topic"}


async def test_graphql_that_tells_no_branch_is_left(github: FakeGitHub, forge: GitHubForge) -> None:
    """Whatever else it says, branches are read and made over REST from then on."""
    github.on_graphql({})
    github.on("GET", "pulls", [])
    github.on("POST", "git/refs", at("ours", NEW), status=201)
    assert (await forge.branch_state("ours")).tip is None
    await forge.move_branches([BranchMove(branch="ours", before=None, after=NEW)])
    assert len(github.asked("POST", "/graphql")) == 1


async def test_a_wrong_token_is_said_at_once(github: FakeGitHub, forge: GitHubForge) -> None:
    """401 does not try REST."""
    github.on_graphql(status=401)
    with pytest.raises(ForgeUnauthorized):
        await forge.branch_state("ours")
    assert github.asked("GET") == []


async def test_branches_are_made_and_deleted(github: FakeGitHub, rest_forge: GitHubForge) -> None:
    """Each is looked at first: one is not there yet, the other where it was left."""
    github.on("GET", "git/ref/heads/old", at("old", OLD))
    github.on("POST", "git/refs", at("new", NEW), status=201)
    github.on("DELETE", "git/refs/heads/old", status=204)
    await rest_forge.move_branches(
        [
            BranchMove(branch="new", before=None, after=NEW),
            BranchMove(branch="old", before=OLD, after=None),
        ]
    )
    assert [each.method for each in github.received] == ["GET", "GET", "POST", "DELETE"]
    assert github.received[2].json == {"ref": "refs/heads/new", "sha": NEW}


@pytest.mark.parametrize(
    ("move", "says"),
    [
        (BranchMove(branch="b", before=None, after=NEW), "no longer at the commit"),
        (BranchMove(branch="b", before=NEW, after=None), "no longer at the commit"),
        (BranchMove(branch="b", before=OLD, after=NEW), "needs GraphQL"),
    ],
)
async def test_what_one_step_alone_does_safely_is_refused(
    github: FakeGitHub, rest_forge: GitHubForge, move: BranchMove, says: str
) -> None:
    """Nothing is written where a branch is elsewhere, or would have to be moved by force."""
    github.on("GET", "git/ref/heads/b", at("b", OLD))
    with pytest.raises(ForgeRefused, match=says):
        await rest_forge.move_branches([move])
    assert [each.method for each in github.received] == ["GET"]
