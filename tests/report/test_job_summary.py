from __future__ import annotations

import pytest

from predict_edit.domain.run_report import FileResult, FileStatus, Outcome
from predict_edit.report.summary import render_job_summary

from .conftest import HOSTILE, a_report, a_usage, an_edited_file, assert_inert, read_markdown


def test_chart_shows_the_parts_of_the_completion() -> None:
    """Accepted, rejected and other tokens of the chart add up to the completion tokens."""
    summary = render_job_summary(a_report(files=(an_edited_file(),)))

    assert read_markdown(summary).fences() == [
        (
            "pie showData title Completion tokens\n"
            '    "accepted" : 6\n    "rejected" : 4\n    "other" : 67\n'
        )
    ]


@pytest.mark.parametrize("figure", ["completion_tokens", "accepted_prediction_tokens"])
def test_no_chart_without_figures(figure: str) -> None:
    """If a figure was not reported, there is no chart."""
    files = (an_edited_file(usage=a_usage(**{figure: None})),)

    assert "mermaid" not in render_job_summary(a_report(files=files))


def test_chart_has_no_empty_slice() -> None:
    """Mermaid refuses a slice of 0."""
    usage = a_usage(accepted_prediction_tokens=77, rejected_prediction_tokens=0)

    (chart,) = read_markdown(
        render_job_summary(a_report(files=(an_edited_file(usage=usage),)))
    ).fences()

    assert chart.splitlines()[1:] == ['    "accepted" : 77']


def test_links_lead_back() -> None:
    """The summary comment and the review are linked."""
    summary = render_job_summary(
        a_report(summary_url="https://github.com/a", review_url="https://github.com/b")
    )

    assert "[Summary comment](https://github.com/a), [review](https://github.com/b)\n\n" in summary


def test_it_starts_with_the_outcome() -> None:
    """Below the title is the same sentence as in the comment."""
    assert render_job_summary(a_report()).splitlines()[:3] == [
        "## predict-edit",
        "",
        "**Done in part:** **1 suggestion** in `src/a.py`. Review it. 1 file failed.",
    ]


def test_nothing_to_do_is_short() -> None:
    report = a_report(outcome=Outcome.IGNORED, files=(), job=None, head="", model="", cost=None)

    assert render_job_summary(report) == (
        "## predict-edit\n\nNothing to do: this was not a command.\n"
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert(name: str) -> None:
    files = (an_edited_file(name), FileResult(path=name, status=FileStatus.FAILED, reason=name))

    assert_inert(read_markdown(render_job_summary(a_report(files=files, notes=(name,)))))


def test_it_stays_below_a_mebibyte() -> None:
    """GitHub drops a longer summary; a cut one says so."""
    files = [
        FileResult(
            path=f"{number}/" + "漢" * 200,
            status=FileStatus.FAILED,
            reason=f"{number}" + "漢" * 1_990,
        )
        for number in range(700)
    ]

    summary = render_job_summary(a_report(files=tuple(files)))

    assert len(summary.encode()) <= 1_000_000
    assert "Shortened to fit into a job summary." in summary


@pytest.mark.parametrize(
    ("shards", "said"),
    [
        (("1/2", "2/2"), "Planned: the files are divided over 2 jobs."),
        ((), "Nothing to edit: no file was found."),
    ],
)
def test_plan(shards: tuple[str, ...], said: str) -> None:
    """The plan says how many shards there are, if any."""
    report = a_report(outcome=Outcome.UNCHANGED, files=(), shards=shards)

    assert said in render_job_summary(report)
