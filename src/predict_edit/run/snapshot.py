"""The pull request of a command as it was when the run began, and what its base says on edits."""

from __future__ import annotations

import dataclasses

from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import PullRequest, Review
from predict_edit.select.gitattributes import GitAttributes, attribute_files
from predict_edit.settings.repository_config import (
    CONFIG_PATH,
    RepositoryConfig,
    narrowed,
    read_config,
)
from predict_edit.trigger.requests import PullRequestCommand


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The pull request of an authorized command, and what its base says on edits.

    Config and attributes are the base's, never the head's: who opens a pull request could otherwise
    lift their own limits. As they choose the base, too, the default branch has the last word on who
    may command, on limits, models, deliveries and protected files.
    """

    pull: PullRequest
    changed: tuple[ChangedFile, ...]
    config: RepositoryConfig
    attributes: GitAttributes
    reviews: tuple[Review, ...]
    """Our own marked reviews, oldest first."""
    thread: tuple[str, ...]
    """The comments of the review thread before the command, oldest first."""

    def at(self, commit: str, base: str) -> Snapshot:
        """The same with the commits that the first job of a spread run pinned."""
        pull = dataclasses.replace(self.pull, head_sha=commit, base_sha=base)
        return dataclasses.replace(self, pull=pull)


async def read_thread(forge: GitHost, commanded: PullRequestCommand) -> tuple[str, ...]:
    """Read the comments before a command in a review thread, if it edits."""
    comment = commanded.command.comment_id
    if not commanded.edits or comment is None or commanded.in_reply_to is None:
        return ()
    return await forge.thread(commanded.pull_request, comment)


async def read_policy(
    forge: GitHost, pull: PullRequest, changed: tuple[ChangedFile, ...]
) -> tuple[RepositoryConfig, GitAttributes]:
    """Read config and git attributes in one request; a repository need not have either.

    Raises:
        ForgeError: the base could not be read.
        ConfigError: the config is wrong.
    """
    attributes = attribute_files(file.path for file in changed)
    files = await forge.read_files(
        pull.base_sha, dict.fromkeys((CONFIG_PATH, *attributes)), beside=pull.number
    )
    found = {path: content.data for path, content in files.items() if content.data is not None}
    config = read_config(found.pop(CONFIG_PATH, b""))
    if pull.default_branch not in {"", pull.base_ref}:
        home = await _read_home(forge, pull.default_branch)
        config = narrowed(config, home)
    texts = {path: data.decode("utf-8", "replace") for path, data in found.items()}
    return config, GitAttributes.parse(texts)


async def _read_home(forge: GitHost, branch: str) -> RepositoryConfig:
    """Read the config of the default branch.

    Raises:
        ForgeError: it could not be read.
        ConfigError: it is wrong.
    """
    tip = await forge.branch_tip(branch)
    files = await forge.read_files(tip, {CONFIG_PATH: None}) if tip else {}
    found = files.get(CONFIG_PATH)
    return read_config(found.data if found and found.data else b"")
