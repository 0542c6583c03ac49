"""Branches: where they are, commits on them without a checkout, and moving them safely."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

from predict_edit.domain import BranchMove, BranchState, Commit, CommitDraft
from predict_edit.domain.errors import ForgeError, ForgeNotFound, ForgeUnauthorized
from predict_edit.github import answers, endpoints, failures, git_data, graph_answers, parsing
from predict_edit.github.client import Client
from predict_edit.github.documents import BRANCH_STATE, COMMIT, MOVE_BRANCHES, REPOSITORY_ID
from predict_edit.support.log import log

_NOTHING: Final = "0" * 40
"""GitHub's and git's name for the commit of a branch that does not exist."""


def commit_input(draft: CommitDraft) -> dict[str, Any]:
    """The ``CreateCommitOnBranchInput``; GitHub refuses it when the head is not the expected."""
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
    """Make the commit, with one request where there is GraphQL.

    Raises:
        BranchMoved: it is elsewhere.
        ForgeRefused: it is protected.
        ForgeForbidden: the token lacks ``contents: write``.
        ForgeUnavailable: it is not known whether it was made.
    """
    at_home = draft.repository.casefold() == f"{client.owner}/{client.name}".casefold()
    if client.has_graphql or not at_home:
        try:
            return await _commit_over_graphql(client, draft)
        except ForgeError:
            # Nothing was made by a host that turns out to have no GraphQL.
            if client.has_graphql or not at_home:
                raise
    return await git_data.commit(client, draft, await tip(client, draft.branch))


async def _commit_over_graphql(client: Client, draft: CommitDraft) -> Commit:
    """Make the commit with one request."""
    endpoint = endpoints.COMMIT
    answer = await client.graphql(endpoint, COMMIT, {"input": commit_input(draft)})
    if answer.graphql_errors:
        raise failures.graphql_failure(answer, endpoint)
    made = answer.data.get("data")
    for name in ("createCommitOnBranch", "commit"):
        made = made.get(name) if isinstance(made, dict) else None
    found = parsing.parse_data(graph_answers.NewCommit, made, endpoint)
    return Commit(sha=found.oid, url=found.url)


async def default_branch(client: Client) -> str:
    """The branch that pull requests go to."""
    answer = await client.rest(endpoints.REPOSITORY)
    return parsing.parse(answers.Repository, answer, endpoints.REPOSITORY).default_branch


async def tip(client: Client, branch: str) -> str | None:
    """The newest commit of a branch; ``None`` where there is no such branch."""
    endpoint = endpoints.BRANCH_REF
    try:
        answer = await client.rest(endpoint, path=branch)
    except ForgeNotFound:
        return None
    found = parsing.parse(answers.GitRef, answer, endpoint)
    return found.object.sha if found.ref == f"refs/heads/{branch}" else None


async def state(client: Client, branch: str) -> BranchState:
    """A branch and the pull requests from it; those of forks' branches of that name are others."""
    if client.has_graphql:
        try:
            return await _state_over_graphql(client, branch)
        except ForgeUnauthorized:
            raise
        except ForgeError as error:
            log.debug("branches are read and moved over REST: %s", error)
            client.leave_graphql()
    pulls = await git_data.pulls_of(client, branch)
    return BranchState(branch=branch, tip=await tip(client, branch), pulls=pulls)


async def _state_over_graphql(client: Client, branch: str) -> BranchState:
    """Both in one request."""
    endpoint = endpoints.BRANCH_STATE
    variables = {
        "owner": client.owner,
        "name": client.name,
        "ref": f"refs/heads/{branch}",
        "branch": branch,
    }
    answer = await client.graphql(endpoint, BRANCH_STATE, variables)
    if answer.graphql_errors:
        raise failures.graphql_failure(answer, endpoint)
    data = answer.data.get("data")
    found = parsing.parse_data(
        graph_answers.BranchAnswer,
        data.get("repository") if isinstance(data, dict) else None,
        endpoint,
    )
    pulls = sorted(found.pulls.nodes, key=lambda pull: pull.number, reverse=True)
    return BranchState(
        branch=branch,
        tip=found.ref.target.oid if found.ref and found.ref.target else None,
        pulls=tuple(pull.pull() for pull in pulls if not pull.foreign),
    )


async def create(client: Client, branch: str, commit: str) -> None:
    """Make a branch.

    Raises:
        ForgeRefused: it exists, or a rule of the repository forbids it.
    """
    body = {"ref": f"refs/heads/{branch}", "sha": commit}
    await client.rest(endpoints.CREATE_REF, body=body)


async def move(client: Client, moves: Sequence[BranchMove]) -> None:
    """Move branches in one step, forced, but each only from where it is said to be.

    Raises:
        ForgeError: one was elsewhere, or a rule of the repository forbids it; none was moved.
    """
    if not client.has_graphql:
        tips = {one.branch: await tip(client, one.branch) for one in moves}
        await git_data.move(client, moves, tips)
        return
    endpoint = endpoints.MOVE_BRANCHES
    asked = await client.graphql(
        endpoints.REPOSITORY_ID, REPOSITORY_ID, {"owner": client.owner, "name": client.name}
    )
    try:
        repository = asked.data["data"]["repository"]["id"]
    except (KeyError, TypeError):
        raise failures.invalid(endpoints.REPOSITORY_ID, "no repository") from None
    updates = [
        {
            "name": f"refs/heads/{one.branch}",
            "beforeOid": one.before or _NOTHING,
            "afterOid": one.after or _NOTHING,
            "force": True,
        }
        for one in moves
    ]
    answer = await client.graphql(
        endpoint, MOVE_BRANCHES, {"repository": repository, "moves": updates}
    )
    if answer.graphql_errors:
        raise failures.graphql_failure(answer, endpoint)
