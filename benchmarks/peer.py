"""The three ways to answer beside PR-Agent, which posts suggestions too: same edits, same servers.

PR-Agent is not installed for this. ``make peers`` puts it into an environment of its own, or
``PREDICT_EDIT_PR_AGENT`` names its program; without it nothing of this is measured.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import exact_edits, fixtures, lean, peer_model
from benchmarks.figures import Figure, Section, counts, markdown, megabytes, seconds
from benchmarks.peer_model import LineEdit, PeerModel
from benchmarks.scale import Scale
from benchmarks.scene import METER, PATIENCE, observe
from predict_edit.domain.edits import Usage
from predict_edit.llm.billing import PriceList
from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.github.requestlog import LoggedRequest
from predict_edit_sandbox.github.suggestion_blocks import replace_lines, suggestion_blocks
from predict_edit_sandbox.stage import REPOSITORY, Stage, set_stage
from predict_edit_sandbox.world_files import WorldFile

VERSION = "0.49.0"
VARIABLE = "PREDICT_EDIT_PR_AGENT"
USUAL = Path(__file__).resolve().parent.parent / ".peers" / "pr-agent" / "bin" / "pr-agent"
MODEL = "gpt-4o-mini"
"""Whose tokens and list price count for all."""
FILES = 12
LINES = 100
"""Of a file whose edit is inside the diff."""
OLD, NEW = fixtures.WORD, "MSFTBuzz"
INSTRUCTION = f"Replace string `{OLD}` with `{NEW}`."
FAR = 200
"""Lines of the file with an edit far from the pull request's changes."""


def program() -> Path | None:
    """PR-Agent's program, if installed."""
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else USUAL
    return path if path.is_file() else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one of the two did, once."""

    requests: Sequence[LoggedRequest]
    seconds: float
    until_github: float
    """Seconds from the start of the process to its first request."""
    cpu: float
    memory: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    accepted_tokens: int
    """Of these, how many were in a prediction."""
    applied: int
    """Edits with a suggestion that, committed, makes exactly that edit."""
    elsewhere: int
    """Edits without one that the pull request's conversation shows or links to."""

    @property
    def cost(self) -> float:
        """US dollars."""
        used = Usage(prompt_tokens=self.prompt_tokens, completion_tokens=self.completion_tokens)
        return float(PriceList(configured=MODEL, provider="openai").cost(used) or 0)


async def measure(scale: Scale) -> Section:
    """All on the same pull requests, one after the other."""
    path = program()
    if path is None:
        reason = f"there is no PR-Agent {VERSION}; see `make peers`"
        print(f"peer: not run, {reason}")
        return Section(title=_TITLE, text=f"Not run here: {reason}.")
    near, far = [_near_file(f"src/part_{i:02}.py") for i in range(FILES)], [_far_file()]
    once = [await _all(path, far)]
    often = [await _all(path, near) for _ in scale.repeats(3)]
    heads = ("", *(f"predict-edit, {way}" for way in exact_edits.WAYS), f"PR-Agent {VERSION}")
    columns = list(zip(*often, strict=True))
    figures = {
        title: [title, *(str(_figure(sides, what)) for sides in columns)] for title, what in _ROWS
    }
    arrived = _arrived(f"{FILES} edits inside the diff", FILES, often[0])
    edits = len(_edits_of(far))
    arrived += _arrived(f"{edits} edits, all but one far outside it", edits, once[0])
    ways = len(exact_edits.WAYS)
    size = [
        ["Packages", *[str(len(lean.held()) + 1)] * ways, str(len(_distributions(path)))],
        ["Installed", *[str(_own_size())] * ways, str(_size(path))],
    ]
    task = (
        f"A pull request with {FILES} changed files of {LINES} lines and one edit in each; and one "
        f"file with {edits} edits, of which only the first is near a changed line."
    )
    priced = f"Cost is by the list price of {MODEL}, for all."
    return Section(
        title=_TITLE,
        text=(
            f"{task} The offline GitHub is the same for all and refuses what GitHub refuses. "
            f"{fixtures.described()} {priced} The first three columns are predict-edit with "
            "`answer` and `prediction` set, and defaults for all else. "
            f"PR-Agent {VERSION}, with litellm {_version(path, 'litellm')}, runs `improve` with "
            "`committable_code_suggestions=true`, without progress comments and repository "
            f"context. n = {len(often)}, interleaved; 1 for the file with far edits."
        ),
        tables=[(heads, [*figures.values(), *size, *arrived])],
        after=_FAIRNESS,
        short=(
            f"{task} {fixtures.described()} {priced}\n\n"
            + markdown((heads, [*(figures[title] for title in _FOR_USERS), *arrived]))
        ),
    )


_TITLE = "Side by side with PR-Agent"
_ROWS = (
    ("Requests to GitHub", "requests"),
    ("of them writes", "writes"),
    ("Wall time", "seconds"),
    ("Start of the process → first request to GitHub", "until_github"),
    ("CPU time", "cpu"),
    ("Most memory", "memory"),
    ("Calls of the model", "calls"),
    ("Prompt tokens", "prompt_tokens"),
    ("Completion tokens", "completion_tokens"),
    ("of them accepted predictions", "accepted_tokens"),
    ("Cost", "cost"),
)
_FOR_USERS = (
    "Requests to GitHub",
    "Wall time",
    "Calls of the model",
    "Prompt tokens",
    "Completion tokens",
    "Cost",
)
"""Of these, the ones that docs/comparison.md shows."""
_FAIRNESS = """\
What this comparison is not. `improve` is made to find problems, not to carry out one instruction \
on every file, so nothing is said about the quality of ideas. PR-Agent's model is a stand-in that \
knows the edits *and their lines*; a real model has to guess the lines, so this flatters PR-Agent. \
It asks once for all files and gets snippets, so it sends and receives fewer tokens than a \
predict-edit that has the model write whole files; accepted predictions take less time and cost \
the same. PR-Agent serves many commands, hosts and models, so its size and its start are those of \
a larger product. Its default is a table without buttons; the suggestions that one click commits \
are an option, and only they are measured here. It runs on its own interpreter."""


def _figure(sides: Sequence[Side], what: str) -> Figure:
    match what:
        case "requests":
            return counts(len(side.requests) for side in sides)
        case "writes":
            return counts(sum(request.writes for request in side.requests) for side in sides)
        case "memory":
            return megabytes(side.memory for side in sides)
        case "cost":
            return Figure(tuple(side.cost for side in sides), "USD", 4)
        case "calls" | "prompt_tokens" | "completion_tokens" | "accepted_tokens":
            return counts(getattr(side, what) for side in sides)
    return seconds(getattr(side, what) for side in sides)


def _arrived(what: str, edits: int, sides: Sequence[Side]) -> list[list[str]]:
    """What reaches the reviewer."""
    return [
        [f"{what}: suggestions that apply", *(str(side.applied) for side in sides)],
        [f"{what}: in a patch or comment", *(str(side.elsewhere) for side in sides)],
        [f"{what}: lost", *(str(edits - side.applied - side.elsewhere) for side in sides)],
    ]


def _near_file(path: str) -> WorldFile:
    """A file with one edit, in the line that the pull request changes."""
    head = exact_edits.program(LINES, 1)
    return WorldFile(path=path, base=head.replace(OLD, "Fizz").encode(), head=head.encode())


def _far_file() -> WorldFile:
    """A file of which the pull request changes one line, and the command several more."""
    whole = fixtures.program("src/far.py", FAR)
    base = (whole.head or b"").decode().replace(OLD, "Fizz", 1)
    return WorldFile(path=whole.path, base=base.encode(), head=whole.head)


def _edits_of(files: Sequence[WorldFile]) -> list[LineEdit]:
    return [
        LineEdit(path=file.path, start=number, old=(line,), new=(line.replace(OLD, NEW),))
        for file in files
        for number, line in enumerate((file.head or b"").decode().splitlines(), start=1)
        if OLD in line
    ]


def _applied(stage: Stage, files: Sequence[WorldFile]) -> int:
    """How many edits stand as suggestions that make them, to the byte."""
    heads = {file.path: file.head or b"" for file in files}
    wanted = {(edit.path, edit.start): edit for edit in _edits_of(files)}
    done = 0
    for comment in stage.suggestions:
        thread = comment.thread
        assert thread.line is not None
        start = thread.start_line or thread.line
        (block,) = suggestion_blocks(comment.body)
        head = heads[thread.path]
        made = replace_lines(head, [(start, thread.line, block)], as_file=False)
        edit = wanted.get((thread.path, start))
        if edit and made == replace_lines(head, [(start, edit.end, edit.new)], as_file=False):
            done += 1
    return done


async def _all(path: Path, files: Sequence[WorldFile]) -> list[Side]:
    """Each way to answer, then PR-Agent."""
    ours = [await _ours(files, inputs) for inputs in exact_edits.WAYS.values()]
    return [*ours, await _theirs(path, files)]


async def _ours(files: Sequence[WorldFile], inputs: Mapping[str, str]) -> Side:
    applied = 0

    def look(stage: Stage) -> None:
        nonlocal applied
        applied = _applied(stage, files)

    run = await observe(
        files,
        model=fixtures.timed_model(),
        round_trip=fixtures.ROUND_TRIP,
        command=f"/predict-edit {INSTRUCTION}",
        inputs={"model": MODEL, **inputs},
        look=look,
    )
    accounts = [exchange.accounts for exchange in run.exchanges if exchange.accounts]
    return Side(
        requests=run.requests,
        seconds=run.seconds,
        until_github=min(request.started for request in run.requests) - run.started,
        cpu=run.cpu,
        memory=run.memory,
        calls=len(run.exchanges),
        prompt_tokens=sum(each.prompt for each in accounts),
        completion_tokens=sum(each.completion for each in accounts),
        accepted_tokens=sum(each.accepted for each in accounts),
        applied=applied,
        elsewhere=int(run.run.outputs["hunks-in-patch"]),
    )


async def _theirs(path: Path, files: Sequence[WorldFile]) -> Side:
    with tempfile.TemporaryDirectory(prefix="predict-edit-peer-") as name:
        folder = Path(name)
        async with (
            set_stage(folder, files=files) as stage,
            peer_model.serve(_edits_of(files)) as model,
        ):
            stage.github.switches.latency = fixtures.ROUND_TRIP
            report = folder / "meter.json"
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(METER), str(report)),
                *_command(path, stage),
                cwd=folder,
                env=_environment(path, folder, stage, model),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            async with asyncio.timeout(PATIENCE):
                output, _ = await process.communicate()
            if model.calls == 0:
                raise RuntimeError(f"PR-Agent asked no model:\n{output.decode()[-2000:]}")
            used = json.loads(report.read_text(encoding="utf-8"))
            requests = tuple(stage.github.log.requests)
            return Side(
                requests=requests,
                seconds=used["seconds"],
                until_github=min(request.started for request in requests) - used["started"],
                cpu=used["cpu"],
                memory=used["memory"],
                calls=model.calls,
                prompt_tokens=model.prompt_tokens,
                completion_tokens=model.completion_tokens,
                accepted_tokens=0,
                applied=_applied(stage, files),
                elsewhere=_elsewhere(stage, files),
            )


def _elsewhere(stage: Stage, files: Sequence[WorldFile]) -> int:
    """Edits that are written anywhere on the pull request without being a suggestion."""
    texts = [comment.body for comment in stage.pull.review_comments]
    texts += [comment.body for comment in stage.pull.comments]
    texts += [review.body or "" for review in stage.pull.reviews]
    written = sum(any(edit.new[0] in text for text in texts) for edit in _edits_of(files))
    return max(0, written - _applied(stage, files))


def _command(path: Path, stage: Stage) -> Iterator[str]:
    yield str(path)
    yield f"--pr_url={stage.url}/{REPOSITORY}/pull/{stage.pull.number}"
    yield "improve"
    for name, value in (
        ("committable_code_suggestions", "true"),
        ("extra_instructions", INSTRUCTION),
        ("focus_only_on_problems", "false"),
        ("num_code_suggestions_per_chunk", "20"),
    ):
        yield f"--pr_code_suggestions.{name}={value}"


def _environment(path: Path, home: Path, stage: Stage, model: PeerModel) -> dict[str, str]:
    vocabularies = next(
        path.parent.parent.glob("lib/python3*/site-packages/litellm/litellm_core_utils/tokenizers")
    )
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GITHUB__BASE_URL": f"{stage.url}/api/v3",
        "GITHUB__USER_TOKEN": DEFAULT_TOKEN,
        "GITHUB__DEPLOYMENT_TYPE": "user",
        "OPENAI__KEY": "sk-not-a-secret",
        "OPENAI__API_BASE": model.url,
        "CONFIG__MODEL": MODEL,
        "CONFIG__FALLBACK_MODELS": json.dumps([MODEL]),
        "CONFIG__PUBLISH_OUTPUT_PROGRESS": "false",
        "CONFIG__REPO_CONTEXT_FILES": "[]",
        # Both would otherwise be fetched, which takes its time even where it fails.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "TIKTOKEN_CACHE_DIR": str(vocabularies),
    }


def _distributions(path: Path) -> list[Path]:
    packages = path.parent.parent.glob("lib/python3*/site-packages/*.dist-info")
    return [each for each in packages if not each.name.startswith("pip-")]


def _version(path: Path, name: str) -> str:
    """Which version of a package PR-Agent's environment has."""
    (found,) = (each.stem for each in _distributions(path) if each.name.startswith(f"{name}-"))
    return found.removeprefix(f"{name}-")


def _size(path: Path) -> Figure:
    packages = next(path.parent.parent.glob("lib/python3*/site-packages"))
    files = (file for file in packages.rglob("*") if file.is_file())
    return megabytes([sum(file.stat().st_size for file in files if file.suffix != ".pyc")])


def _own_size() -> Figure:
    """What the action's environment takes, without bytecode like the other side."""
    total = 0
    for name in lean.held():
        for file in importlib.metadata.files(name) or ():
            place = Path(str(file.locate()))
            if place.is_file() and place.suffix != ".pyc":
                total += place.stat().st_size
    package = Path(fixtures.__file__).parent.parent / "src" / "predict_edit"
    own = (file for file in package.rglob("*") if file.is_file() and file.suffix != ".pyc")
    total += sum(file.stat().st_size for file in own if "sandbox" not in file.parts)
    return megabytes([total])
