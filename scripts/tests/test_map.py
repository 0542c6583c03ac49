"""The tests as they describe themselves."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"


def test_the_map_of_the_tests_is_complete() -> None:
    """tests/README.md names each folder that holds tests, and no other, in order."""
    readme = (TESTS / "README.md").read_text("utf-8")

    named = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)

    assert named == sorted(
        {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("*/test_*.py")}
    )
