"""What SECURITY.md and the page about security promise is enforced by tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .corpus import CASES

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.source

NAMED = re.compile(r"`((?:scripts/)?tests/[\w/]+\.py)::([\w:]+)(?:\[([\w-]+)\])?`")


def page(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def promises() -> list[tuple[str, str]]:
    """Each line of the table: what is never done, and the cell with the tests."""
    return re.findall(r"^\| (\w[^|]*) \| (`tests/[^|]*) \|$", page("SECURITY.md"), re.MULTILINE)


def defined_in(path: Path) -> set[str]:
    """Every test of a file, by class and name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            f"{prefix}{one.name}"
            for one in inside
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    return found


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: str(promise)[2:40])
def test_every_promise_is_enforced(promise: tuple[str, str]) -> None:
    """Each line names at least one test, and each named test and case is there."""
    named = NAMED.findall(promise[1])
    names = {case.name for case in CASES}

    assert named
    assert NAMED.sub("", promise[1]).strip() == ""
    for path, test, case in named:
        assert test in defined_in(ROOT / path), (path, test)
        assert not case or case in names, case


def test_there_are_promises() -> None:
    """The table is read at all: a change of its form must not empty it."""
    assert len(promises()) >= 25


def test_every_threat_is_tried_somewhere() -> None:
    """Each row of the threats names tests and cases that exist, and no case has another number."""
    rows = dict(
        re.findall(r"^\| (T\d+) \| [^|]* \| (.*) \|$", page("docs/security.md"), re.MULTILINE)
    )

    assert list(rows) == [f"T{number}" for number in range(1, 26)]
    threats = {case.name: case.threat for case in CASES}
    for threat, tests in rows.items():
        named = NAMED.findall(tests)
        assert named, threat
        assert NAMED.sub("", tests).strip() == ""
        for path, test, case in named:
            assert test in defined_in(ROOT / path), (path, test)
            assert not case or threats[case] == threat, case
    assert set(threats.values()) <= set(rows)
