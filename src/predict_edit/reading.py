"""The files of a pull request that are to be edited, as they stand at the pinned head."""

from __future__ import annotations

import dataclasses

from predict_edit.domain import Aim, Job, SkippedFile, SourceFile
from predict_edit.forge import Forge
from predict_edit.gate import Seen
from predict_edit.policy import Policy
from predict_edit.select import choose, open_source
from predict_edit.settings import Settings
from predict_edit.trigger.events import Commanded


async def read_sources(
    forge: Forge, seen: Seen, policy: Policy, settings: Settings, aim: Aim | None
) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
    """Select by name, read what is left, select by content.

    Raises:
        ForgeError: the files could not be read.
    """
    chosen = choose(
        seen.changed,
        include=settings.files,
        exclude=settings.exclude,
        attributes=policy.attributes,
        max_files=settings.max_files,
        only=aim.path if aim else None,
    )
    wanted = {file.path: file.blob_sha for file in chosen.kept}
    contents = await forge.read_files(seen.pull.head_sha, wanted)
    opened = [
        open_source(file, contents[file.path], attributes=policy.attributes)
        if file.path in contents
        else SkippedFile(path=file.path, reason="it is not there at the head")
        for file in chosen.kept
    ]
    return (
        tuple(file for file in opened if isinstance(file, SourceFile)),
        (*chosen.skipped, *(file for file in opened if isinstance(file, SkippedFile))),
    )


async def with_thread(forge: Forge, commanded: Commanded, job: Job) -> Job:
    """The job, its aim completed with what was said in the thread before the command.

    Raises:
        ForgeError: the thread could not be read.
    """
    aim, comment = commanded.aim, commanded.command.comment_id
    if aim is None or comment is None or commanded.in_reply_to is None:
        return job
    said = await forge.thread(job.pull_request, comment)
    return dataclasses.replace(job, aim=dataclasses.replace(aim, thread=said))
