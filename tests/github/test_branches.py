"""Committing without a checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
