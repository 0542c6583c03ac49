"""The folder of the workspace that a run leaves its files in."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Final

from predict_edit.domain.errors import EventError, OutputError
from predict_edit.domain.run_report import OUTPUT_FOLDER

EDITS: Final = "edits.patch"
REMAINDER: Final = "remainder.patch"
RESULT: Final = "result.json"


@dataclasses.dataclass(frozen=True, slots=True)
class OutputFolder:
    """The one folder of the workspace that this tool writes to."""

    workspace: Path

    @property
    def folder(self) -> Path:
        """Its path, whether or not it exists yet."""
        return self.workspace / OUTPUT_FOLDER

    def write(self, name: str, text: str) -> str:
        """Write one file and return its path relative to the workspace.

        Line ends and lone surrogates are written as ``text`` has them, so a patch keeps its bytes.
        An existing file is replaced; if it is a link, its target is not touched.

        Raises:
            EventError: the folder's name is taken by something else.
            OutputError: the file cannot be written.
        """
        make_folder(self.folder)
        path = self.folder / name
        try:
            path.unlink(missing_ok=True)
            with path.open("xb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise OutputError(
                f"`{OUTPUT_FOLDER}/{name}` cannot be written ({error.strerror}).",
                "Remove what is in its place, and check that the disk is not full.",
            ) from error
        return f"{OUTPUT_FOLDER}/{name}"

    def check(self) -> None:
        """Write every file of a run, empty, and remove them: before anything is paid for.

        Raises:
            EventError: the folder's name is taken by something else.
            OutputError: one cannot be written.
        """
        for name in (EDITS, REMAINDER, RESULT):
            self.write(name, "")
            (self.folder / name).unlink()


def make_folder(folder: Path) -> None:
    """Create a folder unless it exists. A checkout can contain a link of its name: never follow it.

    Raises:
        EventError: the name is taken by something else.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() or not folder.is_dir():
        raise EventError(
            f"`{folder.name}` in the workspace is no folder.",
            "Remove it from the branch, or do not check that branch out before this action.",
        )
