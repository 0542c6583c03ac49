"""A whole run against the floor that no tool can get below."""

from __future__ import annotations

from benchmarks import fixtures
from benchmarks.figures import Section, Target, ratios, seconds
from benchmarks.scale import Scale
from benchmarks.scene import Observed, observe

CONCURRENCY = 32
ROUND_TRIPS = 5
"""Three before the model can be asked, two to post what it wrote."""


def floor_of(run: Observed) -> float:
    """The slowest file's model time and the round trips nothing can be done without."""
    return run.slowest_file + ROUND_TRIPS * fixtures.ROUND_TRIP


async def measure(scale: Scale) -> Section:
    """Runs at both sizes, interleaved."""
    sizes = {12: 1.10} if scale.quick else {12: 1.10, 100: 1.15}
    runs: dict[int, list[Observed]] = {size: [] for size in sizes}
    for _ in scale.repeats(3):
        for size in sizes:
            runs[size].append(
                await observe(
                    fixtures.mixed_sizes(size),
                    model=fixtures.timed_model(),
                    round_trip=fixtures.ROUND_TRIP,
                    inputs={"concurrency": str(CONCURRENCY), "max-files": "100"},
                )
            )
    rows, targets = [], []
    for size, limit in sizes.items():
        ratio = ratios(run.seconds / floor_of(run) for run in runs[size])
        rows.append(
            [
                str(size),
                str(seconds(floor_of(run) for run in runs[size])),
                str(seconds(run.seconds for run in runs[size])),
                str(ratio),
            ]
        )
        targets.append(
            Target(
                what=f"Whole run against the floor, {size} files",
                figure=ratio,
                limit=limit,
                why="On top of the floor stand the time to start, and what comes after the "
                "review: the last edit of the summary comment with the reaction, which is one "
                "more round trip, the job summary, and the end of the process.",
            )
        )
    return Section(
        title="The whole run",
        text=(
            f"{fixtures.described()} Files of 30 to 400 lines, most of them short; concurrency "
            f"{CONCURRENCY}. The floor is the model's time for its slowest file and {ROUND_TRIPS} "
            f"round trips. The run is the life of the process. n = {len(scale.repeats(3))} of "
            "each, interleaved."
        ),
        tables=[(("Files", "Floor", "Run", "Run ÷ floor"), rows)],
        targets=targets,
    )
