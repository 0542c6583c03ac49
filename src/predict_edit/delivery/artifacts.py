"""The patches and the result of a run, as files in the workspace."""

from __future__ import annotations

from predict_edit.delivery.files import EDITS, REMAINDER, RESULT, Outbox
from predict_edit.domain import RunReport
from predict_edit.report.outputs import OutputPaths
from predict_edit.report.result import result_json
from predict_edit.suggest.patch import edits_patch, remainder_patch


def leave_files(outbox: Outbox, report: RunReport) -> OutputPaths:
    """Leave patches and result in the workspace."""
    placed = [result.placed for result in report.files if result.placed]
    edits, remainder = edits_patch(placed), remainder_patch(placed)
    return OutputPaths(
        patch=outbox.write(EDITS, edits) if edits else "",
        remainder_patch=outbox.write(REMAINDER, remainder) if remainder else "",
        result=outbox.write(RESULT, result_json(report)),
    )
