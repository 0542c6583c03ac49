"""Side by side with suggest-changes, which turns the edits of a checkout into suggestions.

It holds no model, so only that step is compared: the same edits, made by predict-edit's model on
one side and lying in a checkout on the other. ``make peers`` fetches it, and a Node.js that is new
enough for it; ``PREDICT_EDIT_SUGGEST_CHANGES`` and ``PREDICT_EDIT_NODE`` name others.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

from benchmarks.figures import Section, markdown
from benchmarks.scale import Scale
from benchmarks.suggest_scenes import MANY, Place, Scene, Verdict, judge, scenes
from predict_edit.delivery.output_files import REMAINDER
from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.runner import output_of
from predict_edit_sandbox.stage import PATIENCE, READER, Stage, set_stage
from predict_edit_sandbox.world import git

VERSION = "3.1.2"
VARIABLE, NODE_VARIABLE = "PREDICT_EDIT_SUGGEST_CHANGES", "PREDICT_EDIT_NODE"
PEERS = Path(__file__).resolve().parent.parent / ".peers"
NODE_MAJOR = 24
"""The Node.js that its metadata asks for."""
ALL = 100
"""Suggestions in a review, at most: what suggest-changes posts, and set for both."""
_SKIPPED = "Suggestions skipped because they are outside the pull request diff:"
_PLACE = re.compile(r"^- (?P<path>.+):(?P<start>\d+)(?:-(?P<end>\d+))?$")


def script() -> Path | None:
    """What it is started by, where it is there."""
    named = Path(os.environ.get(VARIABLE) or PEERS / "suggest-changes")
    places = (named, named / "index.js", named / "dist" / "index.js")
    # It looks whether it was started under its own name, which links would hide from it.
    return next((place.resolve() for place in places if place.is_file()), None)


def node() -> str | None:
    """A Node.js that is new enough, if installed."""
    named = os.environ.get(NODE_VARIABLE)
    usual = (str(PEERS / "node" / "bin" / "node"), shutil.which("node") or "")
    return next((each for each in ([named] if named else usual) if _is_new_enough(each)), None)


def _is_new_enough(program: str) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return int(done.stdout.strip().lstrip("v").partition(".")[0]) >= NODE_MAJOR


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one of the two did with a scene."""

    verdict: Verdict
    requests: int
    failed: bool
    """Whether the step ended as a failure."""


async def measure(scale: Scale) -> Section:
    """Both on the same pull requests, one after the other; counts, so once each at any scale."""
    del scale
    started_by, program = script(), node()
    if started_by is None or program is None:
        missing = f"suggest-changes {VERSION}" if started_by is None else f"Node.js {NODE_MAJOR}"
        reason = f"there is no {missing}; see `make peers`"
        print(f"suggest-changes: not run, {reason}")
        return Section(title=_TITLE, text=f"Not run here: {reason}.")
    all_scenes = list(scenes())
    pairs = [
        (await _ours(scene), await _theirs(scene, program, started_by)) for scene in all_scenes
    ]
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    edits = sum(scene.edits for scene in all_scenes)
    rows = [
        [
            f"{scene.title} ({scene.edits})",
            _said(our.verdict),
            _said(their.verdict),
            str(our.requests),
            str(their.requests),
        ]
        for scene, our, their in zip(all_scenes, ours, theirs, strict=True)
    ]
    heads = (
        "Edits",
        "predict-edit",
        "suggest-changes",
        "Requests: predict-edit",
        "Requests: suggest-changes",
    )
    totals = [
        [title, *(str(_total(side, what)) for side in (ours, theirs))] for title, what in _ROWS
    ]
    totals += [
        [
            "Pull requests where one batch commits them, and only edits",
            *map(_batches, (ours, theirs)),
        ],
        ["Steps that failed", *(str(sum(each.failed for each in side)) for side in (ours, theirs))],
        ["Requests to GitHub", *(str(sum(e.requests for e in side)) for side in (ours, theirs))],
    ]
    table = ((f"Of {edits} edits", "predict-edit", f"suggest-changes {VERSION}"), totals)
    task = (
        f"{len(all_scenes)} pull requests with {edits} edits in all, {MANY} of them in the last "
        "one. predict-edit's model answers with the edited file; for suggest-changes the same file "
        "is in a checkout of the head."
    )
    return Section(
        title=_TITLE,
        text=(
            f"{task} The offline GitHub is the same for both, "
            "refuses what GitHub refuses and applies suggestions by the rules of GitHub's web "
            f"site. Both may post {ALL} suggestions to a pull request. suggest-changes {VERSION} "
            "runs as published, by Node.js. An edit counts once, for the best that is true of it. "
            "n = 1: nothing here depends on time."
        ),
        tables=[table, (heads, rows)],
        after=_FAIRNESS,
        short=f"{task}\n\n{markdown(table)}",
    )


_TITLE = "Side by side with suggest-changes"
_ROWS = (
    ("Suggestions make exactly the edit", "made"),
    ("In the patch for the rest, exactly", "patched"),
    ("The suggestion makes something else", "wrong"),
    ("The suggestion cannot be committed", "dead"),
    ("GitHub refused the whole review", "refused"),
    ("Only the job's log names the lines", "logged"),
    ("Lost without a word", "silent"),
    ("Suggestions posted", "posted"),
)
_FAIRNESS = """\
What this comparison is not. suggest-changes is made to post what a formatter or linter changed, \
mostly inside the lines of the pull request; it does so without a model and with few requests. \
Many of the pull requests above were chosen because their edits are awkward to put into \
suggestions, and one holds most of the edits, so the totals are no rates of everyday work. It \
makes no promise about edits outside of the diff; what it does not post is still in the job's \
checkout, where the workflow can do something with it. predict-edit's requests contain what the \
other leaves to the workflow: reading the command, the pull request and its files, and reporting. \
A suggestion of one empty line is taken to put a blank line, and only one without any line to \
delete. Files with carriage returns are left out: it is not known what GitHub makes of them in a \
suggestion."""


def _total(sides: Sequence[Side], what: str) -> int:
    return sum(getattr(side.verdict, what) for side in sides)


def _batches(sides: Sequence[Side]) -> str:
    """How many of the pull requests with suggestions took them all at once, without harm."""
    posted = [side.verdict for side in sides if side.verdict.posted]
    return f"{sum(verdict.batch for verdict in posted)} of {len(posted)}"


def _said(verdict: Verdict) -> str:
    """What became of a scene's edits, in words."""
    words = (
        ("made", verdict.made),
        ("in the patch", verdict.patched),
        ("made wrongly", verdict.wrong),
        ("cannot be committed", verdict.dead),
        ("refused", verdict.refused),
        ("only in the log", verdict.logged),
        ("lost", verdict.silent),
    )
    return ", ".join(f"{count} {word}" for word, count in words if count)


async def _ours(scene: Scene) -> Side:
    answers = {file.head: file.edited for file in scene.files}
    with tempfile.TemporaryDirectory(prefix="predict-edit-suggest-") as name:
        async with set_stage(
            Path(name),
            files=[file.world_file for file in scene.files],
            model=ModelConfig(answers=answers),
        ) as stage:
            run = await stage.say("/predict-edit Edit.", inputs={"max-suggestions": str(ALL)})
            if len(stage.model.exchanges) < len(scene.files):
                raise RuntimeError(f"the model was not asked for every file:\n{run.log[-3000:]}")
            requests = len(stage.github.log.requests)
            patched = _patched(stage, scene, run.file(REMAINDER))
            verdict = judge(stage.github, scene, stage.suggestions, patched=patched)
            return Side(verdict=verdict, requests=requests, failed=bool(run.exit_code))


def _patched(stage: Stage, scene: Scene, patch: bytes) -> dict[str, str]:
    """The files of the head with a patch applied by git; none without a patch."""
    if not patch:
        return {}
    folder = stage.folder / "patched"
    _check_out(stage, folder)
    git(folder, "apply", "-", data=patch)
    return {file.path: (folder / file.path).read_bytes().decode() for file in scene.files}


def _check_out(stage: Stage, folder: Path) -> None:
    """Clone the repository and check out the head."""
    place = (str(stage.world.repository), str(folder))
    git(stage.folder, "clone", "--quiet", "--branch", stage.world.head_ref, *place)


async def _theirs(scene: Scene, program: str, started_by: Path) -> Side:
    with tempfile.TemporaryDirectory(prefix="predict-edit-suggest-") as name:
        async with set_stage(Path(name), files=[file.world_file for file in scene.files]) as stage:
            exit_code, log = await _suggest(stage, scene, program, started_by)
            requests = stage.github.log.requests
            refused = any(
                each.writes and each.status == HTTPStatus.UNPROCESSABLE_ENTITY for each in requests
            )
            if exit_code and not refused:
                raise RuntimeError(f"suggest-changes failed, nothing was measured:\n{log[-3000:]}")
            verdict = judge(
                stage.github,
                scene,
                stage.suggestions,
                refused=refused,
                logged=list(_logged(log)),
            )
            return Side(verdict=verdict, requests=len(requests), failed=bool(exit_code))


async def _suggest(stage: Stage, scene: Scene, program: str, started_by: Path) -> tuple[int, str]:
    """Run it in a checkout of the head in which the edits were made; exit status and log."""
    pull = stage.pull
    payload = {"pull_request": {"number": pull.number, "head": {"sha": pull.head_sha}}}
    step = dataclasses.replace(
        stage.step("pull_request", payload),
        inputs={"token": DEFAULT_TOKEN, "event": "COMMENT", "comment": ""},
        actor=READER,
    )
    _check_out(stage, step.workspace)
    for file in scene.files:
        (step.workspace / file.path).write_bytes(file.edited.encode())
    process = await asyncio.create_subprocess_exec(
        *(program, str(started_by)),
        cwd=step.workspace,
        env=step.prepare(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await output_of(process, PATIENCE)
    return process.returncode or 0, output.decode(errors="replace")


def _logged(log: str) -> Iterator[Place]:
    """The places that the log says were left out."""
    inside = False
    for line in log.splitlines():
        place = _PLACE.match(line)
        if inside and place:
            yield place["path"], int(place["start"]), int(place["end"] or place["start"])
        else:
            inside = line.startswith(_SKIPPED)
