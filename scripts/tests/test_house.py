"""The rules of docs/architecture.md are rules of `lint-imports`, and each can be broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import house

from .conftest import ROOT, change

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


def test_no_figure_of_the_house_passes_its_limit() -> None:
    assert house.problems(house.figures(ROOT), house.limits(ROOT)) == []


def test_figures_above_their_limits_are_found(repository: Path) -> None:
    """In a process of its own, as the graph of imports is that of the package on the path."""
    before = house.figures(ROOT)
    add(repository, "select/attic", "class RunReport: ...\n\n\ndef f() -> None:\n    import os\n")
    change(
        repository, "src/predict_edit/select/attic.py", "import os", "import os  # noqa: PLC0415"
    )
    add(repository, "attic", "# A comment.\n\n\nX = (\n    1\n)\n")
    for number in range(50):
        add(repository, f"select/link{number}", f"import predict_edit.select.link{number + 1}\n")
    add(repository, "select/link50", "")

    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "house.py", repository],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    found = {
        name: int(value.replace(",", ""))
        for name, value in re.findall(r"^([a-z-]+) +([\d,]+) ", done.stdout, re.MULTILINE)
    }
    assert found == before | {
        "rooms": before["rooms"] + 1,
        "modules": before["modules"] + 53,
        "code-lines": before["code-lines"] + 56,
        "small-modules": before["small-modules"] + 53,
        "longest-chain": 51,
        "module-names-twice": before["module-names-twice"] + 1,
        "class-names-twice": before["class-names-twice"] + 1,
        "late-imports": before["late-imports"] + 1,
    }
    for name, value in found.items():
        assert f"{name} is {value}, above the limit" in done.stdout


def test_the_map_names_every_room_and_only_what_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    floors = page.partition("```text\n")[2].partition("```")[0]
    package = ROOT / "src" / "predict_edit"
    rooms = {path.name for path in package.iterdir() if path.name not in house.BESIDE_THE_ROOMS}

    assert rooms == set(re.findall(r"^ [1-6 ]  (\w+) ", floors, re.MULTILINE))
    for name in re.findall(r"`(\w[\w/]*(?:\.py|/))`", page):
        assert (package / name).exists() or (ROOT / name).exists(), name


def test_at_most_twelve_modules_lead_from_a_comment_to_a_review() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    walk = re.findall(r"^\d+\. `([\w/]+\.py)`", page, re.MULTILINE)

    assert (walk[0], walk[-1]) == ("cli/action.py", "github/host.py")
    assert len(walk) <= 12
