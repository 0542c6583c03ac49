"""The engine at a terminal: a plan of local files, carried out with a person watching."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Sequence
from secrets import token_hex
from typing import Protocol

from predict_edit.delivery.delivered import capped
from predict_edit.delivery.state import Memory
from predict_edit.domain import (
    CommandRef,
    CommandSource,
    FailedEdit,
    FileEdit,
    FileResult,
    Job,
    Outcome,
    RunReport,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.editor_port import Editor
from predict_edit.run.context import OpenEditor
from predict_edit.run.edit_all import Plan, Task, Watch, edit_all, recalled_notes
from predict_edit.run.outcome import Facts, outcome_of, report_of, skipped_results
from predict_edit.settings.fields import ModelSettings, Settings

_IDENTITY = ("AZURE",)


class Display(Protocol):
    """Shows how far each file is."""

    def begin(self, files: Sequence[SourceFile]) -> None:
        """All files are about to be asked about."""

    def received(self, path: str, characters: int) -> None:
        """So many characters of a file's answer have arrived."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """A file's answer is complete, or there will be none."""

    def end(self) -> None:
        """No more will arrive."""


class _Listener:
    """Shows the progress of a run on a display."""

    def __init__(self, display: Display) -> None:
        self.received = display.received
        self.answered = display.answered
        self._display = display

    def done(self, result: FileResult) -> None:
        """Leave it at the answer."""

    @contextlib.asynccontextmanager
    async def watch(self, plan: Plan) -> AsyncIterator[Watch]:
        """Show the files that the model is asked about."""
        if not plan.todo:
            yield self
            return
        self._display.begin(plan.todo)
        try:
            yield self
        finally:
            self._display.end()


async def open_chat_editor(settings: ModelSettings) -> Editor:
    """Open the real model, with what this process may use to sign in."""
    from predict_edit.llm.auth import open_client  # noqa: PLC0415 - takes most of a second
    from predict_edit.llm.editor import ChatEditor  # noqa: PLC0415

    identity = {name: os.environ[name] for name in os.environ if name.startswith(_IDENTITY)}
    return ChatEditor(
        settings,
        open_client(settings, environ=identity, mask=lambda _: None),
        nonce=token_hex(16),
        today=dt.datetime.now(tz=dt.UTC).date(),
    )


def job_for(instruction: str) -> Job:
    """One instruction of a person at a terminal, as the engine takes it."""
    command = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author=None)
    return Job(repository="", pull_request=0, instruction=instruction, command=command)


def plan_for(
    sources: Sequence[SourceFile],
    skipped: Sequence[SkippedFile],
    *,
    instruction: str,
    settings: Settings,
    memory: Memory | None = None,
) -> Plan:
    """Plan to edit local files; what ``memory`` holds is not asked again.

    The memory grows with every file that is answered.
    """
    key = settings.model.api_key
    task = Task(
        job=job_for(instruction),
        settings=settings,
        secrets=(key,) if key else (),
        memory=memory,
    )
    known = task.recalled(sources)
    return Plan(
        task=task,
        sources=tuple(sources),
        known=known,
        skipped=tuple(skipped),
        notes=recalled_notes(known),
    )


def carry_out(
    plan: Plan,
    display: Display,
    *,
    head: str = "",
    base: str = "",
    open_editor: OpenEditor = open_chat_editor,
) -> RunReport:
    """Edit the files of a plan and report what became of them; nothing is written.

    Raises:
        SettingsError: the model cannot be asked with these settings.
        SignInError: this machine has no credential for it.
    """
    edited = asyncio.run(edit_all(plan, open_editor, _Listener(display)))
    results = capped(edited.results, plan.task.settings.max_suggestions)
    facts = Facts(job=plan.task.job, head=head, base=base, model=edited.model, dry_run=True)
    posted = any(result.placed.suggestions for result in results if result.placed)
    files = (*results, *skipped_results(plan.skipped))
    outcome = outcome_of(files, Outcome.SUGGESTED if posted else None)
    return report_of(facts.noting(*edited.notes, *plan.notes), outcome, files=files)
