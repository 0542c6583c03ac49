"""Plays the scene of the demonstration: a pull request, a command on it, and the real action."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from predict_edit_sandbox.demo_model import ModelChoice
from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox, issue_comment_created
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import PullRequest
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.github.suggestion_blocks import suggestion_blocks
from predict_edit_sandbox.runner import ActionRun, RunnerEnvironment, run_action
from predict_edit_sandbox.world import World

REPOSITORY = "octo/game"
AUTHOR, COMMENTER = "ada", "grace"
COMMAND = "/predict-edit Replace string `FizzBuzz` with `MSFTBuzz`."
"""The instruction of Azure's published example."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """One suggestion as posted, beside the lines it replaces."""

    path: str
    start: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def open_pull_request(github: Sandbox, world: World) -> PullRequest:
    """Serve the world's repository and open its pull request."""
    github.add_repository(REPOSITORY, world.repository, default_branch=world.base_ref)
    github.set_role(REPOSITORY, COMMENTER, Role.WRITE)
    fork = None
    if world.forked:
        fork = f"{AUTHOR}/{REPOSITORY.partition('/')[2]}"
        github.add_repository(
            fork, world.head_repository, default_branch=world.base_ref, fork_of=REPOSITORY
        )
    return github.open_pull_request(
        REPOSITORY,
        base=world.base_ref,
        head=world.head_ref,
        title="Count to a hundred",
        author=AUTHOR,
        head_repository=fork,
    )


def step_for(
    github: Sandbox,
    pull: PullRequest,
    *,
    url: str,
    choice: ModelChoice,
    workspace: Path,
    command: str = COMMAND,
    inputs: Mapping[str, str] | None = None,
) -> RunnerEnvironment:
    """Comment the command with write access, and prepare the step that GitHub starts."""
    comment = github.comment(REPOSITORY, pull.number, COMMENTER, command)
    return RunnerEnvironment(
        workspace=workspace,
        event_name="issue_comment",
        payload=issue_comment_created(github, comment),
        inputs={"github-token": DEFAULT_TOKEN, **choice.inputs, **(inputs or {})},
        api_url=url,
        graphql_url=f"{url}/graphql",
        server_url=url,
        repository=REPOSITORY,
        ref=f"refs/heads/{pull.base_ref}",
        sha=pull.base_sha,
        actor=COMMENTER,
        run_id=round(time.time()),
        more=choice.variables,
    )


async def play(step: RunnerEnvironment) -> ActionRun:
    """Run the action as GitHub would."""
    return await run_action(step, patience=300)


def summary_comment(pull: PullRequest) -> str:
    """The action's last comment in the conversation; empty without one."""
    bodies = [comment.body for comment in pull.comments if comment.author.login == ACTIONS_LOGIN]
    return bodies[-1] if bodies else ""


def suggested(pull: PullRequest, world: World) -> list[Suggested]:
    """All suggestions of a pull request, each with what it replaces at the head."""
    found = []
    heads = {file.path: file.head or b"" for file in world.files}
    for comment in pull.review_comments:
        blocks = suggestion_blocks(comment.body)
        thread = comment.thread
        if not blocks or thread.line is None or thread.start is None:
            continue
        lines = heads[thread.path].decode().split("\n")
        before = tuple(lines[thread.start - 1 : thread.line])
        found.append(
            Suggested(path=thread.path, start=thread.start, before=before, after=blocks[0])
        )
    return sorted(found, key=lambda one: (one.path, one.start))


def keep(
    folder: Path,
    *,
    pull: PullRequest,
    step: RunnerEnvironment,
    run: ActionRun,
    github: Sandbox,
    asked: list[dict[str, Any]] | None,
) -> dict[str, str]:
    """Write down what happened; returns file names and what they hold.

    ``asked`` are the bodies the stand-in model got, ``None`` where it was not asked.

    No key is written: of the inputs only the names, of the requests only bodies.
    """
    texts = {
        "summary.md": ("the summary comment", summary_comment(pull)),
        "job-summary.md": ("the job summary", run.summary),
        "log.txt": ("what the action printed", run.log),
        "outputs.json": ("the step's outputs", _json(dict(run.outputs))),
        "event.json": ("the event that started it", _json(step.payload)),
        "review.json": ("the review's comments", _json(_comments(pull))),
        "github-requests.json": ("what GitHub was asked", _json(_requests(github))),
    }
    if asked is not None:
        texts["model-requests.json"] = ("what the stand-in model was asked", _json(asked))
    for name, (_, text) in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return {name: what for name, (what, _) in texts.items()}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _comments(pull: PullRequest) -> list[dict[str, Any]]:
    return [
        {
            "path": comment.thread.path,
            "start_line": comment.thread.start,
            "line": comment.thread.line,
            "body": comment.body,
        }
        for comment in pull.review_comments
    ]


def _requests(github: Sandbox) -> list[dict[str, Any]]:
    return [
        {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "status": request.status,
            "body": request.body,
        }
        for request in github.log.requests
    ]
