"""Delivery as one commit on the head branch, or the reason why it is impossible."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from predict_edit.delivery.delivered import (
    Destination,
    check_branch,
    check_open,
    check_pin,
    recheck,
)
from predict_edit.domain.edits import PlacedFile, Placement, PlacementKind
from predict_edit.domain.errors import (
    BranchMoved,
    CommitRefused,
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRefused,
    ForgeUnavailable,
    HeadMismatch,
    PullRequestClosed,
)
from predict_edit.domain.repository import Commit, CommitDraft, PullRequest
from predict_edit.domain.run_report import Delivered, FileResult, Outcome
from predict_edit.support.git import blob_sha_of
from predict_edit.support.log import log
from predict_edit.support.text import inert, plural

COMMITTED: Final = "in the commit, as asked"
NOT_COMMITTED: Final = "the commit could not be made"
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_TOOL: Final = "Co-authored-by: predict-edit <predict-edit@users.noreply.invalid>"
"""The address cannot belong to anyone, so no account of that name is credited."""
_LONGEST_LINE: Final = 300
_TRIES: Final = 2


@dataclasses.dataclass(frozen=True, slots=True)
class CommitDelivery:
    """All accepted edits become one commit; if it is refused, they are in the patch."""

    to: Destination

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Put every accepted hunk into the commit."""
        outcome = Outcome.COMMITTED if _edited(results) else None
        return Delivered(files=as_committed(results), outcome=outcome)

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Save the paid answers, then commit.

        Raises:
            CommandChanged: the comment was edited or deleted while the run worked.
            ForgeError: the comment could not be read.
        """
        if self.to.save is not None:
            await self.to.save()
        if prepared.outcome is None:
            return prepared
        files = len(_edited(prepared.files))
        headline = f"Edit {plural(files, 'file')} with predict-edit"
        try:
            commit = await commit_files(self.to, prepared.files, headline=headline)
        except (CommitRefused, HeadMismatch, PullRequestClosed) as error:
            log.error("%s", error)
            left = as_committed(prepared.files, NOT_COMMITTED)
            return Delivered(files=left, complete=False, notes=(str(error),))
        return dataclasses.replace(prepared, commit_url=commit.url)


def as_committed(files: Iterable[FileResult], reason: str = COMMITTED) -> tuple[FileResult, ...]:
    """Return the files with ``reason`` for every accepted hunk: none is inline any more."""

    def moved(placement: Placement, reason: str) -> Placement:
        rejected = placement.kind is PlacementKind.REJECTED
        return placement if rejected else placement.demoted(reason)

    def committed(result: FileResult, placed: PlacedFile) -> FileResult:
        placements = tuple(moved(each, result.held or reason) for each in placed.placements)
        return dataclasses.replace(
            result, placed=dataclasses.replace(placed, placements=placements)
        )

    return tuple(committed(each, each.placed) if each.placed else each for each in files)


def _edited(files: Iterable[FileResult]) -> tuple[PlacedFile, ...]:
    """Return all files whose accepted edits change them."""
    return tuple(result.placed for result in files if result.placed and result.carried)


async def commit_files(to: Destination, files: Iterable[FileResult], *, headline: str) -> Commit:
    """Make one commit on the head branch, if its files are still those that were edited.

    Raises:
        CommandChanged: the comment was edited or deleted while the run worked.
        CommitRefused: the commit could not be made.
        PullRequestClosed: the pull request was closed or merged while the run worked.
        HeadMismatch: the command is for one commit, and the head moved.
        ForgeError: the comment could not be read.
    """
    await recheck(to)
    pull, head, edited = to.pull, to.pull.head_sha, _edited(files)
    repository = check_branch(pull)
    for _ in range(_TRIES):
        draft = CommitDraft(
            repository=repository,
            branch=pull.head_ref,
            expected_head=head,
            headline=headline,
            body=_message(to),
            files=tuple((placed.file.path, placed.accepted.encode()) for placed in edited),
            executable=frozenset(p.file.path for p in edited if p.file.executable),
        )
        try:
            return await to.forge.commit(draft)
        except (ForgeUnavailable, ForgeAnswerInvalid) as error:
            if made := await _find_commit(to, edited):
                log.info("GitHub reported an error, but the commit was made")
                return made
            raise _refused(to, error) from error
        except BranchMoved:
            if made := await _find_commit(to, edited):
                return made
            head = await _new_head(to, edited)
        except ForgeError as error:
            raise _refused(to, error) from error
    raise CommitRefused(
        "The edits were not committed: the head branch kept moving.",
        "Run the command again once the branch is quiet.",
    )


def page_of(pull: PullRequest, sha: str) -> str:
    """Return the address of a commit's page in the pull request."""
    return f"{pull.url}/commits/{sha}" if pull.url else ""


async def _find_commit(to: Destination, edited: Sequence[PlacedFile]) -> Commit | None:
    """Return the new head if it has exactly these edits."""
    try:
        head = (await to.forge.pull_request(to.pull.number)).head_sha
        if head == to.pull.head_sha:
            return None
        blobs = {placed.file.path: blob_sha_of(placed.accepted.encode()) for placed in edited}
        if not await _has_blobs(to, head, blobs):
            return None
    except ForgeError as error:
        log.info("it is not known whether the commit was made: %s", error.cause)
        return None
    return Commit(sha=head, url=page_of(to.pull, head))


async def _has_blobs(to: Destination, head: str, blobs: Mapping[str, str]) -> bool:
    found = await to.forge.read_files(head, dict(blobs))
    return all(path in found and found[path].blob_sha == sha for path, sha in blobs.items())


async def _new_head(to: Destination, edited: Sequence[PlacedFile]) -> str:
    """Return the commit that the branch moved to, if the edited files are still the same there.

    Raises:
        CommitRefused: they are not, or could not be read.
        PullRequestClosed: the pull request was closed or merged.
        HeadMismatch: the command is for one commit alone.
    """
    try:
        pull = await to.forge.pull_request(to.pull.number)
        check_open(pull.state)
        head = pull.head_sha
        check_pin(to, head)
        before = {placed.file.path: placed.file.blob_sha for placed in edited}
        same = await _has_blobs(to, head, before)
    except ForgeError as error:
        raise _refused(to, error) from error
    if not same:
        raise CommitRefused(
            "The edits were not committed: the same files were changed while the run worked.",
            "Run the command again on the newest commit.",
        )
    return head


def _message(to: Destination) -> str:
    """Return the commit's text: the instruction, where it was given, and the authors."""
    command = to.job.command
    lines = []
    if to.job.instruction:
        lines += [f"Instruction: {inert(to.job.instruction)[:_LONGEST_LINE]}", ""]
    if command.url:
        lines += [f"Asked for in {command.url}", ""]
    author = command.author or ""
    if _ACCOUNT.fullmatch(author):
        number = f"{command.author_id}+" if command.author_id else ""
        lines.append(f"Co-authored-by: {author} <{number}{author}@users.noreply.github.com>")
    return "\n".join([*lines, _TOOL])


def _refused(to: Destination, error: ForgeError) -> CommitRefused:
    """Explain why there is no commit, and what helps."""
    home = to.pull.head_repository
    missing = isinstance(error, ForgeForbidden | ForgeNotFound)
    if missing and home and home.casefold() != to.job.repository.casefold():
        return CommitRefused(
            f"The edits were not committed: the head branch is in the fork `{home}`, where the "
            "token may not write. A job's own token never may.",
            "Commit the suggestions on the pull request's page, or take `edits.patch`. The token "
            "of an account that may push to the fork works too.",
        )
    if missing:
        step = f"{error.next_step} Until then, take `edits.patch`."
    elif isinstance(error, ForgeRefused):
        step = (
            "If the branch is protected, commit the suggestions on the pull request's page, or let "
            "the token's account push to it. The edits are in `edits.patch`."
        )
    else:
        step = f"{error.next_step} The edits are in `edits.patch`."
    return CommitRefused(f"The edits were not committed. {error.cause}", step)
