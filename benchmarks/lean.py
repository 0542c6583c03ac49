"""An interpreter with what the container has and nothing else.

Libraries import each other where they find each other: in an environment for development, openai
imports aiohttp, which the tests need and the action does not have. And the image leaves out what no
run imports. So the action is measured in an environment with what the image holds, copied from the
one that runs the benchmarks and made small by the same script.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

import predict_edit

ROOT = Path(__file__).resolve().parent.parent
_SETTING = re.compile(r"^ENV (MALLOC_\w+)=(\S+)$", re.MULTILINE)


@functools.cache
def settings() -> dict[str, str]:
    """The image's settings of the C library, from the Dockerfile."""
    dockerfile = ROOT / "Dockerfile"
    return dict(_SETTING.findall(dockerfile.read_text(encoding="utf-8")))


@functools.cache
def interpreter() -> str:
    """The path of the interpreter; its environment is made once and gone with this process."""
    folder = tempfile.TemporaryDirectory(prefix="predict-edit-lean-")
    # Kept for as long as the process lives; its finalizer removes the folder.
    _KEPT.append(folder)
    return str(build(Path(folder.name)))


_COMPILED = shutil.ignore_patterns("__pycache__")
_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def build(folder: Path) -> Path:
    """Make the environment and return the path of its interpreter."""
    venv.create(folder, symlinks=True, with_pip=False)
    variables = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    tops = {top for name in held() for top in _tops(name)} | {Path(predict_edit.__file__).parent}
    for top in tops:
        if top.is_dir():
            shutil.copytree(top, packages / top.name, ignore=_COMPILED)
        else:
            shutil.copy(top, packages)
    slim = [sys.executable, str(ROOT / "scripts/slim.py"), str(folder), str(folder / "root")]
    subprocess.run(slim, check=True, env={**os.environ, "STRIP": "true"})
    return Path(sysconfig.get_path("scripts", "venv", variables)) / "python"


def held() -> list[str]:
    """The distributions that the image installs on this system, from its pins."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.removesuffix("\\")) for line in lines if "==" in line]
    return [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate()]


def _tops(distribution: str) -> Iterator[Path]:
    """The folders and files of a distribution that lie directly in the place for packages."""
    files = importlib.metadata.files(distribution) or ()
    tops = {file.parts[0]: file for file in files if file.parts[0] not in {"..", "__pycache__"}}
    for top, file in tops.items():
        place = Path(str(file.locate()))
        for _ in file.parts[1:]:
            place = place.parent
        assert place.name == top
        yield place
