"""Branches: where they are, commits on them without a checkout, and moving them safely."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

from predict_edit.domain.errors import ForgeNotFound
from predict_edit.domain.repository import BranchMove, BranchState, Commit, CommitDraft
from predict_edit.github import graphql, rest
from predict_edit.github.client import Client, parse

_NOTHING: Final = "0" * 40
"""GitHub's and git's name for the commit of a branch that does not exist."""


def commit_input(draft: CommitDraft) -> dict[str, Any]:
    """Return the ``CreateCommitOnBranchInput``; GitHub refuses it for any other head."""
    return {
        "branch": {
            "repositoryNameWithOwner": draft.repository,
            "branchName": draft.branch,
        },
        "expectedHeadOid": draft.expected_head,
        "message": {"headline": draft.headline, "body": draft.body},
        "fileChanges": {
            "additions": [
                {"path": path, "contents": base64.b64encode(data).decode("ascii")}
                for path, data in draft.files
                if data is not None
            ],
            "deletions": [{"path": path} for path, data in draft.files if data is None],
        },
    }


async def commit(client: Client, draft: CommitDraft) -> Commit:
    """Make the commit with one request.

    Raises:
        BranchMoved: the branch is at another commit.
        ForgeRefused: it is protected.
        ForgeForbidden: the token lacks ``contents: write``.
        ForgeUnavailable: whether it was made is unknown.
    """
    operation = graphql.COMMIT
    data = await client.graphql(operation, {"input": commit_input(draft)})
    made = parse(graphql.NewCommit, data, operation, "createCommitOnBranch", "commit")
    return Commit(sha=made.oid, url=made.url)


async def default_branch(client: Client) -> str:
    """Return the branch that pull requests go to."""
    data = await client.call(rest.REPOSITORY, lambda repository: repository.complete().raw_data)
    return parse(rest.Repository, data, rest.REPOSITORY).default_branch


async def tip(client: Client, branch: str) -> str | None:
    """Return the newest commit of a branch; ``None`` if it does not exist."""
    endpoint = rest.BRANCH_REF
    try:
        data = await client.call(
            endpoint, lambda repository: repository.get_git_ref(f"heads/{branch}").raw_data
        )
    except ForgeNotFound:
        return None
    found = parse(rest.GitRef, data, endpoint)
    return found.object.sha if found.ref == f"refs/heads/{branch}" else None


async def state(client: Client, branch: str) -> BranchState:
    """Return a branch and the pull requests from it, without those of forks."""
    operation = graphql.BRANCH_STATE
    data = await client.graphql(operation, {"ref": f"refs/heads/{branch}", "branch": branch})
    found = parse(graphql.BranchAnswer, data, operation, "repository")
    pulls = sorted(found.pulls.nodes, key=lambda pull: pull.number, reverse=True)
    return BranchState(
        branch=branch,
        tip=found.ref.target.oid if found.ref and found.ref.target else None,
        pulls=tuple(pull.pull() for pull in pulls if not pull.foreign),
    )


async def create(client: Client, branch: str, commit: str) -> None:
    """Create a branch.

    Raises:
        ForgeRefused: it exists, or a rule of the repository forbids it.
    """
    await client.call(
        rest.CREATE_REF,
        lambda repository: repository.create_git_ref(f"refs/heads/{branch}", commit),
    )


async def move(client: Client, moves: Sequence[BranchMove]) -> None:
    """Move branches in one step, forced, but each only from where it is said to be.

    Raises:
        ForgeError: one was elsewhere, or a rule of the repository forbids it; none was moved.
    """
    data = await client.graphql(graphql.REPOSITORY_ID, {})
    repository = parse(str, data, graphql.REPOSITORY_ID, "repository", "id")
    updates = [
        {
            "name": f"refs/heads/{each.branch}",
            "beforeOid": each.before or _NOTHING,
            "afterOid": each.after or _NOTHING,
            "force": True,
        }
        for each in moves
    ]
    await client.graphql(graphql.MOVE_BRANCHES, {"repository": repository, "moves": updates})
