"""The seam to whatever turns an instruction and a file into a new file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from predict_edit.domain.edits import (
    ChangePlan,
    EditRequest,
    FailedEdit,
    FileEdit,
    PlanRequest,
    SourceFile,
)
from predict_edit.domain.run_report import FileResult

Progress = Callable[[int], None]
"""Called with the number of characters received so far for one file."""


class Editor(Protocol):
    """Edits files, several at a time; one object lives for one run."""

    @property
    def model(self) -> str:
        """The model that answered, as its API names it; until then the configured one."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know about the model, a sentence each."""

    def declines(self, file: SourceFile) -> str | None:
        """Say why a file cannot be asked for at all, such as its length; nothing is paid yet."""

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Ask for one file. Never raises for what can go wrong with one file: it says so."""

    async def plan(self, request: PlanRequest) -> ChangePlan:
        """Ask which files a change concerns. Never raises for what can go wrong: it says so."""

    async def aclose(self) -> None:
        """Let go of connections."""


class Watch:
    """Sees how far each file is; this one shows nothing."""

    def received(self, path: str, characters: int) -> None:
        """So many characters of a file's answer have arrived."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """A file's answer is complete, or there will be none."""

    def done(self, result: FileResult) -> None:
        """A file is placed, whether it was sent to the model or known."""
