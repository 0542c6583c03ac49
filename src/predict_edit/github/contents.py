"""Files at a commit: batched over GraphQL, each verified, the rest one by one over REST.

GraphQL gives text, not bytes: a byte-order mark may be gone, what is no UTF-8 is altered, long
files are cut. So nothing of it is believed before its git object id has been computed, and what
fails that is fetched as a blob. Where GraphQL is missing, the tree of the commit tells modes and
ids.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import dataclasses
import re
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Final

from predict_edit.blob import blob_sha_of
from predict_edit.domain import FileContent
from predict_edit.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeNotFound,
    ForgeRefused,
    ForgeUnauthorized,
)
from predict_edit.github import answers, endpoints, failures, graph_answers
from predict_edit.github.answer import Answer
from predict_edit.github.answers import parse_data
from predict_edit.github.client import Client
from predict_edit.github.documents import FILES_PER_QUERY, files_at_commit
from predict_edit.github.endpoints import Endpoint
from predict_edit.log import log

MAX_BYTES: Final = 1_000_000
"""Larger files are not fetched: no model edits them, and GitHub sends them by other ways only."""
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{40}")
_REGULAR: Final = {0o100644, 0o100755, 0o100664}
_SYMLINK: Final = 0o120000
_SUBMODULE: Final = 0o160000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file that is known to stand at the commit; its bytes are still to be fetched."""

    path: str
    sha: str
    mode: int | None
    size: int | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class _Found:
    """What one way of asking brought: done, known but not fetched, and not told."""

    contents: dict[str, FileContent] = dataclasses.field(default_factory=dict)
    entries: list[_Entry] = dataclasses.field(default_factory=list)
    untold: dict[str, str | None] = dataclasses.field(default_factory=dict)

    @staticmethod
    def union(parts: Iterable[_Found]) -> _Found:
        """All that several ways brought."""
        whole = _Found()
        for part in parts:
            whole.contents |= part.contents
            whole.entries += part.entries
            whole.untold |= part.untold
        return whole


def fit_together(client: Client, commit: str, files: Mapping[str, str | None]) -> bool:
    """Whether so many files can be asked for together with something else."""
    few = 0 < len(files) <= FILES_PER_QUERY
    return few and client.joins and _OBJECT_ID.fullmatch(commit) is not None


def variables_of(client: Client, commit: str, files: Mapping[str, str | None]) -> dict[str, Any]:
    """The variables of a query for files at a commit."""
    variables: dict[str, Any] = {"owner": client.owner, "name": client.name, "commit": commit}
    return variables | {f"p{i}": path for i, path in enumerate(files)}


async def read_files(
    client: Client,
    commit: str,
    files: Mapping[str, str | None],
    asked: Awaitable[Answer] | None = None,
) -> dict[str, FileContent]:
    """Files at a commit; see :meth:`predict_edit.forge.Forge.read_files`.

    What stands at the commit counts: where a given blob SHA differs from it, the answer has the
    commit's content and SHA. ``asked`` is a query for them that is under way already.

    Raises:
        ForgeAnswerInvalid: bytes that do not have the object id they were sent with.
        ForgeError: GitHub failed.
    """
    if not files:
        return {}
    found = await _over_graphql(client, commit, files, asked)
    if found.untold:
        found = _Found.union([found, await _over_rest(client, commit, found)])
    blobs = await asyncio.gather(*(_bytes_of(client, commit, entry) for entry in found.entries))
    contents = found.contents | {content.path: content for content in blobs}
    return {path: contents[path] for path in files if path in contents}


async def _over_graphql(
    client: Client,
    commit: str,
    files: Mapping[str, str | None],
    asked: Awaitable[Answer] | None,
) -> _Found:
    """Ask for all files, in batches side by side."""
    if asked is not None:
        try:
            return _sorted(await asked, files)
        except ForgeUnauthorized:
            raise
        except (ForgeError, KeyError, TypeError) as error:
            log.debug("files are asked for by themselves: %s", type(error).__name__)
    if not client.has_graphql or not _OBJECT_ID.fullmatch(commit):
        return _Found(untold=dict(files))
    items = list(files.items())
    batches = (
        dict(items[start : start + FILES_PER_QUERY])
        for start in range(0, len(items), FILES_PER_QUERY)
    )
    return _Found.union(await asyncio.gather(*(_batch(client, commit, batch) for batch in batches)))


async def _batch(client: Client, commit: str, files: Mapping[str, str | None]) -> _Found:
    """Ask for one batch; whatever goes wrong leaves its files untold."""
    try:
        # A query that was too much for GitHub stays too much: the second try goes over REST.
        answer = await client.graphql(
            endpoints.FILES_AT_COMMIT,
            files_at_commit(len(files)),
            variables_of(client, commit, files),
            repetitions=0,
        )
        return _sorted(answer, files)
    except ForgeUnauthorized:
        raise
    except (ForgeError, KeyError, TypeError) as error:
        log.debug("files are read over REST: %s", type(error).__name__)
        return _Found(untold=dict(files))


def _sorted(answer: Answer, files: Mapping[str, str | None]) -> _Found:
    """What a GraphQL answer tells of the files.

    Raises:
        KeyError, TypeError: it has another form.
    """
    endpoint = endpoints.FILES_AT_COMMIT
    fields = answer.data["data"]["repository"]["object"]
    if fields["__typename"] != "Commit":
        return _Found(untold=dict(files))
    errors = answer.graphql_errors
    found = _Found()
    for i, (path, sha) in enumerate(files.items()):
        field = f"f{i}"
        if fields.get(field) is None:
            # With errors it is not known whether null means "there is none".
            if errors or sha is not None or field not in fields:
                found.untold[path] = sha
            continue
        try:
            entry = parse_data(graph_answers.GraphFile, fields[field], endpoint)
        except ForgeAnswerInvalid:
            found.untold[path] = sha
            continue
        _take(found, path, entry)
    return found


def _take(found: _Found, path: str, entry: graph_answers.GraphFile) -> None:
    """Sort one file of a GraphQL answer into what is done and what is still to be fetched."""
    blob = entry.object
    size = blob.size if blob else None
    mode = entry.mode
    if entry.type == "tree":
        return
    if mode in {_SYMLINK, _SUBMODULE} or blob is None:
        found.contents[path] = FileContent(
            path=path, blob_sha=entry.oid, data=None, mode=mode, size=size or 0
        )
        return
    if blob.binary or (size or 0) > MAX_BYTES:
        found.contents[path] = FileContent(
            path=path,
            blob_sha=entry.oid,
            data=None,
            mode=mode,
            size=size or 0,
            binary=bool(blob.binary),
        )
        return
    data = _utf8(blob.text)
    if data is not None and not blob.truncated and blob_sha_of(data) == entry.oid:
        found.contents[path] = _content(path, entry.oid, mode, data)
    else:
        found.entries.append(_Entry(path=path, sha=entry.oid, mode=mode, size=size))


def _utf8(text: str | None) -> bytes | None:
    """The bytes of a text; ``None`` where there are none."""
    try:
        return None if text is None else text.encode()
    except UnicodeEncodeError:
        return None


def _content(path: str, sha: str, mode: int | None, data: bytes) -> FileContent:
    """A file whose bytes are verified; git calls binary what holds a NUL byte."""
    binary = b"\0" in data
    return FileContent(
        path=path,
        blob_sha=sha,
        data=None if binary else data,
        mode=mode,
        size=len(data),
        binary=binary,
    )


async def _over_rest(client: Client, commit: str, asked: _Found) -> _Found:
    """The files that GraphQL did not tell of."""
    tree = await _tree(client, commit)
    found = _Found()
    if tree is not None:
        for path in asked.untold:
            entry = tree.get(path)
            if entry is None or entry.type == "tree":
                continue
            _take_entry(found, path, int(entry.mode, 8), entry.sha, entry.size)
        return found
    found.entries = [
        _Entry(path=path, sha=sha, mode=None) for path, sha in asked.untold.items() if sha
    ]
    unknown = [path for path, sha in asked.untold.items() if not sha]
    return _Found.union(
        [found, *await asyncio.gather(*(_at_path(client, commit, path) for path in unknown))]
    )


def _take_entry(found: _Found, path: str, mode: int, sha: str, size: int) -> None:
    """Sort one entry of a tree into what is done and what is still to be fetched."""
    if mode in _REGULAR and size <= MAX_BYTES:
        found.entries.append(_Entry(path=path, sha=sha, mode=mode, size=size))
    else:
        found.contents[path] = FileContent(path=path, blob_sha=sha, data=None, mode=mode, size=size)


async def _tree(client: Client, commit: str) -> dict[str, answers.TreeEntry] | None:
    """All entries of the commit's tree, ``None`` where GitHub cannot give them all."""
    endpoint = endpoints.TREE
    try:
        answer = await client.rest(endpoint, sha=commit, query={"recursive": 1})
        tree = answers.parse(answers.Tree, answer, endpoint)
    except ForgeUnauthorized:
        raise
    except ForgeError as error:
        log.debug("modes are not known: %s", type(error).__name__)
        return None
    return None if tree.truncated else {entry.path: entry for entry in tree.tree}


async def _bytes_of(client: Client, commit: str, entry: _Entry) -> FileContent:
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


async def _blob(client: Client, entry: _Entry) -> FileContent:
    """Fetch the bytes of one file by its object id."""
    if entry.size is not None and entry.size > MAX_BYTES:
        return FileContent(
            path=entry.path, blob_sha=entry.sha, data=None, mode=entry.mode, size=entry.size
        )
    endpoint = endpoints.BLOB
    answer = await client.rest(endpoint, sha=entry.sha)
    blob = answers.parse(answers.Blob, answer, endpoint)
    if blob.size > MAX_BYTES:
        return FileContent(
            path=entry.path, blob_sha=entry.sha, data=None, mode=entry.mode, size=blob.size
        )
    data = _decoded(blob.content, blob.encoding, endpoint)
    return _content(entry.path, entry.sha, entry.mode, _verified(data, entry.sha, endpoint))


async def _at_path(client: Client, commit: str, path: str) -> _Found:
    """A file of which only the path is known.

    The endpoint follows links within the repository; its answer then names another path.
    """
    endpoint = endpoints.CONTENTS
    found = _Found()
    try:
        answer = await client.rest(endpoint, path=path, query={"ref": commit})
    except ForgeNotFound:
        return found
    if isinstance(answer.data, list):
        return found
    file = answers.parse(answers.Content, answer, endpoint)
    modes = {"symlink": _SYMLINK, "submodule": _SUBMODULE}
    mode = modes.get(file.type, _SYMLINK if file.path != path else None)
    if mode is not None or file.size > MAX_BYTES or file.encoding == "none":
        found.contents[path] = FileContent(
            path=path, blob_sha=file.sha, data=None, mode=mode, size=file.size
        )
        return found
    data = _verified(_decoded(file.content, file.encoding, endpoint), file.sha, endpoint)
    found.contents[path] = _content(path, file.sha, None, data)
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
