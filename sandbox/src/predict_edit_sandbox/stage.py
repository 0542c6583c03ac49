"""A stage for the whole action: an offline GitHub, an offline model and a pull request, in one.

Tests, benchmarks and whoever wants to try something give a command with :meth:`Stage.say` and look
at what it led to. The action is always the real one, as a process of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from predict_edit_sandbox.github import (
    DEFAULT_TOKEN,
    Sandbox,
    issue_comment_created,
    review_comment_created,
    run_sandbox_github,
    workflow_dispatch,
)
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import IssueComment, PullRequest, ReviewComment
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.github.suggestion_blocks import suggestion_blocks
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.runner import ActionRun, RunnerEnvironment, run_action
from predict_edit_sandbox.world import World, build_world
from predict_edit_sandbox.world_files import STANDARD, WorldFile

REPOSITORY = "octo/game"
REPLACE = "/predict-edit Replace string `FizzBuzz` with `MSFTBuzz`."
WRITER, READER, ADMIN = "grace", "ada", "root"
PATIENCE = 90.0
"""Seconds the action may take before it is killed."""


@dataclasses.dataclass
class Stage:
    """Everything a test needs to give a command and to look at what it led to."""

    github: Sandbox
    model: ModelSandbox
    world: World
    pull: PullRequest
    url: str
    folder: Path
    runs: int = 0

    def step(
        self,
        event_name: str,
        payload: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> RunnerEnvironment:
        """The environment of one job step; an input that is ``""`` is not given."""
        self.runs += 1
        given = {
            "github-token": DEFAULT_TOKEN,
            "model": "gpt-4o-mini",
            "base-url": self.model.base_url,
            "api-key": API_KEY,
            **(inputs or {}),
        }
        step = RunnerEnvironment(
            workspace=self.folder / f"run{self.runs}",
            event_name=event_name,
            payload=payload,
            inputs=given,
            api_url=self.url,
            graphql_url=f"{self.url}/graphql",
            server_url=self.url,
            repository=REPOSITORY,
            run_id=4711,
        )
        return dataclasses.replace(step, **changes)

    async def say(
        self,
        body: str = REPLACE,
        *,
        login: str = WRITER,
        inputs: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> ActionRun:
        """Comment in the conversation, and run the action on the event."""
        comment = self.github.comment(REPOSITORY, self.pull.number, login, body)
        payload = issue_comment_created(self.github, comment)
        return await run_action(
            self.step("issue_comment", payload, inputs, **changes), patience=PATIENCE
        )

    async def run(self, event_name: str, payload: Mapping[str, Any], **inputs: str) -> ActionRun:
        """Run the action on any event; underscores in names of inputs become hyphens."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return await run_action(self.step(event_name, payload, given), patience=PATIENCE)

    def comment_payload(self, comment: IssueComment) -> dict[str, Any]:
        """The event of a comment in the conversation."""
        return dict(issue_comment_created(self.github, comment))

    def reply_payload(self, comment: ReviewComment) -> dict[str, Any]:
        """The event of a comment in a review thread."""
        return dict(review_comment_created(self.github, comment))

    def dispatch_payload(self, **inputs: str) -> dict[str, Any]:
        """The event of a workflow that was started by hand."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return dict(workflow_dispatch(self.github, REPOSITORY, self.github.user(WRITER), given))

    @property
    def summaries(self) -> list[str]:
        """What the action says in the conversation, as it reads now."""
        return [c.body for c in self.pull.comments if c.author.login == ACTIONS_LOGIN]

    @property
    def suggestions(self) -> list[ReviewComment]:
        """Posted comments with a suggestion."""
        return [c for c in self.pull.review_comments if suggestion_blocks(c.body)]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What the model was asked."""
        return [dict(exchange.body) for exchange in self.model.exchanges]

    def written(self) -> list[tuple[str, str]]:
        """Method and path of every request that was no read."""
        return [
            (request.method, request.path)
            for request in self.github.log.requests
            if request.method != "GET" and not request.path.endswith("/graphql")
        ]

    @property
    def reactions(self) -> list[str]:
        """The reactions on the newest comment of a person."""
        said = [c for c in self.pull.comments if c.author.login != ACTIONS_LOGIN]
        return [reaction.content for reaction in said[-1].reactions]


def many(count: int, *, changes: int = 1) -> list[WorldFile]:
    """Small Python files, each with ``FizzBuzz`` in every line that the pull request changes."""
    files = []
    for number in range(1, count + 1):
        lines = [f"value_{line} = {number * line}\n" for line in range(1, 10 + 10 * changes)]
        for change in range(changes):
            lines[5 + 10 * change] = f'name_{change} = "FizzBuzz {number}"\n'
        head = "".join(lines)
        base = head.replace("FizzBuzz", "Fizz")
        files.append(
            WorldFile(path=f"src/file_{number:03}.py", base=base.encode(), head=head.encode())
        )
    return files


@contextlib.asynccontextmanager
async def set_stage(
    folder: Path,
    *,
    files: Sequence[WorldFile] = STANDARD,
    model: ModelConfig | None = None,
    fork: bool = False,
    prepare: Callable[[Sandbox], None] | None = None,
) -> AsyncIterator[Stage]:
    """Build the repositories in ``folder``, open the pull request and serve everything.

    ``grace`` may write, ``ada``, who opened the pull request, may only read, ``root`` is an admin.
    """
    world = build_world(folder / "git", files=files, fork=fork)
    github = Sandbox()
    github.add_repository(REPOSITORY, world.repository, default_branch=world.base_ref)
    head_repository = f"{READER}/game" if fork else None
    if head_repository:
        github.add_repository(
            head_repository,
            world.head_repository,
            default_branch=world.base_ref,
            fork_of=REPOSITORY,
        )
    for login, role in ((WRITER, Role.WRITE), (READER, Role.READ), (ADMIN, Role.ADMIN)):
        github.set_role(REPOSITORY, login, role)
    pull = github.open_pull_request(
        REPOSITORY,
        base=world.base_ref,
        head=world.head_ref,
        title="Count to a hundred",
        author=READER,
        head_repository=head_repository,
    )
    if prepare:
        prepare(github)
    async with ModelSandbox(model or ModelConfig()) as served, run_sandbox_github(github) as url:
        yield Stage(github, served, world, pull, url, folder)
