"""A copy of the repository that a test may break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOLD = (
    *("README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "Dockerfile", "action.yml"),
    *("pyproject.toml", "requirements.txt", "requirements-build.txt", "requirements-dev.txt"),
    *("docs", "examples", "schema", ".github", "src", "sandbox"),
)
"""What the checks of scripts/ read."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the repository, to be changed, so that a check has something to find."""
    target = tmp_path / "repository"
    target.mkdir()
    leave = shutil.ignore_patterns("__pycache__", ".*_cache", "images")
    for path in (ROOT / name for name in TOLD):
        if path.is_dir():
            shutil.copytree(path, target / path.name, ignore=leave)
        else:
            shutil.copy(path, target / path.name)
    return target


def change(root: Path, name: str, old: str, new: str) -> None:
    """Replace a text in a file of a copy; the file must hold it."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")
