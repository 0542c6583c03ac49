"""How many requests a run makes, by the number of changed files."""

from __future__ import annotations

import math

from benchmarks import fixtures
from benchmarks.figures import Figure, Section, Target
from benchmarks.scale import Scale
from benchmarks.scene import observe

SIZES = (1, 12, 100, 250)
ROUND_TRIP = 0.25


def bound(files: int) -> int:
    """The most requests that a run over so many changed files may make."""
    return 10 + math.ceil(files / 100) + math.ceil(files / 50)


async def measure(scale: Scale) -> Section:
    """One run a size: what is counted does not depend on the machine."""
    rows, over = [], []
    for size in SIZES[1:2] if scale.quick else SIZES:
        run = await observe(
            [fixtures.program(f"src/part_{i:04}.py", 20) for i in range(size)],
            model=fixtures.timed_model(),
            round_trip=ROUND_TRIP,
            inputs={"concurrency": "32", "max-files": str(size)},
        )
        made = len(run.requests)
        over.append(made / bound(size))
        reads = sum(not request.writes for request in run.requests)
        rows.append(
            [
                str(figure)
                for figure in (
                    size,
                    made,
                    bound(size),
                    reads,
                    made - reads,
                    run.before.round_trips,
                    run.after.round_trips,
                )
            ]
        )
    return Section(
        title="Requests to GitHub",
        text=(
            "All requests of a run, with the contents of all files, which are read in batches, and "
            "every update of the summary comment. All changed files are edited. At most 30 "
            "suggestions are inline, which is the default, so there is one review. n = 1: the "
            "counts are the same every time."
        ),
        tables=[
            (
                (
                    "Changed files",
                    "Requests",
                    "Aim",
                    "Reads",
                    "Writes",
                    "Round trips before the model",
                    "after it",
                ),
                rows,
            )
        ],
        targets=[
            Target(
                what="Requests ÷ (10 + ⌈N/100⌉ + ⌈N/50⌉), at the worst N",
                figure=Figure((max(over),)),
                limit=1,
                why="Beside the pages and batches there are: role, pull request, config with "
                "conversation, 👀, the summary comment made, the answers saved in it, command and "
                "head read again, the review, and the summary's last edit with 🚀. Every update "
                "while the run works is one more: after 10 s, 40 s, then every minute.",
            ),
        ],
        after="Above 100 changed files, the further pages of the list are one more round trip.",
    )
