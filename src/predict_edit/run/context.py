"""What a run reaches the outside with."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.editor_port import Editor
from predict_edit.domain.ports import GitHost
from predict_edit.run.prefetch import Look
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.log import Secrets
from predict_edit.trigger.rate_limit import utc_now
from predict_edit.trigger.requests import BranchTask, PullRequestCommand

if TYPE_CHECKING:
    from predict_edit.findings.workspace import Workspace

RunRequest = PullRequestCommand | BranchTask
"""What a run is asked for."""

OpenEditor = Callable[[ModelSettings], Awaitable[Editor]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that reaches outside comes through here."""

    forge: GitHost
    open_editor: OpenEditor
    outbox: OutputFolder
    prefetched: Awaitable[Look] | None = None
    """The first requests about the pull request, if they are under way already."""
    run_url: str = ""
    run_id: str = ""
    workspace: Workspace | None = None
    """The folder with linters' reports and other jobs' results; ``None`` if none are needed."""
    secrets: Secrets = dataclasses.field(default_factory=Secrets, repr=False)
    """What must not be shown, with the tokens that signing in adds later."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], dt.datetime] = utc_now
