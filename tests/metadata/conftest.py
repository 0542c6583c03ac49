"""What the repository says about itself."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOLD = (
    *("README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "Dockerfile", "action.yml"),
    *("pyproject.toml", "requirements.txt", "requirements-build.txt", "requirements-dev.txt"),
    *("docs", "examples", "schema", ".github", "src"),
)
"""What the checks of scripts/ read."""


def load_script(name: str) -> ModuleType:
    """Import a module of scripts/, which is no package; its modules import each other."""
    if str(ROOT / "scripts") not in sys.path:
        sys.path.append(str(ROOT / "scripts"))
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def action() -> dict[str, Any]:
    """action.yml, read."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="session")
def readme() -> str:
    """The README."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def doc_tables() -> ModuleType:
    """The maker of the README's tables."""
    return load_script("doc_tables")


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
    """Replace what stands in a file of a copy; it must stand there."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")
