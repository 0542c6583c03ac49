"""Plots as SVG that anybody can read in a diff: lines over a few places of an axis, no library."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 44, 52
COLOURS = ("#0969da", "#bf3989", "#1a7f37", "#9a6700")
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
TICKS = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its name and a value for each place of the axis."""

    name: str
    values: Sequence[float]
    dashed: bool = False


def lines_plot(
    title: str, axis: str, places: Sequence[str], unit: str, lines: Sequence[Line]
) -> str:
    """The SVG of lines over places, from zero up."""
    top = _top(max(value for line in lines for value in line.values))

    def x(index: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * index / max(1, len(places) - 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    def parts() -> Iterator[str]:
        yield _text(LEFT, 24, title, "start", bold=True)
        for tick in range(TICKS + 1):
            value = top * tick / TICKS
            yield (
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
                f'stroke="#d0d7de"/>'
            )
            yield _text(LEFT - 8, y(value) + 4, f"{value:.4g}", "end")
        for index, place in enumerate(places):
            yield _text(x(index), HEIGHT - BOTTOM + 20, place, "middle")
        yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, axis, "middle")
        yield _text(8, TOP - 6, unit, "start")
        ends = _apart([y(line.values[-1]) for line in lines])
        for line, colour, end in zip(lines, COLOURS, ends, strict=False):
            points = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(line.values))
            dash = ' stroke-dasharray="6 4"' if line.dashed else ""
            yield (
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"'
                f"{dash}/>"
            )
            for index, value in enumerate(line.values):
                yield f'<circle cx="{x(index):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>'
            yield _text(WIDTH - RIGHT + 12, end + 4, line.name, "start", colour=colour)

    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join(parts())
        + "\n</svg>\n"
    )


def _text(
    x: float, y: float, text: str, anchor: str, *, bold: bool = False, colour: str = "#1f2328"
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(text)}</text>"
    )


def _top(most: float) -> float:
    """A round number at or above the largest value."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in STEPS if step * power >= most)


def _apart(heights: Sequence[float], gap: float = 16) -> list[float]:
    """Heights moved down as far as names need to stand below each other."""
    placed = [0.0] * len(heights)
    floor = -math.inf
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        placed[index] = floor = max(heights[index], floor + gap)
    return placed
