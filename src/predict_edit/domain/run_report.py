"""What a run was asked to do, who sees how far it is, and what came out of it."""

from __future__ import annotations

import dataclasses
import enum
from decimal import Decimal

from predict_edit.domain.edits import (
    Aim,
    ChangePlan,
    Effort,
    FailedEdit,
    FileEdit,
    OpenThread,
    PlacedFile,
    Placement,
    PlacementKind,
    Usage,
)
from predict_edit.domain.repository import CommandRef

OUTPUT_FOLDER = "predict-edit-out"
"""What a run leaves in the workspace."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One command, resolved: what to do, where, and for whom."""

    repository: str
    """``owner/name``."""
    pull_request: int
    """Its number; 0 if there is none, or none yet."""
    instruction: str
    command: CommandRef
    pinned_sha: str | None = None
    """What the commenter says they looked at: a prefix, 7 to 40 hex digits, of the head SHA."""
    aim: Aim | None = None
    """The review thread that the command was given in."""
    threads: tuple[OpenThread, ...] | None = None
    """What the command addresses; ``None`` if it addresses no threads."""

    def threads_of(self, path: str) -> tuple[OpenThread, ...]:
        """The threads that are aims in a file."""
        return tuple(each for each in self.threads or () if each.path == path and not each.skipped)


class Outcome(enum.StrEnum):
    """The value of the ``outcome`` output."""

    SUGGESTED = "suggested"
    COMMITTED = "committed"
    OPENED = "opened"
    PATCHED = "patched"
    UNCHANGED = "unchanged"
    ANSWERED = "answered"
    IGNORED = "ignored"
    DENIED = "denied"
    PARTIAL = "partial"
    FAILED = "failed"


class FileStatus(enum.StrEnum):
    """What became of one file."""

    EDITED = "edited"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One row of the summary and of ``result.json``."""

    path: str
    status: FileStatus
    reason: str = ""
    effort: Effort | None = None
    placed: PlacedFile | None = None
    together: tuple[str, ...] = ()
    """Paths of other edited files that change the same names."""
    held: str = ""
    """Why an edit is in the patch although others are committed; empty otherwise."""

    @property
    def carried(self) -> bool:
        """Whether a commit or pull request carries its edits: some are accepted, none is held."""
        placed = self.placed
        return placed is not None and not self.held and placed.accepted != placed.file.text


class ThreadStatus(enum.StrEnum):
    """What became of one review thread; ``UNCLEAR`` if the file was edited, but not there."""

    EDITED = "edited"
    UNCHANGED = "unchanged"
    UNCLEAR = "unclear"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ThreadResult:
    """One review thread of the summary and of ``result.json``."""

    thread: OpenThread
    status: ThreadStatus
    reason: str = ""
    placements: tuple[Placement, ...] = ()
    """The hunks at its lines that were not rejected."""

    @property
    def inline(self) -> bool:
        """Whether one of them is a suggestion."""
        return any(each.kind is PlacementKind.INLINE for each in self.placements)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything a finished run has to report; every report is rendered from it."""

    outcome: Outcome
    job: Job | None = None
    head: str = ""
    base: str = ""
    model: str = ""
    files: tuple[FileResult, ...] = ()
    cost: Decimal | None = None
    pull_request_url: str = ""
    was_open: bool = False
    """Whether that pull request was open before the run."""
    summary_url: str = ""
    review_url: str = ""
    commit_url: str = ""
    """The page of the commit that holds the edits, where one was made."""
    run_url: str = ""
    """The page of the workflow run, where its artifacts are; empty outside GitHub Actions."""
    suggestion_urls: tuple[tuple[str, int, str], ...] = ()
    """Path, last line and address of each posted suggestion."""
    problem: str = ""
    """Why the run as a whole failed, with the next step; empty otherwise."""
    notes: tuple[str, ...] = ()
    """What else the reader should know, one sentence each."""
    warnings: tuple[str, ...] = ()
    """Those of the notes that are about what was not delivered as asked."""
    apply_command: str = ""
    """What commits the suggestions; empty if the workflow may not commit, as far as is known."""
    shards: tuple[str, ...] | None = None
    """The jobs that a plan asks for, as a matrix names them; ``None`` if nothing is planned."""
    dry_run: bool = False
    plan: ChangePlan | None = None
    """What the model was asked before the files; ``None`` without a plan."""
    fail_on: str | None = None
    """The setting; ``None`` if the run ended before it was known."""

    def noting(self, *notes: str) -> RunReport:
        """The same with more notes; none is repeated."""
        return dataclasses.replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def with_status(self, status: FileStatus) -> tuple[FileResult, ...]:
        """The files that ended so."""
        return tuple(result for result in self.files if result.status is status)

    def count(self, kind: PlacementKind) -> int:
        """How many hunks of all files ended as ``kind``."""
        return sum(result.placed.count(kind) for result in self.files if result.placed)

    @property
    def threads(self) -> tuple[ThreadResult, ...]:
        """What became of each review thread that the command was to address."""
        files = {result.path: result for result in self.files}
        threads = (self.job.threads if self.job else None) or ()
        return tuple(_result_of(thread, files.get(thread.path)) for thread in threads)

    @property
    def held(self) -> int:
        """How many hunks were not committed, because others that belong to them are missing."""
        held = [result.placed for result in self.files if result.held and result.placed]
        return sum(len(each.placements) - each.count(PlacementKind.REJECTED) for each in held)

    @property
    def carrier(self) -> str:
        """What carries edits that are not suggestions: ``commit``, ``pull request`` or ``patch``.

        The outcome alone does not say, as it is another one if a file failed.
        """
        if self.commit_url or self.outcome is Outcome.COMMITTED:
            return "commit"
        carried = self.pull_request_url and any(result.carried for result in self.files)
        opened = carried or self.outcome is Outcome.OPENED
        return "pull request" if opened else "patch"

    @property
    def suggestion_count(self) -> int:
        """How many suggestions were posted, or would be in a dry run."""
        return sum(len(result.placed.suggestions) for result in self.files if result.placed)

    @property
    def usage(self) -> Usage:
        """The tokens of all files and attempts, and of the plan."""
        efforts = [result.effort for result in self.files if result.effort]
        planned = [self.plan.effort] if self.plan else []
        return Usage.total(effort.usage for effort in (*efforts, *planned))


def _result_of(thread: OpenThread, file: FileResult | None) -> ThreadResult:
    """What became of a thread: its file, and the hunks at its lines."""
    if thread.skipped or file is None:
        reason = thread.skipped or "the run ended before its file was edited"
        return ThreadResult(thread=thread, status=ThreadStatus.SKIPPED, reason=reason)
    if file.placed is None:
        status = ThreadStatus(file.status)
        return ThreadResult(thread=thread, status=status, reason=file.reason)
    at_lines = [each for each in file.placed.placements if thread.concerns(*each.lines)]
    kept = tuple(each for each in at_lines if each.kind is not PlacementKind.REJECTED)
    if kept:
        return ThreadResult(thread=thread, status=ThreadStatus.EDITED, placements=kept)
    reason = at_lines[0].reason if at_lines else "the file was edited, but not at these lines"
    return ThreadResult(thread=thread, status=ThreadStatus.UNCLEAR, reason=reason)


class Watch:
    """Sees how far each file is; this one shows nothing."""

    def received(self, path: str, characters: int) -> None:
        """So many characters of a file's answer have arrived."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """A file's answer is complete, or there will be none."""

    def done(self, result: FileResult) -> None:
        """A file is placed, whether it was sent to the model or known."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was delivered, or would be, and where each hunk ended as a result."""

    files: tuple[FileResult, ...]
    outcome: Outcome | None = None
    """What GitHub has of it; ``None`` if the edits are only in the patch."""
    pull_request: int = 0
    """The pull request that carries the edits of a branch."""
    pull_request_url: str = ""
    was_open: bool = False
    """Whether that pull request was open before the run."""
    review_url: str = ""
    suggestion_urls: tuple[tuple[str, int, str], ...] = ()
    """Path, last line and address of each suggestion on the pull request."""
    commit_url: str = ""
    complete: bool = True
    """Whether GitHub accepted everything; if not, running the command again may help."""
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OutputPaths:
    """Where the files of a run were written, relative to the workspace; empty where not."""

    patch: str = ""
    remainder_patch: str = ""
    result: str = ""
