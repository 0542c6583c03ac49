"""Pin every dependency, direct or not, with its hashes.

Three files: what the container holds, what builds the wheel, and what a developer needs. They are
exported requirements rather than a lock file, because a lock file names the index it was made with.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [
    str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet",
    "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--universal",
    "pyproject.toml",
]  # fmt: skip
TARGETS = {
    "requirements.txt": ["--python-version", "3.13", "--extra", "grammars"],
    "requirements-build.txt": ["--python-version", "3.13", "--only-group", "wheel"],
    "requirements-dev.txt": [
        "--python-version", "3.11", "--extra", "cli", "--extra", "grammars",
        "--group", "dev", "--no-strip-extras", "sandbox/pyproject.toml",
    ],
}  # fmt: skip
HEADER = "# Made by `make requirements` from pyproject.toml; do not edit.\n"


def main() -> int:
    """Rewrite the three files."""
    for name, options in TARGETS.items():
        command = COMMAND + options
        if "--only-group" in options:
            command.remove("pyproject.toml")
            index = command.index("--only-group")
            command[index : index + 2] = ["--group", options[-1]]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        if re.search(r"://", done.stdout):
            print(f"{name} would name an address; not written")
            return 1
        (ROOT / name).write_text(HEADER + done.stdout, encoding="utf-8")
        print(f"{name}: {done.stdout.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
