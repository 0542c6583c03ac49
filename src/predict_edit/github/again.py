"""Head and command once more, together, right before something is posted."""

from __future__ import annotations

import asyncio

import pydantic

from predict_edit.domain import CommandRef
from predict_edit.domain.errors import ForgeError, ForgeUnauthorized
from predict_edit.github import comments, endpoints, snapshot
from predict_edit.github.answers import Sha
from predict_edit.github.client import Client
from predict_edit.github.documents import AGAIN
from predict_edit.github.parsing import FromGitHub, parse_data
from predict_edit.support.log import log


class _Head(FromGitHub):
    """The pull request's newest commit."""

    oid: Sha = pydantic.Field(alias="headRefOid")


class _Body(FromGitHub):
    """A comment."""

    body: str


async def look_again(
    client: Client, number: int, command: CommandRef, *, listed: bool = True
) -> tuple[str, str | None]:
    """The newest commit of the pull request, and the command's comment as it reads now.

    One request where GraphQL tells that nothing has changed about the comment; whatever else it
    says is not believed before REST has said so too. The commit is empty where it could not be
    read, the text ``None`` where the comment was deleted; ``listed`` is as for
    :func:`predict_edit.github.comments.command_body`.

    Raises:
        ForgeError: the comment could not be read.
    """
    head: str
    body: str | None
    if client.joins and command.comment_id is not None and command.node_id:
        try:
            head, body = await _together(client, number, command.node_id)
        except ForgeUnauthorized:
            raise
        except (ForgeError, KeyError, TypeError) as error:
            log.debug("head and command are read over REST: %s", type(error).__name__)
        else:
            if body == command.body:
                return head, body
    head, body = await asyncio.gather(
        _head(client, number), comments.command_body(client, command, listed=listed)
    )
    return head, body


async def _together(client: Client, number: int, node_id: str) -> tuple[str, str]:
    endpoint = endpoints.AGAIN
    variables = {
        "owner": client.owner,
        "name": client.name,
        "number": number,
        "command": node_id,
    }
    answer = await client.together(endpoint, AGAIN, variables)
    data = answer.data["data"]
    head = parse_data(_Head, data["repository"]["pullRequest"], endpoint)
    return head.oid, parse_data(_Body, data["node"], endpoint).body


async def _head(client: Client, number: int) -> str:
    """The head, or nothing: what is wrong shows when something is posted."""
    try:
        return (await snapshot.pull_request(client, number)).head_sha
    except ForgeError as error:
        log.debug("the head was not read: %s", error)
        return ""
