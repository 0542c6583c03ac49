"""The one pull request of a run over a branch: opened, refreshed in place, closed when done.

The commit is made on a branch of its own name first, on top of the commit that was edited. Then
our branch is moved to it and that name deleted, in one step that GitHub refuses if our branch is
not where it was: nobody's push is ever overwritten. The pull request names the new commit before
the branch moves, so that a run that dies in between leaves nothing that looks like a stranger's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from predict_edit.delivery.delivered import Delivered
from predict_edit.delivery.own_branch import OwnBranch, find_own_branch, marker_of
from predict_edit.delivery.state import UNCHANGED, answer_of
from predict_edit.domain import (
    BranchMove,
    BranchPull,
    CommitDraft,
    FileResult,
    FileStatus,
    Outcome,
    PlacedFile,
    PlacementKind,
    PullDraft,
    RunReport,
)
from predict_edit.domain.errors import ForgeError, ForgeRefused
from predict_edit.domain.ports import GitHost
from predict_edit.report.pull_request_body import PullRow, pull_row, render_pull_request
from predict_edit.support.git import blob_sha_of
from predict_edit.support.log import log

if TYPE_CHECKING:
    from predict_edit.findings import Findings

MAX_TRIES: Final = 3
"""How often a branch that moved meanwhile is looked at anew."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be on the pull request."""

    repository: str
    base: str
    commit: str
    """The commit of ``base`` that was edited."""
    branch: str
    title: str
    labels: tuple[str, ...]
    draft: bool
    files: Mapping[str, bytes]
    """Every file that differs from ``commit``, with its whole content."""
    answers: Mapping[str, str]
    secret: str | None = dataclasses.field(repr=False)
    """The model's key, which seals what is remembered."""
    describe: Callable[[str, Sequence[str]], str]
    """The text of the pull request, given its marker and further notes."""
    complete: bool
    """Whether every file was done, so that an empty order means that nothing is left."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What became of the pull request."""

    pull: BranchPull | None = None
    written: bool = False
    """Whether its branch was made or moved."""
    closed: bool = False
    notes: tuple[str, ...] = ()

    def delivered(self, files: tuple[FileResult, ...]) -> Delivered:
        """The same as every way of delivery returns it."""
        outcome = Outcome.OPENED if self.written else Outcome.UNCHANGED if self.pull else None
        return Delivered(
            files=files,
            outcome=outcome,
            pull_request=self.pull.number if self.pull else 0,
            pull_request_url=self.pull.url if self.pull else "",
            notes=self.notes,
        )


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
        order, own = self._order(prepared.files), self.own
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                handed = await _hand_over_once(self.forge, order, own)
            except ForgeRefused:
                if not tries_left:
                    raise
                again = await find_own_branch(self.forge, self.branch, self.secret)
                if (again.branch, again.tip) == (own.branch, own.tip):
                    raise
                log.info("the branch moved in the meantime; trying again")
                own = again
            else:
                return handed.delivered(prepared.files)
        raise AssertionError("the last try returns or raises")

    def _order(self, results: Sequence[FileResult]) -> Order:
        """The files of the pull request, its text, and what it remembers."""
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

        return Order(
            repository=self.repository,
            base=self.base,
            commit=self.commit,
            branch=self.branch,
            title=self.title,
            labels=self.labels,
            draft=self.draft,
            files=files,
            answers=answers,
            secret=self.secret,
            describe=describe,
            complete=not failed and not self.postponed,
        )

    def _row(self, path: str, placed: PlacedFile) -> PullRow:
        kept = len(placed.placements) - placed.count(PlacementKind.REJECTED)
        found = self.findings.of(path) if self.findings else ()
        return pull_row(path, None if path in self.recalled else kept, found)


def content_of(files: Mapping[str, bytes]) -> str:
    """Name what a pull request changes, whatever it is based on."""
    if not files:
        return ""
    lines = (f"{blob_sha_of(data)} {path}\n" for path, data in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]


async def _hand_over_once(forge: GitHost, order: Order, standing: OwnBranch) -> Handed:
    if not order.files:
        return await _wind_up(forge, order, standing)
    content = content_of(order.files)
    if standing.pull and standing.content == content:
        return await _keep(forge, order, standing, content)
    temporary = f"{standing.branch}-{token_hex(4)}"
    await forge.create_branch(temporary, order.commit)
    tip: str | None = order.commit
    try:
        made = await forge.commit(
            CommitDraft(
                repository=order.repository,
                branch=temporary,
                expected_head=order.commit,
                headline=order.title,
                body="Made by predict-edit.",
                files=tuple(sorted(order.files.items())),
            )
        )
        tip = made.sha
        tips = (made.sha, standing.tip) if standing.tip else (made.sha,)
        text = order.describe(
            marker_of(tips=tips, content=content, answers=order.answers, secret=order.secret),
            standing.notes,
        )
        if standing.pull:
            await forge.update_pull_request(standing.pull.number, title=order.title, body=text)
        await forge.move_branches(
            [
                BranchMove(branch=standing.branch, before=standing.tip, after=made.sha),
                BranchMove(branch=temporary, before=made.sha, after=None),
            ]
        )
        tip = None
    finally:
        if tip is not None:
            await _remove(forge, temporary, tip)
    pull = standing.pull or await _open(forge, order, standing.branch, made.sha, text)
    return Handed(pull=pull, written=True, notes=standing.notes)


async def _keep(forge: GitHost, order: Order, standing: OwnBranch, content: str) -> Handed:
    """The branch has all of it; only what is remembered may have grown."""
    if standing.pull and order.answers != standing.answers and standing.tip:
        marker = marker_of(
            tips=(standing.tip,), content=content, answers=order.answers, secret=order.secret
        )
        text = order.describe(marker, standing.notes)
        await forge.update_pull_request(standing.pull.number, body=text)
    return Handed(pull=standing.pull, notes=standing.notes)


async def _wind_up(forge: GitHost, order: Order, standing: OwnBranch) -> Handed:
    """Nothing is to be changed: an open pull request of ours has nothing left to offer."""
    if standing.pull is None or standing.tip is None:
        return Handed(notes=standing.notes)
    if not order.complete:
        note = "The pull request stays as it is, because not every file could be done."
        return Handed(pull=standing.pull, notes=(*standing.notes, note))
    marker = marker_of(
        tips=(standing.tip,), content="", answers=order.answers, secret=order.secret, finished=True
    )
    note = "Nothing is left to change, so the pull request was closed."
    text = order.describe(marker, (*standing.notes, note))
    await forge.update_pull_request(standing.pull.number, body=text, close=True)
    await _remove(forge, standing.branch, standing.tip)
    return Handed(pull=standing.pull, closed=True, notes=(*standing.notes, note))


async def _open(forge: GitHost, order: Order, branch: str, tip: str, text: str) -> BranchPull:
    """Open the pull request; where GitHub refuses, the branch is taken back."""
    draft = PullDraft(head=branch, base=order.base, title=order.title, body=text, draft=order.draft)
    try:
        pull = await forge.open_pull_request(draft)
    except ForgeError as error:
        if error.status is not None:
            await _remove(forge, branch, tip)
        raise
    if order.labels:
        try:
            await forge.label(pull.number, order.labels)
        except ForgeError as error:
            log.error("the labels could not be added: %s", error)
    return pull


async def _remove(forge: GitHost, branch: str, tip: str) -> None:
    """Delete a branch of ours, if it is where we left it; best effort."""
    with contextlib.suppress(ForgeError):
        await forge.move_branches([BranchMove(branch=branch, before=tip, after=None)])
