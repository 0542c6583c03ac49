"""What the page about security promises is enforced by tests that exist."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from .corpus import CASES, FOLDER

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.source

ROW = re.compile(r"^\| (T\d+) \| [^|]* \| \w[^|]* \| (.*) \|$", re.MULTILINE)
LINK = re.compile(r"\[([\w-]+)\]\(\.\./((?:scripts/)?tests/[\w/-]+\.(?:py|yml))\)")
THREATS = [f"T{number}" for number in range(1, 26)]
THREAT_OF = {case.name: case.threat for case in CASES}


@functools.cache
def defined_in(path: Path) -> set[str]:
    """The names of a file's tests, those of classes too; none if it is missing."""
    if not path.is_file():
        return set()
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_"
    }


def row_problem(threat: str, cell: str) -> str:
    """What is wrong with a promise's one link to a test or to a hostile case."""
    found = LINK.fullmatch(cell)
    if found is None:
        return f"{threat} is not followed by one link: {cell}"
    name, path = found[1], ROOT / found[2]
    if path.parent != FOLDER:
        return "" if name in defined_in(path) else f"{threat} names no test: {cell}"
    if path.stem != name or THREAT_OF.get(name) != threat:
        return f"{threat} names no case of its own: {cell}"
    return ""


def problems(page: str) -> list[str]:
    """What is wrong with the table of promises."""
    rows = ROW.findall(page)
    wrong = [problem for row in rows if (problem := row_problem(*row))]
    if list(dict.fromkeys(threat for threat, _ in rows)) != THREATS:
        wrong.append("a threat is missing, unknown or in the wrong place")
    return wrong


def test_every_promise_is_enforced() -> None:
    assert problems(PAGE) == []


def test_the_table_is_read() -> None:
    """A change of its form must not empty it."""
    assert len(ROW.findall(PAGE)) == len(re.findall(r"^\| T", PAGE, re.MULTILINE)) >= 55


def test_every_case_has_a_threat_of_the_page() -> None:
    assert set(THREAT_OF.values()) <= set(THREATS)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("[test_git_sees_no_secret]", "[test_git_sees_every_secret]", "T20 names no test"),
        ("tests/suggest/test_diff.py", "tests/suggest/test_dif.py", "T20 names no test"),
        ("cases/stranger.yml", "cases/reader.yml", "T1 names no case"),
        ("| T5 |", "| T6 |", "T6 names no case"),
        ("[other-head](../tests/hostile/cases/other-head.yml)", "", "T5 is not followed"),
        ("| T24 |", "| T25 |", "a threat is missing"),
    ],
)
def test_a_broken_promise_is_found(old: str, new: str, wrong: str) -> None:
    """A renamed test, a moved file, a case of another threat, no link, no row."""
    assert wrong in " ".join(problems(PAGE.replace(old, new)))
