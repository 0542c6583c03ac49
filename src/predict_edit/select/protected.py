"""What the name of a file alone says against editing it."""

from __future__ import annotations

import posixpath
import re

_LOCK_FILES = frozenset(
    {
        ".terraform.lock.hcl",
        "bun.lockb",
        "cartfile.resolved",
        "gems.locked",
        "go.sum",
        "go.work.sum",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "package.resolved",
        "packages.lock.json",
        "pnpm-lock.yaml",
        "project.assets.json",
        "pylock.toml",
    }
)
"""Lock files whose name does not end in ``.lock``, lower case."""

_LOCK_PATTERN = re.compile(r".+\.lock|.+\.lockfile|pylock\.[^.]+\.toml|conda-lock\..*yml")
_SOURCE_MAP = re.compile(r".+\.(?:js|mjs|cjs|css|ts|jsx|tsx|wasm)\.map")
_MINIFIED = re.compile(r".+[.-]min\.(?:js|mjs|cjs|css|html|json|svg)")
_ACTION_FILES = frozenset({"action.yml", "action.yaml"})


def protected(path: str) -> str | None:
    """Say what a file steers, where editing it could change who may do what.

    Workflows and everything else under ``.github``, the metadata of an action, the owners of code,
    and git's own files decide what runs with which rights; lock files what is installed.
    """
    parts = path.casefold().split("/")
    name = parts[-1]
    if ".github" in parts:
        return "in .github"
    if any(part.startswith(".git") for part in parts):
        return "configuration of git or its host"
    if name in _ACTION_FILES:
        return "metadata of an action"
    if name == "codeowners":
        return "it says who owns the code"
    if name in _LOCK_FILES or _LOCK_PATTERN.fullmatch(name):
        return "a lock file"
    return None


def derived(path: str) -> str | None:
    """Say what kind of derived file it is, if its name shows it."""
    name = posixpath.basename(path).casefold()
    if _SOURCE_MAP.fullmatch(name):
        return "a source map"
    if _MINIFIED.fullmatch(name):
        return "minified"
    return None
