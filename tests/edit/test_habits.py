"""What models do to a file, and what comes of it: undone, doubted, or let through."""

from __future__ import annotations

import pathlib
import tomllib
from typing import Any

import pytest

from predict_edit.edit import guards
from predict_edit.edit.clean import clean

CASES: list[dict[str, Any]] = tomllib.loads(
    pathlib.Path(__file__).with_name("habits.toml").read_text("utf-8")
)["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_each_habit_has_its_outcome(case: dict[str, Any]) -> None:
    """``undone``: the text is what was meant; ``doubted``: asked again; else taken as it is."""
    path, original, answer = case["path"], case["original"], case["answer"]
    cleaned = clean(path, original, answer, instruction=case.get("instruction", "Edit it."))
    verdict = guards.judge(path, original, cleaned.text)
    if case["outcome"] == "doubted":
        assert verdict is not None or cleaned.instead is not None
        return
    assert verdict is None
    assert cleaned.text == case.get("text", answer)
    assert dict(cleaned.restored) == case.get("restored", {})
