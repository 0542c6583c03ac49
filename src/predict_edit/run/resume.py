"""A command that was run before, and what of it is done already."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

from predict_edit.delivery.commit import as_committed, page_of
from predict_edit.delivery.state import Memory, Record
from predict_edit.domain.edits import ChangedFile, SourceFile
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.run_report import Delivered, FileResult, FileStatus, Outcome
from predict_edit.run.context import Run, make_plan
from predict_edit.run.edit_all import place_answers
from predict_edit.run.outcome import model_of, skipped_results
from predict_edit.run.snapshot import Snapshot
from predict_edit.suggest.place import place
from predict_edit.support.git import blob_sha_of
from predict_edit.support.log import log
from predict_edit.support.markers import Marker
from predict_edit.trigger.command import Apply
from predict_edit.trigger.requests import PullRequestCommand

COMPLETE: Final = frozenset(
    {Outcome.SUGGESTED, Outcome.COMMITTED, Outcome.PATCHED, Outcome.UNCHANGED}
)
"""Outcomes after which there is nothing left to try again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What an earlier run of the same command delivered."""

    delivered: Delivered
    reported: bool
    """Whether its summary says so already."""
    model: str = ""


async def finished_before(run: Run, snapshot: Snapshot, earlier: Marker | None) -> Before | None:
    """Return what an earlier run of the same command finished; ``None`` if there is work left.

    ``earlier`` is the marker that it left.

    Raises:
        ForgeError: the files could not be read.
    """
    before, task, target = _outcome_before(earlier), run.task, run.target
    applies = isinstance(run.request, PullRequestCommand) and isinstance(run.request.parsed, Apply)
    if task.memory and (applies or task.settings.deliver == "commit"):
        changed = {change.path: change for change in snapshot.changed}
        files = await _committed_before(run.ctx.forge, earlier, task.memory, changed)
        if files:
            delivered = Delivered(files=files, outcome=Outcome.COMMITTED)
            if before is Outcome.COMMITTED:
                return Before(delivered=delivered, reported=True)
            log.info("an earlier run of this command made the commit already")
            url = page_of(snapshot.pull, target.head)
            return Before(delivered=dataclasses.replace(delivered, commit_url=url), reported=False)
    if before is None or applies or earlier is None or earlier.fields.get("head") != target.head:
        return None
    log.info("an earlier run of this command finished on this head: nothing to do")
    plan = await make_plan(target, task)
    results = await place_answers(plan, {})
    prepared = target.delivery(plan, run.facts).prepare(results)
    delivered = dataclasses.replace(
        prepared, files=(*prepared.files, *skipped_results(plan.skipped)), outcome=before
    )
    return Before(delivered=delivered, reported=True, model=model_of(results))


def _outcome_before(earlier: Marker | None) -> Outcome | None:
    """The outcome of an earlier run of the command; ``None`` if trying again may help."""
    if earlier is None or earlier.fields.get("state") != "done":
        return None
    outcome = earlier.fields.get("outcome", "")
    return Outcome(outcome) if outcome in COMPLETE else None


async def _committed_before(
    forge: GitHost, earlier: Marker | None, memory: Memory, changed: Mapping[str, ChangedFile]
) -> tuple[FileResult, ...]:
    """The files of a commit that an earlier run made and could not report; empty without one.

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
