"""What predictions bring and cost, by how much of them is accepted."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import fixtures
from benchmarks.figures import Figure, Section, ratios, seconds
from benchmarks.plot import Line, lines_plot
from benchmarks.scale import Scale
from benchmarks.scene import Observed, observe

FILES, LINES = 12, 16
SHARES = (95, 80, 50, 10)
MODES = ("on", "auto")


async def _run(mode: str, share: int | None, side_by_side: int) -> Observed:
    return await observe(
        [fixtures.program(f"src/part_{i:02}.py", LINES) for i in range(FILES)],
        model=fixtures.timed_model(None if share is None else share / 100),
        round_trip=fixtures.ROUND_TRIP,
        inputs={"prediction": mode, "concurrency": str(side_by_side)},
    )


async def measure(scale: Scale) -> Section:
    """Every mode at every share, interleaved."""
    shares = SHARES[-1:] if scale.quick else SHARES
    side_by_side = 6 if scale.quick else 4
    without: list[Observed] = []
    runs: dict[tuple[str, int], list[Observed]] = {}
    for _ in scale.repeats(3):
        without.append(await _run("off", None, side_by_side))
        for share in shares:
            for mode in MODES:
                runs.setdefault((mode, share), []).append(await _run(mode, share, side_by_side))
    rows = [["off", "", str(seconds(r.seconds for r in without)), "1.00", "1.00", "0 of 12"]]
    for (mode, share), each in runs.items():
        sent = sorted(sum(exchange.predicted for exchange in run.exchanges) for run in each)
        rows.append(
            [
                f"`{mode}`",
                f"{share} %",
                str(seconds(run.seconds for run in each)),
                str(_times(each, without)),
                str(_costs(each, without)),
                f"{sent[len(sent) // 2]} of {FILES}",
            ]
        )
    images = []
    for name, title, unit, measured in (
        ("predictions-time.svg", "Wall time of 12 edits", "against no prediction", _times),
        ("predictions-cost.svg", "Cost of 12 edits", "against no prediction", _costs),
    ):
        lines = [
            Line(
                name=f"prediction: {mode}",
                values=[measured(runs[mode, share], without).median for share in shares],
            )
            for mode in MODES
        ]
        lines.append(Line(name="prediction: off", values=[1.0] * len(shares), dashed=True))
        places = [f"{share} %" for share in shares]
        images.append(
            (name, f"{title} by acceptance", lines_plot(title, "acceptance", places, unit, lines))
        )
    worst = min(shares)
    saved = 1 - _costs(runs["auto", worst], runs["on", worst]).median
    return Section(
        title="Predictions",
        text=(
            f"The same {FILES} edits of files with {LINES} lines, without a prediction and with "
            f"one, where the model accepts a set share of it. {fixtures.described()} Concurrency "
            f"4. Cost is what the action reports, from the list price of gpt-4o-mini. "
            f"n = {len(without)} of each, interleaved."
        ),
        tables=[
            (
                (
                    "`prediction`",
                    "Acceptance",
                    "Wall time",
                    "Time ÷ off",
                    "Cost ÷ off",
                    "Predictions sent",
                ),
                rows,
            )
        ],
        images=images,
        after=(
            "`auto` stops after two answers with more rejected than accepted tokens; what was in "
            f"flight by then is still paid. At {worst} % acceptance it cost "
            f"{100 * saved:.0f} % less than `on`. A prediction never makes a run cheaper than "
            "none: rejected tokens are billed as output."
        ),
    )


def _times(some: Sequence[Observed], others: Sequence[Observed]) -> Figure:
    return ratios(a.seconds / b.seconds for a, b in zip(some, others, strict=True))


def _costs(some: Sequence[Observed], others: Sequence[Observed]) -> Figure:
    return ratios(_cost(a) / _cost(b) for a, b in zip(some, others, strict=True))


def _cost(run: Observed) -> float:
    return float(run.run.outputs["cost-usd"])
