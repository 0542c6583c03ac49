"""Reading reports from the workspace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from predict_edit.domain.errors import FindingsError
from predict_edit.findings.collection import Findings, collect
from predict_edit.findings.formats import read_reports
from predict_edit.findings.reported_finding import Roots
from predict_edit.findings.workspace import Workspace


def roots(workspace: Path) -> Roots:
    """The workspace is the repository."""
    return Roots(folders=(str(workspace),))


def read_findings(workspace: Path, globs: list[str], where: Roots) -> Findings:
    """The findings of all reports that match."""
    return collect(read_reports(Workspace(folder=workspace, roots=where), globs))


def test_globs(tmp_path: Path) -> None:
    """All matching files count, in order of their paths; the repository's git folder does not."""
    for name, text in (
        ("out/b.txt", "b.py:1:1: E1 x\n"),
        ("out/a.txt", f"{tmp_path}/a.py:2:1: E2 x\n"),
        (".git/c.txt", "c.py:1:1: E1 x\n"),
        ("d.log", "d.py:1:1: E1 x\n"),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = read_findings(tmp_path, ["*.txt"], roots(tmp_path))

    assert list(found.by_path) == ["a.py", "b.py"]


def test_nothing_matches(tmp_path: Path) -> None:
    """A report that was not written must not pass as a clean result."""
    with pytest.raises(FindingsError, match=r"No file in the workspace matches.*\(\*\.sarif\)"):
        read_findings(tmp_path, ["*.sarif"], roots(tmp_path))


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_only_plain_files(tmp_path: Path, kind: str) -> None:
    """Links are not followed, and pipes are not waited for."""
    secret = tmp_path / "secret"
    secret.write_text("a.py:1:1: E1 the secret\n")
    report = tmp_path / "space" / "r.txt"
    report.parent.mkdir()
    if kind == "link":
        report.symlink_to(secret)
    else:
        os.mkfifo(report)
    with pytest.raises(FindingsError, match=r"`r\.txt`"):
        read_findings(report.parent, ["*.txt"], roots(tmp_path))


def test_linked_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "r.txt").write_text("a.py:1:1: E1 x\n")
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "in").symlink_to(tmp_path / "outside")
    with pytest.raises(FindingsError, match="No file"):
        read_findings(tmp_path / "space", ["*.txt"], roots(tmp_path))
