"""What a command on a pull request is worked on with."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.editor_port import Editor
from predict_edit.domain.ports import Forge
from predict_edit.run.prefetch import Look
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.log import Secrets
from predict_edit.trigger.rate_limit import utc_now

if TYPE_CHECKING:
    from predict_edit.findings.workspace import Workspace


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a run works with; everything that reaches outside comes through here."""

    forge: Forge
    open_editor: Callable[[ModelSettings], Awaitable[Editor]]
    outbox: OutputFolder
    look: Awaitable[Look] | None = None
    """The first look, where it was begun already."""
    run_url: str = ""
    run_id: str = ""
    workspace: Workspace | None = None
    """Where the reports of linters and the results of other jobs lie; ``None`` for nowhere."""
    secrets: Secrets = dataclasses.field(default_factory=Secrets, repr=False)
    """What must not come out, with the tokens that signing in brings later."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], dt.datetime] = utc_now
