"""The checks of scripts/agreement.py find what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

import agreement
from predict_edit import __version__

from .conftest import ROOT, change

pytestmark = pytest.mark.source


INIT = "src/predict_edit/__init__.py"
WRONG = [
    # the version
    (INIT, f'"{__version__}"', '"9.9"', "the version is in one place", "no `__version__`"),
    ("pyproject.toml", 'dynamic = ["version"]', 'version = "1.0.0"', "the version is in one place",
     "a version of its own"),
    ("src/predict_edit/cli/main.py", "import argparse", f'import argparse\nHERE = "{__version__}"',
     "the version is in one place", "cli/main.py repeats the version"),
    (INIT, f'"{__version__}"', '"9.9.9"', "the changelog has the version",
     "does not start with 9.9.9"),
    (INIT, f'"{__version__}"', '"9.9.9"', "pages and examples name the version",
     "README.md pins v"),
    ("examples/dispatch.yml", f"# v{__version__}", "# v0.0.1",
     "pages and examples name the version", "examples/dispatch.yml pins v0.0.1"),
    # the metadata
    ("action.yml", "image: Dockerfile", "image: docker://ghcr.io/octo/predict-edit:v1",
     "action.yml runs an exact image", "neither `Dockerfile` nor an image of ghcr.io by digest"),
    ("action.yml", "using: docker", "using: composite", "action.yml runs an exact image",
     "no container action"),
    ("action.yml", "image: Dockerfile", "image: Dockerfile\n  args: [help]",
     "action.yml runs an exact image", "has `args`"),
    ("docs/inputs.md", "\n| `max-cost` | ", "\n| ", "docs/inputs.md has all inputs and outputs",
     "no row for the input `max-cost`"),
    ("docs/inputs.md", "\n| `hunks-rejected` | ", "\n| ",
     "docs/inputs.md has all inputs and outputs",
     "no row for the output `hunks-rejected`"),
    ("schema/predict-edit.schema.json", '"max-cost": {', '"max-coast": {',
     "the config's schema has the inputs", "does not know the input `max-cost`"),
    ("schema/predict-edit.schema.json", '"max-cost": {', '"base-url": {',
     "the config's schema has the inputs", "lets a config set `base-url`"),
    # the container
    ("Dockerfile", 'ENTRYPOINT ["/opt/venv/bin/python3", "-I", "-u", "-B", "-m", "predict_edit"]',
     "ENTRYPOINT /opt/venv/bin/python3 -I -u -B -m predict_edit",
     "the Dockerfile starts without a shell", "not in exec form"),
    ("Dockerfile", '"-I", ', "", "the Dockerfile starts without a shell", "ENTRYPOINT is not `["),
    ("Dockerfile", '["/opt/venv/bin/python3", "-I",', '["/bin/sh", "-c",',
     "the Dockerfile starts without a shell", "ENTRYPOINT is not `["),
    ("Dockerfile", "ENTRYPOINT", "USER 1001\nENTRYPOINT", "the Dockerfile starts without a shell",
     "has `USER`"),
    ("Dockerfile", "python:3.13-slim@sha256:", "python:3.13-slim#", "the Dockerfile is pinned",
     "no digest"),
    ("Dockerfile", "FROM ${BASE_IMAGE} AS build", "FROM python:3.13 AS build",
     "the Dockerfile is pinned", "something else than BASE_IMAGE"),
    ("Dockerfile", "--require-hashes -r /src/requirements.txt", "-r /src/requirements.txt",
     "the Dockerfile is pinned", "installs without hashes"),
    # the rest
    (".github/workflows/ci.yml", '"3.12", ', "", "the versions of Python agree", "CI tests"),
    ("pyproject.toml", 'requires-python = ">=3.11"', 'requires-python = ">=3.10"',
     "the versions of Python agree", "requires-python"),
    ("pyproject.toml", 'license-files = ["LICENSE", "NOTICE"]', 'license-files = ["LICENSE"]',
     "the licences are shipped", "LICENSE and NOTICE"),
]  # fmt: skip
"""File, old text, new text, the check, and what it must say."""


@pytest.mark.parametrize("check", agreement.CHECKS)
def test_this_tree_agrees(check: str) -> None:
    """Each check is content with the tree as it is."""
    assert agreement.CHECKS[check](ROOT) == []


@pytest.mark.parametrize(("name", "old", "new", "check", "said"), WRONG)
def test_disagreement_is_found(
    repository: Path, name: str, old: str, new: str, check: str, said: str
) -> None:
    """A change in one file that the others do not follow is reported, with its place."""
    change(repository, name, old, new)

    problems = agreement.CHECKS[check](repository)

    assert any(said in problem for problem in problems), problems


def test_each_check_has_been_seen_to_fail() -> None:
    """No check is content with everything: the table of changes has a row for each."""
    assert {row[3] for row in WRONG} == set(agreement.CHECKS)


def test_missing_licence_is_found(repository: Path) -> None:
    """A licence that is promised but missing is reported."""
    (repository / "NOTICE").unlink()

    assert agreement.CHECKS["the licences are shipped"](repository) == ["NOTICE is missing."]


def test_release_commit_agrees(repository: Path) -> None:
    """The image that a release commit runs is an exact one."""
    image = f"image: docker://ghcr.io/octo/predict-edit@sha256:{'a' * 64}"
    change(repository, "action.yml", "image: Dockerfile", image)

    assert agreement.CHECKS["action.yml runs an exact image"](repository) == []
