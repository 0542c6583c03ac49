"""Runs the container image as GitHub's runner starts a Docker action.

Folders are mounted where the runner mounts them, variables are passed by name, and nothing else of
the machine is visible (actions/runner, ``ContainerActionHandler.cs``).
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from predict_edit_sandbox.runner import RunnerEnvironment
from predict_edit_sandbox.runner_files import parse_outputs

DOCKER_RUN = ("docker", "run", "--rm")
PATIENCE = 120
"""Seconds a container may take."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """What a container left behind."""

    exit_code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    """The image under test, started as GitHub's runner starts a Docker action."""

    name: str

    def run(
        self, *arguments: str, options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Start it with arguments for its entry point."""
        return subprocess.run(
            [*DOCKER_RUN, *options, self.name, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def step(self, step: RunnerEnvironment, *options: str) -> Ran:
        """Run a job's step: the folders mounted where a runner mounts them."""
        variables = step.prepare()
        home = step.home
        moved = {
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_OUTPUT": "/github/file_commands/output",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
            "HOME": "/github/home",
        }
        environment = {**variables, **moved}
        for name in ("PATH", "TZ"):
            environment.pop(name, None)
        (home / "workflow").mkdir(exist_ok=True)
        (home / "workflow" / "event.json").write_bytes((home / "event.json").read_bytes())
        mounts = {
            step.workspace: "/github/workspace",
            home / "file_commands": "/github/file_commands",
            home / "workflow": "/github/workflow",
            home / "home": "/github/home",
        }
        flags = [part for host, inside in mounts.items() for part in ("-v", f"{host}:{inside}")]
        flags += [part for name in environment for part in ("-e", name)]
        done = subprocess.run(
            [
                "docker",
                "run",
                "--rm",
                "--workdir",
                "/github/workspace",
                *flags,
                *options,
                self.name,
            ],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        outputs = Path(variables["GITHUB_OUTPUT"]).read_text(encoding="utf-8")
        return Ran(
            exit_code=done.returncode,
            log=done.stdout + done.stderr,
            outputs=parse_outputs(outputs),
            summary=Path(variables["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8"),
        )
