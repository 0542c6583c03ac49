"""Branches and commits over REST, for a host without GraphQL.

What GraphQL does in one step takes several here. A branch is only ever moved forward: GitHub
refuses an update that is no fast-forward (GitHub, "Update a reference"), so nobody's push between
is lost. What would need more than that is refused.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from predict_edit.domain import BranchMove, BranchPull, Commit, CommitDraft
from predict_edit.domain.errors import BranchMoved, ForgeRefused
from predict_edit.github import accounts, answers, endpoints, parsing
from predict_edit.github.client import Client
from predict_edit.support.git import FILE_MODE

_MOVED: Final = "The branch {} is no longer at the commit that was looked at."


async def pulls_of(client: Client, branch: str) -> tuple[BranchPull, ...]:
    """The pull requests from a branch of the repository, the newest first."""
    endpoint = endpoints.PULL_REQUESTS
    query = {"state": "all", "head": f"{client.owner}:{branch}"}
    pages = await client.pages(endpoint, query=query)
    listed = parsing.parse_pages(answers.ListedPull, pages, endpoint)
    # A host that does not know the filter lists them all.
    found = [pull for pull in listed if pull.head.ref == branch and not _foreign(client, pull)]
    login = await accounts.own_login(client) if found else ""
    return tuple(
        BranchPull(
            number=pull.number,
            state="merged" if pull.merged_at else pull.state,
            url=pull.html_url,
            title=pull.title,
            body=pull.body or "",
            mine=accounts.is_account(pull.user, login),
            base_ref=pull.base.ref,
            draft=pull.draft,
        )
        for pull in sorted(found, key=lambda pull: pull.number, reverse=True)
    )


async def commit(client: Client, draft: CommitDraft, tip: str | None) -> Commit:
    """Make a commit on a branch, which now points at ``tip``, and move the branch to it.

    Raises:
        BranchMoved: it is elsewhere.
        ForgeRefused: it is protected.
        ForgeForbidden: the token lacks ``contents: write``.
    """
    if tip != draft.expected_head:
        raise BranchMoved(_MOVED.format(draft.branch), "Give the command again.")
    tree = await _tree(client, draft)
    message = "\n\n".join(filter(None, (draft.headline, draft.body)))
    body = {"message": message, "tree": tree, "parents": [draft.expected_head]}
    endpoint = endpoints.CREATE_COMMIT
    made = parsing.parse(answers.GitCommit, await client.rest(endpoint, body=body), endpoint)
    await client.rest(endpoints.MOVE_REF, path=draft.branch, body={"sha": made.sha, "force": False})
    return Commit(sha=made.sha, url=made.html_url)


async def move(client: Client, moves: Sequence[BranchMove], tips: Mapping[str, str | None]) -> None:
    """Make and delete branches, each only if it is where it is said to be; ``tips`` tells where.

    Raises:
        BranchMoved: one is elsewhere.
        ForgeRefused: one is to be moved, which one step alone can do safely.
    """
    for one in moves:
        if tips[one.branch] != one.before:
            raise BranchMoved(_MOVED.format(one.branch), "Run it again.")
        if one.before is not None and one.after is not None:
            raise ForgeRefused(
                f"Moving the branch {one.branch} needs GraphQL, which is not there.",
                "Check GITHUB_GRAPHQL_URL, or merge or delete the branch and run it again.",
            )
    for one in moves:
        if one.after is None:
            await client.rest(endpoints.DELETE_REF, path=one.branch)
        else:
            body = {"ref": f"refs/heads/{one.branch}", "sha": one.after}
            await client.rest(endpoints.CREATE_REF, body=body)


async def _tree(client: Client, draft: CommitDraft) -> str:
    """A tree with the new files on that of the expected head; modes stay as they are there."""
    endpoint = endpoints.TREE
    answer = await client.rest(endpoint, sha=draft.expected_head, query={"recursive": 1})
    old = parsing.parse(answers.Tree, answer, endpoint)
    known = {entry.path: entry.mode for entry in old.tree}
    entries: list[dict[str, Any]] = []
    for path, data in draft.files:
        sha = None if data is None else await _blob(client, data)
        mode = known.get(path, f"{FILE_MODE:o}")
        entries.append({"path": path, "mode": mode, "type": "blob", "sha": sha})
    endpoint = endpoints.GIT_COMMIT
    answer = await client.rest(endpoint, sha=draft.expected_head)
    base = parsing.parse(answers.GitCommit, answer, endpoint).tree
    body = {"base_tree": base.sha if base else draft.expected_head, "tree": entries}
    endpoint = endpoints.CREATE_TREE
    return parsing.parse(answers.Named, await client.rest(endpoint, body=body), endpoint).sha


async def _blob(client: Client, data: bytes) -> str:
    """Send the bytes of a file; the name that git gives them comes back."""
    endpoint = endpoints.CREATE_BLOB
    body = {"content": base64.b64encode(data).decode("ascii"), "encoding": "base64"}
    return parsing.parse(answers.Named, await client.rest(endpoint, body=body), endpoint).sha


def _foreign(client: Client, pull: answers.ListedPull) -> bool:
    """Whether the branch is another repository's; one that was deleted is."""
    home = f"{client.owner}/{client.name}"
    return pull.head.repo is None or pull.head.repo.full_name.casefold() != home.casefold()
