"""All files of a commit, with as few requests as GitHub allows."""

from __future__ import annotations

import asyncio
from typing import Final

from predict_edit.domain import TreeFile
from predict_edit.domain.errors import ForgeAnswerInvalid
from predict_edit.github import answers, endpoints, failures, parsing
from predict_edit.github.client import Client

_FOLDER: Final = "tree"
MAX_FILES: Final = 1_000_000


async def files(client: Client, commit: str) -> tuple[TreeFile, ...]:
    """All files of a commit, by path.

    One request where GitHub gives the whole tree: up to 100,000 entries and 7 MB (GitHub, "Get a
    tree"). Beyond, folder by folder.

    Raises:
        ForgeAnswerInvalid: a single folder is larger than GitHub shows, or there is no end.
        ForgeError: GitHub failed.
    """
    found = await _below(client, commit, "")
    return tuple(sorted(found, key=lambda file: file.path))


async def _below(client: Client, sha: str, prefix: str) -> list[TreeFile]:
    """All files of one tree; ``prefix`` is its path with a slash, empty for the root."""
    tree = await _ask(client, sha, whole=True)
    if not tree.truncated:
        return [_file(entry, prefix) for entry in tree.tree if entry.type != _FOLDER]
    tree = await _ask(client, sha, whole=False)
    if tree.truncated:
        raise _too_large(endpoints.TREE)
    found = [_file(entry, prefix) for entry in tree.tree if entry.type != _FOLDER]
    folders = [entry for entry in tree.tree if entry.type == _FOLDER]
    for part in await asyncio.gather(
        *(_below(client, entry.sha, f"{prefix}{entry.path}/") for entry in folders)
    ):
        found += part
    if len(found) > MAX_FILES:
        raise _too_large(endpoints.TREE)
    return found


async def _ask(client: Client, sha: str, *, whole: bool) -> answers.Tree:
    query = {"recursive": 1} if whole else {}
    answer = await client.rest(endpoints.TREE, sha=sha, query=query)
    return parsing.parse(answers.Tree, answer, endpoints.TREE)


def _file(entry: answers.TreeEntry, prefix: str) -> TreeFile:
    return TreeFile(
        path=f"{prefix}{entry.path}",
        blob_sha=entry.sha,
        mode=int(entry.mode, 8),
        size=entry.size,
    )


def _too_large(endpoint: endpoints.Endpoint) -> ForgeAnswerInvalid:
    return failures.invalid(endpoint, "more files than can be listed")
