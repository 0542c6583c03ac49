"""Committing on a branch without a checkout."""

from __future__ import annotations

import base64
from typing import Any

from predict_edit.domain import Commit, CommitDraft
from predict_edit.github import answers, endpoints, failures, graph_answers
from predict_edit.github.client import Client
from predict_edit.github.documents import COMMIT


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
    """Make the commit with one request.

    Raises:
        ForgeRefused: the branch moved (see ``failures.is_stale_head_refusal``), or is protected.
        ForgeForbidden: the token lacks ``contents: write``.
        ForgeUnavailable: it is not known whether it was made.
    """
    endpoint = endpoints.COMMIT
    answer = await client.graphql(endpoint, COMMIT, {"input": commit_input(draft)})
    if answer.graphql_errors:
        raise failures.graphql_failure(answer, endpoint)
    made = answer.data.get("data")
    for name in ("createCommitOnBranch", "commit"):
        made = made.get(name) if isinstance(made, dict) else None
    found = answers.parse_data(graph_answers.NewCommit, made, endpoint)
    return Commit(sha=found.oid, url=found.url)
