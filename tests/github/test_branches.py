"""Committing without a checkout."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain.errors import (
    BranchMoved,
    ForgeAnswerInvalid,
    ForgeForbidden,
    ForgeUnavailable,
)
from predict_edit.domain.repository import CommitDraft
from predict_edit.github.host import GitHubHost

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub

DRAFT = CommitDraft(
    repository="fork/demo",
    branch="topic",
    expected_head="a" * 40,
    headline="Apply suggestions",
    body="Co-authored-by: Mona <mona@example.com>",
    files=(("a.py", b"\xef\xbb\xbfx\r\n"), ("gone.py", None)),
)


async def test_a_commit_is_one_mutation(github: FakeGitHub, forge: GitHubHost) -> None:
    """Bytes as base64, deletions by path, and the expected head."""
    github.on_graphql(
        {"createCommitOnBranch": {"commit": {"oid": "f" * 40, "url": "https://github.com/x"}}}
    )
    made = await forge.commit(DRAFT)
    assert (made.sha, made.url) == ("f" * 40, "https://github.com/x")
    assert github.received[0].json["variables"]["input"] == {
        "branch": {"repositoryNameWithOwner": "fork/demo", "branchName": "topic"},
        "expectedHeadOid": "a" * 40,
        "message": {
            "headline": "Apply suggestions",
            "body": "Co-authored-by: Mona <mona@example.com>",
        },
        "fileChanges": {
            "additions": [{"path": "a.py", "contents": "77u/eA0K"}],
            "deletions": [{"path": "gone.py"}],
        },
    }


async def test_a_commit_with_an_executable_file(github: FakeGitHub, forge: GitHubHost) -> None:
    """A tree that names every mode, its commit, and a move from the expected head; in the fork."""
    github.on_graphql({"repository": {"id": "R_1", "object": {"tree": {"oid": "b" * 40}}}})
    github.on("POST", "/repos/fork/demo/git/trees", {"sha": "c" * 40}, status=201)
    made = {"sha": "f" * 40, "html_url": "https://github.com/x"}
    github.on("POST", "/repos/fork/demo/git/commits", made, status=201)
    github.on_graphql({"updateRefs": {"clientMutationId": None}})
    commit = await forge.commit(dataclasses.replace(DRAFT, executable=frozenset({"a.py"})))

    assert (commit.sha, commit.url) == ("f" * 40, "https://github.com/x")
    base, tree, git_commit, move = (received.json for received in github.received)
    assert base["variables"] == {"owner": "fork", "name": "demo", "commit": "a" * 40}
    assert tree == {
        "base_tree": "b" * 40,
        "tree": [
            {"path": "a.py", "mode": "100755", "type": "blob", "content": "\ufeffx\r\n"},
            {"path": "gone.py", "mode": "100644", "type": "blob", "sha": None},
        ],
    }
    assert git_commit == {
        "message": "Apply suggestions\n\nCo-authored-by: Mona <mona@example.com>",
        "tree": "c" * 40,
        "parents": ["a" * 40],
    }
    assert move["variables"]["moves"] == [
        {
            "name": "refs/heads/topic",
            "beforeOid": "a" * 40,
            "afterOid": "f" * 40,
            "force": True,
        }
    ]


async def test_a_renamed_fork_is_not_taken_for_the_repository(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """Its redirect is refused, and what comes next still goes to the repository itself."""
    github.on_graphql({"repository": {"id": "R_1", "object": {"tree": {"oid": "b" * 40}}}})
    there = {"location": f"{github.api_url}/repositories/7/git/trees"}
    github.on("POST", "/repos/fork/demo/git/trees", {}, status=307, headers=there)
    with pytest.raises(ForgeAnswerInvalid, match="redirect"):
        await forge.commit(dataclasses.replace(DRAFT, executable=frozenset({"a.py"})))
    github.on("GET", "/repos/octo/demo", {"default_branch": "main"})
    assert (await forge.repository()).default_branch == "main"


async def test_a_moved_branch_is_refused(github: FakeGitHub, forge: GitHubHost) -> None:
    """``STALE_DATA`` differs from every other refusal."""
    github.on_graphql(
        {"createCommitOnBranch": None},
        errors=[
            {"type": "STALE_DATA", "message": 'Expected branch to point to "a" but it did not'}
        ],
    )
    with pytest.raises(BranchMoved):
        await forge.commit(DRAFT)


async def test_a_commit_with_errors_is_not_a_commit(github: FakeGitHub, forge: GitHubHost) -> None:
    """Errors beside data count: it is not known what was made."""
    github.on_graphql(
        {"createCommitOnBranch": {"commit": {"oid": "f" * 40, "url": "x"}}},
        errors=[{"message": "Something went wrong"}],
    )
    with pytest.raises(ForgeUnavailable):
        await forge.commit(DRAFT)


async def test_a_missing_permission_is_named(github: FakeGitHub, forge: GitHubHost) -> None:
    """Committing needs more than suggesting does."""
    github.on_graphql(
        {"createCommitOnBranch": None},
        errors=[{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}],
    )
    with pytest.raises(ForgeForbidden, match="`contents: write`"):
        await forge.commit(DRAFT)


async def test_a_commit_is_never_repeated(github: FakeGitHub, forge: GitHubHost) -> None:
    """After a 502 it is not known whether it was made, and the error says so."""
    github.on_graphql(status=502)
    with pytest.raises(ForgeUnavailable, match="Whether it was done is not known"):
        await forge.commit(DRAFT)
    assert len(github.received) == 1


async def test_an_answer_without_a_commit_is_named(github: FakeGitHub, forge: GitHubHost) -> None:
    """Success without a commit is a failure."""
    github.on_graphql({"createCommitOnBranch": {"commit": None}})
    with pytest.raises(ForgeAnswerInvalid, match="GraphQL Commit"):
        await forge.commit(DRAFT)


async def test_all_pull_requests_into_a_branch_are_found(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """However many others were opened later; those of forks are left out."""

    def page(*numbers: int, after: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "pageInfo": {"hasNextPage": after is not None, "endCursor": after},
            "nodes": [
                {
                    "number": number,
                    "state": "OPEN",
                    "url": f"https://github.com/{number}",
                    "body": "",
                    "isCrossRepository": False,
                    "viewerDidAuthor": True,
                    "headRefName": f"branch-{number}",
                    "headRefOid": "a" * 40,
                    **more,
                }
                for number in numbers
            ],
        }

    into_head = page(9)
    first = {"intoHead": into_head, "intoBase": page(5, 6, after="next")}
    github.on_graphql({"repository": first})
    second = page(7)
    second["nodes"] += page(8, isCrossRepository=True)["nodes"]
    github.on_graphql({"repository": {"intoHead": into_head, "intoBase": second}})
    found = await forge.pulls_into("topic", "main")

    assert [(name, state.pulls[0].number) for name, state in found] == [
        ("branch-9", 9), ("branch-5", 5), ("branch-6", 6), ("branch-7", 7)
    ]  # fmt: skip
    asked = [each.json["variables"] for each in github.received]
    assert [(each["base"], each["after"]) for each in asked] == [("main", None), ("main", "next")]
