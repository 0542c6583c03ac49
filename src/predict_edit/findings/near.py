"""Whether an edit is where the findings are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from predict_edit.domain import Finding, Hunk

MARGIN: Final = 10
"""Lines above and below a finding in which an edit may lie: what a linter points at is often only
the first line of what has to change."""
OFF_TARGET: Final = "off target: no finding is near these lines"


def near(findings: Iterable[Finding], margin: int = MARGIN) -> Callable[[Hunk], str | None]:
    """A judge of the hunks of one file: it gives a reason for those far from every finding.

    A finding without a line is about the whole file, so everything is near it. An insertion stands
    between two lines, and it is near if one of them is.
    """
    spans: list[tuple[int, int]] = []
    everywhere = False
    for found in findings:
        if found.line is None or found.end_line is None:
            everywhere = True
        else:
            spans.append((found.line - margin, found.end_line + margin))

    def judge(hunk: Hunk) -> str | None:
        first, last = (hunk.start, hunk.end) if hunk.removed else (hunk.start - 1, hunk.start)
        if everywhere or any(first <= end and start <= last for start, end in spans):
            return None
        return OFF_TARGET

    return judge
