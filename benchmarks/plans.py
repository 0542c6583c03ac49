"""A rename over some of many changed files, with a plan and without: calls, tokens, cost, time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from benchmarks import fixtures
from benchmarks.figures import Figure, Section, Target
from benchmarks.scale import Scale
from benchmarks.scene import Observed, observe
from predict_edit_sandbox.world_files import WorldFile

OLD, NEW = "load_all", "load_every"
FILES, CONCERNED = 60, 12
LINES = (30, 120, 300)


def changed(lines: int) -> list[WorldFile]:
    """Changed programs, of which every fifth has the name that is to change."""
    files = []
    for number in range(FILES):
        name = OLD if number % (FILES // CONCERNED) == 0 else "load"
        one = fixtures.program(f"src/part_{number:02}.py", lines)
        head = f"{name}({number})\n".encode() + (one.head or b"")
        base = f"{name}()\n".encode() + (one.base or b"")
        files.append(dataclasses.replace(one, head=head, base=base))
    return files


def answer(files: Sequence[WorldFile]) -> str:
    """The right plan."""
    told = [
        {"path": file.path, "edit": edit, "instruction": f"Rename {OLD}." if edit else ""}
        for file in files
        for edit in [OLD.encode() in (file.head or b"")]
    ]
    return json.dumps({"files": told, "names": [{"old": OLD, "new": NEW}]})


def figures(run: Observed) -> tuple[int, int, int, float, float]:
    """Calls, tokens in and out, US dollars, and seconds from the first call to the last answer."""
    books = [each.accounts for each in run.exchanges if each.accounts]
    return (
        len(books),
        sum(each.prompt for each in books),
        sum(each.completion for each in books),
        float(run.run.outputs["cost-usd"]),
        max(each.ended or 0 for each in run.exchanges) - run.exchanges[0].started,
    )


async def measure(scale: Scale) -> Section:
    """One run each: what is counted is the same every time."""
    rows, saved = [], []
    for lines in LINES[:1] if scale.quick else LINES:
        files = changed(lines)
        model = dataclasses.replace(fixtures.timed_model(), plan=answer(files))
        inputs = {"max-files": str(FILES), "concurrency": "8", "model": "gpt-4.1"}
        runs = {
            plan: figures(
                await observe(
                    files,
                    model=model,
                    inputs={**inputs, "plan": plan},
                    command=f"/predict-edit Rename `{OLD}` to `{NEW}`.",
                )
            )
            for plan in ("off", "auto")
        }
        saved.append(runs["auto"][3] / runs["off"][3])
        rows += [
            [f"{lines}", f"`{plan}`", f"{c}", f"{i:,}", f"{o:,}", f"{usd:.3f} USD", f"{s:.1f} s"]
            for plan, (c, i, o, usd, s) in runs.items()
        ]
    return Section(
        title="A plan before the edits",
        text=(
            f"A rename in {CONCERNED} of {FILES} changed files, with `plan` off and `auto`; the "
            "offline model answers with the right plan. Tokens are those of its own books, time is "
            f"from the first call to the last answer. {fixtures.described()} n = 1."
        ),
        tables=[(("Lines a file", "Plan", "Calls", "Tokens in", "out", "Cost", "Time"), rows)],
        targets=[
            Target(
                what=f"Cost with a plan ÷ without, {CONCERNED} of {FILES} files, at worst",
                figure=Figure((max(saved),)),
                limit=0.75,
                why="A fifth of the files is written; the plan reads the diff and the outlines of "
                "all of them, and writes a line about each.",
            )
        ],
    )
