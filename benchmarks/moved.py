"""What a run found otherwise than the figures that the repository holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from benchmarks.figures import Section, markdown, target_table

_FIGURE = re.compile(
    r"(?P<middle>[\d,.]+)(?P<unit> [^\W\d]+)?(?: \((?P<low>[\d,.]+)-(?P<high>[\d,.]+)\))?"
)
_NOISE = 0.05
"""Share that a figure may move beyond the range of both runs; a count may not move at all."""
_AIMS = "Aims"
"""The section whose figures are all to be small."""
_CLOCK = frozenset({" s", " ms"})


def moved(page: str, sections: Mapping[str, Section], *, same_machine: bool) -> list[str]:
    """Name the figures that moved beyond the noise of both runs, those of the aims first.

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
        old, new = _FIGURE.fullmatch(before.get(place, "")), _FIGURE.fullmatch(text)
        if old is None or new is None or old["unit"] != new["unit"]:
            continue
        more, less = ("worse", "better") if place[0] == _AIMS else ("more", "less")
        way = {1: more, -1: less, 0: ""}[_way(old, new)]
        if way and (same_machine or new["unit"] not in _CLOCK):
            where = ", ".join(filter(None, place))
            found.append(f"{way}: {where}: {before[place]} before, {text} now")
    return found


def _cells(page: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """The cells of all tables, by the section's title, the row's first cell and the column."""
    title, heads = "", [""]
    for line in page.split("\n"):
        if line.startswith("## "):
            title = line[3:]
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line[:1] == "|" else []
        if not cells:
            heads = []
        elif not heads:
            heads = cells
        else:
            for head, cell in zip(heads[1:], cells[1:], strict=False):
                yield (title, cells[0], head), cell


def _way(old: re.Match[str], new: re.Match[str]) -> int:
    """Whether a figure grew (1) or shrank (-1) by more than the ranges of both and the noise."""
    before, now = _values(old), _values(new)
    count = not old["unit"] and "." not in old["middle"]
    slack = 0.0 if count else _NOISE * before[0]
    return (min(now) > max(before) + slack) - (max(now) < min(before) - slack)


def _values(figure: re.Match[str]) -> list[float]:
    """The figure in the middle, and its range where it has one."""
    texts = (figure[name] for name in ("middle", "low", "high") if figure[name])
    return [float(text.replace(",", "")) for text in texts]
