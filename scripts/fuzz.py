"""Feed the readers and writers of foreign text with what a coverage-guided fuzzer makes up.

``python scripts/fuzz.py [--seconds N] [TARGET …]`` runs the same checks as
``tests/hostile/test_fuzz.py``, with atheris in the place of hypothesis. atheris is no dependency:
it has wheels for few versions of Python. What made a target fail is left in ``fuzz-out/``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "fuzz-out"
ORACLES = "tests.hostile.oracles"
TARGETS = ("command", "patch", "report", "marker", "log", "annotation", "outputs", "fence")
MISSING = """\
atheris is not installed, so nothing was fuzzed. It has wheels for Linux and some versions of
Python only:

    python -m pip install atheris

The properties of tests/hostile/test_fuzz.py are checked without it, by `make test`."""
NOTHING_RAN = 3


def feed(oracles: Any) -> Mapping[str, Callable[[Any], None]]:
    """How each target makes its input out of the fuzzer's bytes."""

    def texts(data: Any) -> list[str]:
        return [data.ConsumeUnicode(40) for _ in range(data.ConsumeIntInRange(1, 6))]

    def rest(data: Any) -> str:
        return str(data.ConsumeUnicode(data.remaining_bytes()))

    def patch(data: Any) -> None:
        counted = data.ConsumeBool()
        lines = [text.replace("\n", " ") for text in texts(data)]
        oracles.check_patch(lines, f"@@ -1 +1 @@\n{rest(data)}", counted=counted)

    def marker(data: Any) -> None:
        value = re.sub("[^a-z0-9.-]", "", data.ConsumeUnicode(8))
        oracles.check_marker(rest(data), value)

    def foreign(data: Any) -> None:
        marker(data)
        oracles.check_foreign_marker(f"<!-- predict-edit:v1 summary {rest(data)}")

    return {
        "command": lambda data: oracles.check_command(oracles.WORD + rest(data)),
        "patch": patch,
        "report": lambda data: oracles.check_report(data.ConsumeBytes(data.remaining_bytes())),
        "marker": foreign,
        "log": lambda data: oracles.check_log(texts(data)),
        "annotation": lambda data: oracles.check_annotation(data.ConsumeUnicode(40), rest(data)),
        "outputs": lambda data: oracles.check_outputs(texts(data)),
        "fence": lambda data: oracles.check_fence(rest(data)),
    }


def fuzz(target: str, arguments: list[str]) -> None:
    """Run one target in this process; the fuzzer ends it."""
    atheris = importlib.import_module("atheris")
    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["predict_edit"]):
        oracles = importlib.import_module(ORACLES)
    one = feed(oracles)[target]
    atheris.Setup(arguments, lambda data: one(atheris.FuzzedDataProvider(data)))
    atheris.Fuzz()


def main() -> int:
    """Return 0 where no target failed, 1 where one did, 3 where nothing could be fuzzed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if importlib.util.find_spec("atheris") is None:
        print(MISSING, file=sys.stderr)
        return NOTHING_RAN
    OUT.mkdir(exist_ok=True)
    if given.here:
        (target,) = given.targets
        limits = [f"-max_total_time={given.seconds}", "-max_len=2000", "-timeout=10"]
        fuzz(target, [sys.argv[0], *limits, f"-artifact_prefix={OUT}/{target}-"])
        return 0
    failed = [name for name in given.targets or TARGETS if not passes(name, given.seconds)]
    return 1 if failed else 0


def passes(target: str, seconds: int) -> bool:
    """Run one target in a process of its own, and say how it went."""
    command = [sys.executable, __file__, "--here", f"--seconds={seconds}", target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    runs = re.search(r"Done (\d+) runs", done.stdout + done.stderr)
    if done.returncode == 0 and runs:
        print(f"ok   {target}: {int(runs[1]):,} inputs", flush=True)
        return True
    print(f"FAIL {target}:\n{done.stdout[-3_000:]}\n{done.stderr[-1_000:]}", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
