"""A run as people read it: rows, groups, sentences and figures, still unescaped."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from predict_edit.domain.edits import (
    BUDGET,
    Effort,
    PlacementKind,
    PredictionState,
    Usage,
    known_sum,
)
from predict_edit.domain.run_report import FileResult, FileStatus, RunReport
from predict_edit.report.markdown import MISSING, count_reasons
from predict_edit.support.text import plural

_CENT = Decimal("0.01")
_SMALLEST = Decimal("0.0001")


def count(number: int | None) -> str:
    """Write a whole number with thousands apart: ``1,234``."""
    return MISSING if number is None else f"{number:,}"


def percent(share: float | None) -> str:
    """Write a share of 0 to 1 as per cent; only what is all reads 100 %, only nothing reads 0 %."""
    if share is None:
        return MISSING
    if 0 < share < 0.01:  # noqa: PLR2004 - one per cent
        return "<1 %"
    if 0.99 < share < 1:  # noqa: PLR2004 - one per cent from all
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")


def tenths(duration: float | None) -> str:
    """Write seconds for a column that names the unit: ``3.2``, ``125.0``."""
    return MISSING if duration is None else f"{duration:,.1f}"


def dollars(amount: Decimal | None) -> str:
    """Write US dollars: cents from one cent on, below that what a single call costs.

    The unit is written out, because GitHub reads text between two dollar signs as a formula.
    """
    if amount is None:
        return MISSING
    if amount >= _CENT or amount == 0:
        return f"{amount:,.2f} USD"
    if amount < _SMALLEST:
        return "less than 0.0001 USD"
    return f"{amount:.4f} USD"


_MANY_LINES, _LARGE_SHARE = 5, 0.3
"""An edit that removes so many lines, and so much of its file, is said to."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    path: str
    result: str
    notable: bool = False
    """Worth a table by itself: much is removed, or all was put back."""
    suggestions: int | None = None
    in_patch: int | None = None
    usage: Usage
    seconds: float | None
    estimate: Usage = dataclasses.field(default_factory=Usage)
    """Our own count of what the provider reported nothing of; not in ``usage``."""

    @property
    def note(self) -> str:
        """What is worth a note beside the file's numbers."""
        status = self.result.removeprefix(FileStatus.EDITED).removeprefix(FileStatus.UNCHANGED)
        return status.removeprefix(", ")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One figure of a row, in every report: comment, job summary, page and terminal."""

    title: str
    show: Callable[[Row], str]
    short: str
    """The title on a narrow terminal."""
    wide: bool = False
    """Left out if there is little room."""
    spare: bool = False
    """Left out if there is hardly any."""


def _tokens(name: str) -> Callable[[Row], str]:
    """Show reported tokens, and with ``about`` those that were counted here."""

    def show(row: Row) -> str:
        reported, estimated = getattr(row.usage, name), getattr(row.estimate, name)
        return count(reported) if estimated is None else f"about {(reported or 0) + estimated:,}"

    return show


COLUMNS = (
    Column(title="Prompt", short="prompt", show=_tokens("prompt_tokens"), spare=True),
    Column(title="Cached", short="cached", show=_tokens("cached_tokens"), wide=True),
    Column(title="Completion", short="compl.", show=_tokens("completion_tokens")),
    Column(title="Accepted", short="accepted", show=_tokens("accepted_prediction_tokens")),
    Column(title="Rejected", short="rejected", show=_tokens("rejected_prediction_tokens")),
    Column(
        title="Acceptance",
        short="acceptance",
        show=lambda row: percent(row.usage.acceptance),
        wide=True,
    ),
    Column(
        title="Seconds",
        short="sec.",
        show=lambda row: tenths(row.seconds) if row.path else "",
        spare=True,
    ),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Files that share a reason."""

    reason: str
    paths: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the predictions of a run brought and cost."""

    accepted: int | None
    rejected: int | None
    rejected_share: float | None
    """Rejected tokens ÷ completion tokens, which they are part of."""
    overhead: Decimal | None
    without: Decimal | None
    """What the run would have cost without predictions, where these cost anything."""
    unreported: int
    """Files whose prediction was sent but not reported by the provider."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every report of a run shows."""

    rows: tuple[Row, ...]
    total: Row
    failed: tuple[Group, ...]
    failed_count: int
    skipped: tuple[Group, ...]
    skipped_count: int
    stopped: tuple[Group, ...]
    """Files that a limit of the run kept from being tried."""
    brief: tuple[Row, ...]
    """Files that were changed or failed, or whose change was put back."""
    restored: str
    """How many lines were put back in all files; may be empty."""
    affected: int
    """How many files failed for the reason why the run as a whole did; 0 if not all did."""
    inline: int
    in_patch: int
    rejected: int
    patch_reasons: tuple[tuple[str, int], ...]
    rejected_reasons: tuple[tuple[str, int], ...]
    held_reasons: tuple[tuple[str, int], ...]
    places: tuple[FileResult, ...]
    """Files whose changes have places."""
    urls: Mapping[tuple[str, int], str]
    """Of the suggestions that were posted, by path and last line."""
    prediction: Prediction
    asked: int
    reported: int
    """Of how many files, of those asked for, the provider reported tokens."""
    estimated: bool
    """Some figures are our own count."""
    estimated_cost: Decimal | None
    """Dollars of what was counted so, on top of the run's cost."""


def view(report: RunReport) -> View:
    """Work out everything the reports show from a run."""
    done = tuple(result for result in report.files if result.status is not FileStatus.SKIPPED)
    asked = [result.effort for result in done if result.effort and result.effort.attempts]
    kinds = Counter[str]()
    for effort in asked:
        kinds.update(dict(effort.restored))
    restored = tuple(kinds.items())
    return View(
        rows=tuple(_row(result) for result in done),
        total=Row(
            path="",
            result=_statuses(report),
            suggestions=report.suggestion_count,
            in_patch=report.count(PlacementKind.PATCH),
            usage=report.usage,
            seconds=None,
            estimate=Usage.total(effort.estimate for effort in asked),
        ),
        failed=_by_reason(report.with_status(FileStatus.FAILED)),
        failed_count=len(report.with_status(FileStatus.FAILED)),
        affected=_affected(report),
        skipped=_by_reason(report.with_status(FileStatus.SKIPPED)),
        stopped=_by_reason(
            result
            for result in report.with_status(FileStatus.SKIPPED)
            if result.reason.startswith(f"{BUDGET}:")
        ),
        brief=tuple(
            row
            for row in map(_row, done)
            if row.notable or not row.result.startswith(FileStatus.UNCHANGED)
        ),
        restored=put_back(restored) if restored else "",
        skipped_count=len(report.with_status(FileStatus.SKIPPED)),
        inline=report.count(PlacementKind.INLINE),
        in_patch=report.count(PlacementKind.PATCH),
        rejected=report.count(PlacementKind.REJECTED),
        patch_reasons=_reasons(report, PlacementKind.PATCH),
        rejected_reasons=_reasons(report, PlacementKind.REJECTED),
        held_reasons=_reasons(report, PlacementKind.PATCH, held=True),
        places=tuple(each for each in done if each.placed and each.placed.placements),
        urls={(path, line): url for path, line, url in report.suggestion_urls},
        prediction=_prediction(asked, report.cost),
        asked=len(asked),
        reported=sum(effort.usage is not None and effort.usage != Usage() for effort in asked),
        estimated=any(effort.estimate is not None for effort in asked),
        estimated_cost=known_sum(effort.estimated_cost for effort in asked),
    )


def _reasons(
    report: RunReport, kind: PlacementKind, *, held: bool = False
) -> tuple[tuple[str, int], ...]:
    return count_reasons(
        placement.reason
        for result in report.files
        if result.placed and (result.held or not held)
        for placement in result.placed.placements
        if placement.kind is kind
    )


def completion_parts(usage: Usage) -> tuple[tuple[str, int], ...]:
    """Split the completion tokens for a chart; nothing where they were not reported.

    Accepted tokens are a part of the visible output and rejected ones come on top of it; both are
    inside the completion tokens (OpenAI, "Predicted Outputs").
    """
    completion = usage.completion_tokens
    if completion is None:
        return ()
    accepted = usage.accepted_prediction_tokens or 0
    rejected = usage.rejected_prediction_tokens or 0
    other = max(0, completion - accepted - rejected)
    return (("accepted", accepted), ("rejected", rejected), ("other", other))


def lines(start: int, end: int) -> str:
    """Name lines as people do: ``line 3``, ``lines 3-5``."""
    return f"line {start}" if start == end else f"lines {start}-{end}"


def _row(result: FileResult) -> Row:
    placed, effort = result.placed, result.effort
    rejected = placed.count(PlacementKind.REJECTED) if placed else 0
    remarks = tuple(_remarks(result))
    fewer = (f"{rejected} rejected",) if rejected else ()
    return Row(
        path=result.path,
        result=", ".join((str(result.status), *fewer, *remarks)),
        notable=bool(remarks),
        suggestions=len(placed.suggestions) if placed else None,
        in_patch=placed.count(PlacementKind.PATCH) if placed else None,
        usage=(effort.usage if effort else None) or Usage(),
        seconds=effort.seconds if effort and effort.attempts else None,
        estimate=(effort.estimate if effort else None) or Usage(),
    )


def _remarks(result: FileResult) -> Iterator[str]:
    """What is to be known of a file beside its status."""
    if result.placed is not None:
        if result.held:
            yield "held back"
        text = result.placed.file.text
        lines = text.count("\n") + (not text.endswith("\n"))
        removed = result.placed.removed_lines
        if removed >= _MANY_LINES and removed >= _LARGE_SHARE * lines:
            yield f"removes {removed:,} of {lines:,} lines"
    elif result.effort is not None and result.effort.restored:
        yield f"{put_back(result.effort.restored)}; to change them, name them in the instruction"


def put_back(restored: Sequence[tuple[str, int]]) -> str:
    """Say how many lines of answers were put back as they were, and in what."""
    number = plural(sum(number for _, number in restored), "line")
    return f"{number} put back ({', '.join(kind for kind, _ in restored)})"


def _statuses(report: RunReport) -> str:
    counts = [
        f"{number} {status}"
        for status in FileStatus
        if status is not FileStatus.SKIPPED and (number := len(report.with_status(status)))
    ]
    return ", ".join(counts)


def _affected(report: RunReport) -> int:
    reasons = [result.reason for result in report.with_status(FileStatus.FAILED)]
    return len(reasons) if set(reasons) == {report.problem} else 0


def _by_reason(results: Iterable[FileResult]) -> tuple[Group, ...]:
    groups: dict[str, list[str]] = {}
    for result in results:
        groups.setdefault(result.reason, []).append(result.path)
    return tuple(Group(reason=reason, paths=tuple(paths)) for reason, paths in groups.items())


def _prediction(asked: Iterable[Effort], cost: Decimal | None) -> Prediction:
    efforts = tuple(asked)
    usage = Usage.total(effort.usage for effort in efforts)
    rejected, completion = usage.rejected_prediction_tokens, usage.completion_tokens
    overhead = known_sum(effort.overhead for effort in efforts)
    return Prediction(
        accepted=usage.accepted_prediction_tokens,
        rejected=rejected,
        rejected_share=rejected / completion if rejected is not None and completion else None,
        overhead=overhead,
        without=cost - overhead if cost and overhead and overhead < cost else None,
        unreported=sum(
            effort.prediction is PredictionState.SENT
            and (effort.usage is None or effort.usage.accepted_prediction_tokens is None)
            for effort in efforts
        ),
    )
