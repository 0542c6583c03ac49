"""Files at a commit over REST: the tree tells modes and ids, blobs are fetched one by one."""

from __future__ import annotations

import asyncio
import base64
import binascii
import dataclasses

from predict_edit.domain import FileContent
from predict_edit.domain.errors import ForgeError, ForgeNotFound, ForgeRefused, ForgeUnauthorized
from predict_edit.github import answers, endpoints, failures, parsing
from predict_edit.github.client import Client
from predict_edit.github.endpoints import Endpoint
from predict_edit.github.found import MAX_BYTES, Entry, Found, content_of
from predict_edit.support.git import REGULAR_MODES, SUBMODULE_MODE, SYMLINK_MODE, blob_sha_of
from predict_edit.support.log import log


async def read_over_rest(client: Client, commit: str, asked: Found) -> Found:
    """The files that GraphQL did not tell of."""
    tree = await _tree(client, commit)
    found = Found()
    if tree is not None:
        for path in asked.untold:
            entry = tree.get(path)
            if entry is None or entry.type == "tree":
                continue
            _take_entry(found, path, int(entry.mode, 8), entry.sha, entry.size)
        return found
    found.entries = [
        Entry(path=path, sha=sha, mode=None) for path, sha in asked.untold.items() if sha
    ]
    unknown = [path for path, sha in asked.untold.items() if not sha]
    return Found.union(
        [found, *await asyncio.gather(*(_at_path(client, commit, path) for path in unknown))]
    )


def _take_entry(found: Found, path: str, mode: int, sha: str, size: int) -> None:
    """Sort one entry of a tree into what is done and what is still to be fetched."""
    if mode in REGULAR_MODES and size <= MAX_BYTES:
        found.entries.append(Entry(path=path, sha=sha, mode=mode, size=size))
    else:
        found.contents[path] = FileContent(path=path, blob_sha=sha, data=None, mode=mode, size=size)


async def _tree(client: Client, commit: str) -> dict[str, answers.TreeEntry] | None:
    """All entries of the commit's tree, ``None`` where GitHub cannot give them all."""
    endpoint = endpoints.TREE
    try:
        answer = await client.rest(endpoint, sha=commit, query={"recursive": 1})
        tree = parsing.parse(answers.Tree, answer, endpoint)
    except ForgeUnauthorized:
        raise
    except ForgeError as error:
        log.debug("modes are not known: %s", type(error).__name__)
        return None
    return None if tree.truncated else {entry.path: entry for entry in tree.tree}


async def bytes_of(client: Client, commit: str, entry: Entry) -> FileContent:
    """Fetch the bytes of one file; by its path where the host does not give it by its object id.

    Raises:
        ForgeError: neither way.
    """
    try:
        return await _blob(client, entry)
    except (ForgeNotFound, ForgeRefused):
        content = (await _at_path(client, commit, entry.path)).contents.get(entry.path)
        if content is None or content.blob_sha != entry.sha:
            raise
        return dataclasses.replace(content, mode=entry.mode)


async def _blob(client: Client, entry: Entry) -> FileContent:
    """Fetch the bytes of one file by its object id."""
    if entry.size is not None and entry.size > MAX_BYTES:
        return FileContent(
            path=entry.path, blob_sha=entry.sha, data=None, mode=entry.mode, size=entry.size
        )
    endpoint = endpoints.BLOB
    answer = await client.rest(endpoint, sha=entry.sha)
    blob = parsing.parse(answers.Blob, answer, endpoint)
    if blob.size > MAX_BYTES:
        return FileContent(
            path=entry.path, blob_sha=entry.sha, data=None, mode=entry.mode, size=blob.size
        )
    data = _decoded(blob.content, blob.encoding, endpoint)
    return content_of(entry.path, entry.sha, entry.mode, _verified(data, entry.sha, endpoint))


async def _at_path(client: Client, commit: str, path: str) -> Found:
    """A file of which only the path is known.

    The endpoint follows links within the repository; its answer then names another path.
    """
    endpoint = endpoints.CONTENTS
    found = Found()
    try:
        answer = await client.rest(endpoint, path=path, query={"ref": commit})
    except ForgeNotFound:
        return found
    if isinstance(answer.data, list):
        return found
    file = parsing.parse(answers.Content, answer, endpoint)
    links = {"symlink": SYMLINK_MODE, "submodule": SUBMODULE_MODE}
    mode = links.get(file.type, SYMLINK_MODE if file.path != path else None)
    if mode is not None or file.size > MAX_BYTES or file.encoding == "none":
        found.contents[path] = FileContent(
            path=path, blob_sha=file.sha, data=None, mode=mode, size=file.size
        )
        return found
    data = _verified(_decoded(file.content, file.encoding, endpoint), file.sha, endpoint)
    found.contents[path] = content_of(path, file.sha, None, data)
    return found


def _decoded(content: str, encoding: str, endpoint: Endpoint) -> bytes:
    """The bytes that an answer carries."""
    if encoding == "base64":
        try:
            return base64.b64decode(content)
        except binascii.Error:
            raise failures.invalid(endpoint, "content that is no base64") from None
    raise failures.invalid(endpoint, "content in an unknown encoding")


def _verified(data: bytes, sha: str, endpoint: Endpoint) -> bytes:
    """The bytes, if they have the object id that was asked for."""
    if blob_sha_of(data) != sha:
        raise failures.invalid(endpoint, "content that does not match its object id")
    return data
