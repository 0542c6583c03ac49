"""The ways of delivery for a command on a pull request. A new way is a module and a row here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from predict_edit.delivery.commit import CommitDelivery
from predict_edit.delivery.delivered import Delivery, Destination, demoted, save_and_recheck
from predict_edit.delivery.suggestions import SuggestionDelivery
from predict_edit.domain.run_report import Delivered, FileResult

NOT_INLINE: Final = "delivered as a patch, as asked"


@dataclasses.dataclass(frozen=True, slots=True)
class PatchDelivery:
    """Nothing is written to GitHub but the summary; the patch files of every run do the rest."""

    to: Destination | None = None
    """``None`` for a branch, where nothing has to be saved first."""

    def prepare(self, results: Sequence[FileResult]) -> Delivered:
        """Move every suggestion to the patch."""
        return Delivered(files=demoted(results, NOT_INLINE))

    async def deliver(self, prepared: Delivered) -> Delivered:
        """Save the paid answers, and nothing else.

        Raises:
            CommandChanged: the comment was edited or deleted while the run worked.
            PullRequestClosed: the pull request was closed or merged.
            HeadMismatch: the command is for one commit, and the head moved.
            ForgeError: the comment could not be read.
        """
        if self.to is not None:
            await save_and_recheck(self.to)
        return prepared


WAYS: Final[Mapping[str, Callable[[Destination], Delivery]]] = {
    "suggestions": SuggestionDelivery,
    "commit": CommitDelivery,
    "patch": PatchDelivery,
}
