"""The nouns of the project, as frozen values that flow one way through the pipeline.

This module imports nothing of the project. Lines are always the pieces between line feeds and
nothing else; a line keeps its line feed (and a carriage return before it), and only the last line
of a text may lack it. Line numbers are 1-based and mean the file at the pinned head.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable
from decimal import Decimal


class Role(enum.IntEnum):
    """What GitHub lets a person do in a repository, least first.

    The names are those of GitHub's repository roles; ``NONE`` is a stranger.
    """

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


class CommandSource(enum.StrEnum):
    """Where a command stands, which decides the endpoint its reactions go to."""

    ISSUE_COMMENT = "issue_comment"
    REVIEW_COMMENT = "pull_request_review_comment"
    DISPATCH = "workflow_dispatch"
    SCHEDULE = "schedule"


class Reaction(enum.StrEnum):
    """The reactions of the contract; the values are those of GitHub's reactions endpoint."""

    TAKEN = "eyes"
    DONE = "rocket"
    FAILED = "confused"
    DENIED = "-1"


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


class PredictionState(enum.StrEnum):
    """How one file's prediction was used.

    ``SENT`` with its request; ``OFF`` by setting, size or an earlier refusal; ``REFUSED`` by the
    model for this file, which was then asked without; ``STOPPED`` because predictions cost more
    than they brought in this run.
    """

    SENT = "sent"
    OFF = "off"
    REFUSED = "refused"
    STOPPED = "stopped"


class PlacementKind(enum.StrEnum):
    """Where a hunk ended: exactly one of these three."""

    INLINE = "inline"
    PATCH = "patch"
    REJECTED = "rejected"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The review thread a command was given in: the only file edited, and what is meant there."""

    path: str
    start_line: int | None
    """First commented line at the head, ``None`` when the thread is outdated or on the file."""
    line: int | None
    """Last commented line at the head."""
    diff_hunk: str
    """The piece of diff GitHub shows above the thread."""
    thread: tuple[str, ...] = ()
    """The earlier comments of the thread, oldest first."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommandRef:
    """The comment that carried a command, as far as answering it needs."""

    source: CommandSource
    comment_id: int | None
    author: str | None
    node_id: str | None = None
    body: str = ""
    url: str = ""
    author_id: int | None = None
    """The number of the author's account, which outlives a change of name."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One command, resolved: what to do, where, and for whom."""

    repository: str
    """``owner/name``."""
    pull_request: int
    """Its number; 0 where there is none, or none yet."""
    instruction: str
    command: CommandRef
    pinned_sha: str | None = None
    """What the commenter says they looked at: a prefix, 7 to 40 hex digits, of the head SHA."""
    aim: Aim | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request at the moment it was read; ``head_sha`` is pinned from then on."""

    number: int
    state: str
    """``open`` or ``closed``."""
    head_sha: str
    head_ref: str
    head_repository: str | None
    """``owner/name``, ``None`` when the fork was deleted."""
    base_sha: str
    base_ref: str
    changed_files: int
    """GitHub's count of changed files; the files endpoint lists at most 3,000 of them."""
    url: str = ""
    title: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One entry of GitHub's "list pull requests files"."""

    path: str
    status: str
    """added, removed, modified, renamed, copied, changed or unchanged."""
    blob_sha: str | None
    """Blob of the head; GitHub documents it as nullable."""
    additions: int
    deletions: int
    patch: str | None
    """Hunks without file header; absent for binary, pure renames and large diffs."""
    previous_path: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file as read at one commit."""

    path: str
    blob_sha: str
    data: bytes | None
    """``None`` for what is no blob (a submodule) or was too large to be sent."""
    mode: int | None
    """Git file mode, such as ``0o100644``; ``None`` when the host could not tell."""
    size: int = 0
    """Bytes of the blob."""
    binary: bool = False
    """The host or a NUL byte says that this is no text; ``data`` is then ``None``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A text file that may be edited, exactly as it stands at the pinned head."""

    path: str
    text: str
    """Decoded as UTF-8 with every byte kept: byte-order mark, carriage returns, trailing blanks."""
    blob_sha: str
    change: ChangedFile | None = None
    """How the pull request changes it; ``None`` where there is no pull request."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that is not edited, and why, in words for the summary."""

    path: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider reported them; ``None`` means not reported, never 0.

    ``rejected_prediction_tokens`` are already inside ``completion_tokens`` (OpenAI, "Predicted
    Outputs"), and ``cached_tokens`` inside ``prompt_tokens``: neither is ever added again.
    """

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None

    @property
    def acceptance(self) -> float | None:
        """Accepted ÷ (accepted + rejected), 0 to 1; ``None`` where nothing was speculated on."""
        accepted, rejected = self.accepted_prediction_tokens, self.rejected_prediction_tokens
        if accepted is None or rejected is None or accepted + rejected == 0:
            return None
        return accepted / (accepted + rejected)

    @staticmethod
    def total(usages: Iterable[Usage | None]) -> Usage:
        """Add up field by field; a field that nobody reported stays ``None``."""
        known = [usage for usage in usages if usage is not None]

        def add(name: str) -> int | None:
            figures = [figure for usage in known if (figure := getattr(usage, name)) is not None]
            return sum(figures) if figures else None

        return Usage(**{field.name: add(field.name) for field in dataclasses.fields(Usage)})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a linter says about one place of a file.

    All texts are on one line and bounded; the path is the repository's, with slashes.
    """

    path: str
    line: int | None
    """First line, 1-based; ``None`` where the finding is about the file as a whole."""
    end_line: int | None
    """Last line, never before ``line``; ``None`` exactly where ``line`` is."""
    column: int | None
    """1-based; ``None`` where it was not told."""
    rule: str
    """The rule's name or number, empty where it was not told."""
    message: str
    tool: str
    """The linter's name, empty where it was not told."""
    level: str
    """``error``, ``warning`` or ``note``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What the editor is asked: change this file as the instruction says."""

    file: SourceFile
    instruction: str
    aim: Aim | None = None
    findings: tuple[Finding, ...] = ()
    """What linters say about the file; shown to the model with their lines."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What asking for one file took, over all attempts."""

    usage: Usage | None = None
    cost: Decimal | None = None
    """US dollars, ``None`` where the price of the model that answered is not known."""
    overhead: Decimal | None = None
    """The part of ``cost`` that the rejected prediction tokens are billed for."""
    estimate: Usage | None = None
    """Our own count of what was asked and answered before the provider reported any tokens, such
    as a stream that was broken off; ``usage`` and ``cost`` do not hold it."""
    estimated_cost: Decimal | None = None
    """US dollars of ``estimate``, ``None`` where the price is not known."""
    model: str | None = None
    """The model that answered, as the API reports it."""
    prediction: PredictionState = PredictionState.OFF
    attempts: int = 0
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """An accepted answer: the file before and after. ``text`` may equal ``file.text``."""

    file: SourceFile
    text: str
    effort: Effort


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FailedEdit:
    """A file for which no answer could be accepted; the tokens it took are counted all the same."""

    file: SourceFile
    error: Exception
    """A :class:`predict_edit.errors.PredictEditError`."""
    effort: Effort


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One contiguous run of changed lines between original and edited file.

    Replacing ``original_lines[start - 1 : start - 1 + len(removed)]`` by ``added`` performs it.
    An insertion has no ``removed`` lines and stands before line ``start``; a deletion has no
    ``added`` lines. Lines keep their line feed.
    """

    start: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def end(self) -> int:
        """Last replaced line; ``start - 1`` for an insertion."""
        return self.start + len(self.removed) - 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A review comment whose suggestion block replaces lines ``start_line`` to ``line``.

    ``body`` is the complete suggestion block, fences included, with line feeds only.
    """

    path: str
    start_line: int
    line: int
    body: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What became of one hunk. ``reason`` is empty for an inline hunk only."""

    hunk: Hunk
    kind: PlacementKind
    reason: str = ""
    suggestion: Suggestion | None = None
    """Set for an inline hunk, each hunk having its own."""

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the head to look at.

        The suggestion's lines for an inline hunk, else the removed lines; for a pure insertion the
        line it follows, and line 1 where it stands at the top.
        """
        if self.suggestion:
            return self.suggestion.start_line, self.suggestion.line
        if self.hunk.removed:
            return self.hunk.start, self.hunk.end
        line = max(1, self.hunk.start - 1)
        return line, line


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFile:
    """One edited file with all its hunks accounted for, proven by replay.

    ``accepted`` is the edited text without the rejected hunks: what the suggestions and the
    remainder together produce.
    """

    file: SourceFile
    accepted: str
    placements: tuple[Placement, ...]

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """The suggestions, top down."""
        return tuple(p.suggestion for p in self.placements if p.suggestion)

    def count(self, kind: PlacementKind) -> int:
        """How many hunks ended as ``kind``."""
        return sum(placement.kind is kind for placement in self.placements)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One row of the summary and of ``result.json``."""

    path: str
    status: FileStatus
    reason: str = ""
    effort: Effort | None = None
    placed: PlacedFile | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on a pull request, as far as finding our own again needs."""

    id: int
    body: str
    url: str
    mine: bool
    """Written by the account whose token this run holds."""
    node_id: str = ""
    author: str = ""
    created_at: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A posted review."""

    id: int
    url: str
    body: str = ""
    mine: bool = True
    node_id: str = ""
    state: str = "COMMENTED"
    commit_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReviewThread:
    """A conversation on lines of the diff, told by its first comment."""

    path: str
    start_line: int | None
    """``None`` for a single line, and where the thread is outdated."""
    line: int | None
    """Last commented line at the head, ``None`` where the thread is outdated."""
    comment: Comment
    """The first comment."""
    replies: int
    resolved: bool
    outdated: bool
    minimized: bool
    """Whether the first comment is hidden already."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommitDraft:
    """A commit about to be made on the tip of a branch."""

    repository: str
    """``owner/name`` of the branch, which for a fork is not the pull request's own."""
    branch: str
    expected_head: str
    """The commit the branch must still be at."""
    headline: str
    body: str
    files: tuple[tuple[str, bytes | None], ...]
    """Path and new content; ``None`` deletes the file."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as the host made it."""

    sha: str
    url: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file in the tree of a commit, without its content."""

    path: str
    blob_sha: str
    mode: int
    """Git file mode, such as ``0o100644``."""
    size: int
    """Bytes; 0 for what is no blob."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchPull:
    """A pull request from a branch of the repository itself."""

    number: int
    state: str
    """``open``, ``closed`` or ``merged``."""
    url: str
    title: str
    body: str
    mine: bool
    """Opened by the account whose token this run holds."""
    base_ref: str
    draft: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchState:
    """A branch and the pull requests from it, as they are now."""

    branch: str
    tip: str | None
    """Its newest commit; ``None`` where there is no such branch."""
    pulls: tuple[BranchPull, ...] = ()
    """Newest first, also those from before the branch was deleted and made again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchMove:
    """A branch that is to point elsewhere, if it still points where it did."""

    branch: str
    before: str | None
    """The commit it must still be at; ``None`` where it must not exist."""
    after: str | None
    """``None`` deletes it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullDraft:
    """A pull request about to be opened."""

    head: str
    base: str
    title: str
    body: str
    draft: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDraft:
    """A review about to be posted, event ``COMMENT``."""

    commit_id: str
    body: str
    suggestions: tuple[Suggestion, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything a finished run has to tell; what every report is rendered from."""

    outcome: Outcome
    job: Job | None = None
    head: str = ""
    base: str = ""
    model: str = ""
    files: tuple[FileResult, ...] = ()
    cost: Decimal | None = None
    pull_request_url: str = ""
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
    """What else the reader should know, a sentence each."""
    shards: tuple[str, ...] | None = None
    """The jobs that a plan asks for, as a matrix names them; ``None`` where nothing is planned."""
    dry_run: bool = False

    def with_status(self, status: FileStatus) -> tuple[FileResult, ...]:
        """The files that ended so."""
        return tuple(result for result in self.files if result.status is status)

    def count(self, kind: PlacementKind) -> int:
        """How many hunks of all files ended as ``kind``."""
        return sum(result.placed.count(kind) for result in self.files if result.placed)

    @property
    def suggestion_count(self) -> int:
        """How many suggestions were posted, or would be in a dry run."""
        return sum(len(result.placed.suggestions) for result in self.files if result.placed)

    @property
    def usage(self) -> Usage:
        """The tokens of all files and attempts."""
        return Usage.total(result.effort.usage for result in self.files if result.effort)
