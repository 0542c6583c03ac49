"""The seam to whatever turns an instruction and a file into a new file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from predict_edit.domain import EditRequest, FailedEdit, FileEdit

Progress = Callable[[int], None]
"""Called with the number of characters received so far for one file."""


class Editor(Protocol):
    """Edits files, several at a time; one object lives for one run."""

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Ask for one file. Never raises for what can go wrong with one file: it says so."""

    async def aclose(self) -> None:
        """Let go of connections."""
