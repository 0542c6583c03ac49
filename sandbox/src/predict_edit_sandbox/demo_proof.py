"""Proves that what the action posted gives the edited files, with nothing of the action's code.

The stand-in GitHub commits the suggestions as its web site does, git applies the patch for the
rest on top of that commit, and the files on disk are compared byte by byte.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from predict_edit_sandbox.github import Refusal, Sandbox
from predict_edit_sandbox.github.nouns import PullRequest, ReviewComment
from predict_edit_sandbox.github.suggestion_blocks import suggestion_blocks
from predict_edit_sandbox.world import git

PLAIN = ("-c", "core.autocrlf=false", "-c", "core.fileMode=false", "-c", "core.safecrlf=false")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProvenFile:
    """One file of the head, as it came out."""

    path: str
    suggestions: int
    as_edited: bool
    """Suggestions and remainder give the same bytes as ``edits.patch``."""
    as_expected: bool
    """They give the bytes that the instruction asks for."""
    changed: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of the posted edits."""

    files: tuple[ProvenFile, ...] = ()
    commit: str = ""
    """The commit that GitHub made of the suggestions."""
    remainder: str = "empty"
    """How the patch for the rest was applied."""
    problem: str = ""
    """Why there is no proof."""

    @property
    def complete(self) -> bool:
        """Suggestions and remainder together are the edits, byte by byte."""
        return not self.problem and all(file.as_edited for file in self.files)

    @property
    def as_expected(self) -> bool:
        """The edits are what was asked for, byte by byte."""
        return not self.problem and all(file.as_expected for file in self.files)


def suggestions_of(pull: PullRequest) -> list[ReviewComment]:
    """The comments of a pull request that carry a suggestion."""
    return [comment for comment in pull.review_comments if suggestion_blocks(comment.body)]


def prove(
    *,
    github: Sandbox,
    pull: PullRequest,
    login: str,
    edits: bytes,
    remainder: bytes,
    expected: Mapping[str, bytes],
    folder: Path,
) -> Proof:
    """Commit all suggestions, apply the rest, and compare with ``expected`` (path to bytes).

    Leaves two clones in ``folder``: ``result``, and ``edited`` with ``edits.patch`` on the head.
    """
    assert pull.head_repository is not None
    head, source = pull.head_sha, pull.head_repository.store.git_dir
    comments = suggestions_of(pull)
    try:
        commit = github.apply_suggestions(comments, login=login) if comments else head
    except Refusal as refusal:
        return Proof(problem=f"GitHub refuses to commit the suggestions: {refusal}")
    result, edited = folder / "result", folder / "edited"
    for clone, at in ((result, commit), (edited, head)):
        git(folder, *PLAIN, "clone", "--quiet", "--no-checkout", str(source), str(clone))
        git(clone, *PLAIN, "checkout", "--quiet", "--detach", at)
    try:
        how = _apply(result, remainder)
        _apply(edited, edits)
    except RuntimeError as error:
        return Proof(commit=commit, problem=f"git does not take the patch: {error}")
    return Proof(
        commit=commit,
        remainder=how,
        files=tuple(_compare(result, edited, head=head, expected=expected, comments=comments)),
    )


def _apply(clone: Path, patch: bytes) -> str:
    """Apply a patch to the files of a clone, and say how."""
    if not patch:
        return "empty"
    try:
        git(clone, *PLAIN, "apply", "--whitespace=nowarn", "-", data=patch)
    except RuntimeError:
        # A committed suggestion is in the patch's context; git merges the two.
        git(clone, *PLAIN, "apply", "--3way", "--whitespace=nowarn", "-", data=patch)
        return "git apply --3way"
    return "git apply"


def _paths(clone: Path, head: str) -> Sequence[str]:
    names = git(clone, "ls-tree", "-rz", "--name-only", head).decode()
    return [name for name in names.split("\0") if name]


def _compare(
    result: Path,
    edited: Path,
    *,
    head: str,
    expected: Mapping[str, bytes],
    comments: Sequence[ReviewComment],
) -> list[ProvenFile]:
    paths = _paths(result, head)
    files = []
    for path in sorted({*paths, *expected}):
        came_out = _read(result / path)
        before = git(result, "cat-file", "blob", f"{head}:{path}") if path in paths else None
        files.append(
            ProvenFile(
                path=path,
                suggestions=sum(comment.thread.path == path for comment in comments),
                as_edited=came_out == _read(edited / path),
                as_expected=came_out == expected.get(path),
                changed=came_out != before,
            )
        )
    return files


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
