"""What lies before the model's work and after it: round trips, and the tool's own time."""

from __future__ import annotations

from benchmarks import fixtures
from benchmarks.figures import Section, Target, counts, seconds
from benchmarks.scale import Scale
from benchmarks.scene import Observed, observe

FILES = 12
SLOW = 0.5
"""Seconds a round trip, so long that none can hide behind the tool's own work."""


async def measure(scale: Scale) -> Section:
    """Runs with slow round trips for their number, and with usual ones for the time between."""
    slow: list[Observed] = []
    usual: list[Observed] = []
    for _ in scale.repeats(5):
        for round_trip, runs in ((SLOW, slow), (fixtures.ROUND_TRIP, usual)):
            files = [fixtures.program(f"src/part_{i:02}.py", 20) for i in range(FILES)]
            runs.append(await observe(files, model=fixtures.timed_model(), round_trip=round_trip))
    before = counts(run.before.round_trips for run in slow)
    after = counts(run.after.round_trips for run in slow)
    own_before = seconds(run.before.own for run in usual)
    own_after = seconds(run.after.own for run in usual)
    rows = [
        [
            "start of the process → first request to the model",
            str(before),
            str(own_before),
            str(seconds(run.before.seconds for run in usual)),
        ],
        [
            "last byte of the model → review posted",
            str(after),
            str(own_after),
            str(seconds(run.after.seconds for run in usual)),
        ],
    ]
    return Section(
        title="The critical path",
        text=(
            f"A pull request with {FILES} changed files. Round trips are counted from the log of "
            f"the offline GitHub, in runs where each takes {SLOW:g} s: the longest chain of "
            "requests of which each came after the one before was answered. Own time is the time "
            "in which no request to GitHub was under way, in runs with round trips of "
            f"{fixtures.ROUND_TRIP:g} s; interpreter, imports and git are in it. "
            f"n = {len(slow)} of each, interleaved."
        ),
        tables=[(("Part", "Round trips", "Own time", "Length"), rows)],
        targets=[
            Target(
                what="Round trips before the first request to the model",
                figure=before,
                limit=3,
                why="Role, pull request and files are one; config and conversation, which only "
                "somebody with a role may cause to be read, are the second; contents the third.",
            ),
            Target(
                what="Own time before it",
                figure=own_before,
                limit=0.35,
                why="Nearly all of it is import time. Interpreter, pydantic, PyGithub, requests "
                "and some of the project's own modules come before the first request to GitHub, "
                "three tenths of it to make dataclasses; the rest, and openai's client, load "
                "beside the requests, and share one interpreter lock with what handles the "
                "answers.",
            ),
            Target(
                what="Round trips from the model's last byte to the review",
                figure=after,
                limit=2,
                why="The answers that were paid for are saved, the command and the head are read "
                "again, side by side; then the review is posted. Something else came between.",
            ),
            Target(
                what="Own time in it",
                figure=own_after,
                limit=0.2,
                why="The last file's diff, proof and review text are made in it.",
            ),
        ],
    )
