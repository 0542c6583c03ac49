"""What became of findings after an edit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Command


def lint(folder: Path, report: str) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    assert ruff is not None
    command = [ruff, "check", "--isolated", "--no-cache", "--exit-zero", "--select", "F"]
    command += ["--output-format", "json"]
    subprocess.run([*command, "--output-file", report, "src"], cwd=folder, check=True,
                   capture_output=True)  # fmt: skip


def test_real_ruff(tmp_path: Path, command: Command) -> None:
    """Findings are recognised although their lines moved; new ones fail the command."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("import os\nimport sys\nprint(undefined)\n")
    (tmp_path / "src" / "b.py").write_text("import os\n")
    lint(tmp_path, "before.json")
    (tmp_path / "src" / "a.py").write_text("\n\nprint(undefined)\n")
    (tmp_path / "src" / "b.py").write_text("")
    lint(tmp_path, "after.json")
    good = command("verify", "--before", "before.json", "--after", "after.json")
    bad = command("verify", "--before", "after.json", "--after", "before.json")

    assert (good.status, bad.status) == (0, 1)
    assert good.out == (
        "3 findings gone, 1 left, 0 new.\n\n"
        "| File | Gone | Left | New |\n"
        "| :-- | --: | --: | --: |\n"
        "| `src/a.py` | 2 | 1 | 0 |\n"
        "| `src/b.py` | 1 | 0 | 0 |\n"
    )
    assert bad.out.startswith("0 findings gone, 1 left, 3 new.\n")
    data = command("verify", "--before", "before.json", "--after", "after.json", "--json")
    assert json.loads(data.out) == {
        "version": 1,
        "gone": 3,
        "left": 1,
        "new": 0,
        "files": [
            {"path": "src/a.py", "gone": 2, "left": 1, "new": 0},
            {"path": "src/b.py", "gone": 1, "left": 0, "new": 0},
        ],
        "notes": [],
    }


def test_nothing_found(tmp_path: Path, command: Command) -> None:
    """Two empty reports have nothing to list."""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("[]")
    ran = command("verify", "--before", "a.json", "--after", "b.json")

    assert (ran.status, ran.out) == (0, "0 findings gone, 0 left, 0 new.\n")


def test_report_is_missing(tmp_path: Path, command: Command) -> None:
    """A missing report does not mean that nothing was found."""
    (tmp_path / "a.json").write_text("[]")
    ran = command("verify", "--before", "a.json", "--after", "b.json")

    assert (ran.status, ran.out) == (1, "")
    assert "cannot be opened (No such file or directory)" in ran.err


def test_bounded_and_harmless(tmp_path: Path, command: Command) -> None:
    """Of very many files only some are shown, the worst first; names cannot leave their cell."""
    found = [{"filename": f"src/f{n:03}|`x`.py", "location": {"row": 1}} for n in range(150)]
    (tmp_path / "a.json").write_text(json.dumps(found))
    (tmp_path / "b.json").write_text(json.dumps([*found, {"filename": "z.py", "message": "x"}]))
    ran = command("verify", "--before", "a.json", "--after", "b.json")
    rows = [line for line in ran.out.splitlines() if line.startswith("| `")]

    assert ran.status == 1
    assert rows[0] == "| `z.py` | 0 | 0 | 1 |"
    assert len(rows) <= 100
    assert ran.out.endswith("\nAnd 51 more files.\n")
