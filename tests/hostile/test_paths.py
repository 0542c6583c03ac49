"""Files are never read or written through what another person has put in the way."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from predict_edit.cli import privileges
from predict_edit.delivery.output_files import EDITS, OutputFolder
from predict_edit.domain.errors import EventError
from predict_edit.domain.run_report import OUTPUT_FOLDER


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder outside the workspace with a file that matters."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    (folder / EDITS).write_text("precious")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace, as a checkout of another person's branch may have left it."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def test_folder_that_is_a_link_is_not_written_into(workspace: Path, elsewhere: Path) -> None:
    """A checkout may have a link in place of our folder; nothing behind it changes."""
    (workspace / OUTPUT_FOLDER).symlink_to(elsewhere, target_is_directory=True)
    before = stat.S_IMODE(elsewhere.stat().st_mode)

    with pytest.raises(EventError, match="is not a folder"):
        privileges.prepare_folder(workspace / OUTPUT_FOLDER)
    with pytest.raises(EventError, match="is not a folder"):
        OutputFolder(workspace).write(EDITS, "x")

    assert (elsewhere / EDITS).read_text() == "precious"
    assert stat.S_IMODE(elsewhere.stat().st_mode) == before


@pytest.mark.parametrize("kind", ["link", "hard link", "dangling"])
def test_file_that_is_a_link_is_replaced(workspace: Path, elsewhere: Path, kind: str) -> None:
    """A link in place of our file is removed; its target stays as it is."""
    outbox = OutputFolder(workspace)
    outbox.folder.mkdir()
    target, there = elsewhere / EDITS, outbox.folder / EDITS
    if kind == "hard link":
        os.link(target, there)
    else:
        there.symlink_to(target if kind == "link" else elsewhere / "new")

    assert outbox.write(EDITS, "ours") == f"{OUTPUT_FOLDER}/{EDITS}"

    assert there.read_text() == "ours"
    assert not there.is_symlink()
    assert target.read_text() == "precious"
    assert not (elsewhere / "new").exists()


def test_a_file_of_an_earlier_step_is_replaced(workspace: Path) -> None:
    """Run twice in one job, the second run's files count."""
    outbox = OutputFolder(workspace)
    outbox.write(EDITS, "a much longer text")
    outbox.write(EDITS, "short")

    assert (outbox.folder / EDITS).read_bytes() == b"short"


def test_a_file_in_the_way_of_the_folder(workspace: Path) -> None:
    """Another thing of that name is reported, and not overwritten."""
    (workspace / OUTPUT_FOLDER).write_text("theirs")

    with pytest.raises(EventError, match="is not a folder"):
        privileges.prepare_folder(workspace / OUTPUT_FOLDER)
    assert (workspace / OUTPUT_FOLDER).read_text() == "theirs"
