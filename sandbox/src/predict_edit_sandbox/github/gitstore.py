"""One local git repository, read and written with the git command.

Whatever an object name stands for never changes, so it is read once; refs are read every time.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ZERO = "0" * 40
_TYPES = frozenset({"blob", "tree", "commit", "tag"})


class GitFailed(Exception):
    """The git command failed; the message is its own."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One entry of a tree; ``path`` is from the root of the tree that was listed."""

    mode: str
    type: str
    sha: str
    size: int | None
    path: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    """What a commit object says."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: tuple[str, str, str]
    """Name, address, ISO 8601 date."""
    committer: tuple[str, str, str]
    message: str


@functools.cache
def _environment() -> dict[str, str]:
    """An environment in which no configuration of the machine's owner changes an answer."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }


@functools.cache
def _program() -> str:
    """Where git is."""
    found = shutil.which("git")
    if found is None:
        raise GitFailed("git is not installed")
    return found


class GitStore:
    """A repository's directory, bare or with a work tree (which is never touched)."""

    def __init__(self, path: Path) -> None:
        self.git_dir = path.resolve()
        if not ((path / "HEAD").is_file() and (path / "objects").is_dir()):  # not a bare repository
            located = self.run("-C", str(path), "rev-parse", "--absolute-git-dir", located=False)
            self.git_dir = Path(os.fsdecode(located).rstrip("\n"))
        self._blobs: dict[str, bytes] = {}
        self._trees: dict[tuple[str, bool], tuple[TreeEntry, ...]] = {}
        self._paths: dict[str, dict[str, TreeEntry]] = {}
        self._commits: dict[str, CommitInfo] = {}
        self._bases: dict[tuple[str, str], str | None] = {}
        self._logs: dict[tuple[str, str, int], list[str]] = {}

    def run(
        self,
        *arguments: str,
        data: bytes = b"",
        extra: Mapping[str, str] | None = None,
        located: bool = True,
    ) -> bytes:
        """Run git on this repository and return what it prints.

        Raises:
            GitFailed: with git's own message.
        """
        where = [f"--git-dir={self.git_dir}"] if located else []
        done = subprocess.run(
            [_program(), "-c", "safe.directory=*", *where, *arguments],
            input=data,
            capture_output=True,
            # Not the caller's folder, whose .gitattributes would count.
            cwd=self.git_dir,
            env=_environment() | dict(extra or {}),
            check=False,
        )
        if done.returncode:
            raise GitFailed(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def resolve(self, revision: str, kind: str = "commit") -> str | None:
        """The object a branch, tag, hash or expression names, peeled to ``kind``."""
        if kind == "commit" and revision in self._commits:
            return revision
        if not revision or revision.startswith("-"):
            return None
        try:
            answer = self.run("rev-parse", "--verify", "--quiet", f"{revision}^{{{kind}}}")
        except GitFailed:
            return None
        return answer.decode().strip() or None

    def branch(self, name: str) -> str | None:
        """The tip of a branch; most are in a file of their own, which needs no process to read."""
        path = self.git_dir / "refs" / "heads" / name
        if ".." not in name and path.is_file():
            tip = path.read_text("ascii").strip()
            if re.fullmatch("[0-9a-f]{40}", tip):
                return tip
        return self.resolve(f"refs/heads/{name}")

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        """All refs under a prefix, with what they point to."""
        printed = self.run("for-each-ref", "--format=%(refname) %(objectname)", prefix).decode()
        return dict(line.rsplit(" ", 1) for line in printed.splitlines())

    def type_of(self, sha: str) -> str | None:
        """``blob``, ``tree``, ``commit``, ``tag`` or ``None`` if the object is missing."""
        if sha in self._blobs:
            return "blob"
        try:
            return self.run("cat-file", "-t", sha).decode().strip()
        except GitFailed:
            return None

    def find(self, name: str) -> tuple[str, str] | None:
        """Hash and type of what a hash or an expression such as ``main:README.md`` names."""
        if inside := re.fullmatch(r"([0-9a-f]{40}):([^/](?:.*[^/])?)", name, re.DOTALL):
            try:
                entry = self.entry(inside[1], inside[2])
            except GitFailed:
                return None
            # The commit of a submodule is in another repository.
            return (entry.sha, entry.type) if entry and entry.type != "commit" else None
        if not name or "\n" in name:
            return None
        check = "--batch-check=%(objectname) %(objecttype)"
        sha, _, kind = (
            self.run("cat-file", check, data=f"{name}\n".encode()).decode().partition(" ")
        )
        return (sha, kind.strip()) if kind.strip() in _TYPES else None

    def prefetch(self, shas: Iterable[str]) -> None:
        """Read many blobs with one process; other objects and missing ones are ignored."""
        wanted = [sha for sha in dict.fromkeys(shas) if sha not in self._blobs and sha != ZERO]
        if not wanted:
            return
        printed = self.run("cat-file", "--batch", data="".join(f"{s}\n" for s in wanted).encode())
        at = 0
        while at < len(printed):
            end = printed.index(b"\n", at)
            fields = printed[at:end].decode().split(" ")
            at = end + 1
            if fields[-1] == "missing":
                continue
            sha, kind, size = fields[0], fields[1], int(fields[2])
            if kind == "blob":
                self._blobs[sha] = printed[at : at + size]
            at += size + 1

    def blob(self, sha: str) -> bytes | None:
        """The bytes of a blob."""
        if sha not in self._blobs and len(sha) == len(ZERO):
            self.prefetch([sha])
        return self._blobs.get(sha)

    def tree(self, treeish: str, *, recursive: bool = False) -> tuple[TreeEntry, ...]:
        """The entries of a tree, folders included, in git's order.

        Raises:
            GitFailed: there is no such tree.
        """
        key = (treeish, recursive)
        if key not in self._trees:
            flags = ["-r", "-t"] if recursive else []
            printed = self.run("ls-tree", "-z", "-l", "--full-tree", *flags, treeish)
            entries = []
            for record in filter(None, printed.split(b"\0")):
                head, _, path = record.partition(b"\t")
                mode, kind, sha, size = head.decode().split()
                entries.append(
                    TreeEntry(
                        mode=mode,
                        type=kind,
                        sha=sha,
                        size=None if size == "-" else int(size),
                        path=path.decode("utf-8", "replace"),
                    )
                )
            self._trees[key] = tuple(entries)
        return self._trees[key]

    def entry(self, commit: str, path: str) -> TreeEntry | None:
        """The entry at a path in a commit."""
        if commit not in self._paths:
            listed = self.tree(commit, recursive=True)
            self._paths[commit] = {entry.path: entry for entry in listed}
        return self._paths[commit].get(path.strip("/"))

    def commit(self, sha: str) -> CommitInfo:
        """What a commit says.

        Raises:
            GitFailed: there is no such commit.
        """
        if sha not in self._commits:
            form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
            printed = self.run("show", "-s", "--no-show-signature", f"--format={form}", sha)
            parts = printed.decode("utf-8", "replace").split("\0")
            self._commits[parts[0]] = CommitInfo(
                sha=parts[0],
                tree=parts[1],
                parents=tuple(parts[2].split()),
                author=(parts[3], parts[4], parts[5]),
                committer=(parts[6], parts[7], parts[8]),
                message=parts[9].rstrip("\n"),
            )
            return self._commits[parts[0]]
        return self._commits[sha]

    def log(self, base: str, head: str, limit: int = 250) -> list[str]:
        """The commits from hash ``base`` to hash ``head``, oldest first."""
        key = (base, head, limit)
        if key not in self._logs:
            span = f"{base}..{head}"
            printed = self.run("rev-list", "--reverse", f"--max-count={limit}", span, "--")
            self._logs[key] = printed.decode().split()
        return list(self._logs[key])

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether ``older`` is an ancestor of ``newer``, or the same."""
        return self.merge_base(older, newer) == older

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two hashes, ``None`` for unrelated histories."""
        if (one, other) not in self._bases:
            try:
                found: str | None = self.run("merge-base", one, other).decode().split()[0]
            except GitFailed:
                found = None
            self._bases[one, other] = found
        return self._bases[one, other]

    def keep(self, ref: str, sha: str) -> None:
        """Let a ref of the server's own point to a commit that is there."""
        path = self.git_dir / ref
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{sha}\n", "ascii")

    def update_ref(self, ref: str, new: str | None, old: str | None = None) -> None:
        """Move, create or (``new=None``) delete a ref; ``old`` is what it must point to now."""
        if new is None:
            self.run("update-ref", "-d", ref)
        else:
            self.run("update-ref", ref, new, *([old] if old else []))

    def fetch(self, other: GitStore, sha: str, ref: str) -> None:
        """Take a commit over from another directory, as a fork shares its objects on GitHub."""
        self.run("fetch", "--quiet", "--no-tags", str(other.git_dir), f"+{sha}:{ref}")

    def write_commit(
        self,
        parent: str | None,
        changes: Mapping[str, bytes | None],
        *,
        message: str,
        author: tuple[str, str],
        date: str,
        keep_modes: bool = True,
    ) -> str:
        """Make a commit on ``parent`` with some files replaced (``None``: removed).

        A file that exists keeps its mode, unless ``keep_modes`` is off. No ref is moved.
        """
        modes = {
            path: held.mode
            for path in (changes if parent and keep_modes else ())
            if (held := self.entry(parent or "", path)) and held.type == "blob"
        }
        tree = self.write_tree(parent, changes, modes)
        return self.commit_tree(
            tree, [parent] if parent else [], message=message, author=author, date=date
        )

    def write_tree(
        self, base: str | None, changes: Mapping[str, bytes | None], modes: Mapping[str, str]
    ) -> str:
        """Make a tree of ``base`` with some files replaced (``None``: removed)."""
        with tempfile.TemporaryDirectory(prefix="sandbox-index-") as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.run("read-tree", base, extra=extra)
            lines = []
            for path, data in changes.items():
                if data is None:
                    lines.append(f"0 {ZERO}\t{path}")
                    continue
                lines.append(f"{modes.get(path, '100644')} {self._write_blob(data)}\t{path}")
            records = "".join(f"{line}\0" for line in lines).encode()
            self.run("update-index", "-z", "--index-info", data=records, extra=extra)
            return self.run("write-tree", extra=extra).decode().strip()

    def _write_blob(self, data: bytes) -> str:
        """Write a blob as ``git hash-object`` does, without a process."""
        stored = b"blob %d\0" % len(data) + data
        sha = hashlib.sha1(stored, usedforsecurity=False).hexdigest()
        path = self.git_dir / "objects" / sha[:2] / sha[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(stored, 1))
        return sha

    def commit_tree(
        self,
        tree: str,
        parents: Sequence[str],
        *,
        message: str,
        author: tuple[str, str],
        date: str,
    ) -> str:
        """Make a commit of a tree."""
        name, address = author
        identity = {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (("NAME", name), ("EMAIL", address), ("DATE", date))
        }
        before = [argument for parent in parents for argument in ("-p", parent)]
        made = self.run("commit-tree", tree, *before, data=message.encode(), extra=identity)
        return made.decode().strip()
