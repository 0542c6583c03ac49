"""The text of the pull request that a run over a branch opens."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from predict_edit.domain.edits import Finding
from predict_edit.domain.run_report import RunReport
from predict_edit.report.jinja import fit, render
from predict_edit.report.markdown import BODY_LIMIT, length, marked
from predict_edit.report.view import view
from predict_edit.support.text import plural

_RULES = 6


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRow:
    """One file that the pull request changes."""

    path: str
    changes: int | None
    """Changed hunks; ``None`` for an edit of an earlier run."""
    findings: int
    rules: str


def pull_row(path: str, changes: int | None, findings: Sequence[Finding]) -> PullRow:
    """Describe one file with what was found in it, by rule."""
    counts = Counter(found.rule or found.tool or "other" for found in findings)
    named = [
        f"{rule} ({number:,})" if number > 1 else rule
        for rule, number in counts.most_common(_RULES)
    ]
    if len(counts) > _RULES:
        named.append("…")
    return PullRow(path=path, changes=changes, findings=len(findings), rules=", ".join(named))


def render_pull_request(
    report: RunReport,
    rows: Sequence[PullRow],
    *,
    marker: str,
    notes: Sequence[str] = (),
    about_findings: bool,
) -> str:
    """Render the text, at most 60,000 characters with its marker, which is the last line."""
    values = {
        "report": report,
        "view": view(report),
        "rows": tuple(rows),
        "findings": about_findings,
        "headline": _headline(rows, about_findings=about_findings),
        "notes": tuple(notes),
    }
    return fit(
        lambda cut: marked(render("pull_request.md.j2", cut=cut, **values), marker),
        length,
        BODY_LIMIT,
    )


def _headline(rows: Sequence[PullRow], *, about_findings: bool) -> str:
    files = plural(len(rows), "file")
    if not rows:
        return "Nothing is left to change."
    if not about_findings:
        return f"Changes {files} as instructed."
    found = plural(sum(row.findings for row in rows), "finding")
    return f"Changes {files} to fix {found} of linters."
