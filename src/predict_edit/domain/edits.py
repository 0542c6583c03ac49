"""One file's way from its source over the model's answer to hunks with a place for each."""

from __future__ import annotations

import dataclasses
import enum
from collections import Counter
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Final, Literal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One entry of GitHub's "list pull requests files"."""

    path: str
    status: str
    """added, removed, modified, renamed, copied, changed or unchanged."""
    blob_sha: str | None
    """Blob of the head; GitHub documents it as nullable."""
    additions: int = 0
    deletions: int = 0
    patch: str | None = None
    """Hunks without file header; absent for binary, pure renames and large diffs."""
    previous_path: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A text file that may be edited, exactly as it is at the pinned head."""

    path: str
    text: str
    """Decoded as UTF-8 with every byte kept: byte-order mark, carriage returns, trailing blanks."""
    blob_sha: str
    change: ChangedFile | None = None
    """How the pull request changes it; ``None`` without a pull request."""
    executable: bool = False
    """Whether its mode says so, as far as the host names modes."""


NEARBY: Final = 3
"""Lines between a thread's and those of an edit that is for it."""


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
    """The earlier comments of the thread, oldest first; shown, and never followed."""

    def concerns(self, start: int, end: int) -> bool:
        """Whether lines of the head are those of the thread, or beside them.

        A thread without lines is about the whole file.
        """
        if self.line is None:
            return True
        first = self.start_line or self.line
        return start <= self.line + NEARBY and first - NEARBY <= end


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OpenThread(Aim):
    """An unresolved review thread, and what people with the needed role ask for in it."""

    url: str
    asked: str = ""
    """Their words, which are followed; those of others are in ``thread``."""
    skipped: str = ""
    """Why it is not an aim; empty if it is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider reported them; ``None`` means not reported, never 0.

    ``rejected_prediction_tokens`` and ``reasoning_tokens`` are already inside
    ``completion_tokens`` (OpenAI, "Predicted Outputs"), ``cached_tokens`` and
    ``cache_write_tokens`` inside ``prompt_tokens``: none is ever added again.
    """

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    completion_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    reasoning_tokens: int | None = None

    @property
    def acceptance(self) -> float | None:
        """Accepted ÷ (accepted + rejected), 0 to 1; ``None`` if nothing was speculated on."""
        accepted, rejected = self.accepted_prediction_tokens, self.rejected_prediction_tokens
        if accepted is None or rejected is None or accepted + rejected == 0:
            return None
        return accepted / (accepted + rejected)

    @staticmethod
    def total(usages: Iterable[Usage | None]) -> Usage:
        """Add up field by field; a field that no call reported stays ``None``."""
        known = [usage for usage in usages if usage is not None]

        def add(name: str) -> int | None:
            figures = [figure for usage in known if (figure := getattr(usage, name)) is not None]
            return sum(figures) if figures else None

        return Usage(**{field.name: add(field.name) for field in dataclasses.fields(Usage)})


class PredictionState(enum.StrEnum):
    """How one file's prediction was used; what comes later here outweighs what comes before.

    ``SENT`` with its request; ``OFF`` by setting, size or an earlier refusal; ``REFUSED`` by the
    model for this file, which was then asked without; ``STOPPED`` because predictions cost more
    than they brought in this run.
    """

    OFF = "off"
    STOPPED = "stopped"
    SENT = "sent"
    REFUSED = "refused"


Answer = Literal["file", "edits", "pieces"]
"""How the model gave a file: whole, by exact edits, or whole in several answers."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What asking for one file took, over all attempts."""

    usage: Usage | None = None
    cost: Decimal | None = None
    """US dollars, ``None`` if the price of the model that answered is not known."""
    overhead: Decimal | None = None
    """The part of ``cost`` that the rejected prediction tokens are billed for."""
    estimate: Usage | None = None
    """Our own count of what was asked and answered before the provider reported any tokens, such
    as a stream that was broken off; ``usage`` and ``cost`` do not hold it."""
    estimated_cost: Decimal | None = None
    """US dollars of ``estimate``, ``None`` if the price is not known."""
    model: str | None = None
    """The model that answered, as the API reports it."""
    prediction: PredictionState = PredictionState.OFF
    attempts: int = 0
    seconds: float = 0.0
    restored: tuple[tuple[str, int], ...] = ()
    """Lines of the answer that were put back as they were: the kind, and how many."""
    answer: Answer | None = None
    """``None`` if the model was not asked."""
    unconfirmed: bool = False
    """The first answer was in doubt, and the second did not confirm it by exact edits."""

    def followed_by(self, later: Effort) -> Effort:
        """Add what asking for the same file once more took."""
        restored = Counter(dict(self.restored)) + Counter(dict(later.restored))
        return dataclasses.replace(
            self,
            usage=_both(self.usage, later.usage),
            cost=known_sum((self.cost, later.cost)),
            overhead=known_sum((self.overhead, later.overhead)),
            estimate=_both(self.estimate, later.estimate),
            estimated_cost=known_sum((self.estimated_cost, later.estimated_cost)),
            attempts=self.attempts + later.attempts,
            seconds=self.seconds + later.seconds,
            restored=tuple(sorted(restored.items())),
            unconfirmed=self.unconfirmed or later.unconfirmed,
        )


def known_sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add up what is known; ``None`` if nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def whole_sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add up; ``None`` as soon as one amount is not known."""
    known = list(amounts)
    return None if None in known else sum(filter(None, known), Decimal(0))


def _both(one: Usage | None, other: Usage | None) -> Usage | None:
    """Add two usages, of which each may be unknown."""
    return other if one is None else one if other is None else Usage.total((one, other))


BUDGET: Final = "budget"
"""How the reason of a file begins that a limit of the run kept from being asked about."""
OVER_MAX_FILES: Final = "over `max-files`"
"""How the reason of a file begins that was left out because enough others were chosen."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that is not edited, and why, in words for the summary."""

    path: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a linter says about one place of a file.

    All texts are on one line and bounded; the path is the repository's, with slashes.
    """

    path: str
    line: int | None
    """First line, 1-based; ``None`` if the finding is about the file as a whole."""
    end_line: int | None
    """Last line, never before ``line``; ``None`` exactly where ``line`` is."""
    column: int | None
    """1-based; ``None`` if not reported."""
    rule: str
    """The rule's name or number, empty if not reported."""
    message: str
    tool: str
    """The linter's name, empty if not reported."""
    level: str
    """``error``, ``warning`` or ``note``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What the model is shown of the whole change, the same for every file of a run."""

    key: str
    """Names the changes that it shows."""
    blocks: tuple[tuple[str, str], ...]
    """Title and text of each part."""
    left_out: tuple[str, ...] = ()
    """Paths of the files whose diff did not fit, or must not be shown."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What the editor is asked: change this file as the instruction says."""

    file: SourceFile
    instruction: str
    aims: tuple[Aim, ...] = ()
    """The review threads that the instruction is about."""
    findings: tuple[Finding, ...] = ()
    """What linters say about the file; shown to the model with their lines."""
    background: Background | None = None
    """Shown with ``context: pull-request``."""
    hint: str = ""
    """What a plan says about the file."""
    leftover: str = ""
    """What an earlier edit of the file left undone, in words of our own."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What the editor is asked before any file: which of these does the instruction concern?"""

    instruction: str
    paths: tuple[str, ...]
    background: Background


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SharedName:
    """One name that several files have to change alike."""

    old: str
    new: str
    files: tuple[str, ...] = ()
    """Paths of the files that were edited for it."""
    remaining: tuple[str, ...] = ()
    """Paths of the files that still have the old name."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """What a model says, before any file is edited, that a change needs."""

    left: tuple[str, ...] = ()
    """Paths of the files that need no change."""
    hints: tuple[tuple[str, str], ...] = ()
    """Path, and what is to be done there."""
    names: tuple[SharedName, ...] = ()
    effort: Effort = Effort()
    problem: str = ""
    """Why it changes nothing; empty if it could be used."""
    key: str = ""
    """Names the files and the instruction that it was made for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """An accepted answer: the file before and after. ``text`` may equal ``file.text``."""

    file: SourceFile
    text: str
    effort: Effort
    withheld: tuple[Placement, ...] = ()
    """Hunks that another job rejected; ``text`` does not have them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FailedEdit:
    """A file for which no answer could be accepted; the tokens it took are counted all the same."""

    file: SourceFile
    error: Exception
    """A :class:`predict_edit.domain.errors.PredictEditError`."""
    effort: Effort


@dataclasses.dataclass(frozen=True, slots=True)
class Dropped:
    """Why a finding is not used."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FindingsReport:
    """What one file says, in its order."""

    findings: tuple[Finding | Dropped, ...] = ()
    notes: tuple[str, ...] = ()


class PlacementKind(enum.StrEnum):
    """Where a hunk ended: exactly one of these three."""

    INLINE = "inline"
    PATCH = "patch"
    REJECTED = "rejected"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One contiguous run of changed lines between original and edited file.

    Replacing ``original_lines[start - 1 : start - 1 + len(removed)]`` by ``added`` performs it.
    An insertion has no ``removed`` lines and goes before line ``start``; a deletion has no
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

    def overlaps(self, path: str, first: int, last: int) -> bool:
        """Whether it replaces any of these lines of a file."""
        return self.path == path and self.start_line <= last and first <= self.line


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDraft:
    """A review about to be posted, event ``COMMENT``."""

    commit_id: str
    body: str
    suggestions: tuple[Suggestion, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What became of one hunk. ``reason`` is empty for an inline hunk only."""

    hunk: Hunk
    kind: PlacementKind
    reason: str = ""
    suggestion: Suggestion | None = None
    """Set for an inline hunk, each hunk having its own."""
    withheld: bool = False
    """Whether the hunk was rejected for what it adds, which it then no longer holds."""

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line of the head to look at.

        The suggestion's lines for an inline hunk, else the removed lines; for a pure insertion the
        line it follows, and line 1 at the top of the file.
        """
        if self.suggestion:
            return self.suggestion.start_line, self.suggestion.line
        if self.hunk.removed:
            return self.hunk.start, self.hunk.end
        line = max(1, self.hunk.start - 1)
        return line, line

    def demoted(self, reason: str) -> Placement:
        """The same hunk in the patch."""
        return Placement(hunk=self.hunk, kind=PlacementKind.PATCH, reason=reason)


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

    @property
    def rejected(self) -> bool:
        """Whether a hunk was rejected."""
        return self.count(PlacementKind.REJECTED) > 0

    @property
    def removed_lines(self) -> int:
        """How many more lines the edit takes away than it puts in their place."""
        hunks = [placement.hunk for placement in self.placements]
        return sum(max(0, len(hunk.removed) - len(hunk.added)) for hunk in hunks)

    def count(self, kind: PlacementKind) -> int:
        """How many hunks ended as ``kind``."""
        return sum(placement.kind is kind for placement in self.placements)

    def demoted(self, suggestions: Collection[Suggestion], reason: str) -> PlacedFile:
        """Move the hunks of some suggestions to the patch; the others keep their places."""
        gone = frozenset(suggestions)
        return dataclasses.replace(
            self,
            placements=tuple(
                placement.demoted(reason) if placement.suggestion in gone else placement
                for placement in self.placements
            ),
        )
