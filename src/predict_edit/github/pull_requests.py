"""Pull requests: reading them and their files, opening and changing our own."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Final
from urllib.parse import quote

from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.errors import ForgeNotFound
from predict_edit.domain.repository import BranchPull, PullRequest, Role
from predict_edit.github import rest
from predict_edit.github.client import HostPart, parse
from predict_edit.support.log import log
from predict_edit.trigger.roles import role_from

FILE_PAGES: Final = 30
"""GitHub lists at most 3,000 files of a pull request, 100 a page."""


class PullRequests(HostPart):
    """The pull requests of a repository, and who may work on them."""

    async def role_of(self, login: str, account: int | None = None) -> Role:
        """Return the role of a person; every failure but a 404 raises, so callers fail closed.

        GitHub answers for the account that has the login now. If that is not ``account``, the
        person has no role.
        """
        try:
            # PyGithub gives the permission or the name of the role: two requests for one answer.
            data = await self._client.request(
                rest.ROLE, "GET", f"collaborators/{quote(login, safe='')}/permission"
            )
        except ForgeNotFound:
            return Role.NONE
        found = parse(rest.Permission, data, rest.ROLE)
        if None not in {account, found.account} and account != found.account:
            log.warning("the login belongs to another account than the command's")
            return Role.NONE
        return role_from(found.permission, found.role_name)

    async def pull_request(self, number: int) -> PullRequest:
        """Return the pull request as it is now."""
        data = await self._client.call(
            rest.PULL_REQUEST, lambda repository: repository.get_pull(number).raw_data
        )
        pull = parse(rest.Pull, data, rest.PULL_REQUEST)
        return PullRequest(**pull.model_dump() | ({"state": "merged"} if pull.merged else {}))

    async def merge_base(self, base: str, head: str) -> str:
        """Return the newest commit that both have in their history.

        GitHub lists the changed files on the first page only, so the second one is asked for,
        which PyGithub cannot.
        """
        data = await self._client.request(
            rest.COMPARE,
            "GET",
            f"compare/{quote(base, safe='')}...{quote(head, safe='')}",
            parameters={"per_page": 1, "page": 2},
        )
        return parse(rest.CommitComparison, data, rest.COMPARE).merge_base

    async def changed_files(
        self, number: int, pull: Awaitable[PullRequest] | None = None
    ) -> tuple[ChangedFile, ...]:
        """Return all files of a pull request, in GitHub's order.

        A path that is listed twice, because the head moved between two pages, is kept once.
        """
        endpoint = rest.PULL_REQUEST_FILES

        async def are_all(count: int) -> bool:
            return pull is not None and count == (await pull).changed_files

        entries = await self._client.pages(
            endpoint, f"pulls/{number}/files", limit=FILE_PAGES, are_all=are_all
        )
        distinct: dict[str, ChangedFile] = {}
        for file in parse(list[rest.PullFile], entries, endpoint):
            lines = (file.patch or "").split("\n")
            counts = {
                "additions": _count(file.additions, lines, "+"),
                "deletions": _count(file.deletions, lines, "-"),
            }
            distinct.setdefault(file.path, ChangedFile(**dict(file) | counts))
        return tuple(distinct.values())

    async def open_pull_request(
        self, head: str, base: str, *, title: str, body: str, draft: bool = False
    ) -> BranchPull:
        """Open a pull request between two branches of this repository.

        Raises:
            ForgeForbidden: the token or the repository's settings do not allow it.
            ForgeRefused: there is one already, or nothing between the branches.
        """
        endpoint = rest.OPEN_PULL_REQUEST
        data = await self._client.call(
            endpoint,
            lambda repository: (
                repository.create_pull(base, head, title=title, body=body, draft=draft).raw_data
            ),
        )
        made = parse(rest.NewPull, data, endpoint)
        return BranchPull(**dict(made), state="open", mine=True)

    async def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, close: bool = False
    ) -> None:
        """Change title and body, or close."""
        changes = {"title": title, "body": body, "state": "closed" if close else None}
        given: dict[str, Any] = {name: text for name, text in changes.items() if text is not None}
        await self._client.call(
            rest.UPDATE_PULL_REQUEST, lambda repository: repository.get_pull(number).edit(**given)
        )

    async def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels; GitHub creates those that the repository does not have.

        PyGithub sends a bare list, which GitHub accepts as well, but documents second.
        """
        await self._client.request(
            rest.LABEL, "POST", f"issues/{number}/labels", input={"labels": list(labels)}
        )


def _count(counted: int | None, lines: Sequence[str], sign: str) -> int:
    """Return GitHub's count of added or deleted lines, else that of the patch."""
    return sum(line.startswith(sign) for line in lines) if counted is None else counted
