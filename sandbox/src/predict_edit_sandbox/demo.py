"""``predict-edit demo``: the whole way, offline, with a proof at its end.

An offline GitHub serves a pull request, somebody comments the instruction of Azure's published
example, the real action runs as a process with a runner's environment, and what it posted is
applied and compared byte by byte. GitHub and the model are stand-ins; with ``live`` only GitHub is.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from predict_edit_sandbox import demo_model
from predict_edit_sandbox import demo_scene as scene
from predict_edit_sandbox import demo_show as show
from predict_edit_sandbox.demo_model import ModelChoice, NoModel
from predict_edit_sandbox.demo_proof import Proof, prove
from predict_edit_sandbox.github import Sandbox, run_sandbox_github
from predict_edit_sandbox.github.nouns import PullRequest
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import Latency
from predict_edit_sandbox.runner import OUT, ActionRun
from predict_edit_sandbox.world import World, build_world

DONE, FAILED, CANNOT = 0, 1, 2
MARK = ".predict-edit-demo"
"""Stands in every folder the demonstration made, so that it only ever clears its own."""
SHOWN = 8
"""Suggestions that are printed; the others are in a file."""
PATCH_LINES = 24
PACE = Latency(first_token=0.2, generated_token=0.002, accepted_token=0.0002)
"""Made up, so that the stand-in takes its time as a model does."""


def run_demo(
    *,
    out: Path,
    live: bool = False,
    model: str | None = None,
    environ: Mapping[str, str] | None = None,
    console: Console | None = None,
) -> int:
    """Show everything on the terminal and leave the files in ``out``.

    Returns 0 when the proof holds, 1 when it does not or when the action failed, 2 when the
    demonstration cannot start.
    """
    console = console or show.make_console()
    out = out.resolve()
    try:
        chosen = (
            demo_model.live(os.environ if environ is None else environ, model) if live else None
        )
        _clear(out)
        return asyncio.run(_demonstrate(out, console, chosen, model))
    except (NoModel, OSError, RuntimeError) as problem:
        show.failure(console, str(problem))
        return CANNOT


def _clear(out: Path) -> None:
    """Make the folder, emptied of an earlier demonstration.

    Raises:
        FileExistsError: it holds something that no demonstration made.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / MARK).is_file():
            raise FileExistsError(
                f"{out} exists and is not from an earlier demonstration. "
                "Name another folder with --out."
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()
    # It is often run inside a repository, where none of it is to be committed.
    (out / ".gitignore").write_text("*\n")


async def _demonstrate(
    out: Path, console: Console, chosen: ModelChoice | None, name: str | None
) -> int:
    started = time.monotonic()
    github = Sandbox()
    async with (
        ModelSandbox(ModelConfig(latency=PACE)) as model,
        run_sandbox_github(github) as url,
    ):
        choice = chosen or demo_model.offline(model, name)
        show.title(
            console,
            "predict-edit demo",
            f"GitHub  a stand-in on {url}\nModel   {choice.title}\n"
            "Action  the real one, as a process with a runner's environment",
        )
        warming = asyncio.create_task(model.warm())
        world = await asyncio.to_thread(build_world, out / "git")
        show.step(console, "built a git repository with two branches", str(world.repository))
        pull = scene.open_pull_request(github, world)
        show.step(console, f"opened pull request #{pull.number}", f"{len(world.changed)} files")
        step = scene.step_for(github, pull, url=url, choice=choice, workspace=out / "workspace")
        show.step(console, f"@{scene.COMMENTER}, who may write, commented", scene.COMMAND)
        await warming
        run = await scene.play(step)
        asked = None if chosen else [dict(exchange.body) for exchange in model.exchanges]
    show.step(console, f"ran the action: exit status {run.exit_code}", f"{run.seconds:.1f} s")
    show.step(
        console,
        f"{len(github.log.requests)} requests to GitHub",
        f"at most {github.log.most_in_flight} at once",
    )
    if asked is not None:
        show.step(
            console, f"{len(asked)} requests to the model", f"at most {model.in_flight_max} at once"
        )
    kept = scene.keep(out, pull=pull, step=step, run=run, github=github, asked=asked)
    show.heading(console, "The summary comment")
    show.comment(console, scene.summary_comment(pull) or "There is none.")
    proven = None
    if run.exit_code == 0:
        proven = await asyncio.to_thread(_prove, console, github, pull, world, run, out=out)
    files = {**{f"workspace/{OUT}/{name}": "" for name in run.files}, **kept}
    if proven:
        files["result/"] = "the repository with everything applied"
    show.files(console, out, files)
    seconds = time.monotonic() - started
    return _verdict(console, run, proven, offline=chosen is None, seconds=seconds)


def _prove(
    console: Console,
    github: Sandbox,
    pull: PullRequest,
    world: World,
    run: ActionRun,
    *,
    out: Path,
) -> Proof:
    """Show what was posted, then apply and compare it."""
    suggestions = scene.suggested(pull, world)
    show.heading(console, f"{len(suggestions)} suggestions")
    for one in suggestions[:SHOWN]:
        show.suggestion(console, one.path, one.start, one.before, one.after)
    if len(suggestions) > SHOWN:
        show.more(console, f"{len(suggestions) - SHOWN} more in review.json")
    remainder = run.file("remainder.patch")
    if remainder:
        show.heading(console, "What no suggestion can hold, as a patch")
        show.patch(console, remainder.decode(errors="replace"), most=PATCH_LINES)
    proven = prove(
        github=github,
        pull=pull,
        login=scene.AUTHOR,
        edits=run.file("edits.patch"),
        remainder=remainder,
        expected=world.expected(),
        folder=out,
    )
    show.heading(console, "Proof: suggestions committed on GitHub, then the patch by git")
    show.proof(console, proven)
    show.heading(console, "Tokens, as the model reported them")
    show.tokens(console, run.result)
    return proven


def _verdict(
    console: Console, run: ActionRun, proven: Proof | None, *, offline: bool, seconds: float
) -> int:
    """Say whether it worked, and return the exit status."""
    if proven is None:
        show.failure(console, f"the action ended with exit status {run.exit_code}:")
        show.plain(console, run.log)
        return FAILED
    if not proven.complete:
        show.failure(console, "what was posted does not add up to the edits")
        return FAILED
    if not any(file.suggestions for file in proven.files):
        show.failure(console, "no suggestion was posted")
        return FAILED
    if not proven.as_expected:
        # A real model may do more or less than asked; a stand-in may not.
        show.failure(console, "the edits are not what the instruction says")
        return FAILED if offline else DONE
    show.success(console, f"every file is what it should be, byte for byte, after {seconds:.1f} s")
    if offline:
        show.next_steps(console)
    return DONE
