"""The syntax guard for languages with a grammar."""

from __future__ import annotations

import importlib.util
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from predict_edit.domain.errors import AnswerUnusable
from predict_edit.edit import guards
from predict_edit.edit.guards import grammars, parsers, syntax
from predict_edit.edit.rewrite import compare


def raise_for(path: str, original: str, edited: str) -> None:
    """Raise what an edit is refused with."""
    verdict = guards.judge(path, original, edited)
    if verdict is not None:
        raise verdict


SAMPLES = {
    "a.js": "export function f(a) {\n  return `${a}`;\n}\n",
    "a.jsx": "const A = () => <b>{1}</b>;\nfunction g() {\n  return A;\n}\n",
    "a.ts": "export function f(a: number): string {\n  return `${a}`;\n}\n",
    "a.tsx": "const A = (p: {n: number}) => <b>{p.n}</b>;\nfunction g() {\n  return A;\n}\n",
    "a.go": "package a\n\nfunc F(a int) int {\n\treturn a\n}\n",
    "a.rs": "pub fn f(a: u8) -> u8 {\n    a\n}\n",
    "A.java": "class A {\n    int f(int a) {\n        return a;\n    }\n}\n",
    "a.c": "int f(int a) {\n    return a;\n}\n",
    "a.cpp": "template <class T> T f(T a) {\n    return a;\n}\n",
    "A.cs": "class A {\n    int F(int a) {\n        return a;\n    }\n}\n",
    "a.rb": "def f(a)\n  [a].map { |b| b }\nend\n",
    "a.php": "<?php\nfunction f($a) {\n    return $a;\n}\n",
    "a.sh": 'f() {\n    echo "$1"\n}\n',
}


@pytest.fixture(autouse=True)
def _looked_for_anew() -> Iterator[None]:
    """What is installed is remembered, and who reads it; not from one test to the next."""
    grammars.known.cache_clear()
    yield
    grammars.known.cache_clear()
    grammars.CHILD.close()


def test_every_grammar_is_installed_and_fits() -> None:
    """What the container has is pinned for development too, so nothing here is passed over."""
    assert set(grammars.known()) == {*grammars.GRAMMARS, *parsers.BUILT_IN}
    for suffix in grammars.GRAMMARS:
        with pytest.raises(parsers.Malformed):
            grammars.known()[suffix]("<?php ) ( { ' <<")


@pytest.mark.parametrize("path", SAMPLES)
def test_an_edit_that_breaks_the_file_is_refused(path: str) -> None:
    """A closing brace that got lost, with the line; what stays whole passes."""
    text = SAMPLES[path]
    broken = text.replace("}\n", "\n", 1) if path != "a.rb" else text.replace("end\n", "")
    assert broken != text
    with pytest.raises(AnswerUnusable, match=r"was valid [\w+# ]+ before .* after it \(line"):
        raise_for(path, text, broken)
    renamed = text.replace("f(", "renamed(").replace("F(", "Renamed(").replace("g(", "named(")
    raise_for(path, text, renamed)


@pytest.mark.parametrize("path", SAMPLES)
def test_a_file_that_was_not_understood_before_judges_nothing(path: str) -> None:
    """Macros, dialects and what is newer than the grammar are let through."""
    odd = SAMPLES[path] + "\n)))]]] @@ <<<\n"
    assert syntax.problem(compare(path, odd, odd + "}}}")) is None


def test_the_line_of_the_first_error_is_told() -> None:
    """Counted from 1, as an editor shows it."""
    with pytest.raises(parsers.Malformed) as broken:
        grammars.known()[".go"]("package a\n\nfunc F() int {\n\treturn )\n}\n")
    assert broken.value.line == 4


@pytest.mark.parametrize(
    ("suffix", "text"), [(".c", "a=>" * 20_000), (".sh", "<b>" * 30_000), (".cs", "x{a:" * 240_000)]
)
def test_a_text_made_for_a_parser_harms_nobody(suffix: str, text: str) -> None:
    """Such texts take gigabytes or minutes; the process that reads them is stopped long before."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with pytest.raises(parsers.Unjudged):
        grammars.known()[suffix](text)
    # What it took is counted once it has ended.
    grammars.CHILD.close()
    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert taken <= max(before, grammars.MAX_BYTES_OF_MEMORY // 1024)


def test_one_process_reads_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after one that it had to give up; nothing of a text is left for the next."""
    started: list[Any] = []
    popen = subprocess.Popen

    def start(*given: Any, **more: Any) -> Any:
        started.append(popen(*given, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    read = grammars.known()
    for _ in range(2):
        read[".go"]("package a\n")
        with pytest.raises(parsers.Malformed):
            read[".go"]("package )\n")
        read[".c"]("int a;\n")
        with pytest.raises(parsers.Unjudged):
            read[".sh"]("<b>" * 30_000)
    assert len(started) == 1


def test_a_process_that_hangs_or_dies_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The text is not judged, and the next one is."""
    with monkeypatch.context() as patched:
        for script in ("import time\ntime.sleep(60)\n", "raise SystemExit\n"):
            (tmp_path / "child.py").write_text(script)
            patched.setattr(grammars, "_CHILD", tmp_path / "child.py")
            patched.setattr(grammars, "_STUCK_SECONDS", 0.2)
            with pytest.raises(parsers.Unjudged):
                grammars.known()[".go"]("package a\n" * 20_000)
    grammars.known()[".go"]("package a\n")


def test_the_child_gets_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret, and no folder named in a variable, is within its reach."""
    monkeypatch.setenv("INPUT_API-KEY", "secret-key-of-a-test")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert "INPUT_API-KEY" not in grammars._environment()
    assert "PYTHONPATH" not in grammars._environment()
    grammars.known()[".go"]("package a\n")


def test_a_grammar_that_cannot_be_loaded_judges_nothing(tmp_path: Path) -> None:
    """One that does not fit the installed tree-sitter, or is damaged."""
    (tmp_path / "tree_sitter_none.py").write_text("def language():\n    return None\n")
    folders = (grammars._folder("tree_sitter") or "", str(tmp_path))
    with pytest.raises(parsers.Unjudged):
        grammars._parse("tree_sitter_none", "language", folders, "x")


def test_what_is_too_long_is_not_judged() -> None:
    """Time is bounded."""
    with pytest.raises(parsers.Unjudged):
        grammars.known()[".c"]("int a;\n" * 200_000)


def test_without_the_extra_the_usual_parsers_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing fails for what is not installed."""
    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name.startswith("tree_sitter") else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert set(grammars.known()) == set(parsers.BUILT_IN)


def test_a_missing_grammar_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """One language less."""
    found = importlib.util.find_spec
    there = {"tree_sitter", "tree_sitter_go"}

    def some(name: str, package: str | None = None) -> Any:
        if name.startswith("tree_sitter"):
            return found("json") if name in there else None
        return found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", some)
    assert set(grammars.known()) == {*parsers.BUILT_IN, ".go"}


LONG = {
    ".py": ("a = 1\n", "a = (\n"),
    ".json": ('{"a": 1,\n"b": [1, 2]}\n', '{"a": 1,\n"b": [1, 2}\n'),
    ".toml": ("a = 1\n", "a = = 1\n"),
    ".yaml": ("a:\n  - b\n", "a: [\n"),
}


@pytest.mark.parametrize("suffix", LONG)
def test_a_long_text_is_read_in_the_limited_process(
    monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """It is judged as a short one is, and not by the parser in this process."""
    right, wrong = LONG[suffix]
    blanks = " " * 2 if suffix == ".json" else "# a comment\n"
    more = blanks * (grammars.SHORT // len(blanks) + 1)
    read = grammars.known()[suffix]
    with pytest.raises(parsers.Malformed) as short:
        read(wrong)
    monkeypatch.setattr(grammars, "BUILT_IN", {})
    read(right + more)
    with pytest.raises(parsers.Malformed) as long:
        read(wrong + more)
    assert long.value.line in {short.value.line, None} or suffix in {".py", ".yaml"}


def test_toml_of_many_headers_takes_no_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """120 kB of valid TOML: a header of thousands of parts, and thousands of keys below it.

    The next texts are judged, however long the process has been there.
    """
    header = ".".join(["a"] * 4_980)
    text = f"[{header}]\n" + "".join(f"k{number} = 1\n" for number in range(14_000))
    monkeypatch.setattr(grammars, "MAX_SECONDS", 1)
    monkeypatch.setattr(grammars, "CHILD", grammars.Child())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(parsers.Unjudged):
        grammars.known()[".toml"](text)
    grammars.CHILD.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime <= grammars.MAX_SECONDS + 1
    read = grammars.known()[".py"]
    read("a = 1\n" * grammars.SHORT)
    time.sleep(grammars.MAX_SECONDS + 0.1)
    with pytest.raises(parsers.Malformed):
        read("a = 1\n" * grammars.SHORT + "a = (\n")
    grammars.CHILD.close()
