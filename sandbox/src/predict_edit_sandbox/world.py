"""Builds local git repositories with a pull request in them, the same commits every time."""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from predict_edit_sandbox.world_files import NAME, STANDARD, WorldFile

BASE_REF, HEAD_REF = "main", "words"
AUTHOR = "Ada Example <ada@example.invalid>"
WHEN = "1767225600 +0000"
"""1 January 2026, so that commit SHAs never change."""

_GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Repositories on disk with one branch to merge into another."""

    repository: Path
    """A bare repository with the base branch."""
    head_repository: Path
    """Where the head branch is: the same, or a fork of it."""
    base_sha: str
    head_sha: str
    files: tuple[WorldFile, ...]
    base_ref: str = BASE_REF
    head_ref: str = HEAD_REF

    @property
    def forked(self) -> bool:
        """Whether the head branch is in a fork."""
        return self.head_repository != self.repository

    @property
    def changed(self) -> tuple[WorldFile, ...]:
        """The files of the pull request, removed ones included."""
        return tuple(f for f in self.files if f.base != f.head or f.previous_path)

    def expected(self, old: str = NAME, new: str = "MSFTBuzz") -> dict[str, bytes]:
        """Every file of the head after ``old`` became ``new`` in what the pull request changes.

        Calculated on bytes, with nothing of what the action does.
        """
        edited = {f.path for f in self.changed if f.kind == "text"}
        return {
            f.path: f.head.replace(old.encode(), new.encode()) if f.path in edited else f.head
            for f in self.files
            if f.head is not None
        }

    def files_at(self, commit: str) -> dict[str, bytes]:
        """All files of a commit of the head's repository."""
        names = git(self.head_repository, "ls-tree", "-rz", "--name-only", commit)
        return {
            name: git(self.head_repository, "cat-file", "blob", f"{commit}:{name}")
            for name in names.decode().split("\0")
            if name
        }

    def check_out(self, commit: str, folder: Path) -> None:
        """Write the files of a commit to a folder, byte for byte."""
        for name, data in self.files_at(commit).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def build_world(
    folder: Path,
    *,
    files: Sequence[WorldFile] = STANDARD,
    fork: bool = False,
    attributes: str = "package-lock.json linguist-generated\n",
) -> World:
    """Make the repositories in a new folder.

    ``attributes`` becomes ``.gitattributes`` of both branches, empty for none.
    """
    if attributes:
        data = attributes.encode()
        files = (*files, WorldFile(path=".gitattributes", base=data, head=data))
    before = {f.previous_path or f.path: f.base for f in files if f.base is not None}
    after = {f.path: f.head for f in files if f.head is not None}
    main = _commit(BASE_REF, "Play the game", before)
    both = main + _commit(HEAD_REF, "Count to a hundred", after, parent=BASE_REF)
    folder.mkdir(parents=True, exist_ok=True)
    repository = folder / "repository.git"
    head_repository = folder / "fork.git" if fork else repository
    if fork:
        _import(repository, main)
    _import(head_repository, both)
    return World(
        repository=repository,
        head_repository=head_repository,
        base_sha=_sha(repository, BASE_REF),
        head_sha=_sha(head_repository, HEAD_REF),
        files=tuple(files),
    )


def git(repository: Path, *arguments: str, data: bytes | None = None) -> bytes:
    """Run git in a repository and return what it prints.

    Raises:
        RuntimeError: git failed; the message is git's own.
    """
    program = shutil.which("git")
    if program is None:
        raise RuntimeError("git is not installed; the sandbox needs it for its repositories")
    done = subprocess.run(
        [program, "-C", str(repository), *arguments],
        input=data,
        capture_output=True,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), **_GIT_ENVIRONMENT},
    )
    if done.returncode:
        raise RuntimeError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _import(repository: Path, stream: bytes) -> None:
    for name, data in _imported(stream).items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@functools.lru_cache(maxsize=16)
def _imported(stream: bytes) -> Mapping[Path, bytes]:
    """The files of a bare repository with these commits, made once for all that want the same."""
    with tempfile.TemporaryDirectory(prefix="sandbox-world-") as name:
        folder = Path(name)
        git(folder, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BASE_REF}")
        # One pack instead of a file an object, which another process would write.
        git(folder, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", data=stream)
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(folder): path.read_bytes() for path in files}


def _sha(repository: Path, ref: str) -> str:
    return (repository / "refs" / "heads" / ref).read_text(encoding="ascii").strip()


def _commit(ref: str, message: str, files: Mapping[str, bytes], parent: str | None = None) -> bytes:
    """One commit with exactly these files, as git's fast-import reads it."""

    def lines() -> Iterable[bytes]:
        yield f"commit refs/heads/{ref}\n".encode()
        yield f"author {AUTHOR} {WHEN}\ncommitter {AUTHOR} {WHEN}\n".encode()
        yield _data(message.encode())
        if parent:
            yield f"from refs/heads/{parent}\n".encode()
        yield b"deleteall\n"
        for path, data in sorted(files.items()):
            yield f"M 100644 inline {path}\n".encode() + _data(data)

    return b"".join(lines())


def _data(data: bytes) -> bytes:
    return f"data {len(data)}\n".encode() + data + b"\n"
