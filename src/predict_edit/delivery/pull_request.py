"""Delivery as the one pull request of a run over a branch: opened, updated in place, closed.

The commit is first made on a temporary branch, on top of the commit that was edited. Then our
branch is moved to it and the temporary one deleted, in one step that GitHub refuses if our branch
moved: nobody's push is ever overwritten. The pull request names the new commit before the branch
moves, so that a run that dies in between leaves nothing that looks like somebody else's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from predict_edit.delivery.own_branch import OwnBranch, find_own_branch, marker_of
from predict_edit.delivery.state import UNCHANGED, answer_of
from predict_edit.domain.edits import PlacedFile, PlacementKind
from predict_edit.domain.errors import ForgeError, ForgeRefused
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import BranchMove, BranchPull, CommitDraft, PullDraft
from predict_edit.domain.run_report import Delivered, FileResult, FileStatus, Outcome, RunReport
from predict_edit.report.pull_request_body import PullRow, pull_row, render_pull_request
from predict_edit.support.git import blob_sha_of
from predict_edit.support.log import log

if TYPE_CHECKING:
    from predict_edit.findings.collection import Findings

MAX_TRIES: Final = 3
"""How often to follow a branch that moves while it is written."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What the pull request is to contain and to say."""

    files: Mapping[str, bytes]
    """Every file that differs from the base, with its whole content."""
    answers: Mapping[str, str]
    describe: Callable[[str, Sequence[str]], str]
    """Returns the text of the pull request, given its marker and further notes."""
    complete: bool
    """Whether every file was done, so that no files means that nothing is left to change."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestDelivery:
    """The edits of a branch, now and from earlier runs, become its one pull request."""

    forge: GitHost
    repository: str
    base: str
    commit: str
    """The commit of ``base`` that was edited."""
    branch: str
    """The name that our branch has or would have."""
    own: OwnBranch
    """Our branch and pull request, as they were before any model was asked."""
    title: str
    labels: tuple[str, ...]
    draft: bool
    secret: str | None = dataclasses.field(repr=False)
    """The model's key, which seals what is remembered."""
    questions: Mapping[str, str]
    """What was asked about each file, by path."""
    answered: Mapping[str, str]
    """What earlier runs were answered about files that are still meant."""
    recalled: Container[str]
    """The paths whose edit is from an earlier run."""
    findings: Findings | None
    postponed: bool
    """Whether files are left to later runs."""
    report: Callable[[Sequence[FileResult]], RunReport]
    """What the text of the pull request says about the run."""

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Take every accepted hunk."""
        return Delivered(files=tuple(results))

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Bring branch and pull request to what was edited, without a write if they have it.

        Raises:
            ForgeError: GitHub refused or failed.
        """
        change, own = self._change(prepared.files), self.own
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                return await self._write(change, own, prepared)
            except ForgeRefused:
                if not tries_left:
                    raise
                again = await find_own_branch(self.forge, self.branch, self.secret)
                if (again.branch, again.tip) == (own.branch, own.tip):
                    raise
                log.info("the branch moved in the meantime; trying again")
                own = again
        raise AssertionError("the last try returns or raises")

    def _change(self, results: Sequence[FileResult]) -> _Change:
        files: dict[str, bytes] = {}
        answers, rows = dict(self.answered), []
        for result in results:
            placed, question = result.placed, self.questions.get(result.path)
            if placed is not None and placed.accepted != placed.file.text:
                files[result.path] = data = placed.accepted.encode()
                rows.append(self._row(result.path, placed))
                answer = answer_of(blob_sha_of(data))
            elif result.status in {FileStatus.UNCHANGED, FileStatus.EDITED}:
                answer = UNCHANGED
            else:
                continue
            if question is not None:
                answers[question] = answer
        failed = any(result.status is FileStatus.FAILED for result in results)

        def describe(marker: str, notes: Sequence[str]) -> str:
            return render_pull_request(
                self.report(results),
                sorted(rows, key=lambda row: row.path),
                marker=marker,
                notes=notes,
                about_findings=self.findings is not None,
            )

        return _Change(
            files=files,
            answers=answers,
            describe=describe,
            complete=not failed and not self.postponed,
        )

    def _row(self, path: str, placed: PlacedFile) -> PullRow:
        kept = len(placed.placements) - placed.count(PlacementKind.REJECTED)
        found = self.findings.of(path) if self.findings else ()
        return pull_row(path, None if path in self.recalled else kept, found)

    async def _write(self, change: _Change, own: OwnBranch, prepared: Delivered) -> Delivered:
        """Write what GitHub does not have yet."""
        if not change.files:
            return await self._close(change, own, prepared)
        content = _content_of(change.files)
        if own.pull and own.content == content:
            if change.answers != own.answers and own.tip:
                text = change.describe(self._marker(change, (own.tip,), content), own.notes)
                await self.forge.update_pull_request(own.pull.number, body=text)
            return _delivered(prepared, own.pull, own.notes)
        temporary = f"{own.branch}-{token_hex(4)}"
        await self.forge.create_branch(temporary, self.commit)
        tip: str | None = self.commit
        try:
            made = await self.forge.commit(
                CommitDraft(
                    repository=self.repository,
                    branch=temporary,
                    expected_head=self.commit,
                    headline=self.title,
                    body="Made by predict-edit.",
                    files=tuple(sorted(change.files.items())),
                )
            )
            tip = made.sha
            tips = (made.sha, own.tip) if own.tip else (made.sha,)
            text = change.describe(self._marker(change, tips, content), own.notes)
            if own.pull:
                await self.forge.update_pull_request(own.pull.number, title=self.title, body=text)
            await self.forge.move_branches(
                [
                    BranchMove(branch=own.branch, before=own.tip, after=made.sha),
                    BranchMove(branch=temporary, before=made.sha, after=None),
                ]
            )
            tip = None
        finally:
            if tip is not None:
                await self._remove(temporary, tip)
        pull = own.pull or await self._open(own.branch, made.sha, text)
        return _delivered(prepared, pull, own.notes, Outcome.OPENED)

    async def _close(self, change: _Change, own: OwnBranch, prepared: Delivered) -> Delivered:
        """Close our open pull request, which has nothing left to offer."""
        if own.pull is None or own.tip is None:
            return _delivered(prepared, None, own.notes)
        if not change.complete:
            note = "The pull request stays as it is, because not every file could be done."
            return _delivered(prepared, own.pull, (*own.notes, note))
        notes = (*own.notes, "Nothing is left to change, so the pull request was closed.")
        text = change.describe(self._marker(change, (own.tip,), "", finished=True), notes)
        await self.forge.update_pull_request(own.pull.number, body=text, close=True)
        await self._remove(own.branch, own.tip)
        return _delivered(prepared, own.pull, notes)

    async def _open(self, branch: str, tip: str, text: str) -> BranchPull:
        """Open the pull request; if GitHub refuses, delete the branch again."""
        draft = PullDraft(
            head=branch, base=self.base, title=self.title, body=text, draft=self.draft
        )
        try:
            pull = await self.forge.open_pull_request(draft)
        except ForgeError as error:
            if error.status is not None:
                await self._remove(branch, tip)
            raise
        if self.labels:
            try:
                await self.forge.label(pull.number, self.labels)
            except ForgeError as error:
                log.error("the labels could not be added: %s", error)
        return pull

    async def _remove(self, branch: str, tip: str) -> None:
        """Delete a branch of ours if nobody moved it; best effort."""
        with contextlib.suppress(ForgeError):
            await self.forge.move_branches([BranchMove(branch=branch, before=tip, after=None)])

    def _marker(
        self, change: _Change, tips: tuple[str, ...], content: str, *, finished: bool = False
    ) -> str:
        return marker_of(
            tips=tips,
            content=content,
            answers=change.answers,
            secret=self.secret,
            finished=finished,
        )


def _delivered(
    prepared: Delivered,
    pull: BranchPull | None,
    notes: tuple[str, ...],
    outcome: Outcome = Outcome.UNCHANGED,
) -> Delivered:
    if pull is None:
        return dataclasses.replace(prepared, notes=notes)
    return dataclasses.replace(
        prepared,
        outcome=outcome,
        pull_request=pull.number,
        pull_request_url=pull.url,
        notes=notes,
    )


def _content_of(files: Mapping[str, bytes]) -> str:
    """Name what a pull request changes, whatever it is based on."""
    lines = (f"{blob_sha_of(data)} {path}\n" for path, data in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]
