"""The rules of docs/architecture.md are rules of `lint-imports`, and each can be broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.source

LINTER = Path(sys.executable).with_name("lint-imports")
CIRCLES = "No two parts import each other"
FLOORS = "Seven floors: a room imports only from those below"
UPWARDS = (
    *(("support", "trigger"), ("select", "settings"), ("settings", "delivery")),
    *(("llm", "run"), ("run", "cli"), ("cli", "__main__")),
)
"""From each floor to the next one above."""
SIDEWAYS = (("domain", "support"), ("edit", "findings"), ("github", "llm"))
"""On each floor with several rooms, from one to another."""


def lint(root: Path) -> tuple[dict[str, bool], str]:
    """Whether a copy of the code keeps each rule, and what the linter printed."""
    done = subprocess.run(
        [LINTER, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    kept = {name: word == "KEPT" for name, word in re.findall(r"(.+) (KEPT|BROKEN)", done.stdout)}
    assert (done.returncode == 0) is all(kept.values()), done.stdout + done.stderr
    return kept, done.stdout


def add(root: Path, module: str, text: str) -> None:
    (root / "src" / "predict_edit" / f"{module}.py").write_text(text, encoding="utf-8")


def test_the_code_keeps_every_rule(repository: Path) -> None:
    kept, _ = lint(repository)
    assert kept == {CIRCLES: True, FLOORS: True}


def test_imports_upwards_and_sideways_are_found(repository: Path) -> None:
    for number, (room, other) in enumerate((*UPWARDS, *SIDEWAYS)):
        add(repository, f"{room}/attic{number}", f"import predict_edit.{other}\n")

    kept, printed = lint(repository)

    assert kept[FLOORS] is False
    for room, other in (*UPWARDS, *SIDEWAYS):
        assert f"predict_edit.{room} is not allowed to import predict_edit.{other}:" in printed


def test_a_circle_within_a_room_is_found(repository: Path) -> None:
    add(repository, "select/chicken", "import predict_edit.select.egg\n")
    add(repository, "select/egg", "import predict_edit.select.chicken\n")

    kept, _ = lint(repository)

    assert kept == {CIRCLES: False, FLOORS: True}


def test_a_new_room_needs_a_floor(repository: Path) -> None:
    add(repository, "attic", "")

    kept, _ = lint(repository)

    assert kept == {CIRCLES: True, FLOORS: False}
