"""Opening and changing pull requests of our own."""

from __future__ import annotations

from collections.abc import Sequence

from predict_edit.domain import BranchPull, PullDraft
from predict_edit.github import answers, endpoints, parsing
from predict_edit.github.client import Client


async def open_pull(client: Client, draft: PullDraft) -> BranchPull:
    """Open a pull request between two branches of the repository.

    Raises:
        ForgeForbidden: the job's token may not, because of a setting or a missing permission.
        ForgeRefused: there is one already, or nothing lies between the branches.
    """
    endpoint = endpoints.OPEN_PULL_REQUEST
    body = {
        "head": draft.head,
        "base": draft.base,
        "title": draft.title,
        "body": draft.body,
        "draft": draft.draft,
    }
    made = parsing.parse(answers.NewPull, await client.rest(endpoint, body=body), endpoint)
    return BranchPull(
        number=made.number,
        state="open",
        url=made.html_url,
        title=made.title,
        body=made.body or "",
        mine=True,
        base_ref=draft.base,
        draft=made.draft,
    )


async def update(
    client: Client, number: int, *, title: str | None, body: str | None, close: bool
) -> None:
    """Change title and body, or close."""
    changes: dict[str, str] = {}
    if title is not None:
        changes["title"] = title
    if body is not None:
        changes["body"] = body
    if close:
        changes["state"] = "closed"
    await client.rest(endpoints.UPDATE_PULL_REQUEST, number=number, body=changes)


async def label(client: Client, number: int, labels: Sequence[str]) -> None:
    """Add labels; GitHub makes those that the repository does not have."""
    await client.rest(endpoints.LABEL, number=number, body={"labels": list(labels)})
