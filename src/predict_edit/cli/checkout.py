"""What a local checkout changes against a base, as a host of pull requests would list it.

Committed, staged and unstaged changes count as one: as if everything were committed and pushed now.
Git makes that commit's tree, in a temporary folder; the repository itself is only read.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from predict_edit.cli.local_git import Git, RawChange, read_blobs, read_raw
from predict_edit.domain.edits import ChangedFile, SkippedFile
from predict_edit.domain.errors import CheckoutError
from predict_edit.domain.repository import FileContent
from predict_edit.select.content import MAX_BYTES
from predict_edit.suggest.diff import local_patch
from predict_edit.support.git import SUBMODULE_MODE

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
    """Files as they are on disk, where git may have converted line ends."""
    skipped: tuple[SkippedFile, ...]
    """Changed files whose content git converts in ways that are not followed here."""
    untracked: int
    """Files that git does not know and that were not asked for."""
    git: Git

    def at_base(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Read some files as they are at the merge base; those that are not there are left out."""
        listed = self.git.run("ls-tree", "-rz", self.base, "--", *paths)
        entries = (line.partition("\t") for line in listed.split("\0") if line)
        blobs = {path: head.split(" ")[2] for head, _, path in entries}
        data = read_blobs(self.git, blobs.values())
        return {path: data[sha] for path, sha in blobs.items()}

    def as_on_disk(self, path: str, text: str) -> bytes:
        """Return a new text of a file with the line ends that the file has on disk."""
        data = text.encode()
        if self.on_disk[path] == self.contents[path].data:
            return data
        return _with_crlf(data)


def read_checkout(folder: Path, *, base: str | None = None, untracked: bool = False) -> Checkout:
    """Read everything that changed between the merge base and the files on disk.

    Raises:
        CheckoutError: it is not a checkout, has no commit, is in the middle of a merge, the base
            cannot be found, or git cannot read a file.
    """
    git = Git(folder)
    root = Path(git.run("rev-parse", "--show-toplevel").removesuffix("\n"))
    git = Git(root)
    head = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head is None:
        raise CheckoutError(
            "The checkout has no commit yet, so there is nothing to compare with.",
            "Commit once, or edit plain files with `predict-edit edit`.",
        )
    base_name, merge_base = _find_base(git, base)
    if git.run("ls-files", "-z", "--unmerged"):
        raise CheckoutError(
            "The checkout has unresolved conflicts.",
            "Resolve them, or abort the merge or rebase, then run the command again.",
        )
    others = git.run("ls-files", "-z", "--others", "--exclude-standard").count("\0")
    with tempfile.TemporaryDirectory(prefix="predict-edit-") as scratch:
        places, changes = _commit_everything(git, merge_base, Path(scratch), untracked=untracked)
        sizes, on_disk = _read_disk(root, changes)
        blobs = read_blobs(
            git,
            [c.old_sha for c in changes if _is_file(c.old_mode)]
            + [c.new_sha for c in changes if sizes.get(c.path, MAX_BYTES + 1) <= MAX_BYTES],
            more=places,
        )
    contents = {
        change.path: FileContent(
            path=change.path,
            blob_sha=change.new_sha,
            data=blobs.get(change.new_sha),
            mode=int(change.new_mode, 8),
            size=sizes.get(change.path, 0),
        )
        for change in changes
        if change.status != "D"
    }
    skipped = _skipped(git, contents, on_disk)
    return Checkout(
        root=root,
        head=head,
        base=merge_base,
        base_name=base_name,
        changed=tuple(
            _changed(change, blobs.get(change.old_sha, b""), contents.get(change.path))
            for change in changes
            if change.path not in skipped
        ),
        contents=contents,
        on_disk=on_disk,
        skipped=tuple(SkippedFile(path=path, reason=why) for path, why in skipped.items()),
        untracked=0 if untracked else others,
        git=git,
    )


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
        "predict-edit cannot tell which branch this one started from.",
        "Name the branch or commit with --base.",
    )


def _commit_everything(
    git: Git, base: str, scratch: Path, *, untracked: bool
) -> tuple[Mapping[str, str], list[RawChange]]:
    """Make the tree of a commit of all files on disk; return where it is, and its changes."""
    found = git.run("rev-parse", "--git-path", "index", "--git-path", "objects")
    index, objects = (git.folder / path for path in found.removesuffix("\n").split("\n"))
    if index.exists():
        shutil.copyfile(index, scratch / "index")
    (scratch / "objects").mkdir()
    places = {
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects.resolve()),
    }
    git.run("add", "--all" if untracked else "--update", more=places)
    tree = git.run("write-tree", "--missing-ok", more=places).strip()
    raw = git.run("diff-tree", "-r", "--raw", "-z", "--find-renames", "--no-abbrev",
                  "--no-ext-diff", "--ignore-submodules=none", base, tree, more=places)  # fmt: skip
    return places, [change for change in read_raw(raw) if change.status in _STATUS]


def _read_disk(root: Path, changes: Iterable[RawChange]) -> tuple[dict[str, int], dict[str, bytes]]:
    """Return the size of every file and link, and the bytes of files that are not too large.

    Raises:
        CheckoutError: one cannot be read.
    """
    try:
        sizes = {
            change.path: (root / change.path).lstat().st_size
            for change in changes
            if int(change.new_mode, 8) not in {0, SUBMODULE_MODE}
        }
        return sizes, {
            change.path: (root / change.path).read_bytes()
            for change in changes
            if _is_file(change.new_mode) and sizes[change.path] <= MAX_BYTES
        }
    except OSError as error:
        raise CheckoutError(
            f"{error.filename} cannot be read ({error.strerror}).", "Check its permissions."
        ) from error


def _changed(change: RawChange, base: bytes, content: FileContent | None) -> ChangedFile:
    """Return one changed file, with the hunks that GitHub would show."""
    patch = _patch(base, content.data) if content and _is_file(change.new_mode) else None
    lines = (patch or "").split("\n")
    return ChangedFile(
        path=change.path,
        status=_STATUS[change.status],
        blob_sha=content.blob_sha if content else None,
        additions=sum(line.startswith("+") for line in lines),
        deletions=sum(line.startswith("-") for line in lines),
        patch=patch,
        previous_path=change.previous_path,
    )


def _skipped(
    git: Git, contents: Mapping[str, FileContent], on_disk: Mapping[str, bytes]
) -> dict[str, str]:
    """Find the files that git converts by more than CRLF to LF, with the reason.

    A filter may decrypt, and what is secret in the commit must not reach a model.
    """
    listed = "".join(f"{path}\0" for path in contents).encode("utf-8", "surrogateescape")
    fields = git.run("check-attr", "-z", "--stdin", "filter", data=listed).split("\0")
    filters = dict(zip(fields[::3], fields[2::3], strict=False))
    skipped = {
        path: "git converts it as it is committed"
        for path, data in on_disk.items()
        if data not in {blob := contents[path].data or b"", _with_crlf(blob)}
    }
    return skipped | {
        path: f"git converts it with the filter {name}"
        for path, name in filters.items()
        if name not in {"unspecified", "unset"}
    }


def _with_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _patch(base: bytes, head: bytes | None) -> str | None:
    """The hunks between two texts; ``None`` if one of them is not a text, or nothing changed."""
    if head is None or b"\0" in base or b"\0" in head:
        return None
    try:
        return local_patch(base.decode(), head.decode()) or None
    except UnicodeDecodeError:
        return None


def _is_file(mode: str) -> bool:
    return mode.startswith("100")
