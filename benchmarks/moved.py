"""What a run found otherwise than the figures that the repository holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.figures import Section, markdown, target_table

_FIGURE = re.compile(
    r"(?P<middle>\d[\d,]*(?:\.\d+)?)(?P<unit> (?:s|ms|MB|USD|µ\$|%)(?!\w))?"
    r"(?: \((?P<low>[\d,.]+)-(?P<high>[\d,.]+)\))?"
)
_NOISE = 0.05
"""Share that a figure may move beyond the range of both runs; a count may not move at all.

Thousands are tokens, which differ with the random nonce of a run.
"""
_AIMS = "Aims"
"""The section whose figures are all to be small."""
_VERDICT = "Verdict"
"""The column that says of a figure beside it what it means."""
_CLOCK = frozenset({" s", " ms"})


def moved(page: str, sections: Mapping[str, Section], *, same_machine: bool) -> list[str]:
    """Name the cells that moved beyond the noise of both runs, those of the aims first.

    A cell whose words are others, such as what became of an edit, is *other*.

    Args:
        page: Markdown with the tables of an earlier run.
        sections: What was measured now.
        same_machine: Times say something only then; ratios and counts do on any.
    """
    before = dict(_cells(page))
    targets = [target for section in sections.values() for target in section.targets]
    now = dict(_cells(f"## {_AIMS}\n" + markdown(target_table(targets))))
    for section in sections.values():
        now |= dict(_cells(f"## {section.title}\n" + "\n".join(map(markdown, section.tables))))
    found = []
    for place, text in now.items():
        more, less = ("worse", "better") if place[0] == _AIMS else ("more", "less")
        old = before.get(place)
        way = "" if old is None else _way(old, text, same_machine=same_machine)
        if way and place[-1] != _VERDICT:
            where = ", ".join(filter(None, place))
            word = {"more": more, "less": less}.get(way, way)
            found.append(f"{word}: {where}: {old} before, {text} now")
    return found


def _cells(page: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """The cells of all tables, by the section's title, the row and the column.

    A row is called by as many of its first cells as it takes to tell it from the others.
    """
    title, rows = "", list[list[str]]()
    for line in [*page.split("\n"), ""]:
        if line[:1] == "|":
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        if rows:
            heads, _, *rest = rows
            wide = _label(rest)
            for row in rest:
                for head, cell in zip(heads[wide:], row[wide:], strict=False):
                    yield (title, ", ".join(filter(None, row[:wide])), head), cell
        rows = []
        if line.startswith("## "):
            title = line[3:]


def _label(rows: Sequence[Sequence[str]]) -> int:
    """How many cells tell the rows apart; one if none do."""
    widths = range(1, min(map(len, rows), default=1))
    return next((n for n in widths if len({tuple(r[:n]) for r in rows}) == len(rows)), 1)


def _way(before: str, now: str, *, same_machine: bool) -> str:
    """How a cell differs: *more* or *less* by its first figure that moved, *other* by its words."""
    if _FIGURE.sub("", before) != _FIGURE.sub("", now):
        return "other"
    for old, new in zip(_FIGURE.finditer(before), _FIGURE.finditer(now), strict=False):
        if old["unit"] != new["unit"]:
            return "other"
        if same_machine or new["unit"] not in _CLOCK:
            slack = 0.0 if _is_count(old) else _NOISE * _values(old)[0]
            if min(_values(new)) > max(_values(old)) + slack:
                return "more"
            if max(_values(new)) < min(_values(old)) - slack:
                return "less"
    return ""


def _is_count(figure: re.Match[str]) -> bool:
    return not figure["unit"] and figure["middle"].isdecimal()


def _values(figure: re.Match[str]) -> list[float]:
    """The figure in the middle, and its range where it has one."""
    texts = (figure[name] for name in ("middle", "low", "high") if figure[name])
    return [float(text.replace(",", "")) for text in texts]
