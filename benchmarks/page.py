"""Writes both pages: what each benchmark found, in the place of what it found before."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figures import Section, Target, markdown, target_table
from benchmarks.moved import moved

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
"""What only maintainers need."""
COMPARISON = PAGE.with_name("comparison.md")
"""Written by hand, but for the parts that sections have a short form of."""
IMAGES = PAGE.parent / "images"
_FOR_USERS = {"targets", "whole-run", "latency", "requests", "predictions", "exact-edits"}
_LINK = "](images/"
_LINK_FROM_RESULTS = "](../docs/images/"
_PART = "<!-- {name} -->\n{text}<!-- end of {name} -->\n"

INTRODUCTION = """\
# Performance

What the tool adds to the model's own time is waste. This page says how much that is; \
[more results](../benchmarks/RESULTS.md) are for maintainers. The benchmarks in `benchmarks/` \
write both pages. They run the real action as a process, against an offline GitHub and an offline \
model with fixed speeds, with the packages of the image, made small as there. Machines differ, so \
read ratios and counts, not seconds. A figure is the median, with the least and the most in \
brackets.

"""
_RESULTS_INTRODUCTION = """\
# Results of the benchmarks

[Performance](../docs/performance.md) has what users need, and says how it was measured. Here is \
the rest, for maintainers.

"""


def write(sections: Mapping[str, Section], command: str, *, aims: bool = True) -> None:
    """Put the parts of these benchmarks into their pages, and leave all others as they are.

    What could not be run here takes no part's place. The table of aims is written only with
    ``aims``: it belongs to one run of everything.
    """
    pages = [page.read_text(encoding="utf-8") for page in (PAGE, RESULTS) if page.exists()]
    parts = _parts("".join(pages).replace(_LINK_FROM_RESULTS, _LINK))
    targets = [target for section in sections.values() for target in section.targets]
    if aims and targets:
        parts["targets"] = _targets(targets, command)
        parts["missed"] = _missed(targets)
    for name, section in sections.items():
        if name in parts and not section.tables:
            continue
        parts[name] = _text(section, command)
        IMAGES.mkdir(exist_ok=True)
        for file, _, svg in section.images:
            (IMAGES / file).write_text(svg, encoding="utf-8")
    shown, more = (
        "\n".join(
            _PART.format(name=name, text=part)
            for name, part in parts.items()
            if (name in _FOR_USERS) is for_users
        )
        for for_users in (True, False)
    )
    PAGE.write_text(INTRODUCTION + shown, encoding="utf-8")
    more = _RESULTS_INTRODUCTION + more.replace(_LINK, _LINK_FROM_RESULTS)
    RESULTS.write_text(more, encoding="utf-8")
    by_hand = COMPARISON.read_text(encoding="utf-8")
    COMPARISON.write_text(shortened(by_hand, sections, command), encoding="utf-8")


def shortened(page: str, sections: Mapping[str, Section], command: str) -> str:
    """A page written by hand, with the short form of each section that it has a place for."""
    for name, section in sections.items():
        if section.short and name in (held := _parts(page)):
            old, new = held[name], f"`{command}`\n\n{section.short}"
            page = page.replace(
                _PART.format(name=name, text=old), _PART.format(name=name, text=new)
            )
    return page


def moved_since(sections: Mapping[str, Section]) -> list[str]:
    """Name the figures that are other than those on the pages, beyond their noise."""
    held = "\n".join(page.read_text(encoding="utf-8") for page in (PAGE, RESULTS))
    return moved(held, sections, same_machine=machine() in held)


def _parts(pages: str) -> dict[str, str]:
    """The parts that the pages have, by name, in order."""
    found = re.finditer(r"<!-- ([\w-]+) -->\n(.*?)<!-- end of \1 -->\n", pages, re.DOTALL)
    return {part[1]: part[2] for part in found}


def _targets(targets: Sequence[Target], command: str) -> str:
    met = sum(target.met for target in targets)
    return (
        f"## Aims\n\nWritten by `{command}` on {machine()}. "
        f"{met} of {len(targets)} aims are met.\n\n" + markdown(target_table(targets))
    )


def _missed(targets: Sequence[Target]) -> str:
    reasons = [
        f"- **{each.what}**: {each.figure}, where {each.limit_text} is the aim. {each.why}\n"
        for each in targets
        if not each.met
    ]
    return "".join(["## What is missed, and why\n\n", *(reasons or ["Nothing.\n"])])


def _text(section: Section, command: str) -> str:
    tables = "\n".join(map(markdown, section.tables))
    images = "\n".join(f"![{shows}](images/{file})\n" for file, shows, _ in section.images)
    blocks = [f"## {section.title}\n", f"`{command}`\n", f"{section.text}\n", tables, images]
    if section.after:
        blocks.append(f"{section.after}\n")
    return "\n".join(block for block in blocks if block)


def machine() -> str:
    """What the figures were made on, as far as it matters."""
    git = subprocess.run(
        ("git", "--version"),  # noqa: S607 - the git that everything here uses
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return (
        f"{platform.system()} ({platform.machine()}), {os.cpu_count()} processors, "
        f"Python {platform.python_version()}, {git.strip()}"
    )
