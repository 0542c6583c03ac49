"""scripts/wheel_check.py and scripts/dist.py: what goes to a package index."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest

import dist
import test_wheel
import wheel_check

from .conftest import ROOT, change

pytestmark = pytest.mark.source


METADATA = """\
Metadata-Version: 2.4
Name: predict-edit
Version: {version}
Summary: {summary}
License-Expression: MIT
Requires-Python: >=3.11
Description-Content-Type: text/markdown
Requires-Dist: openai<9,>=1

{readme}"""


def rewritten(wheel: Path, target: Path, leave_out: str, extra: str) -> Path:
    """A wheel without what matches, and with one file more."""
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(target / wheel.name, "w") as new:
        for name in old.namelist():
            if not re.search(leave_out, name):
                new.writestr(name, old.read(name))
        new.writestr(extra, "")
    return target / wheel.name


def test_wheel_of_this_tree(tmp_path: Path) -> None:
    """The wheel contains the package; missing or additional files are reported."""
    built = tmp_path / "built"
    built.mkdir()
    wheel = test_wheel.build(built)

    assert wheel_check.problems(wheel) == []

    lost = rewritten(
        wheel, tmp_path, r"py\.typed|summary\.md\.j2|NOTICE|entry_points", "tests/x.py"
    )
    assert wheel_check.problems(lost) == [
        "The wheel lacks predict_edit/py.typed.",
        "The wheel lacks predict_edit/report/templates/job_summary.md.j2.",
        "The wheel lacks predict_edit/report/templates/summary.md.j2.",
        "The wheel holds tests/x.py, which is not of the package.",
        "The wheel does not ship NOTICE.",
        "The wheel does not install the command `predict-edit`.",
    ]


def test_only_the_readme_as_markdown_is_a_description(repository: Path) -> None:
    """A page that is not the README, not Markdown, or would lose its HTML, is reported."""
    readme = (repository / "README.md").read_text(encoding="utf-8")
    text = METADATA.format(version="1.0.0", summary="Edits.", readme=readme)

    assert wheel_check.description_problems(text, repository) == []
    assert wheel_check.description_problems(text + "more", repository) == [
        "The wheel's description is not the README."
    ]
    assert wheel_check.description_problems(text.replace("markdown", "x-rst", 1), repository) == [
        "The wheel's description is not marked as Markdown."
    ]
    change(repository, "README.md", "## Quick start", "<details>hidden</details>\n\n## Quick start")
    readme = (repository / "README.md").read_text(encoding="utf-8")
    text = METADATA.format(version="1.0.0", summary="Edits.", readme=readme)
    (problem,) = wheel_check.description_problems(text, repository)
    assert problem.startswith("The README has HTML, which a package index may drop: <details>")


def test_metadata_that_differs_is_reported(repository: Path) -> None:
    """What the wheel says of itself is compared with pyproject.toml and the code, and validated."""
    text = METADATA.format(version="9.9.9", summary="Something else.", readme="")

    told = " ".join(wheel_check.metadata_problems(text, repository))

    for key in ("version", "description", "classifiers", "dependencies"):
        assert f"The wheel's {key} is " in told
    assert "requires-python is" not in told
    invalid = text.replace("Version: 9.9.9", "Version: nine")
    (problem,) = wheel_check.metadata_problems(invalid, repository)
    assert problem.startswith("The wheel's metadata is not valid")


def test_links_of_the_page_lead_somewhere(repository: Path) -> None:
    """On a package index no relative link of the README is left, and code is as it was."""
    readme = (repository / "README.md").read_text(encoding="utf-8")

    page = dist.absolute(readme, "octo/predict-edit", "v1.2.3")

    targets = [found["target"] for found in dist._LINK.finditer(page)]
    assert targets
    assert all(re.match(r"https://|#", target) for target in targets)
    assert "](https://github.com/octo/predict-edit/blob/v1.2.3/docs/models.md#azure-" in page
    assert "](https://raw.githubusercontent.com/octo/predict-edit/v1.2.3/docs/images/" in page
    assert "](#examples)" in page
    assert dist.absolute(page, "another/one", "v9") == page


def test_page_names_the_repository() -> None:
    """The addresses of source, issues and changelog are added to the metadata, once."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    changed = dist.with_addresses(text, "octo/predict-edit")

    assert changed.count("[project.urls]") == 1
    assert 'Issues = "https://github.com/octo/predict-edit/issues"' in changed


def test_nothing_of_a_cache_is_looked_for(tmp_path: Path) -> None:
    """What tools leave in the tree is not part of the package."""
    package = tmp_path / "src" / "predict_edit"
    for name in ("a.py", "__pycache__/a.pyc", ".mypy_cache/x", "py.typed"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("")

    held = {"predict_edit/a.py", "predict_edit/py.typed"}
    assert wheel_check.content_problems(held, tmp_path) == []
    shutil.rmtree(package)
    package.mkdir()
    assert wheel_check.content_problems(set(), tmp_path) == [
        "The wheel lacks predict_edit/py.typed."
    ]
