"""What an event requests: nothing, a command on a pull request, or a run over a branch."""

from __future__ import annotations

import dataclasses

from predict_edit.domain.edits import Aim
from predict_edit.domain.errors import CommandError, SettingsError
from predict_edit.domain.repository import CommandRef
from predict_edit.support.markers import Seals
from predict_edit.trigger.command import Command, EditCommand, RunRecipe


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nothing is requested; ``reason`` is a sentence for the log."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestCommand:
    """A person gave a command on a pull request; whether they may is not known yet."""

    repository: str
    """``owner/name``."""
    pull_request: int
    command: CommandRef
    parsed: Command | CommandError | SettingsError
    """The command, or what is wrong with it or with the workflow that is to run it. The error is
    kept rather than raised, because people without access get no answer, not even an error."""
    aim: Aim | None = None
    """The review thread, without its earlier comments, which the payload does not contain."""
    in_reply_to: int | None = None
    """The first comment of the review thread, if the command is a reply."""

    @property
    def edits(self) -> bool:
        """Whether it edits files, so that its thread and linters' reports count."""
        return isinstance(self.parsed, EditCommand | RunRecipe)

    def seals(self, key: str | None) -> Seals:
        """Return the seals of our markers on the pull request; ``key`` is the model's."""
        return Seals(key, f"{self.repository}#{self.pull_request}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BranchTask:
    """A run over a branch, without a pull request: dispatched or scheduled."""

    repository: str
    """``owner/name``."""
    ref: str | None
    """The branch to edit; ``None`` for the default branch."""
    instruction: str | None
    """As given, perhaps ``run NAME``; ``None`` if the config or the findings decide."""
    command: CommandRef


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NamedCommand:
    """What a run over a branch does, and what its branch and pull request are called."""

    command: EditCommand | RunRecipe
    slug: str
    title: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPullRequest:
    """A pull request was merged or closed, and so are ours into its branch."""

    repository: str
    """``owner/name``."""
    pull_request: int
    head: str
    base: str
    """Its branches."""


Request = Ignored | PullRequestCommand | BranchTask | ClosedPullRequest
