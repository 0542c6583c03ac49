"""The tables of docs/inputs.md, made from the table of fields and from action.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from predict_edit.settings.fields import (
    CommandOptions,
    Defaults,
    Inputs,
    default_values,
    names_of,
)

ROOT = Path(__file__).resolve().parent.parent


def action() -> dict[str, Any]:
    """Read action.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def default_of(name: str) -> str:
    """The default of an input, as people would write it; empty without one."""
    value = default_values().get(name, "")
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def description_of(name: str) -> str:
    """Describe an input as action.yml does."""
    words = Inputs.model_fields[name.replace("-", "_")].description or ""
    default = default_of(name)
    return f"{words} Default `{default}`." if default else words


def inputs_table() -> str:
    """Write a row for each input: name, meaning, default, and where else it can be set."""
    rows = ["| Input | Meaning | Default | Also in |", "| :-- | :-- | :-- | :-- |"]
    for name, given in action()["inputs"].items():
        default = default_of(name)
        shown = f"`{default}`" if default else "*required*" if given.get("required") else ""
        shown = "the job's token" if name == "github-token" else shown
        places = {"config": Defaults, "command": CommandOptions}
        also = ", ".join(place for place, model in places.items() if name in names_of(model))
        words = Inputs.model_fields[name.replace("-", "_")].description
        rows.append(f"| `{name}` | {words} | {shown} | {also} |")
    return "\n".join(rows)


def outputs_table() -> str:
    """Write a row for each output: name, meaning."""
    rows = ["| Output | Meaning |", "| :-- | :-- |"]
    for name, given in action()["outputs"].items():
        rows.append(f"| `{name}` | {given['description']} |")
    return "\n".join(rows)
