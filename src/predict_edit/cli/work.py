"""Files through the model and to their places, with somebody watching; no host takes part."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import os
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Protocol

from predict_edit.delivery.delivered import capped
from predict_edit.delivery.state import Memory
from predict_edit.domain import (
    CommandRef,
    CommandSource,
    EditRequest,
    FailedEdit,
    FileEdit,
    FileResult,
    FileStatus,
    Job,
    Outcome,
    RunReport,
    SkippedFile,
    SourceFile,
)
from predict_edit.domain.editor_port import Editor, Progress
from predict_edit.run.edit_files import Editing, common_problem
from predict_edit.run.outcome import money_of, outcome_of
from predict_edit.settings.fields import ModelSettings, Settings

_IDENTITY = ("AZURE",)


class Watch(Protocol):
    """Whoever wants to see how far each file is."""

    def begin(self, files: Sequence[SourceFile]) -> None:
        """All files are about to be asked for."""

    def received(self, path: str, characters: int) -> None:
        """So many characters of a file's answer have come."""

    def answered(self, answer: FileEdit | FailedEdit) -> None:
        """A file's answer is whole, or there will be none."""

    def end(self) -> None:
        """Nothing more will come."""


class _WatchedEditor:
    """An editor that lets somebody watch."""

    def __init__(self, editor: Editor, watch: Watch) -> None:
        self._editor = editor
        self._watch = watch

    @property
    def model(self) -> str:
        """As the editor says."""
        return self._editor.model

    @property
    def notes(self) -> tuple[str, ...]:
        """As the editor says."""
        return self._editor.notes

    def declines(self, file: SourceFile) -> str | None:
        """As the editor says."""
        return self._editor.declines(file)

    async def edit(
        self, request: EditRequest, progress: Progress | None = None
    ) -> FileEdit | FailedEdit:
        """Ask the editor, and pass on how far it is."""

        def count(characters: int) -> None:
            self._watch.received(request.file.path, characters)
            if progress is not None:
                progress(characters)

        answer = await self._editor.edit(request, count)
        self._watch.answered(answer)
        return answer

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._editor.aclose()


OpenEditor = Callable[[ModelSettings], Editor]


def open_chat_editor(settings: ModelSettings) -> Editor:
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
    """One instruction of a person at a terminal, as the engine wants it."""
    command = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author=None)
    return Job(repository="", pull_request=0, instruction=instruction, command=command)


def carry_out(
    sources: Sequence[SourceFile],
    skipped: Sequence[SkippedFile],
    *,
    instruction: str,
    settings: Settings,
    watch: Watch,
    memory: Memory | None = None,
    open_editor: OpenEditor = open_chat_editor,
) -> RunReport:
    """Ask for every file, side by side, and put together what came of it.

    What ``memory`` holds is not asked for again; it grows with every file that is answered.

    Raises:
        SettingsError: the model cannot be asked with these settings.
        SignInError: this machine has no credential for it.
    """
    job = job_for(instruction)
    model = settings.model.model
    notes: tuple[str, ...] = ()
    results: tuple[FileResult, ...] = ()
    if sources:
        model, notes, results = asyncio.run(
            _ask(
                sources,
                job=job,
                settings=settings,
                watch=watch,
                memory=Memory() if memory is None else memory,
                open_editor=open_editor,
            )
        )
    files = (
        *capped(results, settings.max_suggestions),
        *(FileResult(path=f.path, status=FileStatus.SKIPPED, reason=f.reason) for f in skipped),
    )
    posted = sum(len(result.placed.suggestions) for result in files if result.placed)
    outcome = outcome_of(files, Outcome.SUGGESTED if posted else None)
    return RunReport(
        outcome=outcome,
        job=job,
        model=model,
        files=files,
        cost=money_of(files),
        notes=notes,
        problem=common_problem(files) if outcome is Outcome.FAILED else "",
        dry_run=True,
    )


async def _ask(
    sources: Sequence[SourceFile],
    *,
    job: Job,
    settings: Settings,
    watch: Watch,
    memory: Memory,
    open_editor: OpenEditor,
) -> tuple[str, tuple[str, ...], tuple[FileResult, ...]]:
    key = settings.model.api_key
    editing = Editing(
        job=job,
        settings=settings.model,
        memory=memory,
        secrets=(key,) if key else (),
        bases=asyncio.create_task(no_bases()),
    )
    async with editing:
        if all(editing.remembers(file) for file in sources):
            results = await editing.all_files(sources, None)
            return settings.model.model, editing.notes, results
        editor = _WatchedEditor(open_editor(settings.model), watch)
        watch.begin([file for file in sources if not editing.remembers(file)])
        try:
            results = await editing.all_files(sources, editor)
        finally:
            watch.end()
            await editor.aclose()
        return editor.model, (*editor.notes, *editing.notes), results


async def no_bases() -> dict[str, str]:
    """The diffs are made here and always whole, so nothing has to stand in for them."""
    return {}


def with_commits(report: RunReport, *, head: str, base: str) -> RunReport:
    """Name the commits that a report is about."""
    return dataclasses.replace(report, head=head, base=base)
