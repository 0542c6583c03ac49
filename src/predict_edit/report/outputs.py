"""The action's outputs, by the names of the contract."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal

from predict_edit.domain.edits import PlacementKind
from predict_edit.domain.run_report import FileStatus, OutputPaths, RunReport


def to_outputs(report: RunReport, paths: OutputPaths) -> dict[str, str]:
    """Give every output of the contract, in its order; what is not known is empty, never 0."""
    usage = dataclasses.asdict(report.usage)
    # No outputs of the contract; they are in `result.json`.
    del usage["cache_write_tokens"], usage["reasoning_tokens"]
    number = report.job.pull_request if report.job else 0
    inline, in_patch, rejected = (report.count(kind) for kind in PlacementKind)
    return {
        "outcome": str(report.outcome),
        "pull-request": str(number or ""),
        "summary-url": report.summary_url,
        "review-url": report.review_url,
        "pull-request-url": report.pull_request_url,
        **{f"files-{status}": str(len(report.with_status(status))) for status in FileStatus},
        "hunks": str(inline + in_patch + rejected),
        "suggestions": str(report.suggestion_count),
        "hunks-in-patch": str(in_patch),
        "hunks-rejected": str(rejected),
        **{name.replace("_", "-"): _known(count) for name, count in usage.items()},
        "cost-usd": _known(report.cost),
        "patch": paths.patch,
        "remainder-patch": paths.remainder_patch,
        "result": paths.result,
        "shards": "" if report.shards is None else json.dumps(report.shards),
    }


def _known(figure: Decimal | int | None) -> str:
    """Write a figure without an exponent, which shells cannot compare."""
    return "" if figure is None else f"{figure:f}" if isinstance(figure, Decimal) else str(figure)
