"""Python functions whose body an answer replaced by ``...``.

There the dots are valid code, so neither the elision nor the syntax guard sees them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from predict_edit.edit.guards.parsers import python_tree
from predict_edit.edit.rewrite import Rewrite

MAX_CHARACTERS = 2_000_000

_Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def problem(rewrite: Rewrite) -> str | None:
    """Why bodies are missing; ``None`` where none is, or the file is no valid Python."""
    if rewrite.suffix != ".py" or "..." not in rewrite.edited:
        return None
    before, after = _bodies(rewrite.original), _bodies(rewrite.edited)
    if before is None or after is None:
        return None
    for name, full in before.items():
        # An overload adds definitions without a body and keeps the one that has it.
        if name in after and after[name] < full:
            return "The body of a function was replaced by dots in the answer."
    return None


def _bodies(text: str) -> Counter[str] | None:
    """For each function by its dotted name, how many definitions have a body."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: Counter[str] = Counter()
    for name, function in _functions(tree):
        found[name] += not _is_hollow(function)
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions and methods with their dotted names, without recursion."""
    scopes: list[tuple[str, _Scope]] = [("", tree)]
    while scopes:
        prefix, scope = scopes.pop()
        for child in scope.body:
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{prefix}.{child.name}"
                scopes.append((name, child))
                if not isinstance(child, ast.ClassDef):
                    yield name, child


def _is_hollow(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether nothing but dots, and perhaps a docstring, is in the body."""
    documented = ast.get_docstring(function, clean=False) is not None
    match function.body[documented:]:
        case [ast.Expr(value=ast.Constant(value=value))]:
            return value is Ellipsis
    return False
