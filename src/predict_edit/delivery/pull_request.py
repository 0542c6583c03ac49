"""Delivery as the one pull request of a run over a branch: found again, opened, updated, closed.

A branch is ours only while it points at a commit that the marker in our own pull request names, and
that marker names the same job. Any other branch is the work of a person or of another job, and is
never touched.

The commit is first made on a temporary branch, on top of the commit that was edited. Then our
branch is moved to it and the temporary one deleted, in one step that GitHub refuses if our branch
moved: nobody's push is ever overwritten. The pull request names the new commit before the branch
moves, so that a run that dies in between leaves nothing that looks like a person's work.

The marker is sealed with the model's key, if there is one. Without a valid seal, edits are taken
over only from the commit that our branch still points at: nobody without write access can put one
there, whatever another program of our account was tricked into writing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Final

from predict_edit.delivery.commit import as_committed
from predict_edit.delivery.delivered import Destination, OwnBranch, check_open, save_and_recheck
from predict_edit.delivery.state import (
    DECLINED,
    UNCHANGED,
    Memory,
    answer_of,
    is_sealed,
    pack,
    unpack_old_answers,
    unpack_unsealed,
)
from predict_edit.domain.edits import BUDGET, ChangePlan, SharedName
from predict_edit.domain.errors import BranchTaken, ForgeError, ForgeRefused
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import BranchMove, BranchPull, CommitDraft
from predict_edit.domain.run_report import Delivered, FileResult, FileStatus, Outcome
from predict_edit.support.git import blob_sha_of
from predict_edit.support.log import log
from predict_edit.support.markers import Marker, find_marker, is_secret
from predict_edit.support.text import quoted

PULL: Final = "pull"
MAX_NAMES: Final = 9
"""Names that are tried: the branch itself, then with -2 to -9."""
_OLD_SEAL_DIGITS: Final = 32
_SHA: Final = re.compile(r"[0-9a-f]{40}")
_OPEN, _DONE = "open", "done"
_JOB_DIGITS: Final = 8
IN_PULL_REQUEST: Final = "in the pull request"
MAX_TRIES: Final = 3
"""How often to follow a branch that moves while it is written."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestDelivery:
    """The edits of a branch, now and from earlier runs, become its one pull request."""

    forge: GitHost
    repository: str
    base: str
    commit: str
    """The commit of ``base`` that was edited."""
    branch: str
    """The name that our branch has, or would have if it is free."""
    job: str
    """The identity of the job, which no other job's branch has."""
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
    postponed: bool
    """Whether files are left to later runs."""
    names: tuple[SharedName, ...]
    """What its files change alike."""
    describe: Callable[[Sequence[FileResult], str, Sequence[str]], str]
    """Returns the text of the pull request, given the files, its marker and further notes."""
    to: Destination | None = None
    """The pull request of the command, into whose head branch this one goes."""

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Take every accepted hunk but those that are held back."""
        files = as_committed(results, IN_PULL_REQUEST)
        opens = self.to is not None and any(result.carried for result in files)
        return Delivered(files=files, outcome=Outcome.OPENED if opens else None)

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Save the paid answers, and bring branch and pull request to what was edited.

        Nothing is written if they have it already.

        Raises:
            CommandChanged: the comment was edited or deleted while the run worked.
            PullRequestClosed: one of the pull requests was closed or merged while the run worked.
            HeadMismatch: the command is for one commit, and the head moved.
            ForgeError: GitHub refused or failed.
        """
        if self.to is not None:
            await save_and_recheck(self.to)
        own = self.own
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                return await self._write(own, prepared)
            except ForgeRefused:
                if not tries_left:
                    raise
                again = await find_own_branch(self.forge, self.branch, self.secret, job=self.job)
                if (again.branch, again.tip) == (own.branch, own.tip):
                    raise
                log.info("the branch moved in the meantime; trying again")
                own = again
        raise AssertionError("the last try returns or raises")

    def _answers(self, results: Sequence[FileResult], files: Mapping[str, bytes]) -> dict[str, str]:
        """Return what is known of the files now, by the question."""
        answers = dict(self.answered)
        for result in results:
            question = self.questions.get(result.path)
            if question is None or result.held:
                continue
            if result.path in files:
                answers[question] = answer_of(blob_sha_of(files[result.path]))
            elif result.status in {FileStatus.UNCHANGED, FileStatus.EDITED}:
                answers[question] = UNCHANGED
        return answers

    async def _write(self, own: OwnBranch, prepared: Delivered) -> Delivered:
        """Write what GitHub does not have yet."""
        taken = [result for result in prepared.files if not result.held]
        placed = [result.placed for result in taken if result.placed]
        files = {p.file.path: p.accepted.encode() for p in placed if p.accepted != p.file.text}
        answers = self._answers(prepared.files, files)
        if not files:
            return await self._close(answers, own, prepared)
        content = _content_of(files)
        if own.pull and own.content == content:
            if answers != own.answers and own.tip:
                await self._check_open(own.pull)
                marker = self._marker(answers, (own.tip,), content)
                text = self.describe(prepared.files, marker, own.notes)
                await self.forge.update_pull_request(own.pull.number, body=text)
            return _delivered(prepared, own.pull, own.notes)
        if own.pull:
            await self._check_open(own.pull)
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
                    files=tuple(sorted(files.items())),
                    executable=frozenset(p.file.path for p in placed if p.file.executable)
                    & files.keys(),
                )
            )
            tip = made.sha
            tips = (made.sha, own.tip) if own.tip else (made.sha,)
            marker = self._marker(answers, tips, content)
            text = self.describe(prepared.files, marker, own.notes)
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
                await _remove(self.forge, temporary, tip)
        pull = own.pull or await self._open(own.branch, made.sha, text)
        done = _delivered(prepared, pull, own.notes, Outcome.OPENED)
        return dataclasses.replace(done, was_open=own.pull is not None)

    async def _close(
        self, answers: Mapping[str, str], own: OwnBranch, prepared: Delivered
    ) -> Delivered:
        """Close our open pull request, which has nothing left to offer."""
        if own.pull is None or own.tip is None:
            return _delivered(prepared, None, own.notes)
        # What is placed here was rejected or is held back.
        undone = any(
            result.status is FileStatus.FAILED
            or result.placed
            or result.reason.startswith(f"{BUDGET}:")
            for result in prepared.files
        )
        if undone or self.postponed:
            note = "The pull request stays as it is, because not every file could be done."
            return _delivered(prepared, own.pull, (*own.notes, note), None)
        await self._check_open(own.pull)
        notes = (*own.notes, "Nothing is left to change, so the pull request was closed.")
        marker = marker_of(answers, (own.tip,), secret=self.secret, job=self.job, finished=True)
        text = self.describe(prepared.files, marker, notes)
        await self.forge.update_pull_request(own.pull.number, body=text, close=True)
        await _remove(self.forge, own.branch, own.tip)
        return _delivered(prepared, own.pull, notes)

    def _marker(self, answers: Mapping[str, str], tips: tuple[str, ...], content: str) -> str:
        """Return the marker of an open pull request."""
        return marker_of(answers, tips, content, names=self.names, secret=self.secret, job=self.job)

    async def _check_open(self, pull: BranchPull) -> None:
        """Read again, just before writing, whether nobody closed or merged our pull request.

        Raises:
            PullRequestClosed: a person decided on it while the run worked.
        """
        check_open((await self.forge.pull_request(pull.number)).state)

    async def _open(self, branch: str, tip: str, text: str) -> BranchPull:
        """Open the pull request; if GitHub refuses, delete the branch again."""
        try:
            pull = await self.forge.open_pull_request(
                branch, self.base, title=self.title, body=text, draft=self.draft
            )
        except ForgeError as error:
            if error.status is not None:
                await _remove(self.forge, branch, tip)
            raise
        if self.labels:
            try:
                await self.forge.label(pull.number, self.labels)
            except ForgeError as error:
                log.error("the labels could not be added: %s", error)
        return pull


def job_digest(*asked: object) -> str:
    """Name a job by what it asks for, so that no two jobs share a pull request."""
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:_JOB_DIGITS]


async def close_stacked(
    host: GitHost, number: int, secret: str | None, *, head: str, base: str
) -> tuple[int, ...]:
    """Close our pull requests for one that was merged or closed; return their numbers.

    They go into its branch ``head``, or by now into ``base``: GitHub moves them there if the branch
    is deleted after a merge. A branch that is not as we left it stays.

    Raises:
        ForgeError: GitHub refused or failed.
    """
    closed = []
    for branch, state in await host.pulls_into(head, base):
        (pull,) = state.pulls
        marker = _marker_in(pull, secret)
        fields = marker.fields if marker else {}
        if not fields.get("job", "").startswith(f"{number}-"):
            continue
        tips = tuple(fields.get("tips", "").split("."))
        answers = unpack_unsealed(fields.get("memory", "")).answers
        # Nobody said no to these edits.
        done = marker_of(answers, tips, secret=secret, job=fields["job"], finished=True)
        body = pull.body.replace(str(marker), done)
        await host.update_pull_request(pull.number, body=body, close=True)
        closed.append(pull.number)
        if state.tip and state.tip in tips:
            await _remove(host, branch, state.tip)
    return tuple(closed)


async def _remove(host: GitHost, branch: str, tip: str) -> None:
    """Delete a branch of ours if nobody moved it; best effort."""
    with contextlib.suppress(ForgeError):
        await host.move_branches([BranchMove(branch=branch, before=tip, after=None)])


async def find_own_branch(host: GitHost, branch: str, secret: str | None, *, job: str) -> OwnBranch:
    """Find the first name of the branch that is free or ours; ``secret`` is the model's key.

    A name that another job has used is left to it; the branch is then named after this job, too.

    Raises:
        BranchTaken: every name is in use by others.
        ForgeError: the branches could not be read.
    """
    notes: list[str] = []
    answers: dict[str, str] = {}
    source, stem, number = "", branch, 1
    while number <= MAX_NAMES:
        name = stem if number == 1 else f"{stem}-{number}"
        state = await host.branch_state(name)
        marked = [(pull, mark) for pull in state.pulls if (mark := _marker_in(pull, secret))]
        # Earlier versions named no job; what they opened belongs to the first job that asks.
        ours = [each for each in marked if each[1].fields.get("job", job) == job]
        pull, marker = ours[0] if ours else (None, None)
        if pull and marker:
            known, at = _remembered(pull, marker, state.tip, secret)
            # A later branch is newer.
            answers, source = {**answers, **known}, at or source
        tips = marker.fields.get("tips", "").split(".") if marker else []
        others = [each for each in marked if each not in ours]
        if others and state.tip not in tips and stem == branch:
            stem, number = f"{branch}-{job}", 1
            notes.append(
                f"The branch {quoted(name)} is another job's, on pull request "
                f"{others[0][0].number}; this job's is {quoted(stem)}."
            )
            continue
        if state.tip is None or state.tip in tips:
            is_open = pull is not None and pull.state == "open" and state.tip is not None
            return OwnBranch(
                branch=name,
                tip=state.tip,
                pull=pull if is_open else None,
                content=marker.fields.get("content", "") if marker and is_open else "",
                answers=answers,
                source=source,
                names=_names_in(marker) if marker and is_open else (),
                notes=tuple(notes),
            )
        where = f", on pull request {pull.number}" if pull and pull.state == "open" else ""
        notes.append(
            f"The branch {quoted(name)} has commits that are not this tool's{where}; nothing was "
            "changed there."
        )
        number += 1
    raise BranchTaken(
        f"{quoted(branch)} and all names up to -{MAX_NAMES} have commits that are not this tool's.",
        "Delete the branches that are no longer needed, or set another name as `branch`.",
    )


def marker_of(
    answers: Mapping[str, str],
    tips: tuple[str, ...],
    content: str = "",
    *,
    names: Iterable[SharedName] = (),
    secret: str | None,
    job: str,
    finished: bool = False,
) -> str:
    """Return the marker for the text of a pull request.

    ``tips`` are the commits at which its branch is ours: the newest, and during a move the last.
    """
    fields = {
        "state": _DONE if finished else _OPEN,
        "tips": ".".join(tips),
        "content": content,
        "job": job,
    }
    alike = tuple(SharedName(old=name.old, new=name.new) for name in names)
    memory = Memory(answers=dict(answers), plan=ChangePlan(names=alike) if alike else None)
    return str(Marker(PULL, {**fields, "memory": pack(memory, secret, about=_about(fields))}))


def _names_in(marker: Marker) -> tuple[SharedName, ...]:
    """Return what the files of a pull request change alike."""
    made = unpack_unsealed(marker.fields.get("memory", "")).plan
    return made.names if made else ()


def _delivered(
    prepared: Delivered,
    pull: BranchPull | None,
    notes: tuple[str, ...],
    outcome: Outcome | None = Outcome.UNCHANGED,
) -> Delivered:
    if pull is None:
        return dataclasses.replace(prepared, notes=notes)
    return dataclasses.replace(
        prepared,
        outcome=outcome,
        was_open=True,
        pull_request=pull.number,
        pull_request_url=pull.url,
        notes=notes,
    )


def _content_of(files: Mapping[str, bytes]) -> str:
    """Name what a pull request changes, whatever it is based on."""
    lines = (f"{blob_sha_of(data)} {path}\n" for path, data in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]


def _about(fields: Mapping[str, str]) -> str:
    """Return what the seal covers besides the memory; earlier versions named no job."""
    names = ("state", "tips", "content", *(("job",) if "job" in fields else ()))
    return "".join(f"{fields.get(name, '')} " for name in names)


def _marker_in(pull: BranchPull, secret: str | None) -> Marker | None:
    """Return our marker; one whose seal does not fit is not a marker."""
    marker = find_marker(pull.body, PULL) if pull.mine else None
    return None if marker and is_secret(secret) and not _sealed(marker, secret) else marker


def _sealed(marker: Marker, secret: str | None) -> bool:
    fields = marker.fields
    if not is_secret(secret):
        return False
    if packed := fields.get("memory", ""):
        return is_sealed(packed, secret, about=_about(fields))
    return hmac.compare_digest(_old_seal(fields, secret or ""), fields.get("seal", ""))


def _remembered(
    pull: BranchPull, marker: Marker, tip_now: str | None, secret: str | None
) -> tuple[dict[str, str], str]:
    """Return the answers of a pull request, and the commit with its files.

    Closing a pull request without merging declines all that it offered.
    """
    fields = marker.fields
    if packed := fields.get("memory", ""):
        answers = unpack_unsealed(packed).answers
    else:
        answers = unpack_old_answers(fields.get("ledger", ""))
    if pull.state == "closed" and fields.get("state") == _OPEN:
        answers = {q: UNCHANGED if a == UNCHANGED else DECLINED for q, a in answers.items()}
    tip = fields.get("tips", "").partition(".")[0]
    if not _SHA.fullmatch(tip) or not (_sealed(marker, secret) or tip == tip_now):
        # Only answers that need no file from anywhere.
        return {q: a for q, a in answers.items() if a in {UNCHANGED, DECLINED}}, ""
    return answers, tip


def _old_seal(fields: Mapping[str, str], secret: str) -> str:
    """Return the seal as earlier versions made it."""
    text = " ".join(fields.get(name, "") for name in ("state", "tips", "content", "ledger"))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:_OLD_SEAL_DIGITS]
