"""Build the wheel, look into it, install it where the sources are not, and run the tests there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import wheel_check

ROOT = Path(__file__).resolve().parent.parent

# What depends on how the package is built: its data, its templates, its entry points. The rest of
# the tests shows nothing about a wheel that `make test` has not shown of the same modules.
AREAS = (
    *("action/test_comment.py", "cli/test_privileges.py", "edit/screening", "findings", "recorded"),
    *("report", "run/test_start.py", "settings", "support"),
)


def main() -> int:
    """Return the exit status of the tests against the installed wheel."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wheel = build(scratch)
        wrong = wheel_check.problems(wheel)
        if wrong:
            print("\n".join(wrong))
            return 1
        return run_tests(wheel, scratch)


def build(scratch: Path) -> Path:
    """Build from a copy, so that nothing is left in the tree."""
    source = scratch / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "-o", str(scratch)]
    subprocess.run([*command, str(source)], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = scratch.glob("*.whl")
    print(f"built {wheel.name}, {wheel.stat().st_size // 1024} kB")
    return wheel


def run_tests(wheel: Path, scratch: Path) -> int:
    """Run the tests with the installed wheel first on the path and the sources out of reach."""
    site = scratch / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True)
    tree = scratch / "tree"
    tree.mkdir()
    shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.name not in {"src", "tests", ".git", ".venv", "build", "dist"}:
            (tree / path.name).symlink_to(path)
    check = "import predict_edit, sys; sys.exit(not predict_edit.__file__.startswith(sys.argv[1]))"
    environment = {
        "PYTHONPATH": str(site),
        "PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin",
    }
    subprocess.run([sys.executable, "-c", check, str(site)], check=True, cwd=tree, env=environment)
    marks = "not docker and not live and not slow and not browser and not source"
    tests = [
        *(sys.executable, "-m", "pytest", "-q", "-n", "auto"),
        *("-m", marks, "-p", "no:cacheprovider"),
        *(f"tests/{area}" for area in AREAS),
    ]
    return subprocess.run(tests, check=False, cwd=tree, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
