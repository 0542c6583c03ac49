"""scripts/lint_pins.py finds what is not pinned, and the notice names the licences."""

from __future__ import annotations

import importlib.metadata
import re
from email.message import Message
from pathlib import Path
from typing import cast

import pytest

import lint_pins

from .conftest import ROOT, change

pytestmark = pytest.mark.source


FREE = re.compile(r"\b(MIT|MIT-0|BSD|BSD-3-Clause|Apache|Apache-2\.0|PSF-2\.0|ISC)\b")
"""Licences that ask for nothing but to be named, which the packages' own files do."""


def unpin(root: Path, file: str, package: str) -> None:
    """Take a package, with its hashes, out of a file of pins."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    kept = re.sub(
        rf"^{re.escape(package)}==.*?(?=^\S|\Z)", "", text, flags=re.MULTILINE | re.DOTALL
    )
    assert kept != text
    path.write_text(kept, encoding="utf-8")


def test_this_tree_is_pinned() -> None:
    """All that the code imports is asked for and pinned, with hashes."""
    assert lint_pins.problems(ROOT) == []


def test_missing_pins_are_found(repository: Path) -> None:
    """A dependency missing from requirements.txt is reported; so is a missing indirect one."""
    unpin(repository, "requirements.txt", "openai")
    unpin(repository, "requirements.txt", "pygithub")
    unpin(repository, "requirements.txt", "requests")

    problems = lint_pins.problems(repository)

    assert [problem for problem in problems if "not pinned in requirements.txt" in problem] == [
        f"{name} is a dependency but not pinned in requirements.txt; run `make requirements`."
        for name in ("openai", "pygithub")
    ]
    assert any(
        problem.endswith(" imports requests, which requirements.txt does not pin.")
        for problem in problems
    )


def test_what_the_container_has_besides_is_found_missing(repository: Path) -> None:
    """The grammars are an extra elsewhere; the container has them, and so has a developer."""
    unpin(repository, "requirements.txt", "tree-sitter-go")
    unpin(repository, "requirements-dev.txt", "tree-sitter-go")

    assert lint_pins.problems(repository) == [
        f"tree-sitter-go is {where}; run `make requirements`."
        for where in (
            "in an extra but not pinned in requirements-dev.txt",
            "for the container but not pinned in requirements.txt",
        )
    ]


def test_pins_without_hash_or_with_an_address_are_found(repository: Path) -> None:
    """A pin that anything could satisfy, or that needs one index, is reported."""
    name = "requirements-build.txt"
    text = (repository / name).read_text(encoding="utf-8")
    (repository / name).write_text(f"--index-url https://example.org\nextra==1.0\n{text}")

    assert [problem for problem in lint_pins.problems(repository) if problem.startswith(name)] == [
        f"{name} names an address; pins must work with any index.",
        f"{name} has 1 pins without a hash.",
    ]


def test_undeclared_imports_are_found(repository: Path) -> None:
    """What only happens to be installed must not be imported, nor what a terminal alone has."""
    text = 'import hypothesis, tree_sitter\nimportlib.import_module("rich.console")\n'
    (repository / "src/predict_edit/run/attic.py").write_text(text, encoding="utf-8")

    assert lint_pins.problems(repository) == [
        f"src/predict_edit/run/attic.py imports {name}, which pyproject.toml does not ask for."
        for name in ("hypothesis", "rich", "tree_sitter")
    ]


def test_the_sandbox_asks_for_what_it_imports_and_does_not_import_the_action(
    repository: Path,
) -> None:
    text = "import hypothesis\nfrom predict_edit.domain import errors\n"
    place, pins = "sandbox/src/predict_edit_sandbox", "requirements-dev.txt"
    remedy = "run `make requirements`."
    (repository / place / "attic.py").write_text(text, encoding="utf-8")
    unpin(repository, pins, "graphql-core")

    assert lint_pins.problems(repository) == [
        f"graphql-core is a dependency of the sandbox but not pinned in {pins}; {remedy}",
        f"{place}/attic.py imports hypothesis, which sandbox/pyproject.toml does not ask for.",
        f"{place}/attic.py imports predict_edit, which sandbox/pyproject.toml does not ask for.",
        f"{place}/github/graphql.py imports graphql, which {pins} does not pin.",
    ]


def test_dependencies_for_nothing_are_found(repository: Path) -> None:
    """A dependency that nothing imports would ship in the container of strangers for nothing."""
    change(repository, "pyproject.toml", "dependencies = [", 'dependencies = [\n  "idna>=3",')

    assert lint_pins.problems(repository) == ["idna is a dependency that nothing imports."]


def test_notice_names_what_is_not_permissive() -> None:
    """Each package of the container whose licence asks for more is named, with that licence."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    demanding = set()
    for name in lint_pins.read_pins(ROOT)[0]["requirements.txt"]:
        try:
            told = cast("Message", importlib.metadata.metadata(name))
        except importlib.metadata.PackageNotFoundError:
            continue  # pinned for another system
        licence = " ".join([
            told.get("License-Expression") or (told.get("License") or "")[:40],
            *(each for each in told.get_all("Classifier") or () if each.startswith("License")),
        ])  # fmt: skip
        if not FREE.search(licence):
            demanding.add(name)

    assert demanding == {"certifi", "pathspec", "pygithub"}
    assert all(f"\n- {name}: " in notice for name in demanding)
