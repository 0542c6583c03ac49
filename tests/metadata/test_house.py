"""The rules of docs/architecture.md are rules of `lint-imports`, and each can be broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.source

LINTER = Path(sys.executable).with_name("lint-imports")


def kept(root: Path) -> dict[str, bool]:
    """Every rule, and whether the code of a copy keeps it."""
    done = subprocess.run(
        [LINTER, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line.strip() for line in done.stdout.splitlines()]
    rules = {line.removesuffix(" KEPT"): True for line in told if line.endswith(" KEPT")}
    rules |= {line.removesuffix(" BROKEN"): False for line in told if line.endswith(" BROKEN")}
    assert (done.returncode == 0) is all(rules.values()), done.stdout + done.stderr
    return rules


CIRCLES = "No two parts import each other"
FLOORS = "Every module has its floor, and imports only from those below"
NOUNS = "Edits, suggestions and reports know only the nouns and the errors"
APART = "Model and GitHub do not know each other"
FORGE = "The steps of a run know GitHub only as a forge"
SANDBOX = "The sandbox is for the command line and the tests alone"


def test_the_house_as_it_is_keeps_every_rule(repository: Path) -> None:
    """All six, of the code as it stands."""
    assert kept(repository) == dict.fromkeys((CIRCLES, FLOORS, NOUNS, APART, FORGE, SANDBOX), True)


@pytest.mark.parametrize(
    ("file", "imported", "broken"),
    [
        ("errors.py", "predict_edit.domain", {FLOORS}),
        ("laptop/silent.py", "predict_edit.cli.main", {CIRCLES, FLOORS}),
        ("suggest/words.py", "predict_edit.support.text", {NOUNS}),
        ("llm/purse.py", "predict_edit.github.answer", {APART, FORGE}),
        ("delivery/marks.py", "predict_edit.github.refusals", {FORGE}),
        ("laptop/silent.py", "predict_edit_sandbox.world", {SANDBOX}),
    ],
)
def test_an_import_that_breaks_a_rule_is_found(
    repository: Path, file: str, imported: str, broken: set[str]
) -> None:
    """One import too many, added to a copy of the code, breaks just the rules it should."""
    with (repository / "src" / "predict_edit" / file).open("a", encoding="utf-8") as module:
        module.write(f"\nimport {imported}\n")
    assert {rule for rule, whole in kept(repository).items() if not whole} == broken


def test_a_new_module_needs_a_floor(repository: Path) -> None:
    """A module that the list of floors leaves out is told."""
    (repository / "src" / "predict_edit" / "attic.py").write_text("", encoding="utf-8")
    assert {rule for rule, whole in kept(repository).items() if not whole} == {FLOORS}
