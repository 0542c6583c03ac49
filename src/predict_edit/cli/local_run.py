"""The engine at a terminal: local files, planned, estimated or edited; and the answers kept.

No host takes part. A display shows the progress, and a cache in the user's home keeps answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from predict_edit.cli.console import DONE, printable
from predict_edit.delivery.delivered import capped
from predict_edit.delivery.state import MAX_UNPACKED, Memory, pack, unpack
from predict_edit.domain.editor_port import Editor
from predict_edit.domain.edits import FailedEdit, FileEdit, SkippedFile, SourceFile
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.domain.run_report import FileResult, Job, Outcome, RunReport
from predict_edit.edit.screening import secret_in
from predict_edit.llm.billing import Estimate
from predict_edit.report.view import count, dollars
from predict_edit.run.edit_all import edit_all
from predict_edit.run.estimate import as_data, estimate, in_words
from predict_edit.run.outcome import Facts, outcome_of, report_of, skipped_results
from predict_edit.run.plan import OpenEditor, Plan, Task, Watch, recalled_notes
from predict_edit.settings.fields import ModelSettings, Settings
from predict_edit.support.log import log

_IDENTITY = ("AZURE",)
_HEADS = ("file", "calls", "tokens in", "likely out", "at most", "likely cost", "at most")


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


class KeptAnswers:
    """The answers of the last run on one checkout, in the user's cache, readable by the user only.

    ``preview --apply`` after a preview asks for nothing again.
    """

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        self._file = _folder(environ) / f"{name}.answers"

    def load(self) -> Memory:
        """Read what is kept; an empty memory if nothing is, or it cannot be read."""
        try:
            return unpack(self._file.read_text(encoding="ascii"), None)
        except (OSError, UnicodeDecodeError):
            return Memory()

    def store(self, memory: Memory) -> None:
        """Replace what is kept; a failure is only logged."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch = self._file.with_suffix(".new")
            scratch.unlink(missing_ok=True)
            handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(pack(memory, None, limit=MAX_UNPACKED))
            scratch.replace(self._file)
        except OSError as error:
            log.info("the answers could not be kept (%s)", error.strerror)


def show_estimate(plan: Plan, *, as_json: bool = False) -> int:
    """Print what editing these files would take; the exit status is always 0.

    Raises:
        SettingsError: the model could not be asked with these settings.
    """
    settings = plan.task.settings.model
    requests = plan.requests
    files = [(request.file.path, estimate([request], settings)) for request in requests]
    whole = estimate(requests, settings)
    left_out = [*_not_asked(plan)]
    left_out += [declined for _, made in files for declined in made.declined]
    left_out += [(file.path, file.reason) for file in plan.skipped]
    files = [(path, made) for path, made in files if made.files]
    if as_json:
        _print_json(files, left_out, whole)
    else:
        _print_table(files, left_out)
        sys.stdout.write(f"{in_words(whole, settings)}\nNo model was asked.\n")
    return DONE


def _not_asked(plan: Plan) -> Iterator[tuple[str, str]]:
    """Path and reason of the files of a plan that the model is not asked about."""
    for file in plan.sources:
        if file.path in plan.known:
            yield file.path, "answered before, and nothing is asked again"
        elif reason := secret_in(file, plan.task.secrets):
            yield file.path, reason


def _print_table(
    files: Sequence[tuple[str, Estimate]], left_out: Sequence[tuple[str, str]]
) -> None:
    """Columns as wide as they must be; nothing to print for no file."""
    rows = [_HEADS, *(_row(path, made) for path, made in files)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows if files else ():
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        sys.stdout.write("  ".join([first, *others]) + "\n")
    for path, reason in left_out:
        sys.stdout.write(f"{printable(path)}: left out: {printable(reason)}\n")


def _row(path: str, made: Estimate) -> tuple[str, ...]:
    return (
        printable(path),
        count(made.calls),
        count(made.prompt_tokens),
        count(made.output_tokens_low),
        count(made.output_tokens_high),
        "unknown" if made.cost_low is None else dollars(made.cost_low),
        "unknown" if made.cost_high is None else dollars(made.cost_high),
    )


def _print_json(
    files: Sequence[tuple[str, Estimate]], left_out: Sequence[tuple[str, str]], whole: Estimate
) -> None:
    data = {
        "version": 1,
        "files": [{"path": path, **as_data(made)} for path, made in files],
        "left_out": [{"path": path, "reason": reason} for path, reason in left_out],
        "all": as_data(whole),
    }
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _folder(environ: Mapping[str, str]) -> Path:
    """Find the cache (XDG Base Directory Specification)."""
    given = environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "predict-edit"
