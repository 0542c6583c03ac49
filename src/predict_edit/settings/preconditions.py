"""What has to hold before anything is read or paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from predict_edit.domain.errors import (
    HeadMismatch,
    InvalidInput,
    OptionNotAllowed,
    PullRequestClosed,
)
from predict_edit.domain.repository import PullRequest
from predict_edit.domain.run_report import Job
from predict_edit.settings.fields import Inputs

if TYPE_CHECKING:
    # It needs the config's parser, which nobody needs before GitHub has answered.
    from predict_edit.settings.settings import Settings

TASK_DELIVERIES = ("pull-request", "patch")
"""How a run over a branch can deliver."""
PULL_REQUEST_DELIVERIES = ("suggestions", "commit", "patch")
"""How a command on a pull request can deliver."""
_USE_THESE = "Use `suggestions`, `commit` or `patch`."


def check_inputs(inputs: Inputs) -> None:
    """Refuse inputs that make no sense for a command on a pull request.

    Raises:
        InvalidInput: naming the input.
    """
    if inputs.deliver not in {None, *PULL_REQUEST_DELIVERIES}:
        raise InvalidInput(
            f"The input `deliver` is `{inputs.deliver}`, but the command is on a pull request.",
            _USE_THESE,
        )
    if inputs.ref:
        raise InvalidInput(
            "The input `ref` is given, which is for runs without a pull request.",
            "Leave it out, or run it by `schedule` or by `workflow_dispatch` without "
            "`pull-request`.",
        )
    _check_mode(inputs)


def check_task_inputs(inputs: Inputs) -> None:
    """Refuse inputs that make no sense for a run over a branch.

    Raises:
        InvalidInput: naming the input.
    """
    if inputs.deliver not in {None, *TASK_DELIVERIES}:
        raise InvalidInput(
            f"The input `deliver` is `{inputs.deliver}`, but there is no pull request.",
            "Use `pull-request` or `patch`, or name a pull request by the input `pull-request`.",
        )
    _check_mode(inputs)


def _check_mode(inputs: Inputs) -> None:
    """Refuse inputs of another job of a run that is spread over jobs."""
    for name, modes in (("shard", {"plan", "edit"}), ("results", {"edit", "publish"})):
        if getattr(inputs, name) and inputs.mode not in modes:
            raise InvalidInput(
                f"The input `{name}` is given, with `mode` {inputs.mode or 'run'}.",
                f"It belongs to `mode` {' and '.join(sorted(modes))}; leave it out.",
            )


def check_served(settings: Settings) -> None:
    """Refuse a configured delivery that does not work on a pull request.

    Raises:
        OptionNotAllowed: naming those that do.
    """
    if settings.deliver not in PULL_REQUEST_DELIVERIES:
        raise OptionNotAllowed(
            f"`deliver: {settings.deliver}` is not for commands on a pull request.", _USE_THESE
        )


def check_ready(pull: PullRequest, job: Job) -> None:
    """Refuse a closed pull request, and one that is not at the commit the command names.

    Raises:
        PullRequestClosed: GitHub applies no suggestions on a closed pull request.
        HeadMismatch: the command's ``@sha`` names another commit.
    """
    if pull.state != "open":
        raise PullRequestClosed(
            "The pull request is closed, and GitHub applies no suggestions on closed ones.",
            "Reopen it and run the command again.",
        )
    if job.pinned_sha and not pull.head_sha.startswith(job.pinned_sha):
        raise HeadMismatch(
            f"The command is meant for {job.pinned_sha[:12]}, but the head is now "
            f"{pull.head_sha[:12]}.",
            "Look at the newest commits, then run the command again.",
        )
