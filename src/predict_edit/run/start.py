"""Opens the ways to GitHub and to the model, and loads each library no sooner than it is needed.

What has to be imported takes about as long as everything else until the model is asked. So the
first questions go out as soon as there is something to send them with, and the libraries for what
comes next are loaded while GitHub answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib
import math
import re
import signal
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING

from predict_edit.delivery.output_files import OutputFolder
from predict_edit.domain.edits import ChangedFile, Usage
from predict_edit.domain.errors import PredictEditError
from predict_edit.domain.run_report import Outcome, RunReport
from predict_edit.github.actions_runner import Runner
from predict_edit.github.client import Client
from predict_edit.github.host import GitHubHost
from predict_edit.run.prefetch import Look, look_at
from predict_edit.support import startup as collector
from predict_edit.support.log import Console, log
from predict_edit.trigger.requests import ClosedPullRequest, PullRequestCommand

if TYPE_CHECKING:
    from predict_edit.domain.ports import Editor
    from predict_edit.findings.formats import Reports
    from predict_edit.run.context import RunRequest
    from predict_edit.run.outcome import Finished
    from predict_edit.settings.fields import Inputs, ModelSettings

_BYTES_PER_LINE = 40
_MOMENT = 0.01
"""Seconds in which the first requests are written, before the interpreter is busy."""
_UNTIL_ASKED = 0.1
"""Seconds from an editor to the first requests to the model."""
_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the runner gives a run."""

    runner: Runner
    outbox: OutputFolder
    console: Console
    identity: Mapping[str, str]
    """The variables with which the job can prove who it is."""


async def serve(
    trigger: RunRequest | ClosedPullRequest, inputs: Inputs, around: Surroundings
) -> Finished:
    """Do what is asked."""
    runner = around.runner
    forge = GitHubHost(
        Client(
            repository=trigger.repository,
            token=inputs.github_token,
            api_url=runner.api_url,
        )
    )
    if isinstance(trigger, ClosedPullRequest):
        return await _close_stacked(trigger, inputs, forge)
    look = None
    if isinstance(trigger, PullRequestCommand):
        look = asyncio.create_task(look_at(forge, trigger.pull_request, trigger.command))
        await asyncio.sleep(_MOMENT)
    libraries = _Libraries(inputs, look)
    try:
        await libraries.load()
        _cancel_on_signal()
        from predict_edit.run.context import Context  # noqa: PLC0415 - just loaded
        from predict_edit.run.engine import run  # noqa: PLC0415

        ctx = Context(
            forge=forge,
            now=forge.now,
            open_editor=_opener(around, libraries),
            outbox=around.outbox,
            secrets=around.console.secrets,
            prefetched=look,
            workspace=_workspace(trigger, inputs, runner),
            run_url=runner.run_url,
            run_id=runner.run_id,
        )
        return await run(trigger, inputs, ctx)
    finally:
        await libraries.aclose()
        await forge.aclose()
        log.debug("%s requests to GitHub", forge.requests)


async def _close_stacked(closed: ClosedPullRequest, inputs: Inputs, forge: GitHubHost) -> Finished:
    """Close what goes into a pull request that was closed; no model is needed for it."""
    from predict_edit.delivery.pull_request import close_stacked  # noqa: PLC0415
    from predict_edit.run.outcome import NO_FACTS, Finished, failure_of, report_of  # noqa: PLC0415

    try:
        numbers = await close_stacked(
            forge, closed.pull_request, inputs.api_key, head=closed.head, base=closed.base
        )
    except PredictEditError as error:
        return failure_of(error)
    finally:
        await forge.aclose()
    log.info("closed %s pull requests for %s", len(numbers), closed.pull_request)
    return Finished(report=report_of(NO_FACTS, Outcome.IGNORED))


def _workspace(trigger: RunRequest, inputs: Inputs, runner: Runner) -> Reports | None:
    """The folder with linters' reports and other jobs' results, if any are needed."""
    spread = inputs.mode not in {None, "run"}
    if isinstance(trigger, PullRequestCommand) and not (spread or inputs.findings):
        return None
    from predict_edit.findings.formats import Reports  # noqa: PLC0415 - most runs have no use for it
    from predict_edit.findings.reported_finding import Roots  # noqa: PLC0415

    name = trigger.repository.rpartition("/")[2]
    roots = Roots(folders=(str(runner.workspace.absolute()),), name=name)
    return Reports(folder=runner.workspace, roots=roots)


def _opener(
    around: Surroundings, libraries: _Libraries
) -> Callable[[ModelSettings], Awaitable[Editor]]:
    """What opens an editor, once the libraries for it are there."""

    async def open_editor(settings: ModelSettings) -> Editor:
        await libraries.for_model(settings)
        libraries.prepare_for_the_end()
        from predict_edit.llm.auth import open_client  # noqa: PLC0415 - just loaded
        from predict_edit.llm.chat_completion import Runtime  # noqa: PLC0415
        from predict_edit.llm.editor import ChatEditor  # noqa: PLC0415
        from predict_edit.llm.limits import deadline  # noqa: PLC0415

        return ChatEditor(
            settings,
            open_client(settings, environ=around.identity, mask=around.console.mask),
            nonce=token_hex(16),
            runtime=Runtime(deadline=deadline(around.identity)),
        )

    return open_editor


class _Libraries:
    """What is loaded in threads, while the event loop waits for GitHub.

    The tokenizer's vocabulary takes a fifth of all memory, so it is loaded only if tokens are
    limited, or if a file is so long that it may not fit into an answer of this model.
    """

    def __init__(self, inputs: Inputs, look: asyncio.Task[Look] | None) -> None:
        self.look = look
        self._inputs = inputs
        self._model: asyncio.Task[None] | None = None
        self._vocabulary: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Load the libraries for what comes next, and begin with those for the model."""
        await asyncio.to_thread(importlib.import_module, "predict_edit.run.engine")
        self._model = asyncio.create_task(self._load_model())
        self._vocabulary = asyncio.create_task(self._load_vocabulary(self._model))

    async def for_model(self, settings: ModelSettings) -> None:
        """Wait until the model can be asked."""
        if self._model is not None:
            await asyncio.shield(self._model)
        if settings.max_tokens is not None or settings.max_cost is not None:
            await asyncio.to_thread(_load_vocabulary)

    def prepare_for_the_end(self) -> None:
        """Load, while the model works, what prices and reports its answers."""
        if self._end is None:
            self._end = asyncio.create_task(self._load_end())

    async def aclose(self) -> None:
        """Wait for what is under way: a thread cannot be stopped."""
        begun = [task for task in (self.look, self._model, self._vocabulary, self._end) if task]
        if begun:
            await asyncio.wait(begun)

    async def _load_model(self) -> None:
        auth = await asyncio.to_thread(importlib.import_module, "predict_edit.llm.auth")
        await asyncio.to_thread(importlib.import_module, "predict_edit.llm.editor")
        await asyncio.to_thread(auth.prepare)
        collector.release()

    async def _load_vocabulary(self, after: asyncio.Task[None]) -> None:
        """Load the tokenizer if it is going to be needed."""
        await asyncio.wait([task for task in (after, self.look) if task])
        limited = self._inputs.max_tokens is not None or self._inputs.max_cost is not None
        if after.exception() is None and (limited or self._sees_long_file()):
            await asyncio.to_thread(_load_vocabulary)

    async def _load_end(self) -> None:
        """Wait until the model has been asked, then load in a thread."""
        await asyncio.sleep(_UNTIL_ASKED)
        await asyncio.to_thread(_prepare_for_the_end)

    def _sees_long_file(self) -> bool:
        """Whether the diff has a file that this model may not be able to write in one answer."""
        from predict_edit.llm.limits import uncounted  # noqa: PLC0415 - just loaded
        from predict_edit.llm.models import look_up  # noqa: PLC0415

        limit = self._inputs.max_output_tokens or look_up(self._inputs.model).output_limit
        most = uncounted(limit) / _BYTES_PER_LINE
        if self.look is None or self.look.cancelled():
            return most < math.inf
        changed = self.look.result().changed
        return not isinstance(changed, BaseException) and any(
            _least_lines(change) > most for change in changed
        )


def _least_lines(change: ChangedFile) -> float:
    """Lines that a file has as far as its diff shows; one too large to be shown has no end."""
    if change.status == "removed":
        return 0
    if change.patch is None:
        return math.inf if change.additions else 0
    seen = (int(start) + int(count or 1) for start, count in _HUNK.findall(change.patch))
    return max(seen, default=0)


def _load_vocabulary() -> None:
    importlib.import_module("predict_edit.llm.tokens").load()


def _prepare_for_the_end() -> None:
    from predict_edit.delivery.state import Memory, pack  # noqa: PLC0415
    from predict_edit.llm.billing import PriceList  # noqa: PLC0415 - see above
    from predict_edit.report import jinja, result  # noqa: PLC0415

    pack(Memory(), None)
    result.to_result(RunReport(outcome=Outcome.IGNORED))
    PriceList().cost(Usage(prompt_tokens=1, completion_tokens=1), "gpt-4o-mini")
    jinja.prepare()


def _cancel_on_signal() -> None:
    """Let a cancelled job say so: a runner sends SIGINT, then SIGTERM, then ends the process."""
    loop, work = asyncio.get_running_loop(), asyncio.current_task()
    heard: list[int] = []

    def cancel(number: int) -> None:
        # The second signal must not interrupt the last words.
        heard.append(number)
        if work and len(heard) == 1:
            log.info("cancelled by signal %s", number)
            work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            # Windows, or a thread that is not the main one, has no such handlers.
            loop.add_signal_handler(number, cancel, number)
