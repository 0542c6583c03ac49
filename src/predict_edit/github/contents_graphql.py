"""Files at a commit over GraphQL, in batches.

GraphQL gives text, not bytes: a byte-order mark may be gone, what is no UTF-8 is altered, long
files are cut. So nothing of it is believed before its git object id has been computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from predict_edit.domain import FileContent
from predict_edit.domain.errors import ForgeAnswerInvalid, ForgeError, ForgeUnauthorized
from predict_edit.github import endpoints, graph_answers
from predict_edit.github.answer import Answer
from predict_edit.github.client import Client
from predict_edit.github.documents import FILES_PER_QUERY, files_at_commit
from predict_edit.github.found import MAX_BYTES, OBJECT_ID, Entry, Found, content_of
from predict_edit.github.parsing import parse_data
from predict_edit.support.git import SUBMODULE_MODE, SYMLINK_MODE, blob_sha_of
from predict_edit.support.log import log


def fit_together(client: Client, commit: str, files: Mapping[str, str | None]) -> bool:
    """Whether so many files can be asked for together with something else."""
    few = 0 < len(files) <= FILES_PER_QUERY
    return few and client.joins and OBJECT_ID.fullmatch(commit) is not None


def variables_of(client: Client, commit: str, files: Mapping[str, str | None]) -> dict[str, Any]:
    """The variables of a query for files at a commit."""
    variables: dict[str, Any] = {"owner": client.owner, "name": client.name, "commit": commit}
    return variables | {f"p{i}": path for i, path in enumerate(files)}


async def read_over_graphql(
    client: Client,
    commit: str,
    files: Mapping[str, str | None],
    asked: Awaitable[Answer] | None,
) -> Found:
    """Ask for all files, in batches side by side."""
    if asked is not None:
        try:
            return _sorted(await asked, files)
        except ForgeUnauthorized:
            raise
        except (ForgeError, KeyError, TypeError) as error:
            log.debug("files are asked for by themselves: %s", type(error).__name__)
    if not client.has_graphql or not OBJECT_ID.fullmatch(commit):
        return Found(untold=dict(files))
    items = list(files.items())
    batches = (
        dict(items[start : start + FILES_PER_QUERY])
        for start in range(0, len(items), FILES_PER_QUERY)
    )
    return Found.union(await asyncio.gather(*(_batch(client, commit, batch) for batch in batches)))


async def _batch(client: Client, commit: str, files: Mapping[str, str | None]) -> Found:
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
        return Found(untold=dict(files))


def _sorted(answer: Answer, files: Mapping[str, str | None]) -> Found:
    """What a GraphQL answer tells of the files.

    Raises:
        KeyError, TypeError: it has another form.
    """
    endpoint = endpoints.FILES_AT_COMMIT
    fields = answer.data["data"]["repository"]["object"]
    if fields["__typename"] != "Commit":
        return Found(untold=dict(files))
    errors = answer.graphql_errors
    found = Found()
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


def _take(found: Found, path: str, entry: graph_answers.GraphFile) -> None:
    """Sort one file of a GraphQL answer into what is done and what is still to be fetched."""
    blob = entry.object
    size = blob.size if blob else None
    mode = entry.mode
    if entry.type == "tree":
        return
    if mode in {SYMLINK_MODE, SUBMODULE_MODE} or blob is None:
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
        found.contents[path] = content_of(path, entry.oid, mode, data)
    else:
        found.entries.append(Entry(path=path, sha=entry.oid, mode=mode, size=size))


def _utf8(text: str | None) -> bytes | None:
    """The bytes of a text; ``None`` where there are none."""
    try:
        return None if text is None else text.encode()
    except UnicodeEncodeError:
        return None
