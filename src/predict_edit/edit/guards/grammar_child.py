"""Reads texts with one grammar, in a process of its own; a script, never imported by the rest.

A parser in C may take any amount of memory and time for a text that was made for it, or die. Here
that ends nothing but this process, which says on standard output ``ok``, or the 1-based line of
the first error (0 if it is not known); whatever else happens means that nobody can tell.

Arguments: module of the grammar and name of its function, or ``parsers`` and a suffix; bytes of
memory, seconds of processor time, and the folders where the modules are. Standard input: the text
in UTF-8.

With ``outline`` before these arguments, standard input is a JSON list of texts, and the answer is a
list with the lines on which the definitions of each begin.
"""

from __future__ import annotations

import contextlib
import importlib
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


def outlines(module: str, function: str, memory: int, seconds: int) -> str:
    """The first lines of the definitions in each text of standard input, as JSON."""
    json = importlib.import_module("json")
    texts = json.load(sys.stdin)
    if module == "ast":
        tree = importlib.import_module(module)
        hold(memory, seconds)
        found = [python_definitions(tree, text) for text in texts]
    else:
        tree_sitter = load("tree_sitter")
        parser = tree_sitter.Parser(tree_sitter.Language(getattr(load(module), function)()))
        hold(memory, seconds)
        encoded = (text.encode("utf-8", "surrogatepass") for text in texts)
        found = [definitions(parser.parse(text).root_node) for text in encoded]
    answer: str = json.dumps(found)
    return answer


def python_definitions(tree: Any, text: str) -> list[int]:
    """The lines of classes, functions and methods; none if the text is not Python."""
    lines: list[int] = []
    try:
        inside = [tree.parse(text.removeprefix("\ufeff"))]
    except (SyntaxError, ValueError):
        return lines
    while inside and len(lines) < MOST_DEFINITIONS:
        for node in inside.pop().body:
            if isinstance(node, (tree.FunctionDef, tree.AsyncFunctionDef, tree.ClassDef)):
                lines.append(node.lineno)
            if isinstance(node, tree.ClassDef):
                inside.append(node)
    return sorted(lines)


def definitions(root: Any) -> list[int]:
    """The lines of what is defined outside of functions; a type that is only named is not."""
    matches = importlib.import_module("re").fullmatch
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
    answer = main
    if sys.argv[1] == "outline":
        del sys.argv[1]
        answer = outlines
    sys.path[:0] = sys.argv[5:]
    sys.stdout.write(answer(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
