"""The job summary: the same as the summary comment, fuller, on the page of the workflow run."""

from __future__ import annotations

from predict_edit.domain import RunReport, Usage
from predict_edit.report.fitting import Cut, fit
from predict_edit.report.headline import headline
from predict_edit.report.templating import render, trusted
from predict_edit.report.view import view

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of one step's summary; GitHub drops a longer one whole."""
_AIM = 1_000_000


def render_job_summary(report: RunReport) -> str:
    """Render the job summary, at most 1,000,000 bytes of UTF-8."""
    seen = view(report)
    sentence = trusted(headline(report))
    slices = _slices(report.usage)

    def draw(cut: Cut) -> str:
        return render(
            "job_summary.md.j2",
            report=report,
            view=seen,
            headline=sentence,
            slices=slices,
            cut=cut,
        )

    return fit(draw, lambda text: len(text.encode("utf-8", "replace")), _AIM)


def _slices(usage: Usage) -> tuple[tuple[str, int], ...]:
    """Split the completion tokens for the chart; Mermaid takes no slice of 0.

    Accepted tokens are a part of the visible output and rejected ones come on top of it; both are
    inside the completion tokens. Without all three figures there is no chart.
    """
    completion = usage.completion_tokens
    accepted, rejected = usage.accepted_prediction_tokens, usage.rejected_prediction_tokens
    if completion is None or accepted is None or rejected is None:
        return ()
    parts = (
        ("accepted", accepted),
        ("rejected", rejected),
        ("other", max(0, completion - accepted - rejected)),
    )
    return tuple((name, number) for name, number in parts if number)
