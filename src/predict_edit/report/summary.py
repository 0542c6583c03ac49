"""The one summary comment of a command: while the run works, and at its end."""

from __future__ import annotations

from predict_edit.domain import RunReport
from predict_edit.report.figures import plural
from predict_edit.report.fitting import Cut, fit
from predict_edit.report.headline import headline
from predict_edit.report.markdown import length, link, marked
from predict_edit.report.templating import render, trusted
from predict_edit.report.view import view

COMMENT_LIMIT = 65_536
"""Characters of a comment on GitHub; a longer one is refused whole."""
_AIM = 60_000
"""What is aimed at, so that another way of counting still lets the comment through."""


def render_summary(report: RunReport, *, marker: str) -> str:
    """Render the final summary comment, at most 60,000 characters with its marker.

    ``marker`` is the hidden HTML comment by which the comment is found again; it is the last line.
    """
    seen = view(report)
    sentence = trusted(headline(report))

    def draw(cut: Cut) -> str:
        body = render("summary.md.j2", report=report, view=seen, headline=sentence, cut=cut)
        return marked(body, marker)

    return fit(draw, length, _AIM)


def render_progress(done: int, total: int | None, *, marker: str, run_url: str = "") -> str:
    """Render what the summary comment says while the run works.

    ``total`` is ``None`` until the files are known.
    """
    where = f" Follow {link('the run', run_url)}." if run_url else ""
    if total is None:
        state = "Working: reading the pull request."
    else:
        state = f"Working: {done:,} of {plural(total, 'file')} done."
    return marked(f"{state}{where}", marker)
