"""What linters found, per file: from their reports to values that can be shown and judged by.

Everything here is pure; :mod:`predict_edit.findings.workspace` reads the files.
"""

from predict_edit.domain import FindingsReport
from predict_edit.findings.collect import MAX_FINDINGS, Findings, collect
from predict_edit.findings.near import MARGIN, OFF_TARGET, near
from predict_edit.findings.paths import Roots
from predict_edit.findings.report import parse_report

__all__ = [
    "MARGIN",
    "MAX_FINDINGS",
    "OFF_TARGET",
    "Findings",
    "FindingsReport",
    "Roots",
    "collect",
    "near",
    "parse_report",
]
