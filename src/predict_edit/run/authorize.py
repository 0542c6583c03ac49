"""Who gave a command and whether they may, decided before anything else is read or answered."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Protocol

from predict_edit.delivery.review_markers import REVIEWS
from predict_edit.domain.edits import ChangedFile
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import Comment, PullRequest, Review, Role
from predict_edit.run.context import Context
from predict_edit.run.prefetch import look_at
from predict_edit.select.gitattributes import GitAttributes, attribute_files
from predict_edit.settings.fields import Inputs
from predict_edit.settings.repository_config import CONFIG_PATH, RepositoryConfig, read_config
from predict_edit.settings.resolve import resolve
from predict_edit.support.log import log
from predict_edit.trigger.command import DEFAULT_COMMAND, EditCommand, RunRecipe
from predict_edit.trigger.rate_limit import too_many
from predict_edit.trigger.requests import PullRequestCommand
from predict_edit.trigger.roles import refusal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """The person may not give the command; ``reason`` is empty if they get no answer."""

    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The pull request of an authorized command, and what its base says on edits.

    Config and attributes are the base's, never the head's: whoever opens a pull request could
    otherwise lift their own limits.
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


class Conversation(Protocol):
    """The comments around a command, and whether its author may get an answer."""

    trusts: bool

    @property
    def key(self) -> str:
        """The key of the command."""

    @property
    def comments(self) -> tuple[Comment, ...]:
        """All comments of the pull request, after :meth:`find`."""

    async def find(self) -> None:
        """Read the comments.

        Raises:
            ForgeError: they could not be read.
        """


async def authorize(
    commanded: PullRequestCommand, inputs: Inputs, ctx: Context, conversation: Conversation
) -> Snapshot | Denial:
    """Read the role and the pull request, then what the base allows, and decide.

    A role that the workflow itself refuses is refused before anything more is read. The
    conversation learns whether the person may read what goes wrong.

    Raises:
        ForgeError: GitHub failed; a failure to read the role comes first.
        ConfigError: the config is wrong, and the person may know.
    """
    look = await (ctx.prefetched or look_at(ctx.forge, commanded))
    if isinstance(look.role, BaseException):
        raise look.role
    denial = refusal(
        look.role, Role[inputs.permission.upper()] if inputs.permission else Role.WRITE
    )
    conversation.trusts = denial is None
    if isinstance(look.pull, BaseException):
        raise look.pull
    if isinstance(look.changed, BaseException):
        raise look.changed
    if denial is None or inputs.permission is None:
        try:
            (config, attributes), reviews, thread, _ = await asyncio.gather(
                _read_policy(ctx.forge, look.pull, look.changed),
                ctx.forge.marked_reviews(look.pull.number, REVIEWS),
                _read_thread(ctx.forge, commanded),
                conversation.find(),
            )
            denial = refusal(look.role, resolve(inputs, config).permission)
            conversation.trusts = denial is None
        except PredictEditError:
            # The config is not known, so only a person who needs none of it reads what is wrong.
            if denial is None:
                raise
    if denial is not None:
        log.info("denied: %s %s", commanded.command.author, denial)
        return Denial()
    if reason := _too_often(commanded, inputs, ctx, conversation):
        log.warning("denied: %s", reason)
        return Denial(reason=reason)
    return Snapshot(
        pull=look.pull,
        changed=look.changed,
        config=config,
        attributes=attributes,
        reviews=tuple(review for review in reviews if review.mine),
        thread=thread,
    )


def _too_often(
    commanded: PullRequestCommand, inputs: Inputs, ctx: Context, conversation: Conversation
) -> str | None:
    """Say why a person has to wait; later jobs of a command are not counted."""
    if inputs.mode in {"edit", "publish"}:
        return None
    return too_many(
        conversation.comments,
        commanded.command.author,
        ctx.now(),
        key=conversation.key,
        word=inputs.command or DEFAULT_COMMAND,
    )


async def _read_thread(forge: GitHost, commanded: PullRequestCommand) -> tuple[str, ...]:
    """Read the comments before a command in a review thread, if it edits."""
    comment = commanded.command.comment_id
    edits = isinstance(commanded.parsed, EditCommand | RunRecipe)
    if not edits or comment is None or commanded.in_reply_to is None:
        return ()
    return await forge.thread(commanded.pull_request, comment)


async def _read_policy(
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
    texts = {path: data.decode("utf-8", "replace") for path, data in found.items()}
    return config, GitAttributes.parse(texts)
