"""The container: how large its image is, how soon it is pulled, and how soon it is at work.

Needs a Docker engine and the image, which ``scripts/with_docker.py`` provides and names in
``PREDICT_EDIT_IMAGE``: ``make bench-container``. Elsewhere it is not measured, and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import fixtures
from benchmarks.figures import Figure, Section, Target, ratios, seconds
from benchmarks.page import ROOT
from benchmarks.scale import Scale
from predict_edit_sandbox.container import DOCKER_RUN, Image
from predict_edit_sandbox.github import issue_comment_created
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, set_stage

VARIABLE = "PREDICT_EDIT_IMAGE"
TITLE = "The container"
PYTHON = "/opt/venv/bin/python3"
_BASE = re.compile(r"^ARG BASE_IMAGE=(\S+?)(?:@\S+)?$", re.MULTILINE)
_COMPILED = """
import os, sys
import predict_edit.cli.action, predict_edit.run.engine, predict_edit.llm.editor, jinja2
specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
sources = [s for s in specs if type(getattr(s, "loader", None)).__name__ == "SourceFileLoader"]
print(sum(not s.name.startswith("encodings") and not os.path.exists(s.cached) for s in sources))
"""


_ELSEWHERE = """\
Packages and git for arm64, made small by the same rules on another processor with `STRIP`, add \
59.2 MB, 18.9 MB with gzip; CI tests both limits on both processors.

Compressed, Docker publishes 413 MB for `python:3.13`, 43 MB for `python:3.13-slim` and 17 MB for \
`python:3.13-alpine` ([repo-info](https://github.com/docker-library/repo-info), amd64, autumn \
2026). Alpine has another C library, musl, for which all packages have wheels, 0.6 MB larger; but \
no test and no figure here is about it, and its allocator makes threads wait for each other. A \
distroless image has the Python of its distribution, without a choice of the patch release, and \
not PCRE, which git needs. None of them has bytecode of Python's library, so the image brings it: \
compiling it took 0.7 of 2.2 s of processor time to import a run's modules."""


async def measure(scale: Scale) -> Section:
    """Pulls and starts of the image and of its base, one after the other."""
    name = os.environ.get(VARIABLE)
    missing = [program for program in ("docker", "docker-registry") if not shutil.which(program)]
    if not name or missing:
        reason = (
            f"{' and '.join(missing)} missing (Debian has packages)"
            if missing
            else "there is no image; `make bench-container` builds one and starts an engine"
        )
        print(f"container: not run, {reason}")
        return Section(title=TITLE, text=f"Not run here: {reason}.")
    base = _base(os.environ.get("PREDICT_EDIT_OWN_ENGINE") == "1")
    plain: list[float] = []
    first: list[float] = []
    for _ in scale.repeats(5):
        plain.append(await asyncio.to_thread(_started, base))
        first.append(await _until_first_request(name))
    ours = _layers(name)[len(_layers(base)) :]
    with _registry() as registry:
        pulls = [await asyncio.to_thread(registry.pull, [base, name]) for _ in scale.repeats(3)]
        compressed = registry.compressed(name)[-len(ours) :]
    compiled = int(_output(name, PYTHON, "-I", "-B", "-c", _COMPILED))
    more = ratios(one / other for one, other in zip(first, plain, strict=True))
    added = [Figure((sum(layers) / 1e6,), "MB", 1) for layers in (ours, compressed)]
    pulled = [seconds(took) for took in zip(*pulls, strict=True)]
    cells = [
        [f"`{base}`, `python3 -c pass`", "", "", pulled[0], seconds(plain), "1.00"],
        ["the action, first request to GitHub", *added, pulled[1], seconds(first), more],
    ]
    rows = [[str(cell) for cell in row] for row in cells]
    return Section(
        title=TITLE,
        text=(
            "What our layers add to the base, unpacked and as they are pulled; the time to pull "
            "the base, then our layers, from a registry on this machine into an engine that has "
            "neither; and the time from `docker run` to the end of a plain Python, and to the "
            "action's first request. The base is whatever `python:3.13-slim` is on this engine. "
            f"n = {len(pulls)} pulls and {len(plain)} starts of each, interleaved."
        ),
        tables=[
            (("Image", "Added", "Compressed", "Pull", "Start", "Against the base"), rows),
        ],
        targets=[
            Target(
                what="Modules that a run compiles",
                figure=Figure((compiled,), "", 0),
                limit=0,
                why="They would be compiled anew in every container.",
            ),
            Target(
                what="The image over its base, unpacked",
                figure=added[0],
                limit=60,
                why="39 MB are compiled code: the grammars, cryptography and pydantic's core.",
            ),
            Target(
                what="The image over its base, compressed",
                figure=added[1],
                limit=22,
                why="Compiled code does not compress further.",
            ),
        ],
        after=f"{_unused(name)} {_ELSEWHERE}",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Registry:
    """A registry on this machine's loopback."""

    address: str

    def pull(self, names: Sequence[str]) -> list[float]:
        """Push the images, forget all images, pull these one after the other: seconds each."""
        ours = [f"{self.address}/{name}" for name in names]
        for name, our in zip(names, ours, strict=True):
            _docker("tag", name, our)
            _docker("push", "--quiet", our)
        _docker("image", "prune", "--all", "--force")
        took = []
        for name, our in zip(names, ours, strict=True):
            started = time.monotonic()
            _docker("pull", "--quiet", our)
            took.append(time.monotonic() - started)
            _docker("tag", our, name)
        return took

    def compressed(self, name: str) -> list[int]:
        """Bytes of the layers of a pushed image, as they are pulled."""
        repository, tag = name.split(":")
        request = urllib.request.Request(
            f"http://{self.address}/v2/{repository}/manifests/{tag}",
            headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return [layer["size"] for layer in json.load(answer)["layers"]]


@contextlib.contextmanager
def _registry() -> Iterator[Registry]:
    """Serve Debian's registry from a folder of its own for as long as it is needed."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        settings = Path(folder, "config.yml")
        settings.write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\n"
            f"http: {{addr: '{address}'}}\n"
        )
        command = ["docker-registry", "serve", str(settings)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            try:
                while run.poll() is None:
                    with contextlib.suppress(OSError):
                        urllib.request.urlopen(f"http://{address}/v2/").close()
                        break
                    time.sleep(0.1)
                yield Registry(address)
            finally:
                run.terminate()


def _layers(image: str) -> list[int]:
    """Bytes of each layer that holds something, the lowest first."""
    sizes = _docker("history", "--human=false", "--format", "{{.Size}}", image).split()
    return [int(size) for size in reversed(sizes) if int(size)]


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


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


def _output(image: str, program: str, *arguments: str) -> str:
    command = [*DOCKER_RUN, "--network=none", "--entrypoint", program, image, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


_DISTRIBUTIONS = """
import importlib.metadata as m, json
print(json.dumps(sorted({d.name.lower().replace("_", "-") for d in m.distributions()})))
"""


def _unused(image: str) -> str:
    """What is installed in the image's environment, against what the action depends on."""
    code = "from benchmarks import lean; print(*lean.held(), 'predict-edit')"
    needed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    installed = json.loads(_output(image, PYTHON, "-I", "-c", _DISTRIBUTIONS))
    extra = sorted(set(installed) - set(needed))
    return (
        f"{len(installed)} packages are installed in the action's environment, the action itself "
        f"included; beside what it depends on: {', '.join(extra) or 'nothing'}."
    )
