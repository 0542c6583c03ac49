"""The pure part: diff, anchors, suggestions and their proof, by the size of a file."""

from __future__ import annotations

import dataclasses
import resource
import time
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Section, Target, milliseconds, ratios
from benchmarks.plot import Line, lines_plot
from benchmarks.scale import Scale
from predict_edit.domain.edits import ChangedFile, Hunk, SourceFile
from predict_edit.edit.clean import clean
from predict_edit.edit.guards import judge
from predict_edit.suggest.anchors import Anchors, anchors_of
from predict_edit.suggest.compose import Head, compose
from predict_edit.suggest.diff import algorithm, apply_hunks, git_diff, hunks_between
from predict_edit.suggest.patch import edits_patch, file_patch
from predict_edit.suggest.place import place
from predict_edit.suggest.replay import prove
from predict_edit.support import startup as collector
from predict_edit.support.git import lines_of

LINES, EDITS = 10_000, 50
SIZES = (1_000, 3_000, 10_000, 30_000)
SMALL, TENFOLD = 3_000, 30_000
NEXT = "next_value"


async def measure(scale: Scale) -> Section:
    """The steps at one size, and the whole at several."""
    # The action sets aside what it has loaded; so must a process full of other fixtures.
    collector.release()
    steps: dict[str, list[float]] = {}
    for _ in scale.repeats(15):
        for name, seconds in _steps(LINES, EDITS).items():
            steps.setdefault(name, []).append(seconds)
    git = steps["git alone, the same two files"]
    rows = [
        [name, str(milliseconds(taken)), str(ratios(_ratios(taken, git)))]
        for name, taken in steps.items()
    ]
    shapes: dict[str, Callable[[int], int]] = {
        "an edit every 200 lines": lambda lines: lines // 200,
        "an edit every 4 lines": lambda lines: lines // 4,
        "half of the edits outside the diff": lambda lines: lines // 4,
    }
    growth: dict[str, dict[int, list[Taken]]] = {}
    for _ in scale.repeats(9):
        for size in (SMALL, TENFOLD) if scale.quick else SIZES:
            for shape, edits in shapes.items():
                file, edited = _file(size, edits(size), outside=shape.startswith("half"))
                taken = _placed(file, edited)
                growth.setdefault(shape, {}).setdefault(size, []).append(taken)
    measured = list(growth["an edit every 200 lines"])
    parts: dict[str, Callable[[Taken], float]] = {
        "all": lambda taken: taken.seconds,
        "without git": lambda taken: taken.own,
        "cleaned and judged before": lambda taken: taken.judged,
    }
    tenfold = {
        (shape, part): ratios(_growth([*map(of, by_size[SMALL])], [*map(of, by_size[TENFOLD])]))
        for shape, by_size in growth.items()
        for part, of in parts.items()
    }
    sizes = [
        [f"{shape}, {part}"]
        + [str(milliseconds(map(of, growth[shape][size]))) for size in measured]
        + [str(tenfold[shape, part])]
        for shape in growth
        for part, of in parts.items()
    ]
    plot = lines_plot(
        "Time for 1,000 lines, by the length of the file",
        "lines of the file",
        [f"{size:,}" for size in measured],
        "ms for 1,000 lines, without git",
        [
            Line(
                name=shape,
                values=[
                    milliseconds(taken.own for taken in by_size[size]).median / size * 1000
                    for size in measured
                ],
            )
            for shape, by_size in growth.items()
        ],
    )
    worst = max(tenfold.values(), key=lambda each: each.median)
    return Section(
        title="The engine",
        text=(
            f"A file of {LINES:,} lines with {EDITS} edits, every one inside the pull request's "
            "diff. *All together* is what happens to one file: find the differences with git, "
            "read GitHub's diff, make the suggestions, apply them in memory and compare. The "
            "growth is processor time, with and without git's processes, and what the answer takes "
            "before: its cleaning and all guards. As other work disturbs each time upwards, the "
            "last column compares the least of three runs with the least of three. "
            f"n = {len(git)} for the steps and {len(scale.repeats(9))} for the growth, interleaved."
        ),
        tables=[
            (("Step", "Time", "Against git alone"), rows),
            (
                ("File", *(f"{size:,} lines" for size in measured), f"{SMALL:,} → {TENFOLD:,}"),
                sizes,
            ),
        ],
        targets=[
            Target(
                what=f"{LINES:,} lines, {EDITS} edits, all steps",
                figure=milliseconds(steps["all together"]),
                limit=60,
                why="Git's own process is the least it can take; see its line in the table.",
            ),
            Target(
                what="Ten times the lines, an edit every 200: times the time",
                figure=tenfold["an edit every 200 lines", "all"],
                limit=12,
                why="See the lines without git: what is left is git's own growth.",
            ),
            Target(
                what="Ten times the lines and edits, worst shape: times the time",
                figure=worst,
                limit=12,
                why="No step takes more calls for a line than before, as the tests count: what "
                "grows is each look-up in a table of all lines, which no longer fits the "
                "processor's caches.",
            ),
        ],
        images=[("engine.svg", "Time for 1,000 lines by the length of the file", plot)],
        after=(
            "Git compares up to 5,000 lines by its histogram algorithm, whose time grows with "
            "lines times edits, and longer texts by Myers, which found as many hunks, with fewer "
            "lines, in 151 pairs of versions of long files."
        ),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What one file took."""

    seconds: float
    """Processor seconds, git's processes included."""
    own: float
    """Those of this process alone."""
    judged: float
    """Those of this process for the answer itself, before it is placed."""


def _placed(file: SourceFile, edited: str) -> Taken:
    """Place one edit, whose anchors are not known yet."""
    anchors_of.cache_clear()
    started = time.process_time()
    cleaned = clean(file.path, file.text, edited).text
    assert judge(file.path, file.text, cleaned) is None
    judged, before = time.process_time(), _of_children()
    place(file, edited)
    own = time.process_time() - judged
    return Taken(own + _of_children() - before, own, judged - started)


def _of_children() -> float:
    """Processor seconds of all programs that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _growth(small: list[float], tenfold: list[float]) -> list[float]:
    """How many times as long the larger took, by the least of every third run of each."""
    thirds = range(min(3, len(small)))
    return [min(tenfold[third::3]) / min(small[third::3]) for third in thirds]


def _ratios(some: list[float], others: list[float]) -> list[float]:
    return [one / other for one, other in zip(some, others, strict=True)]


def _steps(lines: int, edits: int) -> dict[str, float]:
    """Seconds of each step, in the order in which they happen."""
    file, edited = _file(lines, edits)
    head = file.text
    found: dict[str, Any] = {}

    def keep(name: str, work: Callable[[], Any]) -> float:
        anchors_of.cache_clear()
        file_patch.cache_clear()
        started = time.perf_counter()
        found[name] = work()
        return time.perf_counter() - started

    taken = {
        "differences": keep("hunks", lambda: hunks_between(head, edited)),
        "anchors": keep("anchors", lambda: anchors_of(file.change, head)),
    }
    hunks, anchors = found["hunks"], found["anchors"]
    assert isinstance(anchors, Anchors)
    assert len(hunks) == edits
    taken["suggestions"] = keep(
        "placements",
        lambda: compose(Head(path=file.path, lines=lines_of(head), anchors=anchors), hunks),
    )
    taken["proof"] = keep("proof", lambda: prove(head, found["placements"], edited))
    assert all(placement.suggestion for placement in found["proof"])
    taken["all together"] = keep("placed", lambda: place(file, edited))
    taken["the patch"] = keep("patch", lambda: edits_patch([found["placed"]]))
    taken["git alone, the same two files"] = keep(
        "git",
        lambda: git_diff(head, edited, "--unified=0", algorithm(lines_of(head), lines_of(edited))),
    )
    return taken


def _file(lines: int, edits: int, *, outside: bool = False) -> tuple[SourceFile, str]:
    """A file that the pull request adds, whole or its first half, and its edited text."""
    before = [f"value_{n} = compute({n}, scale=total + {n % 7})\n" for n in range(lines)]
    every = lines // edits
    hunks = tuple(
        Hunk(
            start=n + 1,
            removed=(before[n],),
            added=(before[n].replace("value", NEXT),),
        )
        for n in range(every // 2, lines, every)
    )
    text = "".join(before)
    shown = lines // 2 if outside else lines
    patch = f"@@ -0,0 +1,{shown} @@\n" + "".join(f"+{line}" for line in before[:shown])
    sha = "0" * 40
    change = ChangedFile(
        path="src/long.py",
        status="modified" if outside else "added",
        blob_sha=sha,
        additions=shown,
        deletions=0,
        patch=patch.removesuffix("\n"),
    )
    file = SourceFile(path=change.path, text=text, blob_sha=sha, change=change)
    return file, apply_hunks(text, hunks)
