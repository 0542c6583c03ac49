"""Who gave a command and whether they may, decided before anything else is read or answered."""

from __future__ import annotations

import asyncio
import dataclasses

from predict_edit.delivery.delivered import check_command
from predict_edit.delivery.review_markers import REVIEWS
from predict_edit.delivery.summary_comment import SummaryComment
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.repository import CommandSource, Role
from predict_edit.run.context import Context
from predict_edit.run.prefetch import look_at, role_of
from predict_edit.run.snapshot import Snapshot, read_policy, read_thread
from predict_edit.settings.fields import Inputs
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.settings.resolve import resolve
from predict_edit.support.log import log
from predict_edit.trigger.command import DEFAULT_COMMAND
from predict_edit.trigger.rate_limit import too_many
from predict_edit.trigger.requests import BranchTask, PullRequestCommand
from predict_edit.trigger.roles import refusal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """The person may not give the command; ``reason`` is empty if they get no answer."""

    reason: str = ""


async def authorize(
    commanded: PullRequestCommand, inputs: Inputs, ctx: Context, summary: SummaryComment
) -> Snapshot | Denial:
    """Read the role and the pull request, then what the base allows, and decide.

    A role that the workflow itself refuses is refused before anything more is read. The
    summary learns whether the person may read what goes wrong.

    Raises:
        CommandChanged: the comment was edited while the job waited.
        ForgeError: GitHub failed; a failure to read the role comes first.
        ConfigError: the config is wrong, and the person may know.
    """
    look = await (ctx.prefetched or look_at(ctx.forge, commanded.pull_request, commanded.command))
    if isinstance(look.role, BaseException):
        raise look.role
    denial = refusal(
        look.role, Role[inputs.permission.upper()] if inputs.permission else Role.WRITE
    )
    summary.trusts = denial is None
    if isinstance(look.pull, BaseException):
        raise look.pull
    if isinstance(look.changed, BaseException):
        raise look.changed
    if denial is None or inputs.permission is None:
        try:
            # What is read first also begins to read the conversation.
            (config, attributes), thread, reviews = await asyncio.gather(
                read_policy(ctx.forge, look.pull, look.changed),
                read_thread(ctx.forge, commanded),
                summary.find(),
            )
            denial = refusal(look.role, resolve(inputs, config).permission)
            summary.trusts = denial is None
        except PredictEditError:
            # The config is not known, so only a person who needs none of it reads what is wrong.
            if denial is None:
                raise
    if denial is not None:
        log.info("denied: %s %s", commanded.command.author, denial)
        return Denial()
    # Later jobs of a command are not counted.
    if inputs.mode not in {"edit", "publish"} and (
        reason := too_many(
            summary.conversation,
            commanded.command.author,
            ctx.now(),
            key=summary.key,
            word=inputs.command or DEFAULT_COMMAND,
        )
    ):
        log.warning("denied: %s", reason)
        return Denial(reason=reason)
    command = commanded.command
    if command.source is CommandSource.ISSUE_COMMENT:
        # One that is missing may only not be listed yet.
        said = {comment.id: comment.body for comment in summary.conversation}
        check_command(
            command, said.get(command.comment_id or 0, command.body), "before the run began"
        )
    return Snapshot(
        pull=look.pull,
        changed=look.changed,
        config=config,
        attributes=attributes,
        reviews=tuple(each for each in reviews if each.mine and REVIEWS in each.body),
        thread=thread,
    )


async def authorize_task(
    tasked: BranchTask, inputs: Inputs, ctx: Context, config: RepositoryConfig
) -> Denial | None:
    """Refuse a person who starts a run over a branch without the role that ``permission`` asks.

    GitHub lets nobody start a workflow without write access, so only more than that is looked up.
    A schedule is the repository's own.

    Raises:
        ForgeError: GitHub failed.
        SettingsError: inputs and config do not fit together.
    """
    command, least = tasked.command, resolve(inputs, config).permission
    if command.author is None or least <= Role.WRITE:
        return None
    denial = refusal(await role_of(ctx.forge, command), least)
    if denial is None:
        return None
    log.warning("denied: %s %s", command.author, denial)
    return Denial(reason=f"The person who started this run {denial}.")
