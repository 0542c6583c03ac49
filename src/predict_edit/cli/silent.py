"""Nobody watches."""

from __future__ import annotations

from collections.abc import Sequence

from predict_edit.domain import FailedEdit, FileEdit, SourceFile


class Silent:
    """A watch that says nothing."""

    def begin(self, files: Sequence[SourceFile]) -> None:
        """Say nothing."""

    def received(self, path: str, characters: int) -> None:
        """Say nothing."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""
