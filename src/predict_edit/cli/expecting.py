"""What a run at a terminal would take: a line a file, and the sum. No model is asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from predict_edit.cli.console import DONE, printable
from predict_edit.edit.screening import secret_in
from predict_edit.report.view import count, dollars
from predict_edit.run.edit_all import Plan
from predict_edit.run.estimate import as_data, estimate, in_words

if TYPE_CHECKING:
    from predict_edit.llm.billing import Estimate

_HEADS = ("file", "calls", "tokens in", "likely out", "at most", "likely cost", "at most")


def show_estimate(plan: Plan, *, as_json: bool = False) -> int:
    """Print what editing these files would take; the exit status is always 0.

    Raises:
        SettingsError: the model could not be asked with these settings.
    """
    settings = plan.task.settings.model
    requests = plan.requests
    files = [(request.file.path, estimate([request], settings)) for request in requests]
    whole = estimate(requests, settings)
    left_out = [*_not_asked(plan)]
    left_out += [declined for _, made in files for declined in made.declined]
    left_out += [(file.path, file.reason) for file in plan.skipped]
    files = [(path, made) for path, made in files if made.files]
    if as_json:
        _print_json(files, left_out, whole)
    else:
        _print_table(files, left_out)
        sys.stdout.write(f"{in_words(whole, settings)}\nNo model was asked.\n")
    return DONE


def _not_asked(plan: Plan) -> Iterator[tuple[str, str]]:
    """Path and reason of the files of a plan that the model is not asked about."""
    for file in plan.sources:
        if file.path in plan.known:
            yield file.path, "answered before, and nothing is asked again"
        elif reason := secret_in(file, plan.task.secrets):
            yield file.path, reason


def _print_table(
    files: Sequence[tuple[str, Estimate]], left_out: Sequence[tuple[str, str]]
) -> None:
    """Columns as wide as they must be; nothing to print for no file."""
    rows = [_HEADS, *(_row(path, made) for path, made in files)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows if files else ():
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        sys.stdout.write("  ".join([first, *others]) + "\n")
    for path, reason in left_out:
        sys.stdout.write(f"{printable(path)}: left out: {printable(reason)}\n")


def _row(path: str, made: Estimate) -> tuple[str, ...]:
    return (
        printable(path),
        count(made.calls),
        count(made.prompt_tokens),
        count(made.output_tokens_low),
        count(made.output_tokens_high),
        "unknown" if made.cost_low is None else dollars(made.cost_low),
        "unknown" if made.cost_high is None else dollars(made.cost_high),
    )


def _print_json(
    files: Sequence[tuple[str, Estimate]], left_out: Sequence[tuple[str, str]], whole: Estimate
) -> None:
    data = {
        "version": 1,
        "files": [{"path": path, **as_data(made)} for path, made in files],
        "left_out": [{"path": path, "reason": reason} for path, reason in left_out],
        "all": as_data(whole),
    }
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
