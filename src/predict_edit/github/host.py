"""GitHub as the host; :class:`predict_edit.domain.ports.GitHost` describes every method."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from predict_edit.domain.errors import FindingsError, ForgeNotFound
from predict_edit.domain.repository import FileContent
from predict_edit.github import graphql, rest
from predict_edit.github.branches import Branches
from predict_edit.github.contents import Contents, variables_of
from predict_edit.github.conversation import Comments, first_pages
from predict_edit.github.reviews import Reviews

_ALERT_PAGES: Final = 501
"""Of a hundred: as many as are kept, and one more, so that a surplus is noticed."""
_NO_ANALYSIS: Final = "no analysis found"
"""What GitHub says if nothing was ever uploaded."""


class GitHubHost(Comments, Reviews, Contents, Branches):
    """One repository on github.com or a GitHub Enterprise Server."""

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._client.requests

    def now(self) -> dt.datetime:
        """Return GitHub's time: this machine's may be wrong."""
        return self._client.now()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def read_files(
        self, commit: str, files: Mapping[str, str | None], *, beside: int | None = None
    ) -> dict[str, FileContent]:
        """Return files at a commit, verified against their object ids."""
        asked = None
        if beside is not None and 0 < len(files) <= graphql.FILES_PER_QUERY:
            variables = variables_of(commit, files) | first_pages(beside)
            operation = graphql.files_and_conversation(len(files))
            asked = asyncio.create_task(self._client.graphql(operation, variables))
            self.expect(beside, asked)
        return await self._read_files(commit, files, asked)

    async def open_alerts(self, ref: str) -> list[Any]:
        """Return the open alerts of a git reference as GitHub has them, in its order.

        With ``ref``, GitHub gives for each alert where it was last seen there (GitHub, "List code
        scanning alerts for a repository").

        Raises:
            FindingsError: nothing was ever uploaded to code scanning.
            ForgeForbidden: code scanning is off, or the token may not read it.
            ForgeError: GitHub failed.
        """
        try:
            return await self._client.pages(
                rest.CODE_SCANNING_ALERTS,
                "code-scanning/alerts",
                limit=_ALERT_PAGES,
                query={"state": "open", "ref": ref},
            )
        except ForgeNotFound as error:
            if any(_NO_ANALYSIS in reason.casefold() for reason in error.reasons):
                raise FindingsError(
                    f"Code scanning has no results yet for {ref}.",
                    "Run a workflow with code scanning there first, or remove `code-scanning` from "
                    "`findings`.",
                ) from None
            raise
