"""What comes of answers, through the whole action: ``python -m benchmarks.answers FILE …``.

A file has a case a line, as JSON: ``path``, ``head``, ``instruction``, ``answer`` and ``want``, the
texts that may come of it, and ``refuse`` if a refusal is right. The model gives the answer; asked
for exact edits, it confirms the first text of ``want``, or repeats an answer that has none.
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import logging
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from predict_edit.cli import action
from predict_edit.support.log import log
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.runner_files import parse_outputs
from predict_edit_sandbox.stage import REPOSITORY, WRITER, Stage, set_stage
from predict_edit_sandbox.world_files import WorldFile

REFUSE = "refuse"
_NO = "rejected"
MOST_COMMANDS = 50
"""Commands on one pull request: beyond, GitHub's hourly limit would stop them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer, and what may come of it."""

    name: str
    path: str
    head: str
    instruction: str
    answer: str
    want: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that may come of it."""
        return tuple(text for text in self.want if text != REFUSE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of a case."""

    case: Case
    text: str | None
    """``None`` if the file failed."""
    calls: int
    reason: str
    """Of the failure, or why hunks of the edit were rejected."""

    @property
    def verdict(self) -> str:
        """What the outcome counts as."""
        if not self.case.texts:
            return "bad delivered" if self.text not in {None, self.case.head} else "bad refused"
        if self.text is None:
            return "good" if REFUSE in self.case.want else "good refused"
        if self.text in self.case.texts:
            return "good"
        if self.reason:
            return "good refused"
        return "good lost" if self.text == self.case.head else "good changed"


def run(cases: Sequence[Case], **inputs: str) -> list[Row]:
    """Give a command for each instruction, and gather what became of the files."""
    logger = logging.getLogger(log.name)
    propagate, logger.propagate = logger.propagate, False
    try:
        return asyncio.run(_run(cases, inputs))
    finally:
        logger.propagate = propagate


async def _run(cases: Sequence[Case], inputs: Mapping[str, str]) -> list[Row]:
    placed = {f"c{number:04}/{case.path}": case for number, case in enumerate(cases)}
    batches = list(_batches(placed))
    rows: list[Row] = []
    for start in range(0, len(batches), MOST_COMMANDS):
        commands = batches[start : start + MOST_COMMANDS]
        files = [
            WorldFile(path=path, base=b"nothing\n", head=case.head.encode())
            for batch in commands
            for path, case in batch.items()
        ]
        with tempfile.TemporaryDirectory() as folder:
            async with set_stage(Path(folder), files=files) as stage:
                for batch in commands:
                    rows += await _command(stage, batch, inputs)
    return rows


def _batches(placed: Mapping[str, Case]) -> Iterator[dict[str, Case]]:
    """Cases with one instruction and different files, as the model knows a case by its file."""
    left = dict(placed)
    while left:
        instruction = next(iter(left.values())).instruction
        batch: dict[str, Case] = {}
        for path, case in left.items():
            if case.instruction == instruction and case.head not in {
                one.head for one in batch.values()
            }:
                batch[path] = case
        for path in batch:
            del left[path]
        yield batch


async def _command(stage: Stage, batch: Mapping[str, Case], inputs: Mapping[str, str]) -> list[Row]:
    stage.pull.comments.clear()
    stage.pull.reviews.clear()
    stage.pull.review_comments.clear()
    stage.model.reset(
        ModelConfig(
            answers={case.head: case.answer for case in batch.values()},
            confirmed={case.head: case.texts[0] for case in batch.values() if case.texts},
        )
    )
    instruction = next(iter(batch.values())).instruction
    comment = stage.github.comment(
        REPOSITORY, stage.pull.number, WRITER, f"/predict-edit {instruction}"
    )
    given = {"files": "\n".join(batch), "deliver": "patch", "max-files": "1000", **inputs}
    step = stage.step("issue_comment", stage.comment_payload(comment), given)
    environ = step.prepare()
    variables = dict(environ)
    await asyncio.to_thread(action.main, environ, io.StringIO())
    return _gathered(batch, Path(variables["GITHUB_OUTPUT"]), step.workspace / "predict-edit-out")


def _gathered(batch: Mapping[str, Case], outputs: Path, out: Path) -> list[Row]:
    """What the action left in the workspace."""
    result: dict[str, Any] = json.loads((out / "result.json").read_text("utf-8"))
    given = parse_outputs(outputs.read_text("utf-8"))
    texts = _applied(batch, out / "edits.patch") if given.get("patch") else {}
    files = {file["path"]: file for file in result["files"]}
    missing = {
        "status": "failed",
        "attempts": 0,
        "placements": [],
        "reason": f"no result: {given['outcome']}",
    }
    return [
        Row(
            case=case,
            text=None if row["status"] in {"failed", "skipped"} else texts.get(path, case.head),
            calls=row["attempts"],
            reason=row["reason"]
            or next((place["reason"] for place in row["placements"] if place["kind"] == _NO), ""),
        )
        for path, case in batch.items()
        for row in [files.get(path, missing)]
    ]


def _applied(batch: Mapping[str, Case], patch: Path) -> dict[str, str]:
    """The files of a batch after the patch."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, case in batch.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(case.head.encode())
        command = ["git", "apply", "--whitespace=nowarn", str(patch.absolute())]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return {
            path: (folder / path).read_bytes().decode()
            for path in batch
            if (folder / path).exists()
        }


def read(path: Path) -> list[Case]:
    """Read a file of cases."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Case(
            name=row["id"],
            path=row["path"],
            head=row["head"],
            instruction=row["instruction"],
            answer=row["answer"],
            want=tuple(row["want"]),
        )
        for row in rows
    ]


def main(paths: Sequence[str]) -> None:
    """Print what came of all cases, and those that came out wrong."""
    rows = run([case for path in paths for case in read(Path(path))])
    for row in rows:
        if row.verdict not in {"good", "bad refused"}:
            print(f"{row.verdict}: {row.case.name} ({row.case.path}): {row.reason}")
    counts = Counter(row.verdict for row in rows)
    good = [row for row in rows if row.case.texts]
    twice = sum(row.calls > 1 for row in good)
    print(*(f"{name}: {number}" for name, number in sorted(counts.items())), sep="\n")
    print(f"bad: {len(rows) - len(good)}, good: {len(good)}, of these with two calls: {twice}")


if __name__ == "__main__":
    main(sys.argv[1:])
