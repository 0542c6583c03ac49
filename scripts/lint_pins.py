"""Prove that the pinned requirements cover what the code needs and name no index.

Three links of a chain: what a package imports is a dependency in its pyproject.toml, what is a
dependency is pinned (in requirements.txt what the container has, in requirements-dev.txt what the
sandbox needs), and each pin has its hashes. The sandbox does not depend on predict-edit, so that it
cannot import it either.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")
PACKAGE = "predict_edit"
SANDBOX = "predict_edit_sandbox"
AT_A_TERMINAL = {"cli": ("cli",)}
"""Parts that only a person at a terminal runs, and the extras they may use."""
IN_THE_CONTAINER = ("grammars",)
"""Extras that the container has."""
COMES_WITH = {
    "azure-core": "azure-identity",
    "anyio": "openai",
    "httpx2": "openai",
    "httpcore2": "httpx2",
    "markupsafe": "jinja2",
    "pydantic-core": "pydantic",
    "requests": "pygithub",
    "urllib3": "pygithub",
}
"""Packages whose classes are part of a dependency's own interface, and that dependency.

They must have the version that the dependency chooses, so they are not asked for on their own.
"""


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the pins of a tree, a sentence each."""
    pins, wrong = read_pins(root)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = names(project["dependencies"])
    wrong.extend(
        f"{name} is a dependency but not pinned in requirements.txt; run `make requirements`."
        for name in sorted(wanted - pins["requirements.txt"])
    )
    extras = project["optional-dependencies"]
    wrong.extend(
        f"{name} is in an extra but not pinned in requirements-dev.txt; run `make requirements`."
        for extra in extras.values()
        for name in sorted(names(extra) - pins["requirements-dev.txt"])
    )
    wrong.extend(
        f"{name} is for the container but not pinned in requirements.txt; run `make requirements`."
        for key in IN_THE_CONTAINER
        for name in sorted(names(extras[key]) - pins["requirements.txt"])
    )
    text = (root / "sandbox/pyproject.toml").read_text(encoding="utf-8")
    sandbox = tomllib.loads(text)["project"]
    wrong.extend(
        f"{name} is a dependency of the sandbox but not pinned in requirements-dev.txt; "
        "run `make requirements`."
        for name in sorted(names(sandbox["dependencies"]) - pins["requirements-dev.txt"])
    )
    container, developer = pins["requirements.txt"], pins["requirements-dev.txt"]
    return [
        *wrong,
        *Package(root, "src", PACKAGE, project, "requirements.txt", container).problems(),
        *Package(
            root, "sandbox/src", SANDBOX, sandbox, "requirements-dev.txt", developer
        ).problems(),
    ]


def read_pins(root: Path) -> tuple[dict[str, set[str]], list[str]]:
    """What each file of pins pins, and what is wrong with its lines."""
    pins, wrong = {}, []
    for name in PINNED:
        text = (root / name).read_text(encoding="utf-8")
        if "://" in text:
            wrong.append(f"{name} names an address; pins must work with any index.")
        found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", text, re.MULTILINE)
        pins[name] = {normal(match) for match in found}
        hashed = re.findall(r"^[\w.\[\],-]+==[^\n]*\\\n\s+--hash=", text, re.MULTILINE)
        if len(found) != len(hashed):
            wrong.append(f"{name} has {len(found) - len(hashed)} pins without a hash.")
    return pins, wrong


@dataclasses.dataclass(frozen=True)
class Package:
    """A package of the tree, what its metadata asks for, and what is pinned for it."""

    root: Path
    source: str
    name: str
    project: Mapping[str, Any]
    pins: str
    pinned: set[str]

    def problems(self) -> list[str]:
        """What is imported without being asked for or pinned, and what is asked for in vain."""
        place = self.root / self.source / self.name
        asks = (Path(self.source).parent / "pyproject.toml").as_posix()
        always = names(self.project["dependencies"])
        along: set[str] = set()
        for package, by in COMES_WITH.items():
            if by in always | along and brings(by, package):
                along.add(package)
        extras = self.project.get("optional-dependencies", {})
        optional = {name for key in IN_THE_CONTAINER for name in names(extras.get(key, ()))}
        used: set[str] = set()
        wrong: list[str] = []
        for path in sorted(place.rglob("*.py")):
            where = path.relative_to(self.root).as_posix()
            added = AT_A_TERMINAL.get(path.relative_to(place).parts[0], ())
            extra = {name for key in added for name in names(extras.get(key, ()))}
            for module, by_name in imported(path, self.name):
                packages = distributions(module)
                used |= packages
                # By name and not by an import statement: the code goes on without it.
                allowed = always | along | extra | (optional if by_name else set())
                if not packages & allowed:
                    wrong.append(f"{where} imports {module}, which {asks} does not ask for.")
                elif not packages & (self.pinned | extra):
                    wrong.append(f"{where} imports {module}, which {self.pins} does not pin.")
        wrong += [f"{name} is a dependency that nothing imports." for name in sorted(always - used)]
        return wrong


def brings(package: str, name: str) -> bool:
    """Whether a package, as installed here, requires the other in every case."""
    required = importlib.metadata.requires(package) or ()
    return name in names(entry for entry in required if "extra ==" not in entry)


def imported(path: Path, package: str) -> Iterator[tuple[str, bool]]:
    """The modules of others that a file imports anywhere in it, and whether only by name."""
    found, named = _imports(path.read_text(encoding="utf-8"))
    for module in sorted((found | named) - set(sys.stdlib_module_names) - {package}):
        yield module, module not in found


@functools.cache
def _imports(text: str) -> tuple[set[str], set[str]]:
    """What a module's text imports by statements, and what by name."""
    found: set[str] = set()
    named: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=aliases):
                found |= {alias.name.partition(".")[0] for alias in aliases}
            case ast.ImportFrom(level=0, module=str(module)):
                parts = module.split(".")
                found.add(".".join(parts[: 2 if parts[0] == "azure" else 1]))
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="importlib"), attr="import_module"),
                args=[ast.Constant(value=str(module))],
            ):
                named.add(module.partition(".")[0])
    return found, named


def distributions(module: str) -> set[str]:
    """The packages that a module can come from, as installed here."""
    if module.startswith("azure."):  # a folder that many packages share
        return {module.replace(".", "-")}
    return {normal(name) for name in installed().get(module, ())}


@functools.cache
def installed() -> Mapping[str, list[str]]:
    """The packages installed here, by the modules they hold."""
    return importlib.metadata.packages_distributions()


def names(requirements: Iterable[str]) -> set[str]:
    """The names of requirements, without versions."""
    return {normal(re.split(r"[\[<>=~! ;]", entry)[0]) for entry in requirements}


def normal(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    for problem in (faults := problems()):
        print(problem)
    sys.exit(1 if faults else 0)
