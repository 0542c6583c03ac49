"""The action's outputs, by the names of the contract."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal

from predict_edit.domain.edits import PlacementKind
from predict_edit.domain.run_report import FileStatus, RunReport


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OutputPaths:
    """Where the files of a run were written, relative to the workspace; empty where not."""

    patch: str = ""
    remainder_patch: str = ""
    result: str = ""


def to_outputs(report: RunReport, paths: OutputPaths) -> dict[str, str]:
    """Give every output of the contract, in its order; what is not known is empty, never 0."""
    usage = report.usage
    inline, in_patch, rejected = (report.count(kind) for kind in PlacementKind)
    return {
        "outcome": str(report.outcome),
        "pull-request": _number(report),
        "summary-url": report.summary_url,
        "review-url": report.review_url,
        "pull-request-url": report.pull_request_url,
        "files-edited": _files(report, FileStatus.EDITED),
        "files-unchanged": _files(report, FileStatus.UNCHANGED),
        "files-skipped": _files(report, FileStatus.SKIPPED),
        "files-failed": _files(report, FileStatus.FAILED),
        "hunks": str(inline + in_patch + rejected),
        "suggestions": str(report.suggestion_count),
        "hunks-in-patch": str(in_patch),
        "hunks-rejected": str(rejected),
        "prompt-tokens": _known(usage.prompt_tokens),
        "cached-tokens": _known(usage.cached_tokens),
        "completion-tokens": _known(usage.completion_tokens),
        "accepted-prediction-tokens": _known(usage.accepted_prediction_tokens),
        "rejected-prediction-tokens": _known(usage.rejected_prediction_tokens),
        "cost-usd": _known(report.cost),
        "patch": paths.patch,
        "remainder-patch": paths.remainder_patch,
        "result": paths.result,
        "shards": "" if report.shards is None else json.dumps(report.shards),
    }


def _files(report: RunReport, status: FileStatus) -> str:
    return str(len(report.with_status(status)))


def _known(figure: Decimal | int | None) -> str:
    """Write a figure without an exponent, which shells cannot compare."""
    return "" if figure is None else f"{figure:f}" if isinstance(figure, Decimal) else str(figure)


def _number(report: RunReport) -> str:
    """Write the pull request's number, or nothing."""
    return str(report.job.pull_request) if report.job and report.job.pull_request else ""
