"""What a user waits for after a comment, part by part."""

from __future__ import annotations

import itertools

from benchmarks import fixtures
from benchmarks.figures import Section, seconds
from benchmarks.scale import Scale
from benchmarks.scene import Observed, observe
from benchmarks.whole import CONCURRENCY
from predict_edit_sandbox.stage import READER, REPLACE, WRITER

SAID = {
    "no command: ignored": (WRITER, "Looks good to me.", "ignored"),
    "from a user without write access: refused": (READER, REPLACE, "denied"),
    "`help`: answered": (WRITER, "/predict-edit help", "answered"),
}
"""Who comments, what, and the outcome."""
NOT_HERE = {"Queue": "-", "Pull": "-"}
"""What a hosted runner takes before the process starts."""


async def measure(scale: Scale) -> Section:
    """Runs after each kind of comment, interleaved."""
    sizes = (1, 12) if scale.quick else (1, 12, 100)
    runs: dict[str, list[Observed]] = {}
    for _ in scale.repeats(3):
        for what, (who, command, outcome) in SAID.items():
            files = fixtures.mixed_sizes(12)
            runs.setdefault(what, []).append(
                await observe(
                    files,
                    round_trip=fixtures.ROUND_TRIP,
                    command=command,
                    author=who,
                    outcome=outcome,
                )
            )
        for size in sizes:
            what = f"{size} {'file' if size == 1 else 'files'} edited"
            runs.setdefault(what, []).append(
                await observe(
                    fixtures.mixed_sizes(size) if size > 1 else [fixtures.program("a.py", 400)],
                    model=fixtures.timed_model(),
                    round_trip=fixtures.ROUND_TRIP,
                    inputs={"concurrency": str(CONCURRENCY), "max-files": "100"},
                )
            )
    rows = [
        [
            what,
            *NOT_HERE.values(),
            *(
                str(seconds(part)) if any(part) else ""
                for part in zip(*map(parts_of, each), strict=True)
            ),
        ]
        for what, each in runs.items()
    ]
    return Section(
        title="What a user waits for",
        text=(
            f"{fixtures.described()} *Start* ends with the first request to GitHub, *GitHub* with "
            "the first to the model or, without one, with what GitHub shows; *model* ends with "
            "its last byte, *delivery* with the posted review. Not measurable here (-): *queue*, "
            "the wait for a runner, which is GitHub's, and *pull*, the image over a runner's "
            "network; `make bench-container` has its size and a local pull. Files as in the whole "
            f"run. n = {len(scale.repeats(3))} of each, interleaved."
        ),
        tables=[(("Comment", *NOT_HERE, "Start", "GitHub", "Model", "Delivery", "Together"), rows)],
    )


def parts_of(run: Observed) -> tuple[float, float, float, float, float]:
    """Seconds of each part, and of all; a run that asks nobody is all start."""
    if not run.requests:
        return run.seconds, 0.0, 0.0, 0.0, run.seconds
    first = min(request.started for request in run.requests)
    shown = max(request.ended for request in run.requests if request.writes)
    asked = answered = shown
    if run.exchanges:
        asked = min(each.started for each in run.exchanges)
        answered = max(each.ended or asked for each in run.exchanges)
        shown = run.posted
    moments = (run.started, first, asked, answered, shown)
    start, github, model, delivery = (
        after - before for before, after in itertools.pairwise(moments)
    )
    return start, github, model, delivery, shown - run.started
