"""Build what goes to a package index into ``dist/``: the source, and from it the wheel.

The README leads to files of the repository by relative links. A package index knows no repository,
so that they would lead nowhere there: in the copy that is built, they are addresses at the tag of
this version. The repository is the workflow's (``GITHUB_REPOSITORY``), or ``--repository``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import agreement
import wheel_check

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    *("src", "tests", "schema"),
    *("pyproject.toml", "action.yml", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE"),
)
_LINK = re.compile(r"(?P<image>!?)(?P<text>\[[^\]\n]*\])\((?P<target>[^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:|#")


def absolute(readme: str, repository: str, tag: str) -> str:
    """A README whose relative links and images are addresses in the repository, at the tag."""

    def address(found: re.Match[str]) -> str:
        if _ELSEWHERE.match(found["target"]):
            return found[0]
        place = (
            f"https://raw.githubusercontent.com/{repository}/{tag}/"
            if found["image"]
            else f"https://github.com/{repository}/blob/{tag}/"
        )
        return f"{found['image']}{found['text']}({place}{found['target']})"

    return _LINK.sub(address, readme)


def with_addresses(pyproject: str, repository: str) -> str:
    """The project's metadata with the addresses that a package index shows beside the page."""
    home = f"https://github.com/{repository}"
    return pyproject.replace(
        "\n[project.scripts]\n",
        f'\n[project.urls]\nSource = "{home}"\nIssues = "{home}/issues"\n'
        f'Changelog = "{home}/blob/main/CHANGELOG.md"\n\n[project.scripts]\n',
        1,
    )


def copy(source: Path, repository: str) -> None:
    """Copy what is built to ``source``, with addresses where the repository is known."""
    source.mkdir()
    for name in PARTS:
        path = ROOT / name
        if path.is_dir():
            leave = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules")
            shutil.copytree(path, source / name, ignore=leave)
        else:
            shutil.copy(path, source / name)
    if repository:
        tag = f"v{agreement.version_of(ROOT)}"
        readme, project = source / "README.md", source / "pyproject.toml"
        readme.write_text(absolute(agreement.read(ROOT, "README.md"), repository, tag), "utf-8")
        project.write_text(
            with_addresses(agreement.read(ROOT, "pyproject.toml"), repository), "utf-8"
        )


def main(arguments: list[str]) -> int:
    """Build, look into the wheel, and say what there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repository", default=os.environ.get("GITHUB_REPOSITORY", ""))
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args(arguments)
    shutil.rmtree(given.out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        copy(source, given.repository)
        command = [sys.executable, "-m", "build", "--no-isolation", "-o", str(given.out)]
        subprocess.run([*command, str(source)], check=True, stdout=subprocess.DEVNULL)
        (wheel,) = given.out.glob("*.whl")
        wrong = wheel_check.problems(wheel, source)
    if not given.repository:
        print("the repository is not known: relative links of the README stay as they are")
    for path in sorted(given.out.iterdir()):
        print(f"{path.name}, {path.stat().st_size // 1024} kB")
    for problem in wrong:
        print(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
