"""Prove that the pinned requirements cover what pyproject.toml asks for and name no index."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")


def problems() -> list[str]:
    """What is wrong with the pins, a sentence each."""
    found = []
    pins = {}
    for name in PINNED:
        text = (ROOT / name).read_text(encoding="utf-8")
        if "://" in text:
            found.append(f"{name} names an address; pins must work with any index.")
        pins[name] = {normal(match) for match in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}
        unhashed = len(pins[name]) - len(
            re.findall(r"^[\w.-]+==[^\n]*\\\n\s+--hash=", text, re.MULTILINE)
        )
        if unhashed:
            found.append(f"{name} has {unhashed} pins without a hash.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {normal(re.split(r"[\[<>=~! ;]", entry)[0]) for entry in project["dependencies"]}
    found.extend(
        f"{name} is a dependency but not pinned in requirements.txt; run `make requirements`."
        for name in sorted(wanted - pins["requirements.txt"])
    )
    return found


def normal(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    for problem in (faults := problems()):
        print(problem)
    sys.exit(1 if faults else 0)
