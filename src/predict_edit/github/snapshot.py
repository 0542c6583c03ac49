"""What the pull request is: the person, the head, the list of files."""

from __future__ import annotations

from typing import Final

from predict_edit.domain import ChangedFile, PullRequest, Role
from predict_edit.domain.errors import ForgeNotFound
from predict_edit.github import answers, endpoints, parsing
from predict_edit.github.client import Client
from predict_edit.trigger.roles import role_from

FILE_PAGES: Final = 30
"""GitHub lists at most 3,000 files of a pull request, 100 a page."""


async def role_of(client: Client, login: str) -> Role:
    """The role of a person; every failure but a 404 raises, so that the caller fails closed."""
    try:
        answer = await client.rest(endpoints.ROLE, login=login)
    except ForgeNotFound:
        return Role.NONE
    found = parsing.parse(answers.Permission, answer, endpoints.ROLE)
    return role_from(found.permission, found.role_name)


async def pull_request(client: Client, number: int) -> PullRequest:
    """The pull request as it is now."""
    answer = await client.rest(endpoints.PULL_REQUEST, number=number)
    pull = parsing.parse(answers.Pull, answer, endpoints.PULL_REQUEST)
    return PullRequest(
        number=pull.number,
        state=pull.state,
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
    """The newest commit that both have in their history.

    GitHub lists the changed files on the first page only, so the second one is asked for.
    """
    endpoint = endpoints.COMPARE
    query = {"per_page": 1, "page": 2}
    answer = await client.rest(endpoint, base=base, head=head, query=query)
    return parsing.parse(answers.Comparison, answer, endpoint).merge_base_commit.sha


async def changed_files(client: Client, number: int) -> tuple[ChangedFile, ...]:
    """All pages of the files list, in GitHub's order.

    A path that stands twice, because the head moved between two pages, is kept once.
    """
    endpoint = endpoints.PULL_REQUEST_FILES
    pages = await client.pages(endpoint, limit=FILE_PAGES, number=number)
    files = parsing.parse_pages(answers.PullFile, pages, endpoint)
    distinct: dict[str, ChangedFile] = {}
    for file in files:
        distinct.setdefault(
            file.filename,
            ChangedFile(
                path=file.filename,
                status=file.status,
                blob_sha=file.sha,
                additions=_count(file.additions, file, "+"),
                deletions=_count(file.deletions, file, "-"),
                patch=file.patch,
                previous_path=file.previous_filename,
            ),
        )
    return tuple(distinct.values())


def _count(said: int | None, file: answers.PullFile, sign: str) -> int:
    """GitHub's count of added or deleted lines, else that of the patch."""
    return file.counted(sign) if said is None else said
