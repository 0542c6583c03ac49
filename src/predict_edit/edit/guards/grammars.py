"""Parsers of more languages, if tree-sitter and its grammars are installed.

They are an extra: without them, files in these languages pass the syntax guard unread. A grammar
that cannot read the file as it was before the edit judges nothing, so a grammar that is behind its
language does no harm to files that use what is new.

Each text is read in a process of its own, forked from one that holds the grammars
(`grammar_child.py`): 5 kB of the wrong characters take a C grammar a gigabyte, and the author of a
pull request chooses its files. Longer texts in the languages that Python and PyYAML know are read
in the process that forks, with the same limits: 120 kB of valid TOML take minutes.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, cast

from predict_edit.edit.guards.parsers import BUILT_IN, Malformed, Parser, Unjudged

MAX_CHARACTERS = 1_000_000
SHORT = 10_000
"""Characters that take the parsers of Python and PyYAML little time, whatever they are."""
MAX_BYTES_OF_MEMORY = 768 * 1024 * 1024
MAX_SECONDS = 4

_CHILD = Path(__file__).with_stem("grammar_child")  # bytecode, as this module, in the image
_CORE = "tree_sitter"
_PYTHON = ("ast", "parse")
_BUILT_IN = "parsers"
"""What the child takes for the parsers beside it."""
_STUCK_SECONDS = 3 * MAX_SECONDS
"""The child limits each text; itself it is given up after this."""

_LANGUAGES = (
    ("JavaScript", ".js .mjs .cjs .jsx", "tree_sitter_javascript", "language"),
    ("TypeScript", ".ts .mts .cts", "tree_sitter_typescript", "language_typescript"),
    ("TypeScript", ".tsx", "tree_sitter_typescript", "language_tsx"),
    ("Go", ".go", "tree_sitter_go", "language"),
    ("Rust", ".rs", "tree_sitter_rust", "language"),
    ("Java", ".java", "tree_sitter_java", "language"),
    ("C", ".c .h", "tree_sitter_c", "language"),
    ("C++", ".cc .cpp .cxx .hh .hpp", "tree_sitter_cpp", "language"),
    ("C#", ".cs", "tree_sitter_c_sharp", "language"),
    ("Ruby", ".rb", "tree_sitter_ruby", "language"),
    ("PHP", ".php", "tree_sitter_php", "language_php"),
    ("shell script", ".sh .bash", "tree_sitter_bash", "language"),
)
"""Name, suffixes, the grammar's module and the function in it that gives the language."""
GRAMMARS: Mapping[str, tuple[str, str]] = {
    suffix: (module, function)
    for _, suffixes, module, function in _LANGUAGES
    for suffix in suffixes.split()
}
NAMES: Mapping[str, str] = {
    suffix: name for name, suffixes, *_ in _LANGUAGES for suffix in suffixes.split()
}
"""Of the languages, by suffix."""


@functools.cache
def known() -> Mapping[str, Parser]:
    """The parsers by suffix: those that are always there, and the grammars that are installed."""
    ours = {suffix: functools.partial(_parse_built_in, suffix) for suffix in BUILT_IN}
    return MappingProxyType({**_installed(), **ours})


def _installed() -> dict[str, Parser]:
    """A parser for each language whose grammar is here; nothing is loaded."""
    core = _folder(_CORE)
    if core is None:
        return {}
    folders = {module: _folder(module) for module, _ in GRAMMARS.values()}
    return {
        suffix: functools.partial(_parse, module, function, (core, folder))
        for suffix, (module, function) in GRAMMARS.items()
        if (folder := folders[module]) is not None
    }


def _folder(module: str) -> str | None:
    """The folder that a package is installed in; ``None`` where it is not."""
    spec = importlib.util.find_spec(module)
    return None if spec is None or spec.origin is None else str(Path(spec.origin).parent.parent)


def _parse_built_in(suffix: str, text: str) -> None:
    """Read a text with a parser that is always there, in a process of its own if it is long."""
    if len(text) <= SHORT:
        BUILT_IN[suffix](text)
    else:
        folders = (str(_CHILD.parent), _folder("yaml"))
        _parse(_BUILT_IN, suffix, tuple(filter(None, folders)), text)


def _parse(module: str, function: str, folders: tuple[str, ...], text: str) -> None:
    """Read a text; what the grammar does not understand is malformed.

    Raises:
        Malformed: a node of the tree is an error or was made up, with the first one's line.
        Unjudged: the text is too long, takes too much, or the grammar cannot be loaded.
    """
    answer = _answer((module, function), folders, text)
    if answer != b"ok":
        raise Malformed(int(answer) or None)


def definitions(texts: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """Find the 1-based lines on which definitions begin, by path, as far as a grammar is here.

    A language is given up after the first text that is too much for its grammar: each such text
    takes as long as it may, and who opens a pull request chooses how many there are.
    """
    languages: dict[tuple[str, str], list[str]] = {}
    for path in texts:
        suffix = PurePosixPath(path).suffix.lower()
        grammar = _PYTHON if suffix in {".py", ".pyi"} else GRAMMARS.get(suffix)
        if grammar is not None:
            languages.setdefault(grammar, []).append(path)
    found: dict[str, tuple[int, ...]] = {}
    for grammar, paths in languages.items():
        folders = () if grammar == _PYTHON else (_folder(_CORE), _folder(grammar[0]))
        if None in folders:
            continue
        here = tuple(filter(None, folders))
        with contextlib.suppress(Unjudged):
            for path in paths:
                found[path] = tuple(json.loads(_answer(("outline", *grammar), here, texts[path])))
    return found


def _answer(task: tuple[str, ...], folders: Iterable[str], text: str) -> bytes:
    """Ask the process, which limits what a text may take.

    Raises:
        Unjudged: the text is too long, takes too much, or the grammar cannot be loaded.
    """
    if len(text) > MAX_CHARACTERS:
        raise Unjudged
    source = text.encode("utf-8", "surrogatepass")
    question = {"task": task, "folders": [*folders], "bytes": len(source)}
    answer = CHILD.ask(json.dumps(question).encode() + b"\n" + source)
    if answer in {b"", b"?\n"}:
        raise Unjudged
    return answer.removesuffix(b"\n")


class Child:
    """The process that reads texts: started for the first, and anew after one that it dies of."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        """However many files are read side by side, memory is taken once."""
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def ask(self, question: bytes) -> bytes:
        """The line that answers a question; empty if the process ended or hung.

        Raises:
            Unjudged: the process could not be started.
        """
        with self._one_at_a_time:
            if self._owner != os.getpid():
                # A fork shares the pipes of what started it, and would read its answers.
                self._process = None
            process = self._process or self._start()
            asked, told = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
            late = threading.Timer(_STUCK_SECONDS, process.kill)
            late.start()
            verdict = b""
            with contextlib.suppress(OSError):
                asked.write(question)
                asked.flush()
                verdict = told.readline()
            late.cancel()
            if verdict.endswith(b"\n"):
                return verdict
            self._end()
            return b""

    def close(self) -> None:
        """End the process, if there is one; the next question starts another."""
        with self._one_at_a_time:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        limits = (str(MAX_BYTES_OF_MEMORY), str(MAX_SECONDS))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(_CHILD), *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        except OSError as error:
            raise Unjudged from error
        self._owner = os.getpid()
        return self._process

    def _end(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            # What it did not read cannot be written any more.
            with contextlib.suppress(OSError), self._process:
                pass
            self._process = None


CHILD = Child()
atexit.register(CHILD.close)


def _environment() -> dict[str, str]:
    """Nothing of this process's environment but what Windows cannot start a program without."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
