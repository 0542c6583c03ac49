"""The engine at a terminal: local files, planned, estimated or edited; and the answers kept.

No host takes part. The display is the listener, and a cache in the user's home keeps answers.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from secrets import token_hex

from predict_edit.cli import local_files
from predict_edit.cli.checkout import Checkout
from predict_edit.cli.console import DONE, Screen, Silent
from predict_edit.cli.model_choice import report_in_local_words
from predict_edit.delivery.delivered import suggested
from predict_edit.delivery.state import MAX_UNPACKED, Memory, pack, unpack
from predict_edit.domain.errors import InvalidInput, LocalFileError
from predict_edit.domain.ports import Editor
from predict_edit.domain.repository import CommandRef, CommandSource, FileContent
from predict_edit.domain.run_report import Delivered, Job, RunReport
from predict_edit.edit.plan import plan_notes, remaining_notes, settle_names
from predict_edit.edit.screening import secret_in
from predict_edit.llm.billing import Estimate, estimate
from predict_edit.report.view import count, dollars
from predict_edit.run.context import Plan, Scope, Source, Task, scope_of
from predict_edit.run.edit_all import edit_all
from predict_edit.run.estimate import as_data, in_words
from predict_edit.run.outcome import (
    NO_FACTS,
    outcome_of,
    report_of,
    skipped_results,
)
from predict_edit.select.gitattributes import GitAttributes
from predict_edit.settings.fields import ModelSettings, Settings
from predict_edit.support.log import Secrets, log
from predict_edit.trigger.command import clean_instruction

_HEADS = ("file", "calls", "tokens in", "likely out", "at most", "likely cost", "at most")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSource(Source):
    """The changed files of a checkout, chosen as those of a pull request are."""

    checkout: Checkout
    attributes: GitAttributes

    async def select(self, task: Task) -> Scope:
        """Choose among the changed files."""
        checkout = self.checkout
        return scope_of(task, checkout.changed, self.attributes, skipped=checkout.skipped)

    async def read(self, files: Mapping[str, str | None]) -> Mapping[str, FileContent]:
        """Return the files as git would commit them."""
        del files
        return self.checkout.contents


async def open_chat_editor(settings: ModelSettings) -> Editor:
    """Open the real model, with what this process may use to sign in."""
    from predict_edit.llm.auth import open_client  # noqa: PLC0415 - takes most of a second
    from predict_edit.llm.editor import ChatEditor  # noqa: PLC0415

    identity = {name: os.environ[name] for name in os.environ if name.startswith("AZURE")}
    return ChatEditor(
        settings,
        open_client(settings, environ=identity, mask=lambda _: None),
        nonce=token_hex(16),
    )


def job_for(instruction: str) -> Job:
    """Return the job of an instruction that a person gave at a terminal."""
    command = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author=None)
    return Job(repository="", pull_request=0, instruction=instruction, command=command)


def task_for(instruction: str, settings: Settings, memory: Memory | None = None) -> Task:
    """Return what to do to local files; the memory grows with every file that is answered."""
    secrets = settings.model.secrets
    return Task(job=job_for(instruction), settings=settings, secrets=secrets, memory=memory)


def instruction_of(text: str) -> str:
    """Return an instruction as a run takes it.

    Raises:
        InvalidInput: it is empty.
        InstructionTooLong: it is too long to go with each file.
    """
    if not text.strip():
        raise InvalidInput("The instruction is empty.", "Say what to change.")
    return clean_instruction(text)


def edit_plan(
    plan: Plan, display: Silent, origins: Mapping[str, str], *, base: str = ""
) -> RunReport:
    """Edit the files of a plan and report the result; nothing is written.

    ``origins`` are the options and variables that errors name, as in :class:`ModelChoice`.

    Raises:
        SettingsError: the model cannot be asked with these settings.
        SignInError: this machine has no credential for it.
    """
    edited = asyncio.run(edit_all(plan, open_chat_editor, display))
    plan = edited.plan
    results, change = settle_names(
        plan.task.plan, edited.results, plan.sources, plan.left, whole=False
    )
    delivered = suggested(results, plan.task.settings.max_suggestions)
    job = plan.task.job
    facts = dataclasses.replace(
        NO_FACTS, job=job, head=plan.head, base=base, model=edited.model, dry_run=True
    )
    files = (*delivered.files, *skipped_results(plan.skipped))
    outcome = outcome_of(files, delivered.outcome)
    facts = dataclasses.replace(facts, plan=change)
    total = len(plan.sources) + len(plan.left)
    facts = facts.noting(*edited.notes, *plan.notes, *plan_notes(change, total))
    left = tuple(remaining_notes(change, plan.skipped))
    report = report_of(facts, outcome, Delivered(files=files, notes=left))
    return report_in_local_words(report, origins)


class KeptAnswers:
    """The answers of the last run on one checkout, in the user's cache, readable by the user only.

    ``preview --write`` after a preview asks the model nothing again.
    """

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        self._file = _folder(environ) / f"{name}.answers"

    def load(self) -> Memory:
        """Read the answers; an empty memory if none are kept, or they cannot be read."""
        try:
            return unpack(self._file.read_text(encoding="ascii"), None)
        except (OSError, UnicodeDecodeError):
            return Memory()

    def store(self, memory: Memory) -> None:
        """Replace the answers; a failure is only logged."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            local_files.replace(self._file, pack(memory, None, limit=MAX_UNPACKED).encode("ascii"))
        except (OSError, LocalFileError) as error:
            log.info("the answers could not be kept: %s", error)


def show_estimate(plan: Plan, *, as_json: bool = False) -> int:
    """Print what editing these files would take; the exit status is always 0.

    Raises:
        SettingsError: the model could not be asked with these settings.
    """
    settings = plan.task.settings.model
    requests = plan.requests
    made = [(request.file.path, estimate([request], settings)) for request in requests]
    whole = estimate(requests, settings, plan=plan.asked)
    left_out = [
        *_not_sent(plan),
        *(declined for _, each in made for declined in each.declined),
        *((file.path, file.reason) for file in plan.skipped),
    ]
    files = [(path, each) for path, each in made if each.files]
    screen = Screen(sys.stdout, Secrets())
    if as_json:
        data = {
            "version": 1,
            "files": [{"path": path, **as_data(each)} for path, each in files],
            "left_out": [{"path": path, "reason": reason} for path, reason in left_out],
            "all": as_data(whole),
        }
        screen.data(data)
        return DONE
    if files:
        screen.table(_HEADS, [_row(path, each) for path, each in files], right=range(1, 7))
    for path, reason in left_out:
        screen.line(f"{path}: left out: {reason}")
    screen.line(in_words(whole, settings))
    screen.line("No model was asked.")
    return DONE


def _not_sent(plan: Plan) -> Iterator[tuple[str, str]]:
    """Path and reason of the files of a plan that the model gets nothing about."""
    for file in plan.sources:
        if file.path in plan.known:
            yield file.path, "answered before, and nothing is asked again"
        elif reason := secret_in(plan.task.request(file), plan.task.secrets):
            yield file.path, reason


def _row(path: str, made: Estimate) -> tuple[str, ...]:
    return (
        path,
        count(made.calls),
        count(made.prompt_tokens),
        count(made.output_tokens_low),
        count(made.output_tokens_high),
        "unknown" if made.cost_low is None else dollars(made.cost_low),
        "unknown" if made.cost_high is None else dollars(made.cost_high),
    )


def _folder(environ: Mapping[str, str]) -> Path:
    """Find the cache (XDG Base Directory Specification)."""
    given = environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "predict-edit"
