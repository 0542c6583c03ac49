"""``result.json`` and its schema."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from predict_edit.domain.edits import (
    Answer,
    Effort,
    Hunk,
    PlacedFile,
    Placement,
    PlacementKind,
    SourceFile,
    Usage,
)
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.report.result import ResultFile, result_json, result_schema, to_result
from predict_edit.report.summary import render_job_summary

from .conftest import HOSTILE, a_report, an_edited_file

SCHEMA = Path(__file__).resolve().parents[2] / "schema" / "result.schema.json"


def test_whole_result() -> None:
    """The keys, their order and their values are those of the contract."""
    report = a_report(files=(an_edited_file(),))

    assert json.loads(result_json(report)) == {
        "version": 1,
        "outcome": "partial",
        "head": "1" * 40,
        "base": "2" * 40,
        "instruction": "Replace string `FizzBuzz` with `MSFTBuzz`.",
        "model": "gpt-4o-mini",
        "files": [
            {
                "path": "src/a.py",
                "status": "edited",
                "reason": "",
                "prediction": "sent",
                "attempts": 1,
                "seconds": 3.21,
                "hunks": {"inline": 1, "patch": 1, "rejected": 1},
                "placements": [
                    {"start": 3, "end": 4, "kind": "inline", "reason": ""},
                    {"start": 10, "end": 11, "kind": "patch", "reason": "outside the diff"},
                    {
                        "start": 29,
                        "end": 29,
                        "kind": "rejected",
                        "reason": "adds an invisible character",
                    },
                ],
                "usage": {
                    "prompt_tokens": 124,
                    "cached_tokens": 0,
                    "cache_write_tokens": None,
                    "completion_tokens": 77,
                    "accepted_prediction_tokens": 6,
                    "rejected_prediction_tokens": 4,
                    "reasoning_tokens": None,
                },
                "answer": None,
                "restored": {},
                "removed_lines": 2,
            }
        ],
        "usage": {
            "prompt_tokens": 124,
            "cached_tokens": 0,
            "cache_write_tokens": None,
            "completion_tokens": 77,
            "accepted_prediction_tokens": 6,
            "rejected_prediction_tokens": 4,
            "reasoning_tokens": None,
        },
        "cost_usd": 0.0000648,
        "threads": [],
        "plan": None,
    }
    assert list(json.loads(result_json(report)))[:4] == ["version", "outcome", "head", "base"]


def test_unreported_figures_are_null() -> None:
    report = a_report(
        files=(
            an_edited_file(usage=None),
            FileResult(path="b", status=FileStatus.SKIPPED, reason="binary"),
        ),
        cost=None,
    )

    result = json.loads(result_json(report))

    assert result["files"][0]["usage"] is None
    assert result["files"][1]["usage"] is None
    assert result["files"][1]["prediction"] == "off"
    assert set(result["usage"].values()) == {None}
    assert result["cost_usd"] is None


def test_insertion_at_the_top_names_line_one() -> None:
    """A pure insertion before the first line has start and end 1."""
    placement = Placement(
        hunk=Hunk(start=1, removed=(), added=("x\n",)), kind=PlacementKind.PATCH, reason="y"
    )
    placed = PlacedFile(
        file=SourceFile(path="a", text="b\n", blob_sha=""), accepted="", placements=(placement,)
    )
    report = a_report(files=(FileResult(path="a", status=FileStatus.EDITED, placed=placed),))

    (place,) = to_result(report).files[0].placements

    assert (place.start, place.end) == (1, 1)


def test_many_files_take_little_memory() -> None:
    """A skipped file needs at most 1 kB while it is written, text included."""
    skipped = FileResult(path="src/part.py", status=FileStatus.SKIPPED, reason="beyond `max-files`")
    report = a_report(files=(skipped,) * 3_000)
    result_json(report)  # builds what checks

    tracemalloc.start()
    result_json(report)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 3_000 * 1_300


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_survives_the_way_through_json(text: str) -> None:
    """Names and reasons survive, lone surrogates aside, and fit the schema."""
    report = a_report(files=(FileResult(path=text, status=FileStatus.FAILED, reason=text),))

    written = result_json(report).encode()

    read = ResultFile.model_validate_json(written)
    assert read.files[0].path == text.replace("\ud800", "\ufffd")
    jsonschema.validate(json.loads(written), result_schema())


@pytest.mark.source
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_run_fits_the_schema(outcome: Outcome) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)

    for report in (a_report(outcome=outcome), a_report(outcome=outcome, files=(), job=None)):
        jsonschema.validate(json.loads(result_json(report)), schema)


def test_schema_refuses_what_is_wrong() -> None:
    """The schema is strict enough to refuse a missing figure and an unknown key."""
    result = json.loads(result_json(a_report()))
    del result["usage"]["cached_tokens"]
    with pytest.raises(jsonschema.ValidationError, match="cached_tokens"):
        jsonschema.validate(result, result_schema())

    result = json.loads(result_json(a_report())) | {"extra": 1}
    with pytest.raises(jsonschema.ValidationError, match="extra"):
        jsonschema.validate(result, result_schema())


@pytest.mark.source
def test_published_schema_is_current() -> None:
    """The file in schema/ is the one that the code makes."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == result_schema()


def test_how_files_were_answered_is_told_in_the_details() -> None:
    """By exact edits or in pieces, with their names; whole files are the rule."""

    def result(path: str, answer: Answer) -> FileResult:
        effort = Effort(attempts=1, answer=answer, usage=Usage(reasoning_tokens=3))
        return FileResult(path=path, status=FileStatus.UNCHANGED, effort=effort)

    files = (result("a.py", "edits"), result("b.py", "file"), result("c.py", "edits"))
    shown = render_job_summary(RunReport(outcome=Outcome.UNCHANGED, files=files))
    assert "Answered by exact edits: 2 files (`a.py`, `c.py`)." in shown
    assert "in pieces" not in shown
    assert "Reasoning: 9 of the completion tokens." in shown
