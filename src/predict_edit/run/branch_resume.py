"""What earlier runs have done already, told apart from what is new."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping

from predict_edit.delivery.own_branch import OwnBranch
from predict_edit.delivery.state import DECLINED, UNCHANGED, answer_of
from predict_edit.domain import ChangedFile, FileResult, FileStatus, SkippedFile
from predict_edit.domain.edits import OVER_MAX_FILES
from predict_edit.domain.errors import DiffError, ForgeError
from predict_edit.domain.ports import RepositoryForge
from predict_edit.report.view import plural
from predict_edit.run import branch_files as reading
from predict_edit.run.branch_plan import Plan
from predict_edit.suggest.place import place
from predict_edit.support.log import log

DECLINED_REASON = "its edit was in a pull request that was closed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """The chosen files, by what is known of them from earlier runs."""

    recalled: Mapping[str, bytes]
    """Edited files from before, with their content."""
    fresh: tuple[ChangedFile, ...]
    answered: Mapping[str, str]
    """What the ledger knew of all of these files."""
    skipped: tuple[SkippedFile, ...]
    unchanged: tuple[str, ...]
    postponed: int
    """Files left to later runs by ``max-files``."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know, a sentence each."""
        known = len(self.recalled) + len(self.unchanged)
        if not known:
            return ()
        return (f"{plural(known, 'file')} not sent again: nothing changed since an earlier run.",)


async def divide(forge: RepositoryForge, plan: Plan, standing: OwnBranch) -> Divided:
    """Tell apart what earlier runs have answered and what is new."""
    answered: dict[str, str] = {}
    edited: dict[str, str] = {}
    fresh: list[ChangedFile] = []
    skipped: list[SkippedFile] = []
    unchanged: list[str] = []
    for file in plan.chosen.files:
        answer = standing.answers.get(question := plan.question(file))
        if answer is None:
            fresh.append(file)
            continue
        answered[question] = answer
        if answer == DECLINED:
            skipped.append(SkippedFile(path=file.path, reason=DECLINED_REASON))
        elif answer == UNCHANGED:
            unchanged.append(file.path)
        else:
            edited[file.path] = answer
    recalled = await _edited_before(forge, standing, edited)
    # What cannot be had again is asked for again.
    fresh += [f for f in plan.chosen.files if f.path in edited and f.path not in recalled]
    limit = plan.settings.max_files
    reason = f"{OVER_MAX_FILES} ({limit})"
    skipped += [SkippedFile(path=file.path, reason=reason) for file in fresh[limit:]]
    return Divided(
        recalled=recalled,
        fresh=tuple(fresh[:limit]),
        answered=answered,
        skipped=tuple(skipped),
        unchanged=tuple(unchanged),
        postponed=len(fresh[limit:]),
    )


async def _edited_before(
    forge: RepositoryForge, standing: OwnBranch, edited: Mapping[str, str]
) -> dict[str, bytes]:
    """The files that earlier runs edited, as they are on our branch."""
    if not edited or not standing.source:
        return {}
    try:
        contents = await forge.read_files(standing.source, dict.fromkeys(edited))
    except ForgeError as error:
        log.info("the edits of an earlier run could not be read: %s", error.cause)
        return {}
    return {
        path: content.data
        for path, content in contents.items()
        if content.data is not None and answer_of(content.blob_sha) == edited[path]
    }


async def recalled_results(
    forge: RepositoryForge, plan: Plan, recalled: Mapping[str, bytes]
) -> tuple[FileResult, ...]:
    """Edits of earlier runs with all their hunks, for the patch and the figures."""
    wanted = tuple(file for file in plan.chosen.files if file.path in recalled)
    sources, _ = await reading.read_chosen(forge, plan.branch, plan.chosen, wanted)

    def work() -> tuple[FileResult, ...]:
        results = []
        for file in sources:
            try:
                placed = place(file, recalled[file.path].decode())
            except (DiffError, UnicodeDecodeError):
                continue
            results.append(FileResult(path=file.path, status=FileStatus.EDITED, placed=placed))
        return tuple(results)

    return await asyncio.to_thread(work)
