"""The files a run leaves in the workspace."""

from __future__ import annotations

import dataclasses
from pathlib import Path

FOLDER = "predict-edit-out"
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
        return self.workspace / FOLDER

    def write(self, name: str, text: str) -> str:
        """Write one file; the path relative to the workspace comes back.

        Line ends and lone surrogates stay as they are in ``text``, so that a patch keeps its bytes.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        return f"{FOLDER}/{name}"
