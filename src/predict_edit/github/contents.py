"""Files at a commit: batched over GraphQL, each verified, the rest one by one over REST.

What GraphQL does not tell, or tells wrongly, is fetched as a blob. Where GraphQL is missing, the
tree of the commit tells modes and ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

from predict_edit.domain import FileContent
from predict_edit.github.answer import Answer
from predict_edit.github.client import Client
from predict_edit.github.contents_graphql import read_over_graphql
from predict_edit.github.contents_rest import bytes_of, read_over_rest
from predict_edit.github.found import Found


async def read_files(
    client: Client,
    commit: str,
    files: Mapping[str, str | None],
    asked: Awaitable[Answer] | None = None,
) -> dict[str, FileContent]:
    """Files at a commit; see :meth:`predict_edit.domain.ports.Forge.read_files`.

    What stands at the commit counts: where a given blob SHA differs from it, the answer has the
    commit's content and SHA. ``asked`` is a query for them that is under way already.

    Raises:
        ForgeAnswerInvalid: bytes that do not have the object id they were sent with.
        ForgeError: GitHub failed.
    """
    if not files:
        return {}
    found = await read_over_graphql(client, commit, files, asked)
    if found.untold:
        found = Found.union([found, await read_over_rest(client, commit, found)])
    blobs = await asyncio.gather(*(bytes_of(client, commit, entry) for entry in found.entries))
    contents = found.contents | {content.path: content for content in blobs}
    return {path: contents[path] for path in files if path in contents}
