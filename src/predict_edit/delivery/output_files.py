"""The folder of the workspace that a run leaves its files in."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

from predict_edit.domain.errors import EventError, OutputError
from predict_edit.domain.run_report import OUTPUT_FOLDER

EDITS: Final = "edits.patch"
REMAINDER: Final = "remainder.patch"
RESULT: Final = "result.json"
_WRITTEN: Final = frozenset({".patch", ".json"})
_PROBE: Final = ".probe"


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
            raise _unwritable(name, error.strerror or "") from error
        return f"{OUTPUT_FOLDER}/{name}"

    def check(self) -> None:
        """Try to write, before anything is paid for; what an earlier step left stays.

        Raises:
            EventError: the folder's name is taken by something else.
            OutputError: a file of a run cannot be written.
        """
        self.write(_PROBE, "x")
        (self.folder / _PROBE).unlink()
        for path in self.folder.iterdir():
            if path.suffix in _WRITTEN and path.is_dir() and not path.is_symlink():
                raise _unwritable(path.name, "it is a folder")


def make_folder(folder: Path) -> None:
    """Create a folder unless it exists. A checkout can contain a link of its name: never follow it.

    Raises:
        EventError: the name is taken by something else.
        OutputError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise _unwritable("", error.strerror or "") from error
    if folder.is_symlink() or not folder.is_dir():
        raise EventError(
            f"`{folder.name}` in the workspace is not a folder.",
            "Remove it from the branch, or do not check that branch out before this action.",
        )


def _unwritable(name: str, reason: str) -> OutputError:
    return OutputError(
        f"`{OUTPUT_FOLDER}/{name}` cannot be written ({reason}).",
        "Remove what is in its place, and check the permissions and that the disk is not full.",
    )
