"""From a branch to the files that are to be edited."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from predict_edit.domain import ChangedFile, SkippedFile, SourceFile, TreeFile
from predict_edit.domain.errors import InvalidInput
from predict_edit.domain.ports import RepositoryForge
from predict_edit.findings import Findings
from predict_edit.select import GitAttributes, attribute_files, open_files
from predict_edit.select.choose import choose_from_tree
from predict_edit.settings.fields import Settings
from predict_edit.settings.repository_config import CONFIG_PATH, RepositoryConfig, read_config
from predict_edit.support.text import quoted


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch at one pinned commit."""

    name: str
    commit: str
    is_default: bool
    config: RepositoryConfig
    """The config of the default branch, whatever branch is edited."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The files that are meant, not read yet, and those that are not edited."""

    files: tuple[ChangedFile, ...]
    skipped: tuple[SkippedFile, ...]
    attributes: GitAttributes
    paths: frozenset[str]
    """All files of the commit."""
    sizes: Mapping[str, int]
    """Bytes of the chosen files."""


async def look_at_branch(
    forge: RepositoryForge, ref: str | None, pinned: str | None = None
) -> Branch:
    """Pin the branch that is to be edited, the default branch without a ``ref``.

    ``pinned`` is the commit that another job of the same run has pinned already.

    Raises:
        InvalidInput: there is no such branch.
        ConfigError: the config is wrong.
        ForgeError: GitHub failed.
    """
    default = await forge.default_branch()
    home = await forge.branch_tip(default)
    if home is None:
        raise InvalidInput(
            f"The repository's default branch {quoted(default)} has no commit.",
            "Push something to it first.",
        )
    commit = pinned or (home if ref in {None, default} else await forge.branch_tip(ref or default))
    if commit is None:
        raise InvalidInput(
            f"The input `ref` is {quoted(ref or '')}, and there is no such branch.",
            "Give the name of a branch, without refs/heads/.",
        )
    found = (await forge.read_files(home, {CONFIG_PATH: None})).get(CONFIG_PATH)
    config = read_config(found.data if found and found.data else b"")
    return Branch(
        name=ref or default, commit=commit, is_default=ref in {None, default}, config=config
    )


async def choose_files(
    forge: RepositoryForge, branch: Branch, settings: Settings, findings: Findings | None
) -> Chosen:
    """Choose by path, mode and size; with findings, only files that have some.

    Raises:
        ForgeError: GitHub failed.
    """
    tree = await forge.tree(branch.commit)
    paths = frozenset(file.path for file in tree)
    only = None if findings is None else findings.by_path
    meant = [file.path for file in tree if only is None or file.path in only]
    attributes = await _attributes(forge, branch.commit, tree, meant)
    chosen = choose_from_tree(
        tree,
        include=settings.files,
        exclude=settings.exclude,
        attributes=attributes,
        only=only,
        unlocked=settings.unlocked,
    )
    kept = {file.path for file in chosen.kept}
    sizes = {file.path: file.size for file in tree if file.path in kept}
    return Chosen(
        files=chosen.kept, skipped=chosen.skipped, attributes=attributes, paths=paths, sizes=sizes
    )


async def _attributes(
    forge: RepositoryForge, commit: str, tree: tuple[TreeFile, ...], paths: list[str]
) -> GitAttributes:
    """The git attributes that matter for some paths."""
    relevant = set(attribute_files(paths))
    there = {file.path: file.blob_sha for file in tree if file.path in relevant}
    contents = await forge.read_files(commit, there)
    texts = {
        path: content.data.decode("utf-8", "replace")
        for path, content in contents.items()
        if content.data is not None
    }
    return GitAttributes.parse(texts)


async def read_chosen(
    forge: RepositoryForge, branch: Branch, chosen: Chosen, files: tuple[ChangedFile, ...]
) -> tuple[tuple[SourceFile, ...], tuple[SkippedFile, ...]]:
    """Read some of the chosen files, and choose by content.

    Raises:
        ForgeError: GitHub failed.
    """
    contents = await forge.read_files(branch.commit, {file.path: file.blob_sha for file in files})
    return open_files(files, contents, attributes=chosen.attributes, in_pull_request=False)
