"""From edited files to what is to be on the pull request."""

from __future__ import annotations

from collections.abc import Sequence

from predict_edit.delivery.pull_request import Order
from predict_edit.delivery.state import UNCHANGED, answer_of
from predict_edit.domain import FileResult, FileStatus, PlacedFile, PlacementKind, RunReport
from predict_edit.report.pull_request_body import PullRow, pull_row, render_pull_request
from predict_edit.run.branch_edit import Bench
from predict_edit.run.branch_plan import Plan
from predict_edit.run.branch_resume import Divided
from predict_edit.support.git import blob_sha_of


def order_of(
    plan: Plan,
    divided: Divided,
    results: Sequence[FileResult],
    report: RunReport,
    *,
    repository: str,
    secret: str | None,
) -> Order:
    """Everything that was edited now and before, and what is to be remembered of it."""
    files, answers = dict(divided.recalled), dict(divided.answered)
    bench, settings = plan.bench, plan.settings
    rows = [pull_row(path, None, bench.findings_of(path)) for path in divided.recalled]
    questions = {file.path: plan.question(file) for file in divided.fresh}
    for result in results:
        placed = result.placed
        if placed is not None and placed.accepted != placed.file.text:
            data = placed.accepted.encode()
            files[result.path] = data
            answers[questions[result.path]] = answer_of(blob_sha_of(data))
            rows.append(_row(result.path, placed, bench))
        elif result.status in {FileStatus.UNCHANGED, FileStatus.EDITED}:
            answers[questions[result.path]] = UNCHANGED
    failed = any(result.status is FileStatus.FAILED for result in results)

    def describe(marker: str, notes: Sequence[str]) -> str:
        return render_pull_request(
            report,
            sorted(rows, key=lambda row: row.path),
            marker=marker,
            notes=notes,
            about_findings=bench.findings is not None,
        )

    return Order(
        repository=repository,
        base=plan.branch.name,
        commit=plan.branch.commit,
        branch=plan.branch_name,
        title=settings.title or plan.wish.title,
        labels=settings.labels,
        draft=settings.draft,
        files=files,
        answers=answers,
        secret=secret,
        describe=describe,
        complete=not failed and not divided.postponed,
    )


def _row(path: str, placed: PlacedFile, bench: Bench) -> PullRow:
    kept = len(placed.placements) - placed.count(PlacementKind.REJECTED)
    return pull_row(path, kept, bench.findings_of(path))
