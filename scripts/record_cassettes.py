"""Re-record the cassettes of the tests, against the sandbox, or check that they are current.

Everything is recorded into a scratch folder first: where a test fails, nothing changes. What no
test asks for any more is gone afterwards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "recorded"
CASSETTES = TESTS / "cassettes"


def main() -> int:
    """Record, then replace the cassettes, or with ``--check`` compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder) / "cassettes"
        if status := record(recorded):
            return status
        different = differences(CASSETTES, recorded)
        for name in different:
            print(f"differs: {name}")
        if check:
            print(f"{len(different)} cassettes differ; run `make cassettes`" if different else "ok")
            return 1 if different else 0
        shutil.rmtree(CASSETTES, ignore_errors=True)
        shutil.copytree(recorded, CASSETTES)
    print(f"recorded {len(texts(CASSETTES))} cassettes, {len(different)} of them new or changed")
    return 0


def record(folder: Path) -> int:
    """Run the recorded tests against the sandbox; their exit status."""
    folder.mkdir()
    command = [sys.executable, "-m", "pytest", str(TESTS), "--quiet", "-m", "vcr", "-n", "0"]
    command += ["--record-mode=rewrite", "-p", "no:randomly", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PREDICT_EDIT_CASSETTES": str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def texts(folder: Path) -> dict[str, bytes]:
    """The content of every cassette below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.yaml")}


def differences(old: Path, new: Path) -> list[str]:
    """The names of the cassettes that are not the same in both folders."""
    before, after = texts(old), texts(new)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


if __name__ == "__main__":
    sys.exit(main())
