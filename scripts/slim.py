"""Make the image's packages smaller: ``python3 slim.py SITE_PACKAGES``. The Dockerfile runs it.

What goes: symbols for debuggers, parts of libraries that no run imports, and the libraries' source
beside its bytecode. Our own modules keep their source, which tracebacks show.
"""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from pathlib import Path

OWN = "predict_edit"
UNUSED = {
    # Only chat completions and the list of models are called; the SDK imports the rest on demand.
    "openai/resources/*": {"__init__.py", "chat", "models.py"},
    "openai/types/admin": set(),
    "openai/types/beta": set(),
    "openai/types/live": set(),
    "openai/types/realtime": set(),
    "openai/types/evals": set(),
    "openai/lib/*_tool_runner.py": set(),
    "openai/lib/beta": set(),
    "openai/lib/live": set(),
    "openai/lib/browser.py": set(),
    "openai/lib/computer.py": set(),
    # PyNaCl needs cffi's compiled half only, which lies beside it.
    "cffi": set(),
    "pycparser": set(),
    "pydantic/v1": set(),
    "*/py.typed": set(),
    "*.dist-info/RECORD": set(),
    "*.dist-info/sboms": set(),
}
"""Patterns of what no run imports, and the names among them that stay."""


def slim(packages: Path) -> None:
    """Remove, strip and compile in place.

    Raises:
        FileNotFoundError: A pattern matches nothing, so a library has changed.
        SyntaxError: A module cannot be compiled.
        subprocess.CalledProcessError: ``strip`` failed.
    """
    for pattern, kept in UNUSED.items():
        found = [path for path in packages.glob(pattern) if path.name not in kept]
        if not found:
            raise FileNotFoundError(
                f"{pattern} matches nothing in {packages}: correct UNUSED in {__file__}."
            )
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    libraries = [str(path) for path in packages.rglob("*.so")]
    subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)
    for path in list(packages.rglob("*.py")):
        own = path.relative_to(packages).parts[0] == OWN
        if not compileall.compile_file(path, quiet=1, legacy=not own):
            raise SyntaxError(f"{path} cannot be compiled.")
        if not own:
            path.unlink()


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
