"""The files a run leaves in the workspace."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from predict_edit.domain.errors import EventError
from predict_edit.domain.run_report import OUTPUT_FOLDER

EDITS = "edits.patch"
REMAINDER = "remainder.patch"
RESULT = "result.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Outbox:
    """A folder of its own inside the workspace."""

    workspace: Path

    @property
    def folder(self) -> Path:
        """Where the files go."""
        return self.workspace / OUTPUT_FOLDER

    def write(self, name: str, text: str) -> str:
        """Write one file; the path relative to the workspace comes back.

        Line ends and lone surrogates stay as they are in ``text``, so that a patch keeps its bytes.
        What stood there is replaced; if it was a link, what it points at is not touched.

        Raises:
            EventError: there is something else in the folder's place.
        """
        make_folder(self.folder)
        path = self.folder / name
        path.unlink(missing_ok=True)
        with path.open("xb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        return f"{OUTPUT_FOLDER}/{name}"


def make_folder(folder: Path) -> None:
    """Have a folder there. A checkout can hold a link of its name, which is not followed.

    Raises:
        EventError: there is something else in its place.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() or not folder.is_dir():
        raise EventError(
            f"`{folder.name}` in the workspace is no folder.",
            "Remove it there, or do not check that branch out before this action.",
        )
