"""Make the release commit: the tagged tree, but with the image's digest in ``action.yml``.

Whoever pins the action to that commit thereby pins the image too. The commit's parent is the commit
that was tested; it goes to no branch, only to the tag ``vX.Y.Z``.

::

    python3 scripts/release_commit.py --digest sha256:… --image ghcr.io/OWNER/predict-edit

Nothing is pushed: the tag is made in the local repository, and the new commit is printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGE = re.compile(r"ghcr\.io/[a-z0-9._-]+/[a-z0-9._-]+")
_LINE = re.compile(r"^  image: Dockerfile$", re.MULTILINE)
_VERSION = re.compile(r'^__version__ = "(\d+\.\d+\.\d+)"$', re.MULTILINE)


class CannotReleaseError(Exception):
    """Why no release commit was made."""


def pinned(metadata: str, image: str, digest: str) -> str:
    """The text of ``action.yml`` with the image in the place of the Dockerfile."""
    if not _DIGEST.fullmatch(digest):
        raise CannotReleaseError(f"`{digest}` is not a digest of the form sha256:….")
    if not _IMAGE.fullmatch(image):
        raise CannotReleaseError(f"`{image}` is not an image of ghcr.io, in lower case.")
    changed, count = _LINE.subn(f"  image: docker://{image}@{digest}", metadata)
    if count != 1:
        raise CannotReleaseError("action.yml does not have the line `image: Dockerfile` once.")
    return changed


def release(root: Path, image: str, digest: str) -> str:
    """Commit and tag in the repository at ``root``; return the commit.

    Run again with the same image on the same commit it finds its tag and makes nothing new.
    """
    head = git(root, "rev-parse", "HEAD")
    text = git(root, "show", "HEAD:action.yml") + "\n"
    found = _VERSION.search(git(root, "show", "HEAD:src/predict_edit/__init__.py"))
    if not found:
        raise CannotReleaseError("the code has no version.")
    tag, metadata = f"v{found[1]}", pinned(text, image, digest)
    existing = git(root, "tag", "--list", tag)
    if existing:
        same = git(root, "rev-parse", f"{tag}^") == head and (
            git(root, "show", f"{tag}:action.yml") + "\n" == metadata
        )
        if not same:
            raise CannotReleaseError(f"{tag} exists and is something else; release a new version.")
        return git(root, "rev-parse", f"{tag}^{{commit}}")
    if git(root, "status", "--porcelain", "--untracked-files=no"):
        raise CannotReleaseError("the tree has changes that are not committed.")
    (root / "action.yml").write_text(metadata, encoding="utf-8", newline="")
    who = ("-c", f"user.name={BOT[0]}", "-c", f"user.email={BOT[1]}")
    git(root, "checkout", "--quiet", "--detach")
    git(root, *who, "commit", "--quiet", "-m", f"Release {found[1]}", "--", "action.yml")
    git(root, *who, "tag", "--annotate", "-m", f"predict-edit {found[1]}", tag)
    return git(root, "rev-parse", "HEAD")


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository; its output, without the last newline."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise CannotReleaseError(f"`git {arguments[0]} …` failed: {done.stderr.strip()}")
    return done.stdout.removesuffix("\n")


def main(arguments: list[str]) -> int:
    """Make the commit in this repository and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--image", required=True, help="name of the image, without tag or digest")
    parser.add_argument("--digest", required=True, help="the image's digest, sha256:…")
    given = parser.parse_args(arguments)
    try:
        print(release(ROOT, given.image, given.digest))
    except CannotReleaseError as error:
        print(f"no release commit: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
