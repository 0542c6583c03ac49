"""The tables of the README, made from action.yml so that they cannot differ from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
_DEFAULT = re.compile(r" Default `([^`]*)`\.$")


def action() -> dict[str, Any]:
    """Read action.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def split_default(description: str) -> tuple[str, str]:
    """Divide an input's description into what it says and its default, which may be empty."""
    found = _DEFAULT.search(description)
    return (description[: found.start()], found[1]) if found else (description, "")


def inputs_table() -> str:
    """Write a row for each input: name, meaning, default."""
    rows = ["| Input | Meaning | Default |", "| :-- | :-- | :-- |"]
    for name, given in action()["inputs"].items():
        meaning, default = split_default(given["description"])
        shown = f"`{default}`" if default else "*required*" if given.get("required") else ""
        shown = "the job's token" if name == "github-token" else shown
        rows.append(f"| `{name}` | {meaning} | {shown} |")
    return "\n".join(rows)


def outputs_table() -> str:
    """Write a row for each output: name, meaning."""
    rows = ["| Output | Meaning |", "| :-- | :-- |"]
    for name, given in action()["outputs"].items():
        rows.append(f"| `{name}` | {given['description']} |")
    return "\n".join(rows)
