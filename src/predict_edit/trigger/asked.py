"""What an event asks for: nothing, a command on a pull request, or a run over a branch."""

from __future__ import annotations

import dataclasses

from predict_edit.domain import Aim, CommandRef
from predict_edit.domain.errors import CommandError, SettingsError
from predict_edit.trigger.command import Command


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nothing to do, and why, in a sentence for the log."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """A person gave a command on a pull request; whether they may is not known yet."""

    repository: str
    """``owner/name``."""
    pull_request: int
    command: CommandRef
    parsed: Command | CommandError | SettingsError
    """What was said, or what is wrong with it or with the workflow that is to do it: strangers get
    no answer even to that."""
    aim: Aim | None = None
    """The review thread, without its earlier comments, which are not in the payload."""
    in_reply_to: int | None = None
    """The first comment of the review thread, where the command is a reply."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tasked:
    """A run over a branch, without a pull request: by hand, through the API or by the clock."""

    repository: str
    """``owner/name``."""
    ref: str | None
    """The branch to edit; ``None`` for the default branch."""
    instruction: str | None
    """As given, perhaps ``run NAME``; ``None`` where the config or the findings decide."""
    command: CommandRef


Trigger = Ignored | Commanded | Tasked
