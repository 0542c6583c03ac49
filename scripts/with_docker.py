"""Run a command with a Docker engine at hand: the machine's own, or one started for the occasion.

An engine of our own needs root and Debian's packages, and no registry: its base image is made from
Debian's packages and named like the Dockerfile's base, so that the unchanged Dockerfile builds on
it. The command finds the engine in ``DOCKER_HOST`` and the image's name in ``PREDICT_EDIT_IMAGE``.

Where neither is possible the reason is printed and nothing is run: exit status 0, or 1 with
``--required``. An image that does not build is a failure everywhere.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASE = "python:3.13-slim"
IMAGE = "predict-edit:test"
PLATFORMS = [
    *(f"{kind}_{platform.machine()}" for kind in ("manylinux_2_34", "manylinux_2_28")),
    f"manylinux2014_{platform.machine()}",
    "any",
]


class CannotStartError(Exception):
    """Why there is no engine here."""


class StepFailedError(Exception):
    """A command that should have worked did not."""


def main(arguments: list[str]) -> int:
    """Build the image and run the command after ``--``."""
    split = arguments.index("--")
    required = "--required" in arguments[:split]
    with tempfile.TemporaryDirectory(prefix="predict-edit-docker-") as folder:
        try:
            with engine(Path(folder)) as environment:
                build_image(Path(folder), environment)
                done = subprocess.run(arguments[split + 1 :], env=environment, check=False)
                return done.returncode
        except CannotStartError as error:
            print(f"container tests skipped: {error}", flush=True)
            return 1 if required else 0
        except StepFailedError as error:
            print(f"container: {error}", flush=True)
            return 1


@contextlib.contextmanager
def engine(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which ``docker`` finds an engine."""
    environment = {**os.environ, "PREDICT_EDIT_IMAGE": IMAGE, "DOCKER_BUILDKIT": "0"}
    if shutil.which("docker") and answers(environment):
        environment["PREDICT_EDIT_OWN_ENGINE"] = "0"
        yield environment
        return
    try:
        install()
        base = make_base(folder)
    except StepFailedError as error:
        raise CannotStartError(str(error)) from error
    environment |= {"DOCKER_HOST": f"unix://{folder}/docker.sock", "PREDICT_EDIT_OWN_ENGINE": "1"}
    daemon = start(folder, environment)
    try:
        change = "ENV PATH=/usr/local/bin:/usr/bin:/bin PIP_NO_INDEX=1 PIP_FIND_LINKS=/src/wheels"
        run(["docker", "import", "-c", change, str(base), BASE], environment)
        base.unlink()
        yield environment
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)
        # The engine leaves its network namespace mounted.
        for mount in (folder / "exec" / "netns").glob("*"):
            subprocess.run(["umount", str(mount)], check=False)


def build_image(folder: Path, environment: Mapping[str, str]) -> None:
    """Build the unchanged Dockerfile; on an engine of our own, without any network."""
    context = folder / "context"
    context.mkdir()
    for name in ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE",
                 "NOTICE", "requirements.txt", "requirements-build.txt"):  # fmt: skip
        shutil.copy(ROOT / name, context / name)
    (context / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/slim.py", context / "scripts")
    shutil.copytree(ROOT / "src", context / "src", ignore=shutil.ignore_patterns("__pycache__"))
    command = ["docker", "build", "--tag", IMAGE]
    if environment["PREDICT_EDIT_OWN_ENGINE"] == "1":
        download_wheels(context / "wheels")
        command += ["--network", "none", "--build-arg", f"BASE_IMAGE={BASE}"]
    else:
        (context / "wheels").mkdir()
    began = time.monotonic()
    run([*command, str(context)], environment)
    print(f"image built in {time.monotonic() - began:.0f} s", flush=True)


def download_wheels(target: Path) -> None:
    """Fetch what the image installs, for the image's Python, checked by hash."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(target)]
    command += ["--python-version", "3.13", "--only-binary=:all:", "--require-hashes", "--no-deps"]
    for kind in PLATFORMS:
        command += ["--platform", kind]
    for name in ("requirements.txt", "requirements-build.txt"):
        run([*command, "-r", str(ROOT / name)], os.environ)


def install() -> None:
    """Get an engine and the maker of base images from Debian's packages."""
    if os.geteuid() != 0:
        raise CannotStartError("there is no Docker engine, and starting one needs root")
    if not shutil.which("apt-get"):
        raise CannotStartError("there is no Docker engine, and this system has no apt-get")
    wanted = [name for name in ("dockerd", "mmdebstrap") if not shutil.which(name)]
    if wanted or not shutil.which("docker"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "-qq", "update"], quiet)
        run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "docker.io",
             "mmdebstrap"], quiet)  # fmt: skip
    if not shutil.which("docker"):
        run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "docker-cli"], quiet)


def make_base(folder: Path) -> Path:
    """A Debian root with Python, without bytecode as official images, and what the build needs."""
    base = folder / "base.tar"
    packages = "python3,python3-venv,ca-certificates,git,binutils"
    run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}",
         '--customize-hook=find "$1/usr/lib" -name "*.pyc" -delete', "trixie",
         str(base), mirror()], os.environ)  # fmt: skip
    return base


def mirror() -> str:
    """The address of Debian's packages, as this machine's own configuration has it."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    plain = Path("/etc/apt/sources.list")
    patterns = {sources: r"^URIs:\s*(\S+)", plain: r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)"}
    for path, pattern in patterns.items():
        if path.exists():
            match = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
            if match:
                return match[1]
    raise CannotStartError("apt's configuration names no mirror to make a base image from")


def start(folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start an engine that touches neither the network nor the machine's own engine."""
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none",
             "--storage-driver=overlay2", f"--data-root={folder}/data",
             f"--exec-root={folder}/exec", f"--pidfile={folder}/pid",
             "-H", environment["DOCKER_HOST"]],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    for _ in range(200):
        if answers(environment):
            return daemon
        if daemon.poll() is not None:
            break
        time.sleep(0.1)
    daemon.kill()
    last = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
    raise CannotStartError(f"the Docker engine did not start: {' '.join(last)[:300]}")


def answers(environment: Mapping[str, str]) -> bool:
    """Whether an engine is there."""
    probe = subprocess.run(["docker", "version"], env=environment, capture_output=True, check=False)
    return probe.returncode == 0


def run(command: list[str], environment: Mapping[str, str]) -> None:
    """Run a step; its output is shown only when it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise StepFailedError(f"`{' '.join(command[:3])} …` failed:\n{tail}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
