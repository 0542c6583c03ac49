"""Delivery as patch files; every other way leaves them, too, for the hunks it could not place."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from predict_edit.delivery.delivered import Destination, demoted
from predict_edit.delivery.output_files import EDITS, REMAINDER, RESULT, OutputFolder
from predict_edit.domain.run_report import Delivered, FileResult, RunReport
from predict_edit.report.outputs import OutputPaths
from predict_edit.report.result import result_json
from predict_edit.suggest.patch import edits_patch, remainder_patch

NOT_INLINE: Final = "delivered as a patch, as asked"


def write_output_files(output: OutputFolder, report: RunReport) -> OutputPaths:
    """Write the patches and the result of a run; a patch without hunks is not written."""
    placed = [result.placed for result in report.files if result.placed]
    edits, remainder = edits_patch(placed), remainder_patch(placed)
    return OutputPaths(
        patch=output.write(EDITS, edits) if edits else "",
        remainder_patch=output.write(REMAINDER, remainder) if remainder else "",
        result=output.write(RESULT, result_json(report)),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class PatchDelivery:
    """Nothing is written to GitHub but the summary; :func:`write_output_files` does the rest."""

    to: Destination | None = None
    """``None`` for a branch, where nothing has to be saved first."""

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Move every suggestion to the patch."""
        return Delivered(files=demoted(results, NOT_INLINE))

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Save the paid answers, and nothing else."""
        if self.to is not None and self.to.save is not None:
            await self.to.save()
        return prepared
