"""One command on the sandbox, with everything that was to be measured of it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import lean
from predict_edit_sandbox.github import issue_comment_created
from predict_edit_sandbox.github.requestlog import LoggedRequest, round_trips
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.records import Exchange
from predict_edit_sandbox.runner import ActionRun, run_action
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, set_stage
from predict_edit_sandbox.world_files import WorldFile

METER = Path(__file__).with_name("meter.py")
PATIENCE = 300.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a run: its length, and how much of it was spent waiting for GitHub."""

    seconds: float
    round_trips: int
    own: float
    """Seconds in which no request to GitHub was under way: what the tool itself took."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One run of the action. Times are those of :func:`time.monotonic`."""

    run: ActionRun
    requests: Sequence[LoggedRequest]
    exchanges: Sequence[Exchange]
    started: float
    seconds: float
    cpu: float
    memory: int
    """Most bytes of memory that the process had at once."""

    @property
    def before(self) -> Part:
        """From the start of the process to the first request to the model.

        Only reads are waited for: the reaction and the summary's comment are written beside them.
        """
        reads = [request for request in self.requests if not request.writes]
        return _part(reads, self.started, min(each.started for each in self.exchanges))

    @property
    def after(self) -> Part:
        """From the last byte of the model to the posted review."""
        last = max(each.ended or math.inf for each in self.exchanges)
        return _part(self.requests, last, self.posted)

    @property
    def posted(self) -> float:
        """When the last review stood."""
        return max(r.ended for r in self.requests if r.writes and r.path.endswith("/reviews"))

    @property
    def slowest_file(self) -> float:
        """Seconds that the model took for the file that it took longest for."""
        return max(each.seconds or math.inf for each in self.exchanges)


def _part(requests: Sequence[LoggedRequest], start: float, end: float) -> Part:
    """What happened between two moments; requests that were not waited for are left out."""
    within = [r for r in requests if r.ended > start and r.ended <= end]
    return Part(
        seconds=end - start,
        round_trips=round_trips(within),
        own=end - start - _covered(within, start),
    )


def _covered(requests: Sequence[LoggedRequest], start: float) -> float:
    """Seconds since ``start`` in which at least one of the requests was under way."""
    covered, free_at = 0.0, start
    for request in sorted(requests, key=lambda each: each.started):
        covered += max(0.0, request.ended - max(request.started, free_at))
        free_at = max(free_at, request.ended)
    return covered


async def observe(
    files: Sequence[WorldFile],
    *,
    model: ModelConfig | None = None,
    round_trip: float = 0.0,
    inputs: Mapping[str, str] | None = None,
    command: str = REPLACE,
    author: str = WRITER,
    outcome: str = "suggested",
    look: Callable[[Stage], None] | None = None,
) -> Observed:
    """Set the stage, give the command once, and watch; ``look`` sees the stage at the end.

    Raises:
        RuntimeError: the action did not come to this outcome, so there is nothing to measure.
    """
    with tempfile.TemporaryDirectory(prefix="predict-edit-bench-") as name:
        folder = Path(name)
        async with set_stage(folder, files=files, model=model) as stage:
            stage.github.switches.latency = round_trip
            stage.github.switches.requests_per_hour = 10_000
            comment = stage.github.comment(REPOSITORY, stage.pull.number, author, command)
            payload = issue_comment_created(stage.github, comment)
            report = folder / "meter.json"
            run = await run_action(
                # A plan is one more call, and measured by itself.
                stage.step(
                    "issue_comment",
                    payload,
                    {"plan": "off", **(inputs or {})},
                    more=lean.settings(),
                ),
                patience=PATIENCE,
                through=(sys.executable, "-I", "-S", str(METER), str(report)),
                python=await asyncio.to_thread(lean.interpreter),
            )
            if run.exit_code or run.outputs.get("outcome") != outcome:
                raise RuntimeError(f"the action failed, nothing was measured:\n{run.log[-3000:]}")
            if look:
                look(stage)
            used = json.loads(await asyncio.to_thread(report.read_text, encoding="utf-8"))
            return Observed(
                run=run,
                requests=tuple(stage.github.log.requests),
                exchanges=tuple(stage.model.exchanges),
                started=used["started"],
                seconds=used["seconds"],
                cpu=used["cpu"],
                memory=used["memory"],
            )
