"""Files at a commit, each verified: batched over GraphQL, and as blobs what that cannot carry.

GraphQL gives text, not bytes: a byte-order mark may be gone, other encodings than UTF-8 are
altered, long files are cut. So nothing of it is believed before its git object id was computed.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Iterable
from typing import Any, Final

from predict_edit.domain.errors import ForgeError, ForgeUnauthorized
from predict_edit.domain.repository import FileContent, TreeFile
from predict_edit.github import error_mapping, graphql, rest
from predict_edit.github.client import HostPart, parse
from predict_edit.support.git import SUBMODULE_MODE, SYMLINK_MODE, blob_sha_of
from predict_edit.support.log import log

MAX_BYTES: Final = 1_000_000
"""Larger files are not fetched: no model edits them, and GitHub sends them by other ways only."""
MAX_FILES: Final = 1_000_000
_SMALL_BATCH: Final = 10
"""Files of a query after one for more of them failed, which may have been too much for GitHub."""
_FOLDER: Final = "tree"


class Contents(HostPart):
    """The files of a repository at a commit."""

    async def _read_files(
        self,
        commit: str,
        paths: Iterable[str],
        asked: Awaitable[dict[str, Any]] | None = None,
    ) -> dict[str, FileContent]:
        """Return the files at a commit; a path that does not exist there is missing.

        ``asked`` is a running query for them.

        Raises:
            ForgeAnswerInvalid: bytes that do not have the object id they were sent with.
            ForgeError: GitHub failed.
        """
        paths = list(paths)
        if asked is None:
            found = await self._entries(commit, paths, graphql.FILES_PER_QUERY)
        else:
            found = _entries(await asked, paths)
        contents = await asyncio.gather(
            *(self._content(path, entry) for path, entry in found.items() if entry.type != _FOLDER)
        )
        return {content.path: content for content in contents}

    async def _entries(
        self, commit: str, paths: list[str], most: int
    ) -> dict[str, graphql.GraphFile]:
        """Ask for files, at most so many in one query."""
        batches = await asyncio.gather(
            *(
                self._batch(commit, paths[start : start + most])
                for start in range(0, len(paths), most)
            )
        )
        return {path: entry for batch in batches for path, entry in batch.items()}

    async def _batch(self, commit: str, paths: list[str]) -> dict[str, graphql.GraphFile]:
        """Ask for one batch, and after a failure for smaller ones."""
        operation = graphql.files_at_commit(len(paths))
        variables = variables_of(commit, paths)
        small = len(paths) <= _SMALL_BATCH
        try:
            return _entries(await self._client.graphql(operation, variables, once=not small), paths)
        except ForgeUnauthorized:
            raise
        except ForgeError as error:
            if small:
                raise
            log.debug("files are asked for in smaller batches: %s", type(error).__name__)
        return await self._entries(commit, paths, _SMALL_BATCH)

    async def _content(self, path: str, entry: graphql.GraphFile) -> FileContent:
        """Return a file whose bytes are verified, fetched as a blob if GraphQL spoilt them.

        Links, submodules, large and binary files have no data.
        """
        blob = entry.object or graphql.GraphBlob()
        size = blob.byte_size or 0
        data = None
        binary = bool(blob.is_binary)
        link = entry.mode in {SYMLINK_MODE, SUBMODULE_MODE} or entry.object is None
        if not (link or binary or size > MAX_BYTES):
            data = _utf8(blob.text)
            if data is None or blob.is_truncated or blob_sha_of(data) != entry.oid:
                data, size = await self._blob(entry.oid)
            binary = data is not None and b"\0" in data
        return FileContent(
            path=path,
            blob_sha=entry.oid,
            data=None if binary else data,
            mode=entry.mode,
            size=size if data is None else len(data),
            binary=binary,
        )

    async def _blob(self, sha: str) -> tuple[bytes | None, int]:
        """Return the bytes of a file by its object id, and their number; too many have none."""
        endpoint = rest.BLOB
        data = await self._client.call(
            endpoint, lambda repository: repository.get_git_blob(sha).raw_data
        )
        blob = parse(rest.Blob, data, endpoint)
        if blob.size > MAX_BYTES:
            return None, blob.size
        if blob.encoding != "base64":
            raise error_mapping.invalid(endpoint, "content in an unknown encoding")
        try:
            content = base64.b64decode(blob.content)
        except binascii.Error:
            raise error_mapping.invalid(endpoint, "content that is not base64") from None
        if blob_sha_of(content) != sha:
            raise error_mapping.invalid(endpoint, "content that does not match its object id")
        return (content if len(content) <= MAX_BYTES else None), len(content)

    async def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return all files of a commit, by path.

        One request if GitHub gives the whole tree: up to 100,000 entries and 7 MB (GitHub, "Get a
        tree"). Beyond, folder by folder.

        Raises:
            ForgeAnswerInvalid: a folder is larger than GitHub shows, or there are too many files.
            ForgeError: GitHub failed.
        """
        found = await self._below(commit, "")
        return tuple(sorted(found, key=lambda file: file.path))

    async def _below(self, sha: str, prefix: str) -> list[TreeFile]:
        """Return all files of one tree; ``prefix`` is its path with a slash, empty for the root."""
        whole = await self._tree(sha, recursive=True)
        if not whole.truncated:
            return _files(whole, prefix)
        own = await self._tree(sha, recursive=False)
        if own.truncated:
            raise error_mapping.invalid(rest.TREE, "a folder with more files than can be listed")
        parts = await asyncio.gather(
            *(
                self._below(entry.sha, f"{prefix}{entry.path}/")
                for entry in own.tree
                if entry.type == _FOLDER
            )
        )
        found = [*_files(own, prefix), *(file for part in parts for file in part)]
        if len(found) > MAX_FILES:
            raise error_mapping.invalid(rest.TREE, "more files than can be listed")
        return found

    async def _tree(self, sha: str, *, recursive: bool) -> rest.Tree:
        data = await self._client.call(
            rest.TREE, lambda repository: repository.get_git_tree(sha, recursive=recursive).raw_data
        )
        return parse(rest.Tree, data, rest.TREE)


def variables_of(commit: str, paths: Iterable[str]) -> dict[str, Any]:
    """Return the variables of a query for files at a commit."""
    return {"commit": commit, **{f"p{i}": path for i, path in enumerate(paths)}}


def _entries(data: dict[str, Any], paths: list[str]) -> dict[str, graphql.GraphFile]:
    """Return the tree entries of a GraphQL answer by path, in order.

    Raises:
        ForgeAnswerInvalid: it does not have them all.
    """
    operation = graphql.files_at_commit(0)
    fields = parse(dict[str, Any], data, operation, "repository", "object")
    if fields.pop("__typename", None) != "Commit" or len(fields) != len(paths):
        raise error_mapping.invalid(operation, "not the requested files")
    entries = parse(dict[str, graphql.GraphFile | None], fields, operation)
    found = {path: entries.get(f"f{i}") for i, path in enumerate(paths)}
    return {path: entry for path, entry in found.items() if entry is not None}


def _utf8(text: str | None) -> bytes | None:
    """Return the bytes of a text; ``None`` for one that has none."""
    try:
        return None if text is None else text.encode()
    except UnicodeEncodeError:
        return None


def _files(listed: rest.Tree, prefix: str) -> list[TreeFile]:
    return [
        TreeFile(
            path=f"{prefix}{entry.path}",
            blob_sha=entry.sha,
            mode=int(entry.mode, 8),
            size=entry.size,
        )
        for entry in listed.tree
        if entry.type != _FOLDER
    ]
