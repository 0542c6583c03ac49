"""Look into a wheel: what it holds, what it says of itself, and how its page will read."""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from pathlib import Path

from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE)


def problems(wheel: Path, root: Path = ROOT) -> list[str]:
    """What is wrong with a wheel that was built from the tree at ``root``, a sentence each."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        held = {name: archive.read(name) for name in names if name.split("/")[0].endswith("-info")}
    (info,) = {name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info")}
    texts = {name.removeprefix(f"{info}/"): data.decode("utf-8") for name, data in held.items()}
    return [
        *content_problems({name for name in names if not name.startswith(f"{info}/")}, root),
        *metadata_problems(texts.get("METADATA", ""), root),
        *description_problems(texts.get("METADATA", ""), root),
        *[
            f"The wheel does not ship {name}."
            for name in ("LICENSE", "NOTICE")
            if f"licenses/{name}" not in texts
        ],
        *entry_problems(texts.get("entry_points.txt", "")),
        *([] if wheel.name.endswith("-py3-none-any.whl") else ["The wheel is not for any system."]),
    ]


def content_problems(held: set[str], root: Path) -> list[str]:
    """The wheel holds every file of the package, the marker of types too, and no other."""
    package = root / "src"
    wanted = {
        path.relative_to(package).as_posix()
        for path in (package / "predict_edit").rglob("*")
        if path.is_file() and not is_cache(path.relative_to(package))
    } | {"predict_edit/py.typed"}
    return [f"The wheel lacks {name}." for name in sorted(wanted - held)] + [
        f"The wheel holds {name}, which is not of the package." for name in sorted(held - wanted)
    ]


def is_cache(path: Path) -> bool:
    """Whether a tool left this file behind."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def metadata_problems(text: str, root: Path) -> list[str]:
    """The metadata is valid and says what pyproject.toml and the code say."""
    try:
        metadata = Metadata.from_email(text.encode(), validate=True)
    except ExceptionGroup as errors:
        return [f"The wheel's metadata is not valid: {error}." for error in errors.exceptions]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = _VERSION.findall((root / "src/predict_edit/__init__.py").read_text(encoding="utf-8"))
    told = {
        "name": metadata.name,
        "version": [str(metadata.version)],
        "description": metadata.summary,
        "requires-python": str(metadata.requires_python),
        "license": metadata.license_expression,
        "classifiers": sorted(metadata.classifiers or []),
        "dependencies": {normal(each) for each in metadata.requires_dist or [] if not each.marker},
    }
    wanted = {
        "name": project["name"],
        "version": version,
        "description": project["description"],
        "requires-python": project["requires-python"],
        "license": project["license"],
        "classifiers": sorted(project["classifiers"]),
        "dependencies": {normal(Requirement(each)) for each in project["dependencies"]},
    }
    return [
        f"The wheel's {key} is {told[key]}, the tree's is {wanted[key]}."
        for key in wanted
        if told[key] != wanted[key]
    ]


def normal(requirement: Requirement) -> str:
    """A requirement as package indexes compare it."""
    return f"{canonicalize_name(requirement.name)}{requirement.specifier}"


def description_problems(text: str, root: Path) -> list[str]:
    """The page shows the README, as Markdown, with its tables, and without HTML it would lose.

    A package index renders GitHub's flavour of Markdown and drops HTML that it does not trust.
    Markdown itself can always be rendered, so nothing else can go wrong.
    """
    headers, _, body = text.partition("\n\n")
    readme = (root / "README.md").read_text(encoding="utf-8")
    if "\nDescription-Content-Type: text/markdown" not in headers:
        return ["The wheel's description is not marked as Markdown."]
    if body.strip() != readme.strip():
        return ["The wheel's description is not the README."]
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    html = [
        token.content
        for block in tokens
        for token in (block, *(block.children or ()))
        if token.type in {"html_block", "html_inline"}
        and not re.fullmatch(r"\s*<!--.*?-->\s*", token.content, re.DOTALL)
    ]
    return [f"The README has HTML, which a package index may drop: {each[:60]}" for each in html]


def entry_problems(text: str) -> list[str]:
    """The wheel installs the command."""
    if "predict-edit = predict_edit.cli.main:main" in text:
        return []
    return ["The wheel does not install the command `predict-edit`."]


def main(arguments: list[str]) -> int:
    """Look into each wheel that is named; 1 where something is wrong."""
    wrong = [problem for name in arguments for problem in problems(Path(name))]
    for problem in wrong:
        print(problem)
    if not arguments:
        print("no wheel was named")
    return 1 if wrong or not arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
