"""Print the figures of the house in src/, and fail where one passes its limit.

The limits are in pyproject.toml, under ``[tool.house]``. They only ever go down: where the code got
better than its limit, lower the limit.
"""

from __future__ import annotations

import ast
import collections
import functools
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "predict_edit"
SMALL = 40
"""Modules with fewer lines are hardly worth a file of their own."""
BESIDE_THE_ROOMS = frozenset({"__init__.py", "__main__.py", "py.typed", "__pycache__"})
LATE_IMPORTS_ALLOWED = ("run/start.py", "cli/")
"""Where imports inside functions belong: the start is measured, and a terminal has extras."""
_LATE = re.compile(r"# noqa: .*PLC0415")
_NO_CODE = frozenset({
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
})  # fmt: skip


def figures(root: Path) -> dict[str, int]:
    """Measure a tree.

    Returns:
        The figures by the names that ``[tool.house]`` has for their limits.
    """
    package = root / "src" / PACKAGE
    texts = {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(package.rglob("*.py"))
    }
    code = {name: code_lines(text) for name, text in texts.items()}
    modules = [name for name in texts if not name.endswith("__init__.py") or code[name]]
    named = [name for name in modules if not name.endswith("__init__.py")]
    classes = [name for text in texts.values() for name in class_names(text)]
    rooms = [each for each in package.iterdir() if each.name not in BESIDE_THE_ROOMS]
    return {
        "rooms": len(rooms),
        "modules": len(modules),
        "code-lines": sum(code.values()),
        "small-modules": sum(len(texts[name].splitlines()) < SMALL for name in named),
        "longest-chain": len(longest_chain(root)),
        "module-names-twice": len(twice(Path(name).stem for name in named)),
        "class-names-twice": len(twice(classes)),
        "late-imports": sum(
            len(_LATE.findall(text))
            for name, text in texts.items()
            if not name.startswith(LATE_IMPORTS_ALLOWED)
        ),
    }


@functools.cache
def code_lines(text: str) -> int:
    """Count the lines of a module that hold code: no blanks, comments or docstrings."""
    strings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            value = node.value
            if isinstance(value.value, str):
                strings.update(range(value.lineno, (value.end_lineno or value.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - strings)


def class_names(text: str) -> Iterator[str]:
    """The classes at the top of a module that others can import."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def twice(names: Iterable[str]) -> list[str]:
    """The names that stand for more than one thing."""
    return sorted(name for name, count in collections.Counter(names).items() if count > 1)


def longest_chain(root: Path) -> list[str]:
    """Find the longest chain of imports, circles apart, from the top."""
    sys.path.insert(0, str(root / "src"))
    try:
        graph = grimp.build_graph(PACKAGE, cache_dir=None)
    finally:
        sys.path.remove(str(root / "src"))
    chains: dict[str, list[str]] = {}

    def chain_of(module: str, above: frozenset[str] = frozenset()) -> list[str]:
        if module not in chains:
            below = sorted(graph.find_modules_directly_imported_by(module) - above)
            deepest = (chain_of(each, above | {module}) for each in below)
            chains[module] = [module, *max(deepest, key=len, default=[])]
        return chains[module]

    return max(map(chain_of, sorted(graph.modules)), key=len)


def limits(root: Path) -> Mapping[str, int]:
    """The limits of a tree."""
    read = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: Mapping[str, int] = read["tool"]["house"]
    return found


def problems(found: Mapping[str, int], most: Mapping[str, int]) -> list[str]:
    """The figures that pass their limits, or have none."""
    wrong = [
        f"{name} is {value}, above the limit of {most[name]}."
        for name, value in found.items()
        if name in most and value > most[name]
    ]
    wrong += [f"{name} has no limit in [tool.house]." for name in found if name not in most]
    wrong += [f"[tool.house] limits {name}, which is not measured." for name in most.keys() - found]
    return wrong


def main(arguments: list[str]) -> int:
    """Print each figure of a tree beside its limit; 1 where one is passed."""
    root = Path(arguments[0]) if arguments else ROOT
    found, most = figures(root), limits(root)
    for name, value in found.items():
        print(f"{name:20}{value:8,}  (at most {most.get(name, 0):,})")
    wrong = problems(found, most)
    if any("chain" in each for each in wrong):
        wrong += ["The longest chain:", *longest_chain(root)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
