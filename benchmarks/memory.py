"""The most memory that the action's process has."""

from __future__ import annotations

from benchmarks import fixtures
from benchmarks.figures import Section, Target, megabytes, milliseconds, seconds
from benchmarks.scale import Scale
from benchmarks.scene import Observed, observe
from predict_edit_sandbox.model import ModelConfig

LARGE = 50_000


async def measure(scale: Scale) -> Section:
    """Runs over large files, and over a pull request as large as GitHub lists."""
    large, wide = ("12", "200") if scale.quick else ("100", "3,000")
    many_large = [
        fixtures.with_bytes(f"src/part_{i:04}.py", LARGE)
        for i in range(int(large.replace(",", "")))
    ]
    many_files = [
        fixtures.program(f"src/part_{i:04}.py", 60) for i in range(int(wide.replace(",", "")))
    ]
    runs: dict[str, list[Observed]] = {}
    for _ in scale.repeats(2):
        for what, files, inputs in (
            ("one file of 20 lines", [fixtures.program("src/only.py", 20)], {}),
            (f"{large} files of 50 kB", many_large, {"max-files": "100", "model": "gpt-4.1"}),
            (f"{wide} files of 3 kB, 50 of them edited", many_files, {}),
        ):
            runs.setdefault(what, []).append(
                await observe(files, model=ModelConfig(), inputs=inputs)
            )
    memory = {what: megabytes(run.memory for run in each) for what, each in runs.items()}
    rows = [
        [
            what,
            str(memory[what]),
            str(seconds(run.cpu for run in each)),
            str(len(each[0].exchanges)),
        ]
        for what, each in runs.items()
    ]
    least, first, second = memory.values()
    one, many, _ = runs.values()
    per_file = milliseconds(
        (run.cpu - alone.cpu) / (len(many_large) - 1) for run, alone in zip(many, one, strict=True)
    )
    return Section(
        title="Memory",
        text=(
            "The most resident memory of the action's own process, as the kernel counts it; the "
            f"tools it starts (git) are smaller. n = {len(scale.repeats(2))} of each, interleaved."
        ),
        tables=[(("Pull request", "Most memory", "CPU time", "Files asked for"), rows)],
        targets=[
            Target(
                what=f"{large} files of 50 kB",
                figure=first,
                limit=160,
                why=f"{least} are there with one small file already: the interpreter, pydantic, "
                "PyGithub and openai. The tokenizer's vocabulary takes 25 MB more as soon as one "
                "file may be too long for an answer of the model.",
            ),
            Target(
                what="Processor time of a file of 50 kB, programs that are started included",
                figure=per_file,
                limit=60,
                why="Three tenths of it are the HTTP client's, which takes each of 2,000 events "
                "through h11, httpcore2 and httpx2, all in Python; an eighth is the parser of "
                "Python, for the syntax. aiohttp, which the SDK can use instead, takes less than "
                "half as long for an event. It would add 3 MB to the image and, to each run, an "
                "import that takes as long as it saves in ten such files. A model that streams as "
                "fast as models do costs more than this: what comes within 50 ms is read at once.",
            ),
            Target(
                what=f"{wide} changed files, 50 of them edited",
                figure=second,
                limit=200,
                why=f"{least} of it are there with one small file already.",
            ),
        ],
    )
