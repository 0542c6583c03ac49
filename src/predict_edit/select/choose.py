"""Which files are worth reading: of a pull request by path and status, of a branch by mode too."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Container, Iterable, Sequence

from predict_edit.domain.edits import OVER_MAX_FILES, ChangedFile, SkippedFile
from predict_edit.domain.repository import TreeFile
from predict_edit.select.content import MAX_BYTES, against_mode, against_size
from predict_edit.select.gitattributes import GENERATED, NO_ATTRIBUTES, VENDORED, GitAttributes
from predict_edit.select.protected import derived, protected
from predict_edit.support.git import is_path
from predict_edit.support.globs import Globs
from predict_edit.support.text import quoted

READABLE = frozenset({"added", "modified", "renamed", "copied", "changed"})
"""Statuses of GitHub's files list with content at the head that the pull request changed."""
NO_FINDING = "nothing was found in it"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The changed files, each on one of two sides, both in GitHub's order."""

    kept: tuple[ChangedFile, ...]
    skipped: tuple[SkippedFile, ...]
    shown: tuple[ChangedFile, ...] = ()
    """The files whose diff the model may see beside another file's.

    That a file is removed, not meant or over a limit does not hide it; what keeps a file from being
    edited for what it is, or as ``exclude`` says, does.
    """


def choose(
    files: Sequence[ChangedFile],
    *,
    include: Sequence[Sequence[str]] = (),
    exclude: Sequence[Sequence[str]] = (),
    attributes: GitAttributes = NO_ATTRIBUTES,
    max_files: int,
    only: Collection[str] | None = None,
    found: Container[str] | None = None,
    unlocked: Sequence[str] = (),
) -> Selection:
    """Divide the changed files into those to read and those to skip, with a reason each.

    Args:
        files: the pull request's files, in GitHub's order.
        include: lists of globs; a file has to match every list.
        exclude: lists of globs; a file must match none.
        attributes: the base's.
        max_files: how many may be kept; those that come later are skipped.
        only: the paths that the command is about, as in a review thread.
        found: the paths with findings, if the command is about these.
        unlocked: globs of protected files that may be edited all the same.
    """
    wanted, unwanted = [*map(Globs.of, include)], [*map(Globs.of, exclude)]
    free = Globs.of(unlocked)
    kept: list[ChangedFile] = []
    skipped: list[SkippedFile] = []
    shown: list[ChangedFile] = []
    for file in files:
        hidden = _against_showing(file.path, unwanted, free, attributes)
        if hidden is None and is_path(file.path):
            shown.append(file)
        reason = _against_status(file) or _against_wish(file.path, wanted, only, found) or hidden
        if reason is None and len(kept) >= max_files:
            reason = f"{OVER_MAX_FILES} ({max_files})"
        if reason is None:
            kept.append(file)
        else:
            skipped.append(SkippedFile(path=file.path, reason=reason))
    return Selection(kept=tuple(kept), skipped=tuple(skipped), shown=tuple(shown))


def choose_from_tree(
    files: Sequence[TreeFile],
    *,
    include: Sequence[Sequence[str]] = (),
    exclude: Sequence[Sequence[str]] = (),
    attributes: GitAttributes = NO_ATTRIBUTES,
    only: Container[str] | None = None,
    unlocked: Sequence[str] = (),
) -> Selection:
    """Divide the files of a whole repository, by their path, mode and size.

    Files that ``include`` does not match, or that are not in ``only``, are not meant, and are on
    neither side.
    """
    wanted = [*map(Globs.of, include)]
    meant = [
        file
        for file in files
        if (only is None or file.path in only) and all(each.match(file.path) for each in wanted)
    ]
    unreadable = {
        file.path: reason
        for file in meant
        if (reason := against_mode(file.mode) or against_size(file.size, MAX_BYTES))
    }
    chosen = choose(
        [
            ChangedFile(path=file.path, status="modified", blob_sha=file.blob_sha)
            for file in meant
            if file.path not in unreadable
        ],
        exclude=exclude,
        attributes=attributes,
        max_files=max(1, len(meant)),
        unlocked=unlocked,
    )
    others = (SkippedFile(path=path, reason=reason) for path, reason in unreadable.items())
    return Selection(kept=chosen.kept, skipped=(*chosen.skipped, *others))


def _against_wish(
    path: str,
    include: Iterable[Globs],
    only: Collection[str] | None,
    found: Container[str] | None,
) -> str | None:
    """Give the reason why a file is not among those that people mean."""
    if only is not None and path not in only:
        one = quoted(*only) if len(only) == 1 else "other files"
        return f"the command is about {one} only"
    if found is not None and path not in found:
        return NO_FINDING
    for globs in include:
        if globs.match(path) is None:
            return f"not matched by `files` ({quoted(', '.join(globs.patterns))})"
    return None


def _against_showing(
    path: str, exclude: Iterable[Globs], unlocked: Globs, attributes: GitAttributes
) -> str | None:
    """Give the reason why a file is neither edited nor shown: what it is, or `exclude`."""
    for globs in exclude:
        if (pattern := globs.match(path)) is not None:
            return f"excluded by {quoted(pattern)}"
    if (what := protected(path)) and unlocked.match(path) is None:
        return f"protected: {what}"
    for name, what in ((GENERATED, "generated"), (VENDORED, "vendored")):
        if attributes.flag(path, name):
            return f"{what}, as .gitattributes says ({name})"
    # `-linguist-generated` overrides a rule of thumb.
    return derived(path) if attributes.flag(path, GENERATED) is None else None


def _against_status(file: ChangedFile) -> str | None:
    """Give a reason in what the pull request did to the file."""
    if not is_path(file.path):
        return "its path is not one that git stores"
    if file.status == "removed":
        return "removed by the pull request"
    if file.status == "unchanged":
        return "not changed by the pull request"
    return None if file.status in READABLE else f"its status is {quoted(file.status)}"
