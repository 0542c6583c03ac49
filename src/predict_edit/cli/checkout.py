"""What a local checkout changes against a base, as a host of pull requests would list it.

Committed, staged and unstaged changes count as one: as if everything were committed and pushed now.
To see renames as git sees them, that commit's tree is made in a temporary folder; the repository
itself is only read.
"""

from __future__ import annotations

import dataclasses
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from predict_edit.cli.local_files import Conversions
from predict_edit.cli.local_git import Git, RawChange, read_blobs, read_raw
from predict_edit.domain.edits import ChangedFile, SkippedFile
from predict_edit.domain.errors import CheckoutError
from predict_edit.domain.repository import FileContent
from predict_edit.select.content import MAX_BYTES
from predict_edit.suggest.diff import local_patch
from predict_edit.support.git import SUBMODULE_MODE, SYMLINK_MODE

USUAL_BASES: Final = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_STATUS: Final = {
    "A": "added", "C": "copied", "D": "removed", "M": "modified", "R": "renamed", "T": "changed",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A checkout and what it changes; ``contents`` are the files as git would commit them."""

    root: Path
    head: str
    base: str
    """The merge base: the commit that all changes are counted from."""
    base_name: str
    changed: tuple[ChangedFile, ...]
    contents: Mapping[str, FileContent]
    on_disk: Mapping[str, bytes]
    """What was read from disk, before line ends were converted."""
    skipped: tuple[SkippedFile, ...]
    """Changed files whose content git converts in ways that are not followed here."""
    conversions: Conversions
    untracked: int
    """Files that git does not know and that were not asked for."""
    git: Git

    def at_base(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Some files as they are at the merge base; those that are not there are left out."""
        listed = self.git.run("ls-tree", "-rz", self.base, "--", *paths)
        blobs = {
            path: kind.split(" ")[2]
            for line in listed.split("\0")
            if line and (path := line.partition("\t")[2]) and (kind := line.partition("\t")[0])
        }
        data = read_blobs(self.git, blobs.values())
        return {path: data[sha] for path, sha in blobs.items()}


def read_checkout(folder: Path, *, base: str | None = None, untracked: bool = False) -> Checkout:
    """Read everything that changed between the merge base and the files on disk.

    Raises:
        CheckoutError: it is not a checkout, has no commit, is in the middle of a merge, or the base
            cannot be found.
    """
    git = Git(folder)
    root = Path(git.run("rev-parse", "--show-toplevel").removesuffix("\n"))
    git = Git(root)
    head = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head is None:
        raise CheckoutError(
            "The checkout has no commit yet, so that nothing is changed against anything.",
            "Commit once, or edit plain files with `predict-edit edit`.",
        )
    base_name, merge_base = _find_base(git, base)
    if git.run("ls-files", "-z", "--unmerged"):
        raise CheckoutError(
            "The checkout has conflicts that are not resolved.",
            "Finish or abort the merge, then try again.",
        )
    raw = git.run("diff-index", *_RAW, merge_base)
    entries = {entry.path: entry for entry in read_raw(raw)}
    others = git.run("ls-files", "-z", "--others", "--exclude-standard").split("\0")[:-1]
    if untracked:
        mode = {"old_mode": "0", "new_mode": "100644", "old_sha": "", "new_sha": ""}
        entries |= {path: RawChange(**mode, status="A", path=path) for path in others}
    with tempfile.TemporaryDirectory(prefix="predict-edit-") as name:
        return _Reading(git, root, entries, Path(name)).checkout(
            head=head,
            base=merge_base,
            base_name=base_name,
            untracked=0 if untracked else len(others),
        )


_RAW: Final = (
    "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=dirty",
)  # fmt: skip


def _find_base(git: Git, asked: str | None) -> tuple[str, str]:
    """Find the base's name and the merge base with HEAD.

    Raises:
        CheckoutError: there is none.
    """
    names = (asked, f"origin/{asked}") if asked else USUAL_BASES
    for name in names:
        found = git.ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        if found is None:
            continue
        merge_base = git.ask("merge-base", "HEAD", found)
        if merge_base is None:
            raise CheckoutError(
                f"The checkout and {name} have no commit in common.",
                "Name another base with --base; a shallow clone may need `git fetch --unshallow`.",
            )
        return name, merge_base
    if asked:
        raise CheckoutError(
            f"There is no commit or branch {asked!r} here.",
            "Name a base that `git branch --all` lists, or a commit.",
        )
    raise CheckoutError(
        "It is not clear what the changes are to be counted from.",
        "Name the branch or commit with --base.",
    )


class _Reading:
    """One reading of the files on disk; ``scratch`` holds what git needs to write for that."""

    def __init__(self, git: Git, root: Path, entries: dict[str, RawChange], scratch: Path) -> None:
        self._git = git
        self._root = root
        self._entries = entries
        self._scratch = scratch
        self._conversions = Conversions.read(git, entries)
        self._contents: dict[str, FileContent] = {}
        self._on_disk: dict[str, bytes] = {}

    def checkout(self, *, head: str, base: str, base_name: str, untracked: int) -> Checkout:
        """Read all files and list the changes."""
        bases = read_blobs(
            self._git, (e.old_sha for e in self._entries.values() if _is_blob(e.old_mode))
        )
        for entry in self._entries.values():
            self._read(entry, bases.get(entry.old_sha, b""))
        tree = self._write_tree(base)
        # Blobs of the temporary folder are never needed again: their bytes are here.
        raw = self._git.run("diff-tree", "-r", "--raw", "-z", "--find-renames", "--no-abbrev",
                            "--no-ext-diff", base, tree, more=self._places)  # fmt: skip
        changes = [entry for entry in read_raw(raw) if entry.status in _STATUS]
        bases |= read_blobs(
            self._git,
            (e.old_sha for e in changes if _is_blob(e.old_mode) and e.old_sha not in bases),
        )
        # The tree keeps the base's submodules: their commits need not be in this repository.
        submodules = [e for e in self._entries.values() if e.new_mode == f"{SUBMODULE_MODE:o}"]
        changed = [
            *(self._changed(e, bases.get(e.old_sha, b"")) for e in changes),
            *(self._changed(e, b"") for e in submodules),
        ]
        paths = {file.path for file in changed}
        return Checkout(
            root=self._root,
            head=head,
            base=base,
            base_name=base_name,
            changed=tuple(f for f in changed if f.path not in self._conversions.unknown),
            contents={path: c for path, c in self._contents.items() if path in paths}
            | {
                entry.path: FileContent(
                    path=entry.path, blob_sha=entry.new_sha, data=None, mode=SUBMODULE_MODE
                )
                for entry in submodules
            },
            on_disk=self._on_disk,
            skipped=tuple(
                SkippedFile(path=path, reason=reason)
                for path, reason in self._conversions.unknown.items()
                if path in paths
            ),
            conversions=self._conversions,
            untracked=untracked,
            git=self._git,
        )

    @property
    def _places(self) -> dict[str, str]:
        objects = self._git.run("rev-parse", "--git-path", "objects").removesuffix("\n")
        return {
            "GIT_INDEX_FILE": str(self._scratch / "index"),
            "GIT_OBJECT_DIRECTORY": str(self._scratch / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((self._root / objects).resolve()),
        }

    def _read(self, entry: RawChange, base: bytes) -> None:
        """Read a file as git would commit it, with the mode it would have."""
        if entry.status == "D" or entry.new_mode == f"{SUBMODULE_MODE:o}":
            return
        path = self._root / entry.path
        try:
            status = path.lstat()
            mode, data = int(entry.new_mode, 8), None
            if stat.S_ISLNK(status.st_mode):
                mode, data = SYMLINK_MODE, os.fsencode(path.readlink())
            elif not stat.S_ISREG(status.st_mode):
                return
            elif status.st_size <= MAX_BYTES:
                data = path.read_bytes()
        except OSError as error:
            raise CheckoutError(
                f"{entry.path} cannot be read ({error.strerror}).", "Look at its permissions."
            ) from error
        if data is not None and mode != SYMLINK_MODE:
            self._on_disk[entry.path] = data
            data = self._conversions.to_git(entry.path, data, base)
        self._contents[entry.path] = FileContent(
            path=entry.path, blob_sha="", data=data, mode=mode, size=status.st_size
        )

    def _write_tree(self, base: str) -> str:
        """Make the tree of the commit that these files would be."""
        places = self._places
        (self._scratch / "objects").mkdir()
        (self._scratch / "files").mkdir()
        names = []
        for number, content in enumerate(self._contents.values()):
            file = self._scratch / "files" / str(number)
            # What is too large is not edited; its path takes the place of its content.
            file.write_bytes(os.fsencode(content.path) if content.data is None else content.data)
            names.append(f"{file}\n")
        hashed = self._git.run(
            "hash-object", "-w", "--no-filters", "--stdin-paths",
            data="".join(names).encode(), more=places,
        )  # fmt: skip
        shas = dict(zip(self._contents, hashed.split(), strict=True))
        zero = "0" * len(base)
        lines = []
        for path, entry in self._entries.items():
            if path in shas:
                content = self._contents[path]
                self._contents[path] = dataclasses.replace(content, blob_sha=shas[path])
                lines.append(f"{content.mode:o} {shas[path]}\t{path}\0")
            elif entry.new_mode != f"{SUBMODULE_MODE:o}":
                lines.append(f"0 {zero}\t{path}\0")
        self._git.run("read-tree", base, more=places)
        listed = "".join(lines).encode("utf-8", "surrogateescape")
        self._git.run("update-index", "-z", "--index-info", data=listed, more=places)
        return self._git.run("write-tree", "--missing-ok", more=places).strip()

    def _changed(self, entry: RawChange, base: bytes) -> ChangedFile:
        """One changed file, with the hunks that GitHub would show."""
        content = self._contents.get(entry.path)
        patch = _patch(base, content.data) if content and _is_blob(entry.new_mode) else None
        lines = (patch or "").split("\n")
        return ChangedFile(
            path=entry.path,
            status=_STATUS[entry.status],
            blob_sha=content.blob_sha if content else None,
            additions=sum(line.startswith("+") for line in lines),
            deletions=sum(line.startswith("-") for line in lines),
            patch=patch,
            previous_path=entry.previous_path,
        )


def _patch(base: bytes, head: bytes | None) -> str | None:
    """The hunks between two texts; ``None`` if one of them is not a text, or nothing changed."""
    if head is None or b"\0" in base or b"\0" in head:
        return None
    try:
        return local_patch(base.decode(), head.decode()) or None
    except UnicodeDecodeError:
        return None


def _is_blob(mode: str) -> bool:
    return mode.startswith("100")
