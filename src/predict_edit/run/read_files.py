"""The files of a pull request that are to be edited, as they stand at the pinned head."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from predict_edit.domain import Aim, ChangedFile, Job, SkippedFile, SourceFile
from predict_edit.domain.ports import Forge
from predict_edit.run.authorize import Seen
from predict_edit.run.policy import Policy
from predict_edit.select import choose, open_files
from predict_edit.settings.fields import Settings
from predict_edit.trigger.requests import PullRequestCommand

if TYPE_CHECKING:
    from predict_edit.findings import Findings


async def read_sources(
    forge: Forge,
    seen: Seen,
    policy: Policy,
    settings: Settings,
    aim: Aim | None,
    *,
    findings: Findings | None = None,
) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
    """Select by name and, where there are findings, by these; read what is left, and so on.

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
        found=None if findings is None else findings.by_path,
        unlocked=settings.unlocked,
    )
    sources, unreadable = await read_files(forge, seen.pull.head_sha, chosen.kept, policy)
    return sources, (*chosen.skipped, *unreadable)


async def read_files(
    forge: Forge, commit: str, files: Sequence[ChangedFile], policy: Policy
) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
    """Read files at a commit, and select by content.

    Raises:
        ForgeError: the files could not be read.
    """
    contents = await forge.read_files(commit, {file.path: file.blob_sha for file in files})
    return open_files(files, contents, attributes=policy.attributes)


async def with_thread(forge: Forge, commanded: PullRequestCommand, job: Job) -> Job:
    """The job, its aim completed with what was said in the thread before the command.

    Raises:
        ForgeError: the thread could not be read.
    """
    aim, comment = commanded.aim, commanded.command.comment_id
    if aim is None or comment is None or commanded.in_reply_to is None:
        return job
    said = await forge.thread(job.pull_request, comment)
    return dataclasses.replace(job, aim=dataclasses.replace(aim, thread=said))
