"""What the repository itself says about edits, always read from the base, never from the head.

Somebody who opens a pull request could otherwise lift the limits that they are under.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from predict_edit.domain import ChangedFile, PullRequest
from predict_edit.domain.ports import Forge
from predict_edit.select import GitAttributes, attribute_files
from predict_edit.settings.repository_config import CONFIG_PATH, RepositoryConfig, read_config


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The repository's config and its git attributes, both of the base."""

    config: RepositoryConfig
    attributes: GitAttributes


async def read_policy(forge: Forge, pull: PullRequest, changed: Sequence[ChangedFile]) -> Policy:
    """Read everything in one go; a repository need not have any of it.

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
    texts = {path: data.decode("utf-8", "replace") for path, data in found.items()}
    return Policy(config=config, attributes=GitAttributes.parse(texts))
