"""Install what the benchmarks compare with, each in an environment of its own under ``.peers/``.

Nothing of it is part of the project. PR-Agent needs Python 3.12 or newer; an older pip would
silently take a version from years ago.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".peers" / "pr-agent"
WANTED = "pr-agent[github]==0.49.0"
PYTHONS = ("python3.12", "python3.13", "python3.14", "python3")
NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 12))"


def main() -> int:
    """Make the environment anew; say why where that is not possible."""
    python = next((name for name in PYTHONS if is_new_enough(name)), None)
    if python is None:
        print("PR-Agent needs Python 3.12 or newer, and there is none on the path")
        return 1
    shutil.rmtree(TARGET, ignore_errors=True)
    subprocess.run([python, "-m", "venv", str(TARGET)], check=True)
    pip = [str(TARGET / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", WANTED], check=True)
    print(f"installed: {WANTED} in {TARGET.relative_to(ROOT)}")
    return 0


def is_new_enough(name: str) -> bool:
    """Whether a Python of that name is there and can run PR-Agent."""
    path = shutil.which(name)
    if path is None:
        return False
    return (
        subprocess.run([path, "-c", NEW_ENOUGH], capture_output=True, check=False).returncode == 0
    )


if __name__ == "__main__":
    sys.exit(main())
