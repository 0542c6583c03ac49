"""Reads texts with grammars and parsers; a script, never imported by the rest.

A grammar in C may take any amount of memory and time for a text that was made for it, or die. So
this process, which holds the grammars, forks for each text; what happens to the fork ends nothing
else. Python's own parsers run in this process, which ends with a text that is too much for them;
the next text gets a new one.

Arguments: bytes of memory and seconds for each text. Standard input: for each text a line of JSON
with the module of the grammar and the name of its function, or ``parsers`` and a suffix, the
folders where the modules are, and how many bytes of UTF-8 follow. Standard output: for each a line
with ``ok``, the 1-based line of the first error (0 if it is not known), or ``?``: nobody can tell.

With ``outline`` before the module, the answer is a JSON list of the lines on which definitions
begin.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import re
import signal
import sys

DEFINITION = (
    r"(?:(?:\w+_)?(?:function|method|constructor|class|interface|struct|enum|trait|impl|union|record|"
    r"module|mod|namespace|type|alias|const|static|lexical|var)"
    r"(?:_(?:declaration|definition|item|specifier|spec))?|declaration)"
)
"""Types of nodes that define a name, over all grammars that are used here."""
FUNCTION = r"(?:\w+_)?(?:function|method|constructor)_?\w*"
INSIDE = (
    r"program|source_file|translation_unit|compilation_unit|\w*(?:body|list|block|spec|definition|"
    r"declaration|item|specifier|body_statement)|class|module|export_statement"
)
MOST_DEFINITIONS = 400
PYTHON = frozenset({"parsers", "ast"})
"""Modules of Python's own parsers, which keep nothing of a text."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes longer to import than most texts to read
    from collections.abc import Callable
    from typing import Any


def main(memory: int, seconds: int) -> None:
    """Answer one question after the other, until there are no more."""
    while line := sys.stdin.buffer.readline():
        question = json.loads(line)
        source = sys.stdin.buffer.read(question["bytes"])
        sys.path[:0] = [folder for folder in question["folders"] if folder not in sys.path]
        verdict = reader(*question["task"])
        if not hasattr(os, "fork"):  # Windows, where nothing but the time is limited
            os.write(1, verdict(source) + b"\n")
        elif question["task"][-2] in PYTHON:
            # A fork would take as long again. A text that ends this process is given up, too.
            hold(memory, seconds)
            said = verdict(source)
            signal.alarm(0)
            os.write(1, said + b"\n")
        elif pid := os.fork():
            if os.waitpid(pid, 0)[1]:
                os.write(1, b"?\n")
        else:
            answer(verdict, source, memory, seconds)


def answer(verdict: Callable[[bytes], bytes], source: bytes, memory: int, seconds: int) -> None:
    """Give the verdict and end, in a process that is there for nothing else."""
    status = 1
    try:
        hold(memory, seconds)
        os.write(1, verdict(source) + b"\n")
        status = 0
    finally:
        os._exit(status)


@functools.cache
def reader(*task: str) -> Callable[[bytes], bytes]:
    """What gives the verdict on a text; its modules are loaded by then."""
    *outline, module, function = task
    if module in PYTHON:
        python = importlib.import_module(module)
        if outline:
            return functools.partial(python_outline, python)
        return functools.partial(built_in, python, function)
    tree_sitter = load("tree_sitter")
    parser = tree_sitter.Parser(tree_sitter.Language(getattr(load(module), function)()))
    return functools.partial(outline_of if outline else grammar, parser)


def built_in(parsers: Any, suffix: str, source: bytes) -> bytes:
    """The verdict of Python's parsers and PyYAML."""
    try:
        parsers.BUILT_IN[suffix](source.decode("utf-8", "surrogatepass"))
    except parsers.Malformed as error:
        return b"%d" % (error.line or 0)
    return b"ok"


def grammar(parser: Any, source: bytes) -> bytes:
    """The verdict of a grammar."""
    root = parser.parse(source).root_node
    return b"%d" % first_error(root) if root.has_error else b"ok"


def outline_of(parser: Any, source: bytes) -> bytes:
    """The first lines of the definitions in a text."""
    return json.dumps(definitions(parser.parse(source).root_node)).encode()


def python_outline(tree: Any, source: bytes) -> bytes:
    """The lines of classes, functions and methods; none if the text is not Python."""
    lines: list[int] = []
    inside = []
    with contextlib.suppress(SyntaxError, ValueError):
        inside.append(tree.parse(source.decode("utf-8", "surrogatepass").removeprefix("\ufeff")))
    while inside and len(lines) < MOST_DEFINITIONS:
        for node in inside.pop().body:
            if isinstance(node, (tree.FunctionDef, tree.AsyncFunctionDef, tree.ClassDef)):
                lines.append(node.lineno)
            if isinstance(node, tree.ClassDef):
                inside.append(node)
    return json.dumps(sorted(lines)).encode()


def definitions(root: Any) -> list[int]:
    """The lines of what is defined outside of functions; a type that is only named is not."""
    matches = re.fullmatch
    lines: set[int] = set()
    nodes = [root]
    while nodes and len(lines) < MOST_DEFINITIONS:
        node = nodes.pop()
        named = not node.type.endswith("specifier") or node.child_by_field_name("body") is not None
        if named and matches(DEFINITION, node.type):
            lines.add(node.start_point[0] + 1)
        if matches(INSIDE, node.type) and not matches(FUNCTION, node.type):
            nodes += reversed(node.named_children)
    return sorted(lines)


def load(package: str) -> Any:
    """Import the compiled part of a package, without what its `__init__` imports besides.

    That takes two thirds of the time of this process, and nothing here uses it.
    """
    bare = type(sys)(package)
    bare.__path__ = [f"{folder}/{package}" for folder in sys.path]
    sys.modules[package] = bare
    try:
        return importlib.import_module(f"{package}._binding")
    except ImportError:  # a package that is built in another way
        del sys.modules[package]
        return importlib.import_module(package)


def hold(memory: int, seconds: int) -> None:
    """Limit this process: its memory, and the time until the alarm is cancelled."""
    signal.alarm(seconds)
    with contextlib.suppress(ImportError):
        resource = importlib.import_module("resource")
        for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
            with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
                resource.setrlimit(kind, (most, most))


def first_error(node: Any) -> int:
    """The 1-based line of the first error, found by going down where the errors are."""
    while not (node.is_error or node.is_missing):
        broken = next((child for child in node.children if child.has_error), None)
        if broken is None:
            break
        node = broken
    line: int = node.start_point[0] + 1
    return line


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
