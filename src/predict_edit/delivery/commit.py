"""Edits as one commit on the head branch, or the reason why there can be none."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Final

from predict_edit.delivery.apply import Collected
from predict_edit.delivery.request import Delivered, Parcel, all_demoted, check_unchanged
from predict_edit.domain import (
    Commit,
    CommitDraft,
    FileResult,
    Placement,
    PlacementKind,
    PullRequest,
)
from predict_edit.domain.errors import (
    BranchMoved,
    CommitRefused,
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRefused,
    ForgeUnavailable,
)
from predict_edit.report.view import plural
from predict_edit.support.git import blob_sha_of
from predict_edit.support.log import log

COMMITTED: Final = "in the commit, as asked"
NOT_COMMITTED: Final = "the commit could not be made"
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_TOOL: Final = "Co-authored-by: predict-edit <predict-edit@users.noreply.invalid>"
"""No account of that name is credited: the address cannot belong to anybody."""
_LONGEST_LINE: Final = 300
_TRIES: Final = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewContent:
    """One file of a commit."""

    path: str
    before: str
    """Blob SHA that must stand at the head."""
    data: bytes

    @property
    def after(self) -> str:
        """Blob SHA of the new content."""
        return blob_sha_of(self.data)


async def deliver_commit(files: tuple[FileResult, ...], parcel: Parcel) -> Delivered:
    """Commit all accepted edits; where that is refused, they are in the patch and it says why.

    Raises:
        CommandChanged: the comment is not what it was when the run began.
        ForgeError: the comment could not be read.
    """
    contents = contents_of(files)
    in_commit = as_committed(files)
    if not contents:
        return Delivered(files=in_commit)
    if parcel.settings.dry_run:
        return Delivered(files=in_commit, committed=True)
    await check_unchanged(parcel.forge, parcel.job.command)
    headline = f"Edit {plural(len(contents), 'file')} with predict-edit"
    try:
        commit = await commit_all(parcel, contents, headline=headline)
    except CommitRefused as error:
        log.error("the edits were not committed: %s", error)
        files = all_demoted(files, NOT_COMMITTED)
        return Delivered(files=files, complete=False, notes=(str(error),))
    return Delivered(files=in_commit, committed=True, commit=commit)


async def apply_collected(collected: Collected, parcel: Parcel) -> Delivered:
    """Commit the open suggestions that were collected.

    Raises:
        CommandChanged: the comment is not what it was when the run began.
        CommitRefused: the commit could not be made.
        ForgeError: the comment could not be read.
    """
    files = as_committed(collected.files)
    if parcel.settings.dry_run:
        return Delivered(files=files, committed=True, notes=collected.notes)
    await check_unchanged(parcel.forge, parcel.job.command)
    suggestions = plural(collected.taken, "suggestion")
    commit = await commit_all(
        parcel, contents_of(files), headline=f"Apply {suggestions} of predict-edit"
    )
    return Delivered(files=files, committed=True, commit=commit, notes=collected.notes)


def as_committed(files: Iterable[FileResult]) -> tuple[FileResult, ...]:
    """Files whose accepted edits are in a commit; none of them is a suggestion any more."""

    def moved(placement: Placement) -> Placement:
        if placement.kind is PlacementKind.REJECTED:
            return placement
        return Placement(hunk=placement.hunk, kind=PlacementKind.PATCH, reason=COMMITTED)

    return tuple(
        dataclasses.replace(
            result,
            placed=dataclasses.replace(
                result.placed, placements=tuple(map(moved, result.placed.placements))
            ),
        )
        if result.placed
        else result
        for result in files
    )


def contents_of(files: Iterable[FileResult]) -> tuple[NewContent, ...]:
    """The new contents of all files whose accepted edits change them."""
    return tuple(
        NewContent(
            path=result.path,
            before=result.placed.file.blob_sha,
            data=result.placed.accepted.encode(),
        )
        for result in files
        if result.placed and result.placed.accepted != result.placed.file.text
    )


async def commit_all(parcel: Parcel, contents: tuple[NewContent, ...], *, headline: str) -> Commit:
    """Make one commit on the head branch, if its files are still those that were edited.

    Raises:
        CommitRefused: it could not be made.
    """
    pull, head = parcel.pull, parcel.pull.head_sha
    if pull.head_repository is None:
        raise CommitRefused(
            "The edits were not committed: the fork that the pull request comes from was deleted.",
            "Take them from `edits.patch`.",
        )
    for _ in range(_TRIES):
        draft = CommitDraft(
            repository=pull.head_repository,
            branch=pull.head_ref,
            expected_head=head,
            headline=headline,
            body=_message(parcel),
            files=tuple((content.path, content.data) for content in contents),
        )
        try:
            return await parcel.forge.commit(draft)
        except (ForgeUnavailable, ForgeAnswerInvalid) as error:
            if made := await find_commit(parcel, contents):
                log.info("GitHub failed to say so, but the commit was made")
                return made
            raise _refused(parcel, error) from error
        except BranchMoved:
            if made := await find_commit(parcel, contents):
                return made
            head = await _new_head(parcel, contents)
        except ForgeError as error:
            raise _refused(parcel, error) from error
    raise CommitRefused(
        "The edits were not committed: the head branch moves faster than it can be followed.",
        "Give the command again when nobody pushes.",
    )


async def find_commit(parcel: Parcel, contents: tuple[NewContent, ...]) -> Commit | None:
    """The head as it is now, where it holds exactly these edits and is not where we began."""
    number = parcel.pull.number
    try:
        head = await parcel.forge.head_sha(number)
        if head == parcel.pull.head_sha:
            return None
        if not await holds(parcel, head, {content.path: content.after for content in contents}):
            return None
    except ForgeError as error:
        log.info("it cannot be told whether the commit was made: %s", error.cause)
        return None
    return Commit(sha=head, url=page_of(parcel.pull, head))


def page_of(pull: PullRequest, sha: str) -> str:
    """The page of a commit of the pull request."""
    return f"{pull.url}/commits/{sha}" if pull.url else ""


async def holds(parcel: Parcel, head: str, blobs: Mapping[str, str]) -> bool:
    """Whether a commit has exactly these blobs at these paths.

    Raises:
        ForgeError: it could not be read.
    """
    there = await parcel.forge.read_files(head, dict(blobs))
    return all(path in there and there[path].blob_sha == sha for path, sha in blobs.items())


async def _new_head(parcel: Parcel, contents: tuple[NewContent, ...]) -> str:
    """The head that the branch has moved to, if the edited files are still the same there.

    Raises:
        CommitRefused: they are not.
    """
    try:
        head = await parcel.forge.head_sha(parcel.pull.number)
        same = await holds(parcel, head, {content.path: content.before for content in contents})
    except ForgeError as error:
        raise _refused(parcel, error) from error
    if not same:
        raise CommitRefused(
            "The edits were not committed: somebody changed the same files meanwhile.",
            "Give the command again on the newest commit.",
        )
    return head


def _message(parcel: Parcel) -> str:
    """The commit's text: who asked for what, and whose work it is."""
    command = parcel.job.command
    lines = []
    if parcel.job.instruction:
        said = " ".join(parcel.job.instruction.split())
        lines += [f"Instruction: {said[:_LONGEST_LINE]}", ""]
    if command.url:
        lines += [f"Asked for in {command.url}", ""]
    author = command.author or ""
    if _ACCOUNT.fullmatch(author):
        number = f"{command.author_id}+" if command.author_id else ""
        lines.append(f"Co-authored-by: {author} <{number}{author}@users.noreply.github.com>")
    return "\n".join([*lines, _TOOL])


def _refused(parcel: Parcel, error: ForgeError) -> CommitRefused:
    """Why there is no commit, and what helps."""
    home = parcel.pull.head_repository
    missing = isinstance(error, ForgeForbidden | ForgeNotFound)
    if missing and home and home.casefold() != parcel.job.repository.casefold():
        return CommitRefused(
            f"The edits were not committed: the head branch is in the fork `{home}`, and the "
            "token may not write there. A job's own token never may.",
            "Commit the suggestions on the pull request's page, or take `edits.patch`. A token "
            "of somebody who may push to the fork works too.",
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
