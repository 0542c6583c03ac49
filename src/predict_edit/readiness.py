"""Whether a command can be worked on at all, before anything is read or paid for."""

from __future__ import annotations

from predict_edit.domain import Job, PullRequest
from predict_edit.errors import (
    CommandError,
    HeadMismatch,
    InvalidInput,
    OptionNotAllowed,
    PullRequestClosed,
)
from predict_edit.inputs import Inputs
from predict_edit.settings import Settings
from predict_edit.trigger.command import Apply, Command

SERVED_DELIVERIES = ("suggestions", "patch")


def check_inputs(inputs: Inputs) -> None:
    """Refuse inputs of the contract that this version does not serve yet.

    Raises:
        InvalidInput: naming the input.
    """
    if inputs.deliver not in {None, *SERVED_DELIVERIES}:
        raise InvalidInput(
            f"The input `deliver` is `{inputs.deliver}`, which this version cannot do yet.",
            "Use `suggestions` or `patch`.",
        )
    if inputs.mode not in {None, "run"}:
        raise InvalidInput(
            f"The input `mode` is `{inputs.mode}`, which this version cannot do yet.",
            "Leave it out, or use `run`.",
        )
    for name in ("ref", "findings", "shard", "results"):
        if getattr(inputs, name):
            raise InvalidInput(
                f"The input `{name}` is given, which this version cannot use yet.",
                "Leave it out.",
            )


def check_served(settings: Settings, parsed: Command | CommandError) -> None:
    """Refuse what a comment or the config asks for and this version does not serve yet.

    Raises:
        CommandError: saying so.
    """
    if isinstance(parsed, Apply):
        raise OptionNotAllowed(
            f"`{settings.command} apply` is not there yet in this version.",
            "Commit the suggestions on the pull request's page; there, several go into one commit.",
        )
    if settings.deliver not in SERVED_DELIVERIES:
        raise OptionNotAllowed(
            f"`deliver: {settings.deliver}` is not there yet in this version.",
            "Use `suggestions` or `patch`.",
        )


def check_ready(pull: PullRequest, job: Job) -> None:
    """Refuse a pull request that takes no suggestions, or is not the one that was looked at.

    Raises:
        PullRequestClosed: GitHub applies no suggestions on a closed pull request.
        HeadMismatch: the command's ``@sha`` names another commit.
    """
    if pull.state != "open":
        raise PullRequestClosed(
            "The pull request is closed, and GitHub applies no suggestions on closed ones.",
            "Reopen it and give the command again.",
        )
    if job.pinned_sha and not pull.head_sha.startswith(job.pinned_sha):
        raise HeadMismatch(
            f"The command is meant for {job.pinned_sha[:12]}, but the head is now "
            f"{pull.head_sha[:12]}.",
            "Look at the newest commits, then give the command again.",
        )
