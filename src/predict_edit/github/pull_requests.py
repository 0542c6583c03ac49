"""Pull requests: reading them and their files, opening and changing our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.errors import ForgeNotFound
from predict_edit.domain.repository import BranchPull, PullDraft, PullRequest, Role
from predict_edit.github import rest
from predict_edit.github.client import Client, parse
from predict_edit.trigger.roles import role_from

FILE_PAGES: Final = 30
"""GitHub lists at most 3,000 files of a pull request, 100 a page."""


async def role_of(client: Client, login: str) -> Role:
    """Return the role of a person; every failure but a 404 raises, so that callers fail closed."""
    try:
        # PyGithub gives the permission or the name of the role: two requests for one answer.
        _, data = await client.call(
            rest.ROLE,
            lambda repository: repository.requester.requestJsonAndCheck(
                "GET", f"{repository.url}/collaborators/{quote(login, safe='')}/permission"
            ),
        )
    except ForgeNotFound:
        return Role.NONE
    found = parse(rest.Permission, data, rest.ROLE)
    return role_from(found.permission, found.role_name)


async def pull_request(client: Client, number: int) -> PullRequest:
    """Return the pull request as it is now."""
    data = await client.call(
        rest.PULL_REQUEST, lambda repository: repository.get_pull(number).raw_data
    )
    pull = parse(rest.Pull, data, rest.PULL_REQUEST)
    return PullRequest(
        number=pull.number,
        state="merged" if pull.merged else pull.state,
        head_sha=pull.head.sha,
        head_ref=pull.head.ref,
        head_repository=pull.head.repo.full_name if pull.head.repo else None,
        base_sha=pull.base.sha,
        base_ref=pull.base.ref,
        changed_files=pull.changed_files,
        url=pull.html_url,
        title=pull.title,
    )


async def merge_base(client: Client, base: str, head: str) -> str:
    """Return the newest commit that both have in their history.

    GitHub lists the changed files on the first page only, so the second one is asked for, which
    PyGithub cannot.
    """
    _, data = await client.call(
        rest.COMPARE,
        lambda repository: repository.requester.requestJsonAndCheck(
            "GET",
            f"{repository.url}/compare/{quote(base, safe='')}...{quote(head, safe='')}",
            parameters={"per_page": 1, "page": 2},
        ),
    )
    return parse(rest.CommitComparison, data, rest.COMPARE).merge_base_commit.sha


async def changed_files(client: Client, number: int) -> tuple[ChangedFile, ...]:
    """Return all files of a pull request, in GitHub's order.

    A path that is listed twice, because the head moved between two pages, is kept once.
    """
    endpoint = rest.PULL_REQUEST_FILES
    entries = await client.pages(endpoint, f"pulls/{number}/files", limit=FILE_PAGES)
    distinct: dict[str, ChangedFile] = {}
    for file in parse(list[rest.PullFile], entries, endpoint):
        lines = (file.patch or "").split("\n")
        distinct.setdefault(
            file.filename,
            ChangedFile(
                path=file.filename,
                status=file.status,
                blob_sha=file.sha,
                additions=_count(file.additions, lines, "+"),
                deletions=_count(file.deletions, lines, "-"),
                patch=file.patch,
                previous_path=file.previous_filename,
            ),
        )
    return tuple(distinct.values())


def _count(counted: int | None, lines: Sequence[str], sign: str) -> int:
    """Return GitHub's count of added or deleted lines, else that of the patch."""
    return sum(line.startswith(sign) for line in lines) if counted is None else counted


async def open_pull_request(client: Client, draft: PullDraft) -> BranchPull:
    """Open a pull request between two branches of the repository.

    Raises:
        ForgeForbidden: a setting of the repository or a missing permission forbids it.
        ForgeRefused: there is one already, or the branches do not differ.
    """
    endpoint = rest.OPEN_PULL_REQUEST
    data = await client.call(
        endpoint,
        lambda repository: (
            repository.create_pull(
                draft.base, draft.head, title=draft.title, body=draft.body, draft=draft.draft
            ).raw_data
        ),
    )
    made = parse(rest.NewPull, data, endpoint)
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


async def update_pull_request(
    client: Client, number: int, *, title: str | None, body: str | None, close: bool
) -> None:
    """Change title and body, or close."""
    changes = {"title": title, "body": body, "state": "closed" if close else None}
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    await client.call(
        rest.UPDATE_PULL_REQUEST, lambda repository: repository.get_pull(number).edit(**given)
    )


async def label(client: Client, number: int, labels: Sequence[str]) -> None:
    """Add labels; GitHub creates those that the repository does not have.

    PyGithub sends a bare list, which GitHub accepts as well, but documents second.
    """
    await client.call(
        rest.LABEL,
        lambda repository: repository.requester.requestJsonAndCheck(
            "POST", f"{repository.url}/issues/{number}/labels", input={"labels": list(labels)}
        ),
    )
