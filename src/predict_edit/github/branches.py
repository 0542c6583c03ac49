"""Branches: where they are, commits on them without a checkout, and moving them safely."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

from predict_edit.domain.errors import ForgeNotFound
from predict_edit.domain.repository import (
    BranchMove,
    BranchPull,
    BranchState,
    Commit,
    CommitDraft,
    HostedRepository,
)
from predict_edit.github import graphql, rest
from predict_edit.github.client import MOST_PAGES, HostPart, T, parse
from predict_edit.support.git import EXECUTABLE_MODE, FILE_MODE

_NOTHING: Final = "0" * 40
"""GitHub's and git's name for the commit of a branch that does not exist."""


class Branches(HostPart):
    """The branches of a repository."""

    async def commit(self, draft: CommitDraft) -> Commit:
        """Make the commit with one request, which GitHub refuses for any other head.

        That request takes no modes: every file of its commit becomes a plain one. So a commit with
        executable files goes another way, which takes four.

        Raises:
            BranchMoved: the branch is at another commit.
            ForgeRefused: it is protected.
            ForgeForbidden: the token lacks ``contents: write``.
            ForgeUnavailable: whether it was made is unknown.
        """
        if draft.executable:
            return await self._commit_tree(draft)
        operation = graphql.COMMIT
        data = await self._client.graphql(operation, {"input": commit_input(draft)})
        made = parse(graphql.NewCommit, data, operation, "createCommitOnBranch", "commit")
        return Commit(sha=made.oid, url=made.url)

    async def _commit_tree(self, draft: CommitDraft) -> Commit:
        """Make a tree with the mode of every file, a commit of it, and move the branch there."""
        owner, _, name = draft.repository.partition("/")
        variables = {"owner": owner, "name": name, "commit": draft.expected_head}
        data = await self._client.graphql(graphql.COMMIT_BASE, variables)
        base = parse(graphql.CommitBase, data, graphql.COMMIT_BASE, "repository")
        tree = await self._create(
            rest.NewTree, rest.CREATE_TREE, draft, tree_input(draft, base.tree)
        )
        commit = {
            "message": f"{draft.headline}\n\n{draft.body}",
            "tree": tree.sha,
            "parents": [draft.expected_head],
        }
        made = await self._create(rest.TreeCommit, rest.CREATE_COMMIT, draft, commit)
        move = BranchMove(branch=draft.branch, before=draft.expected_head, after=made.sha)
        await self._move(base.id, [move])
        return Commit(sha=made.sha, url=made.url)

    async def _create(
        self, kind: type[T], endpoint: rest.ApiEndpoint, draft: CommitDraft, wanted: dict[str, Any]
    ) -> T:
        """Create a git object where the branch is."""
        path = endpoint.name.removeprefix("POST ")
        data = await self._client.request(endpoint, "POST", path, of=draft.repository, input=wanted)
        return parse(kind, data, endpoint)

    async def repository(self) -> HostedRepository:
        """Return the default branch, and whether GitHub says that the token may push."""
        data = await self._client.call(
            rest.REPOSITORY, lambda repository: repository.complete().raw_data
        )
        return HostedRepository(**dict(parse(rest.Repository, data, rest.REPOSITORY)))

    async def branch_tip(self, name: str) -> str | None:
        """Return the newest commit of a branch; ``None`` if it does not exist."""
        endpoint = rest.BRANCH_REF
        try:
            data = await self._client.call(
                endpoint, lambda repository: repository.get_git_ref(f"heads/{name}").raw_data
            )
        except ForgeNotFound:
            return None
        found = parse(rest.GitRef, data, endpoint)
        return found.sha if found.ref == f"refs/heads/{name}" else None

    async def branch_state(self, name: str) -> BranchState:
        """Return a branch and the pull requests from it, without those of forks."""
        operation = graphql.BRANCH_STATE
        variables = {"ref": f"refs/heads/{name}", "branch": name}
        data = await self._client.graphql(operation, variables)
        found = parse(graphql.BranchAnswer, data, operation, "repository")
        own = (pull for pull in found.pulls if not pull.foreign)
        return BranchState(
            tip=found.tip,
            pulls=tuple(
                _pull(pull) for pull in sorted(own, key=lambda pull: pull.number, reverse=True)
            ),
        )

    async def pulls_into(self, head: str, base: str) -> tuple[tuple[str, BranchState], ...]:
        """Return the open pull requests into two branches, without those of forks.

        Of those into ``head``, as many as GitHub lists at once; of those into ``base``, all.
        """
        operation = graphql.PULLS_INTO
        pulls: dict[int, graphql.GraphPull] = {}
        variables: dict[str, str | None] = {"head": head, "base": base, "after": None}
        for _ in range(MOST_PAGES):
            data = await self._client.graphql(operation, variables)
            found = parse(graphql.PullsIntoAnswer, data, operation, "repository")
            pulls |= {each.number: each for each in (*found.into_head, *found.into_base.nodes)}
            variables["after"] = found.into_base.cursor
            if not found.into_base.more:
                break
        return tuple(
            (each.head_ref, BranchState(tip=each.tip, pulls=(_pull(each),)))
            for each in pulls.values()
            if not each.foreign
        )

    async def create_branch(self, name: str, commit: str) -> None:
        """Create a branch.

        Raises:
            ForgeRefused: it exists, or a rule of the repository forbids it.
        """
        await self._client.call(
            rest.CREATE_REF,
            lambda repository: repository.create_git_ref(f"refs/heads/{name}", commit),
        )

    async def move_branches(self, moves: Sequence[BranchMove]) -> None:
        """Move branches in one step, forced, but each only from where it is said to be.

        Raises:
            ForgeError: one was elsewhere, or a rule of the repository forbids it; none was moved.
        """
        data = await self._client.graphql(graphql.REPOSITORY_ID, {})
        await self._move(parse(str, data, graphql.REPOSITORY_ID, "repository", "id"), moves)

    async def _move(self, repository: str, moves: Sequence[BranchMove]) -> None:
        """Move branches of the repository with this node id."""
        updates = [
            {
                "name": f"refs/heads/{each.branch}",
                "beforeOid": each.before or _NOTHING,
                "afterOid": each.after or _NOTHING,
                "force": True,
            }
            for each in moves
        ]
        await self._client.graphql(
            graphql.MOVE_BRANCHES, {"repository": repository, "moves": updates}
        )


def _pull(pull: graphql.GraphPull) -> BranchPull:
    return BranchPull(**pull.model_dump() | {"state": pull.state.lower()})


def tree_input(draft: CommitDraft, base: str) -> dict[str, Any]:
    """Return the tree of a commit, on top of the tree ``base``."""
    entries = []
    for path, data in draft.files:
        mode = EXECUTABLE_MODE if path in draft.executable else FILE_MODE
        entry: dict[str, Any] = {"path": path, "mode": f"{mode:06o}", "type": "blob"}
        entries.append(entry | ({"sha": None} if data is None else {"content": data.decode()}))
    return {"base_tree": base, "tree": entries}


def commit_input(draft: CommitDraft) -> dict[str, Any]:
    """Return the ``CreateCommitOnBranchInput``."""
    return {
        "branch": {"repositoryNameWithOwner": draft.repository, "branchName": draft.branch},
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
