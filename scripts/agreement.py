"""Check that files which repeat a fact agree on it.

Each check takes the root of a tree and returns what is wrong there, a sentence each, so that tests
can show on a changed copy that a check finds what it is for.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

import changelog
from predict_edit.settings.fields import WORKFLOW_ONLY

ROOT = Path(__file__).resolve().parent.parent
Check = Callable[[Path], list[str]]

ENTRY = ["/opt/venv/bin/python3", "-I", "-u", "-B", "-m", "predict_edit"]
IMAGE = re.compile(r"docker://ghcr\.io/[a-z0-9._-]+/[a-z0-9._-]+@sha256:[0-9a-f]{64}")
_PIN = re.compile(r"\b[\w-]+/predict-edit(?:@[0-9a-f]{40} # |@|/)v(\d+\.\d+\.\d+)\b")
_SEMANTIC = re.compile(r"\d+\.\d+\.\d+")


def read(root: Path, name: str) -> str:
    """The text of a file of the tree."""
    return (root / name).read_text(encoding="utf-8")


def project(root: Path) -> dict[str, Any]:
    """The tree's pyproject.toml."""
    return tomllib.loads(read(root, "pyproject.toml"))


def action(root: Path) -> dict[str, Any]:
    """The tree's action.yml."""
    loaded: dict[str, Any] = yaml.safe_load(read(root, "action.yml"))
    return loaded


def version_of(root: Path) -> str:
    """The version of the code, or an empty string where it has none."""
    found = re.findall(
        r'^__version__ = "([^"]*)"$', read(root, "src/predict_edit/__init__.py"), re.MULTILINE
    )
    return found[0] if len(found) == 1 else ""


def version_is_in_one_place(root: Path) -> list[str]:
    """The code has a semantic version, the package takes it from there, nothing else repeats it."""
    version, wrong = version_of(root), []
    if not _SEMANTIC.fullmatch(version):
        wrong.append("src/predict_edit/__init__.py has no `__version__` of the form X.Y.Z.")
    package = project(root)
    if "version" in package["project"] or package["project"].get("dynamic") != ["version"]:
        wrong.append("pyproject.toml has a version of its own; the code's is the only one.")
    source = package.get("tool", {}).get("hatch", {}).get("version", {}).get("path")
    if source != "src/predict_edit/__init__.py":
        wrong.append("pyproject.toml does not take the version from the code.")
    for path in sorted((root / "src").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name != "src/predict_edit/__init__.py" and f'"{version}"' in read(root, name):
            wrong.append(f"{name} repeats the version; import `__version__`.")
    return wrong


def changelog_has_the_version(root: Path) -> list[str]:
    """The newest section of the changelog is about the version of the code."""
    return changelog.problems(read(root, "CHANGELOG.md"), version_of(root))


def pages_name_the_version(root: Path) -> list[str]:
    """Workflows to copy name the version of the code beside the commit they pin."""
    version, wrong, seen = version_of(root), [], 0
    for path in (root / "README.md", *sorted(root.glob("docs/*.md")), *examples(root)):
        for named in _PIN.findall(path.read_text(encoding="utf-8")):
            seen += 1
            if named != version:
                where = path.relative_to(root).as_posix()
                wrong.append(f"{where} pins v{named}; the version is {version}.")
    return wrong if seen else ["No page and no example pins the action."]


def examples(root: Path) -> list[Path]:
    """The workflows to copy."""
    return sorted(root.glob("examples/*.yml"))


def image_is_exact(root: Path) -> list[str]:
    """The action runs from its Dockerfile, or from one image that can never be another."""
    runs = action(root)["runs"]
    image = str(runs.get("image"))
    if runs.get("using") != "docker":
        return ["action.yml is no container action."]
    if image != "Dockerfile" and not IMAGE.fullmatch(image):
        return [
            f"action.yml runs `{image}`: neither `Dockerfile` nor an image of ghcr.io by digest."
        ]
    return [
        f"action.yml has `{key}`, which would replace what the image starts."
        for key in ("entrypoint", "args", "pre-entrypoint", "post-entrypoint")
        if key in runs
    ]


def page_has_inputs_and_outputs(root: Path) -> list[str]:
    """Each input and output of the metadata has its row in docs/inputs.md."""
    page, metadata = read(root, "docs/inputs.md"), action(root)
    return [
        f"docs/inputs.md has no row for the {kind[:-1]} `{name}`; run `make docs`."
        for kind in ("inputs", "outputs")
        for name in metadata[kind]
        if f"\n| `{name}` | " not in page
    ]


def schema_has_inputs(root: Path) -> list[str]:
    """Each input that the repository's config may set is in its schema, and no other."""
    schema = json.loads(read(root, "schema/predict-edit.schema.json"))
    known = set(schema["properties"])
    inputs = set(action(root)["inputs"])
    wrong = [
        f"The config's schema does not know the input `{name}`; run `make docs`."
        for name in sorted(inputs - set(WORKFLOW_ONLY) - known)
    ]
    wrong += [
        f"The config's schema lets a config set `{name}`, which only a workflow may."
        for name in sorted(known & set(WORKFLOW_ONLY))
    ]
    return wrong


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile: name in capitals, and what follows it on one line."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE))
    for line in joined.splitlines():
        name, _, rest = line.strip().partition(" ")
        if name:
            yield name.upper(), rest.strip()


def dockerfile_starts_without_shell(root: Path) -> list[str]:
    """The entry is in exec form and isolated; nothing the runner needs is changed.

    A shell drops variables with hyphens in their names, which is what inputs have. ``-I`` keeps the
    workspace off the module path. The runner needs root and sets the folder itself ("Dockerfile
    support for GitHub Actions").
    """
    found = list(instructions(read(root, "Dockerfile")))
    wrong = []
    entries = [rest for name, rest in found if name == "ENTRYPOINT"]
    try:
        parsed = [json.loads(entry) for entry in entries]
    except ValueError:
        parsed = []
        wrong.append("The Dockerfile's ENTRYPOINT is not in exec form: a shell drops the inputs.")
    if len(entries) != 1 or (parsed and parsed != [ENTRY]):
        wrong.append(f"The Dockerfile's ENTRYPOINT is not `{json.dumps(ENTRY)}`.")
    wrong += [
        f"The Dockerfile has `{name}`, which a container action must not."
        for name, _ in found
        if name in {"USER", "WORKDIR", "CMD", "SHELL"}
    ]
    return wrong


def dockerfile_is_pinned(root: Path) -> list[str]:
    """Every stage starts from the one base, which has a digest; every install checks hashes."""
    found = list(instructions(read(root, "Dockerfile")))
    wrong = []
    bases = [rest for name, rest in found if name == "ARG" and rest.startswith("BASE_IMAGE=")]
    if len(bases) != 1 or not re.search(r"@sha256:[0-9a-f]{64}$", bases[0]):
        wrong.append("The Dockerfile's base image has no digest.")
    starts = [rest.split()[0] for name, rest in found if name == "FROM" and rest]
    if not starts or set(starts) != {"${BASE_IMAGE}"}:
        wrong.append("A stage of the Dockerfile starts from something else than BASE_IMAGE.")
    for name, rest in found:
        if name == "RUN":
            wrong += [
                f"The Dockerfile installs without hashes: `{command.strip()}`."
                for command in rest.split("&&")
                if re.search(r"\bpip (install|wheel)\b", command)
                and not re.search(r"--require-hashes|--no-index|--no-deps", command)
            ]
    return wrong


def python_versions_agree(root: Path) -> list[str]:
    """The package, its classifiers and the CI matrix speak of the same versions of Python."""
    package = project(root)["project"]
    told = [
        entry.rpartition(" ")[2]
        for entry in package["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", entry)
    ]
    workflow = yaml.safe_load(read(root, ".github/workflows/ci.yml"))
    tested = workflow["jobs"]["check"]["strategy"]["matrix"]["python"]
    wrong = []
    if told != tested:
        wrong.append(f"The classifiers name Python {told}, CI tests {tested}.")
    if not told or package["requires-python"] != f">={told[0]}":
        wrong.append("The oldest Python of the classifiers is not that of `requires-python`.")
    return wrong


def wheel_has_the_licences(root: Path) -> list[str]:
    """The licence and the notice go with every copy."""
    files = project(root)["project"].get("license-files")
    if files != ["LICENSE", "NOTICE"]:
        return ["pyproject.toml does not ship LICENSE and NOTICE."]
    return [f"{name} is missing." for name in files if not (root / name).is_file()]


CHECKS: Mapping[str, Check] = {
    "the version is in one place": version_is_in_one_place,
    "the changelog has the version": changelog_has_the_version,
    "pages and examples name the version": pages_name_the_version,
    "action.yml runs an exact image": image_is_exact,
    "docs/inputs.md has all inputs and outputs": page_has_inputs_and_outputs,
    "the config's schema has the inputs": schema_has_inputs,
    "the Dockerfile starts without a shell": dockerfile_starts_without_shell,
    "the Dockerfile is pinned": dockerfile_is_pinned,
    "the versions of Python agree": python_versions_agree,
    "the licences are shipped": wheel_has_the_licences,
}


def main() -> int:
    """Print what is wrong; 1 where something is."""
    wrong = [problem for check in CHECKS.values() for problem in check(ROOT)]
    for problem in wrong:
        print(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
