"""The container: how large its image is, and how soon it is at work.

Needs a Docker engine and the image, which ``scripts/with_docker.py`` provides and names in
``PREDICT_EDIT_IMAGE``: ``make bench-container``. Elsewhere it is not measured, and says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import fixtures
from benchmarks.figures import Figure, Section, Target, megabytes, ratios, seconds
from benchmarks.page import ROOT
from benchmarks.scale import Scale
from predict_edit_sandbox.container import DOCKER_RUN, Image
from predict_edit_sandbox.github import issue_comment_created
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, set_stage

VARIABLE = "PREDICT_EDIT_IMAGE"
TITLE = "The container"
PYTHON = "/opt/venv/bin/python3"
_BASE = re.compile(r"^ARG BASE_IMAGE=(\S+?)(?:@\S+)?$", re.MULTILINE)
_UNCOMPILED = """
import pathlib, sys
left = [
    path for path in pathlib.Path(sys.prefix, "lib").rglob("*.py")
    if not list((path.parent / "__pycache__").glob(path.stem + ".*.pyc"))
]
print(len(left))
"""


async def measure(scale: Scale) -> Section:
    """Starts of the image and of its base, one after the other."""
    name = os.environ.get(VARIABLE)
    if not name or not shutil.which("docker"):
        reason = "there is no image; `make bench-container` builds one and starts an engine"
        print(f"container: not run, {reason}")
        return Section(title=TITLE, text=f"Not run here: {reason}.")
    base = _base(os.environ.get("PREDICT_EDIT_OWN_ENGINE") == "1")
    plain: list[float] = []
    first: list[float] = []
    for _ in scale.repeats(5):
        plain.append(await asyncio.to_thread(_started, base))
        first.append(await _until_first_request(name))
    sizes = {image: megabytes([_size(image)]) for image in (base, name)}
    uncompiled = int(_output(name, PYTHON, "-c", _UNCOMPILED))
    more = ratios(one / other for one, other in zip(first, plain, strict=True))
    rows = [
        [f"`{base}`, `python3 -c pass`", str(sizes[base]), str(seconds(plain)), "1.00"],
        ["the action, first request to GitHub", str(sizes[name]), str(seconds(first)), str(more)],
    ]
    return Section(
        title=TITLE,
        text=(
            "Time from `docker run`: to the end of a plain Python, and to the action's first "
            f"request. The base is whatever `python:3.13-slim` is on this engine. n = {len(plain)} "
            "of each, interleaved."
        ),
        tables=[(("Image", "Size", "Time", "Against the base"), rows)],
        targets=[
            Target(
                what="Modules in the image without bytecode",
                figure=Figure((uncompiled,), "", 0),
                limit=0,
                why="They are compiled anew in every container.",
            )
        ],
        after=f"{_unused(name)}",
    )


def _base(own_engine: bool) -> str:
    """The image that ours is built on."""
    if own_engine:
        return "python:3.13-slim"
    found = _BASE.search((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert found
    return found[1]


def _started(image: str) -> float:
    """Seconds from ``docker run`` to the end of a Python that does nothing."""
    started = time.monotonic()
    command = [*DOCKER_RUN, "--network=none", "--entrypoint", "python3", image, "-c", "pass"]
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - started


async def _until_first_request(image: str) -> float:
    """Seconds from ``docker run`` to the action's first request."""
    files = [fixtures.program("src/only.py", 20)]
    with tempfile.TemporaryDirectory(prefix="predict-edit-bench-") as folder:
        async with set_stage(Path(folder), files=files) as stage:
            comment = stage.github.comment(REPOSITORY, stage.pull.number, WRITER, REPLACE)
            step = stage.step("issue_comment", issue_comment_created(stage.github, comment))
            started = time.monotonic()
            ran = await asyncio.to_thread(Image(image).step, step, "--network=host")
            if ran.exit_code:
                raise RuntimeError(f"the container failed:\n{ran.log[-2000:]}")
            return min(request.started for request in stage.github.log.requests) - started


def _size(image: str) -> int:
    command = ["docker", "image", "inspect", image]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(json.loads(found.stdout)[0]["Size"])


def _output(image: str, program: str, *arguments: str) -> str:
    command = [*DOCKER_RUN, "--network=none", "--entrypoint", program, image, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


_DISTRIBUTIONS = """
import importlib.metadata as m, json
print(json.dumps(sorted({d.name.lower().replace("_", "-") for d in m.distributions()})))
"""


def _unused(image: str) -> str:
    """What is installed in the image's environment, against what the action depends on."""
    code = "from benchmarks import lean; print(*sorted(lean.needed(lean.DISTRIBUTION)))"
    needed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    installed = json.loads(_output(image, PYTHON, "-I", "-c", _DISTRIBUTIONS))
    extra = sorted(set(installed) - set(needed))
    return (
        f"{len(installed)} packages are installed in the action's environment, the action itself "
        f"included; beside what it depends on: {', '.join(extra) or 'nothing'}."
    )
