"""Runs the benchmarks: ``python -m benchmarks [--quick] [NAME …]``."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from benchmarks import (
    container,
    critical,
    engine,
    exact_edits,
    fixtures,
    latency,
    memory,
    page,
    peer,
    plans,
    predictions,
    requests_made,
    scene,
    start,
    suggest_changes,
    whole,
)
from benchmarks.figures import Section, markdown, target_table
from benchmarks.scale import Scale

SUITE: dict[str, Callable[[Scale], Awaitable[Section]]] = {
    "critical-path": critical.measure,
    "whole-run": whole.measure,
    "latency": latency.measure,
    "requests": requests_made.measure,
    "start": start.measure,
    "memory": memory.measure,
    "engine": engine.measure,
    "predictions": predictions.measure,
    "exact-edits": exact_edits.measure,
    "plans": plans.measure,
    "peer": peer.measure,
    "suggest-changes": suggest_changes.measure,
    "container": container.measure,
}


SLOW = ("peer", "suggest-changes", "container")
"""What is measured by its name only where everything is to be quick."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, print it, and write the pages if everything was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once each, smaller; writes no pages")
    parser.add_argument("--write", action="store_true", help="these NAMEs' parts of the pages")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SUITE))
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - SUITE.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    usual = [name for name in SUITE if not (given.quick and name in SLOW)]
    names = [name for name in SUITE if name in (given.names or usual)]
    sections = asyncio.run(_measure(names, Scale(quick=given.quick)))
    targets = [target for section in sections.values() for target in section.targets]
    print(markdown(target_table(targets)))
    if not given.quick:
        print("\n".join(page.moved_since(sections)) or "Nothing moved beyond its noise.")
    if not given.quick and (given.write or not given.names):
        command = f"python -m benchmarks --write {' '.join(names)}" if given.names else "make bench"
        page.write(sections, command, aims=not given.names)
        for written in (page.PAGE, page.RESULTS, page.COMPARISON):
            print(f"written: {written.relative_to(page.ROOT)}")


async def _measure(names: Sequence[str], scale: Scale) -> dict[str, Section]:
    # The first run pays for vocabularies and caches of the stand-ins, which are not measured.
    await scene.observe([fixtures.program("src/first.py", 20)])
    sections = {}
    for name in names:
        started = time.monotonic()
        sections[name] = section = await SUITE[name](scale)
        print(f"## {section.title}\n\n{section.text}\n")
        print("\n".join(map(markdown, section.tables)))
        print(section.after)
        print(f"({time.monotonic() - started:.0f} s)\n", flush=True)
    return sections


if __name__ == "__main__":
    main()
