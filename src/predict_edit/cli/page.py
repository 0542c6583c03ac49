"""``predict-edit page``: the page of a finished run."""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from pathlib import Path

import pydantic

from predict_edit.cli.console import DONE
from predict_edit.cli.local_files import read_bytes, write_text
from predict_edit.delivery.output_files import EDITS, RESULT
from predict_edit.domain.edits import Usage
from predict_edit.domain.errors import ResultInvalid
from predict_edit.domain.run_report import OUTPUT_FOLDER
from predict_edit.report.page.changes import page_of
from predict_edit.report.page.html_page import render_page
from predict_edit.report.result import ResultFile

PAGE = "page.html"


def run(arguments: argparse.Namespace) -> int:
    """Make the page of what a run left in a folder, and say where the page is.

    Raises:
        ResultInvalid: it is not a finished run.
        LocalFileError: the patch cannot be read, or the page not written.
    """
    file = _result_file(arguments.run_folder)
    result = _read(file)
    edits, patch = file.with_name(EDITS), None
    if edits.exists():
        patch = read_bytes(edits).decode("utf-8", "surrogateescape")
    elif not any(f.hunks.inline + f.hunks.patch for f in result.files):
        patch = ""
    page = page_of(result, patch, overhead=_overhead(result))
    out = arguments.out or file.with_name(PAGE)
    write_text(out, render_page(page))
    sys.stdout.write(f"{out}\n")
    return DONE


def _result_file(where: Path) -> Path:
    """Find result.json: as named, in the folder named, or in the run's own folder below it."""
    for candidate in (where, where / RESULT, where / OUTPUT_FOLDER / RESULT):
        if candidate.is_file():
            return candidate
    raise ResultInvalid(
        f"{where} has no {RESULT}.",
        f"Name the {OUTPUT_FOLDER} folder that a run left behind.",
    )


def _read(file: Path) -> ResultFile:
    try:
        return ResultFile.model_validate_json(file.read_bytes())
    except (OSError, pydantic.ValidationError) as error:
        raise ResultInvalid(
            f"{file} is not what a run of this version leaves behind.",
            "Name the result.json of a finished run.",
        ) from error


def _overhead(result: ResultFile) -> Decimal | None:
    """Price the rejected tokens of a run by its model; ``None`` where that is not known."""
    if not result.cost_usd or not result.model:
        return None
    from predict_edit.llm.billing import PriceList  # noqa: PLC0415 - the price list takes its time

    usage = Usage(rejected_prediction_tokens=result.usage.rejected_prediction_tokens)
    return PriceList().overhead(usage, result.model)
