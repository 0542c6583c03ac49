"""Reads one text with one grammar, in a process of its own; a script, never imported by the rest.

A parser in C may take any amount of memory and time for a text that was made for it, or die. Here
that ends nothing but this process, which says on standard output ``ok``, or the 1-based line of
the first error (0 if it is not known); whatever else happens means that nobody can tell.

Arguments: module of the grammar and name of its function, or ``parsers`` and a suffix; bytes of
memory, seconds of processor time, and the folders where the modules are. Standard input: the text
in UTF-8.
"""

from __future__ import annotations

import contextlib
import importlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes longer to import than most texts to read
    from typing import Any


def main(module: str, function: str, memory: int, seconds: int) -> str:
    """The verdict on the text of standard input."""
    source = sys.stdin.buffer.read()
    if module == "parsers":
        parsers = importlib.import_module(module)
        hold(memory, seconds)
        try:
            parsers.BUILT_IN[function](source.decode("utf-8", "surrogatepass"))
        except parsers.Malformed as error:
            return str(error.line or 0)
        return "ok"
    tree_sitter = load("tree_sitter")
    language = tree_sitter.Language(getattr(load(module), function)())
    parser = tree_sitter.Parser(language)
    hold(memory, seconds)
    tree = parser.parse(source)
    return str(first_error(tree.root_node)) if tree.root_node.has_error else "ok"


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
    """Limit this process, where the system can; whoever started it limits its time as well."""
    with contextlib.suppress(ImportError):  # not on Windows
        resource = importlib.import_module("resource")
        for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
            with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
                resource.setrlimit(kind, (most, most))
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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
    sys.path[:0] = sys.argv[5:]
    sys.stdout.write(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
