"""Which files of a whole repository are worth reading, by their path, mode and size alone."""

from __future__ import annotations

from collections.abc import Container, Sequence

from predict_edit.domain import ChangedFile, SkippedFile, TreeFile
from predict_edit.select.attributes import NO_ATTRIBUTES, GitAttributes
from predict_edit.select.choose import Selection, choose
from predict_edit.select.content import MAX_BYTES
from predict_edit.support.git import REGULAR_MODES
from predict_edit.support.globs import Globs


def choose_from_tree(
    files: Sequence[TreeFile],
    *,
    include: Sequence[Sequence[str]] = (),
    exclude: Sequence[Sequence[str]] = (),
    attributes: GitAttributes = NO_ATTRIBUTES,
    only: Container[str] | None = None,
    unlocked: Sequence[str] = (),
) -> Selection:
    """Divide the files that are meant into those to read and those to skip, with a reason each.

    Files that ``include`` does not match, or that are not in ``only``, are not meant: of a whole
    repository they are not told of.
    """
    meant = [file for file in _matched(files, include) if only is None or file.path in only]
    odd = [file for file in meant if file.mode not in REGULAR_MODES or file.size > MAX_BYTES]
    strange = {file.path for file in odd}
    chosen = choose(
        [_as_change(file) for file in meant if file.path not in strange],
        exclude=exclude,
        attributes=attributes,
        max_files=max(1, len(meant)),
        unlocked=unlocked,
    )
    return Selection(
        kept=chosen.kept,
        skipped=(
            *chosen.skipped,
            *(SkippedFile(path=file.path, reason=_oddity(file)) for file in odd),
        ),
    )


def _matched(files: Sequence[TreeFile], include: Sequence[Sequence[str]]) -> list[TreeFile]:
    """The files that every list matches."""
    found = list(files)
    for globs in map(Globs.of, include):
        found = [file for file in found if globs.match(file.path) is not None]
    return found


def _oddity(file: TreeFile) -> str:
    if file.mode in REGULAR_MODES:
        return f"too large ({file.size:,} bytes; the limit is {MAX_BYTES:,})"
    return "a symbolic link or a submodule"


def _as_change(file: TreeFile) -> ChangedFile:
    """A file of the tree in the form in which files are chosen."""
    return ChangedFile(
        path=file.path,
        status="modified",
        blob_sha=file.blob_sha,
        additions=0,
        deletions=0,
        patch=None,
    )
