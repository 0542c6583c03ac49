"""What linters found, per file: from their reports to values that can be shown and judged by.

Everything here is pure; :mod:`predict_edit.findings.workspace` reads the files. The readers of the
formats are not imported here: most runs need none of them.
"""

from predict_edit.domain.edits import FindingsReport
from predict_edit.findings.collection import (
    MARGIN,
    MAX_FINDINGS,
    OFF_TARGET,
    Findings,
    collect,
    near,
)
from predict_edit.findings.reported_finding import Roots

__all__ = [
    "MARGIN",
    "MAX_FINDINGS",
    "OFF_TARGET",
    "Findings",
    "FindingsReport",
    "Roots",
    "collect",
    "near",
]
