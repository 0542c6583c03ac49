"""Files that were valid and must stay so."""

from __future__ import annotations

import ast
import sys
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from predict_edit.edit.guards import parsers, stubs, syntax
from predict_edit.edit.guards.parsers import (
    BUILT_IN,
    MAX_YAML_DEPTH,
    Malformed,
    Parser,
    Unjudged,
)
from predict_edit.edit.rewrite import compare


def problem(
    path: str, original: str, edited: str, parsers: Mapping[str, Parser] = BUILT_IN
) -> str | None:
    """The verdict on an edit."""
    return syntax.problem(compare(path, original, edited), parsers)


VALID = {
    ".py": "a = 1\n",
    ".pyi": "def f() -> int: ...\n",
    ".json": '{"a": 1}\n',
    ".ipynb": '{"cells": []}\n',
    ".geojson": "[]\n",
    ".webmanifest": "{}\n",
    ".jsonc": '{"a": 1, // one\n}\n',
    ".code-workspace": '{"a": "//", /* one */}\n',
    ".jsonl": '{"a": 1}\n\n{"b": 2}\n',
    ".ndjson": "1\n2\n",
    ".toml": "a = 1\n",
    ".yml": "a: [1]\n",
    ".yaml": "a: &x 1\nb: *x\n",
}
BROKEN = {
    ".py": "a = (\n",
    ".pyi": "def f( -> int: ...\n",
    ".json": '{"a": 1,}\n',
    ".ipynb": "{\n",
    ".geojson": "[1,]\n",
    ".webmanifest": "{'a': 1}\n",
    ".jsonc": '{"a": 1, // one\n',
    ".code-workspace": '{"a": 1,, /* one */}\n',
    ".jsonl": '{"a": 1}\n{"b": \n',
    ".ndjson": "1\n2,\n",
    ".toml": "a = \n",
    ".yml": "a: [1\n",
    ".yaml": "a: &x 1\nb: *y\n",
}


@pytest.mark.parametrize("suffix", BUILT_IN)
def test_a_valid_file_must_stay_valid(suffix: str) -> None:
    """Each language is checked after the edit, and only if the file was valid before."""
    assert problem(f"a{suffix}", VALID[suffix], VALID[suffix] + "\n") is None
    cause = problem(f"A{suffix.upper()}", VALID[suffix], BROKEN[suffix])
    assert cause is not None
    assert "valid" in cause
    assert problem(f"a{suffix}", BROKEN[suffix], BROKEN[suffix] + "\n") is None


def test_the_line_is_named_where_the_parser_knows_it() -> None:
    """A person finds the place in the answer."""
    cause = problem("a.jsonl", VALID[".jsonl"], BROKEN[".jsonl"])
    assert cause == "The file was valid JSON before the edit and is not after it (line 2)."
    cause = problem("a.yaml", VALID[".yaml"], BROKEN[".yaml"])
    assert cause == "The file was valid YAML before the edit and is not after it (line 2)."


def test_python_is_named_with_its_version() -> None:
    """Newer syntax than this interpreter's is refused, so the version is part of the cause."""
    version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    assert version in (problem("a.py", VALID[".py"], BROKEN[".py"]) or "")


@pytest.mark.parametrize("suffix", [".py", ".json", ".toml", ".yaml"])
def test_a_byte_order_mark_and_carriage_returns_break_nothing(suffix: str) -> None:
    """What editors on Windows write is parsed as well."""
    text = "\ufeff" + VALID[suffix].replace("\n", "\r\n")
    assert problem(f"a{suffix}", text, text + "\r\n") is None
    assert problem(f"a{suffix}", text, "\ufeff" + BROKEN[suffix]) is not None


@pytest.mark.parametrize("text", ["a = '\0'\n", "\0", "a = '\ud800'\n"])
def test_what_cannot_be_source_code_is_malformed(text: str) -> None:
    """Parsers of different versions report them differently; here they are malformed."""
    assert problem("a.py", "a = 1\n", text) is not None


def test_other_languages_are_not_judged() -> None:
    """Without a parser there is no opinion."""
    assert problem("a.go", "package a\n", "((((\n") is None


@pytest.mark.parametrize(
    ("path", "original", "edited"),
    [
        ("a.py", "a = 1\n", "x = " + "-" * 100_000 + "1\n"),
        ("a.json", "[]", "[" * 100_000 + "]" * 100_000),
        ("a.json", "1", "1" * 10_000),
        ("a.toml", "a = 1\n", "a = " + "[" * 100_000 + "]" * 100_000),
        ("a.yaml", "a: 1\n", "a: " + "[" * (MAX_YAML_DEPTH + 1) + "]" * (MAX_YAML_DEPTH + 1)),
        ("a.yaml", "a: 1\n", "- a\n" * 200_000),
        ("a.py", "a = 1\n", "(" * 3_000_000),
    ],
)
def test_what_is_too_deep_or_too_large_is_not_judged(path: str, original: str, edited: str) -> None:
    """A parser that gives up neither accepts nor refuses, and never brings the run down."""
    assert problem(path, original, edited) is None


def test_aliases_are_not_expanded() -> None:
    """A YAML file that would unfold to gigabytes is read as events and passes at once."""
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
    )
    assert problem("a.yaml", bomb, bomb + "b: 1\n") is None


def test_yaml_tags_build_nothing() -> None:
    """A tag that would call Python is text here."""
    text = "!!python/object/apply:os.abort []\n"
    assert problem("a.yaml", text, text + "\n") is None


def test_python_with_odd_escapes_warns_nobody() -> None:
    """The parser's warnings about other people's strings stay silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert problem("a.py", "a = '\\d'\n", "a = '\\d\\w'\n") is None


def test_a_plugged_in_parser_decides() -> None:
    """Malformed refuses, unjudged does not."""

    def picky(text: str) -> None:
        if "no" in text:
            raise Malformed
        if "maybe" in text:
            raise Unjudged

    table = {".x": picky}
    assert problem("a.x", "yes", "no", table) is not None
    assert problem("a.x", "yes", "maybe", table) is None
    assert problem("a.x", "maybe", "no", table) is None


def test_files_of_several_threads_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own parser stumbles now and then over two threads that need it at once."""
    busy, most = [0], [0]

    def slowly(text: str) -> ast.Module:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        time.sleep(0.005)
        busy[0] -= 1
        return ast.parse(text)

    monkeypatch.setattr(parsers, "ast", SimpleNamespace(parse=slowly))

    def judge(number: int) -> tuple[str | None, str | None]:
        edited = f"def f():\n    return ...\n\n\nx = {number}\n"
        return problem("a.py", "x = 0\n", edited), stubs.problem(compare("a.py", "x = 0\n", edited))

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert set(pool.map(judge, range(8))) == {(None, None)}
    assert most == [1]
