"""Figures with their range, targets with their verdict, and tables to show both in."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Sequence

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Heads and rows."""


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """Several measurements of one thing."""

    values: tuple[float, ...]
    unit: str = ""
    digits: int = 2

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The smallest."""
        return min(self.values)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        middle, low, high = (
            f"{each:,.{self.digits}f}" for each in (self.median, min(self.values), max(self.values))
        )
        return f"{middle}{unit}" if low == high else f"{middle}{unit} ({low}-{high})"


def seconds(values: Iterable[float]) -> Figure:
    """Seconds, to the hundredth."""
    return Figure(tuple(values), "s")


def milliseconds(values: Iterable[float]) -> Figure:
    """Seconds, shown as milliseconds."""
    return Figure(tuple(value * 1000 for value in values), "ms", 0)


def megabytes(values: Iterable[float]) -> Figure:
    """Bytes, shown as millions of them."""
    return Figure(tuple(value / 1e6 for value in values), "MB", 0)


def counts(values: Iterable[float]) -> Figure:
    """Whole numbers."""
    return Figure(tuple(values), "", 0)


def ratios(values: Iterable[float]) -> Figure:
    """How many times as much."""
    return Figure(tuple(values))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is aimed at, what was measured, and why it was missed where it was."""

    what: str
    figure: Figure
    limit: float
    why: str
    """Told only where the target is missed."""

    @property
    def met(self) -> bool:
        """Whether the figure in the middle keeps to the limit."""
        return self.figure.median <= self.limit

    @property
    def limit_text(self) -> str:
        """The limit as it is written."""
        unit = f" {self.figure.unit}" if self.figure.unit else ""
        return f"{self.limit:,g}{unit}"

    @property
    def verdict(self) -> str:
        """Met, or by how much it was missed."""
        if self.met:
            return "met"
        return f"**missed** by {100 * (self.figure.median / self.limit - 1):,.0f} %"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One benchmark's part of the page."""

    title: str
    text: str
    tables: Sequence[Table] = ()
    targets: Sequence[Target] = ()
    images: Sequence[tuple[str, str, str]] = ()
    """File name, what it shows, and the SVG itself."""
    after: str = ""
    """What is said behind the tables."""
    short: str = ""
    """What docs/comparison.md shows of it."""


def markdown(table: Table) -> str:
    """A table in Markdown."""
    heads, rows = table
    lines = [heads, [":--", *("--:" for _ in heads[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def target_table(targets: Sequence[Target]) -> Table:
    """All targets with their verdicts."""
    rows = [[t.what, f"≤ {t.limit_text}", str(t.figure), t.verdict] for t in targets]
    return ("Target", "Aim", "Measured", "Verdict"), rows
