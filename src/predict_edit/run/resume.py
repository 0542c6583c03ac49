"""A command that was run before: what of it is done already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from predict_edit.delivery.commit import as_committed
from predict_edit.delivery.state import Memory, Record
from predict_edit.domain import ChangedFile, FileResult, FileStatus, Outcome, SourceFile
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.ports import Forge
from predict_edit.suggest.place import place
from predict_edit.support.git import blob_sha_of
from predict_edit.support.markers import Marker

COMPLETE: Final = frozenset(
    {Outcome.SUGGESTED, Outcome.COMMITTED, Outcome.PATCHED, Outcome.UNCHANGED}
)
"""Outcomes after which there is nothing left to try again."""


def outcome_before(earlier: Marker | None) -> Outcome | None:
    """What an earlier run of the command came to; ``None`` where it came to no good end."""
    if earlier is None or earlier.fields.get("state") != "done":
        return None
    said = earlier.fields.get("outcome", "")
    return Outcome(said) if said in COMPLETE else None


async def committed_before(
    forge: Forge, earlier: Marker | None, memory: Memory, changed: Mapping[str, ChangedFile]
) -> tuple[FileResult, ...]:
    """The files of a commit that an earlier run made and could not tell of; empty without one.

    It was made if every file that was edited now is, at the head, what it was edited to.

    Raises:
        ForgeError: the files could not be read.
    """
    edited = [record for record in memory.records.values() if record.after != record.before]
    head = earlier.fields.get("head", "") if earlier else ""
    if not (edited and head) or any(
        record.path not in changed or changed[record.path].blob_sha != record.after
        for record in edited
    ):
        return ()
    contents = await forge.read_files(head, {record.path: record.before for record in edited})
    found = []
    for record in edited:
        data = contents[record.path].data if record.path in contents else None
        result = _result(record, data) if data is not None else None
        if result is None:
            return ()
        found.append(result)
    unchanged = [
        FileResult(path=record.path, status=FileStatus.UNCHANGED, effort=record.effort)
        for record in memory.records.values()
        if record.after == record.before
    ]
    return (*as_committed(found), *unchanged)


def _result(record: Record, data: bytes) -> FileResult | None:
    """One file as the earlier run had it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    edited = record.edited(text) if blob_sha_of(data) == record.before else None
    if edited is None:
        return None
    file = SourceFile(path=record.path, text=text, blob_sha=record.before)
    try:
        placed = place(file, edited)
    except PredictEditError:
        return None
    return FileResult(
        path=record.path, status=FileStatus.EDITED, effort=record.effort, placed=placed
    )
