"""A runner for the workflows of ``examples/``: as much of GitHub Actions as they use.

Jobs run one after the other, each in a workspace of its own and with a token that has exactly the
permissions of its ``permissions:``. The action is the real one; of other actions, what they do to
files is done here; ``run:`` steps go through bash, with stand-ins for what would ask a registry.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from predict_edit_sandbox.github.nouns import Access
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.runner import ActionRun, run_action
from predict_edit_sandbox.stage import PATIENCE, Stage

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OWN = "OWNER/predict-edit@"
_STATUS = re.compile(r"\b(cancelled|always|failure|success)\(")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"'(?:[^']|'')*'|[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*|&&|\|\||!=|==|!|[(),]|\S"
)
_OPERATORS = {"&&": " and ", "||": " or ", "!": " not "}
_FUNCTIONS = {
    "startsWith": lambda text, start: str(text).lower().startswith(start.lower()),
    "fromJSON": json.loads,
    "cancelled": lambda: False,
}
_ESLINT = [{"filePath": "/home/runner/work/game/game/src/a.js", "messages": [
    {"ruleId": "no-unused-vars", "severity": 2, "message": "os is not used", "line": 1}
]}]  # fmt: skip


@dataclasses.dataclass
class Job:
    """The result of a job."""

    result: str = "skipped"
    outputs: dict[str, str] = dataclasses.field(default_factory=dict)
    runs: list[ActionRun] = dataclasses.field(default_factory=list)
    summary: str = ""
    """What ``run:`` steps wrote to the job summary."""


@dataclasses.dataclass
class Workflow:
    """One run of a workflow; artifacts and jobs outlive an attempt."""

    stage: Stage
    text: Mapping[Any, Any]
    event: str
    payload: Mapping[str, Any]
    artifacts: dict[str, dict[str, bytes]] = dataclasses.field(default_factory=dict)
    jobs: dict[str, Job] = dataclasses.field(default_factory=dict)
    lost: str = ""
    """The shard whose job is killed before it does anything."""

    async def run(self, only: Sequence[str] = ()) -> Workflow:
        """Run the jobs in order; ``only`` names those of a further attempt."""
        for name, job in self.text["jobs"].items():
            if not only or name in only:
                self.jobs[name] = await self._job(name, job)
        return self

    async def _job(self, name: str, job: Mapping[str, Any]) -> Job:
        needed = job.get("needs", [])
        needs = {n: self.jobs[n] for n in ([needed] if isinstance(needed, str) else needed)}
        context: dict[str, Any] = {
            "github": {"event": self.payload, "event_name": self.event, "run_id": 4711},
            "inputs": self.payload.get("inputs") or {},
            "env": self.text.get("env", {}),
            "secrets": {"OPENAI_API_KEY": API_KEY, "AZURE_OPENAI_API_KEY": API_KEY},
            "vars": {},
            "needs": {n: {"outputs": j.outputs, "result": j.result} for n, j in needs.items()},
        }
        fine = all(other.result == "success" for other in needs.values())
        if not holds(job.get("if"), context, fine=fine):
            return Job()
        matrix = job.get("strategy", {}).get("matrix", {})
        (key, values), *_ = [(k, filled(v, context)) for k, v in matrix.items()] or [("", [None])]
        done = Job(result="success")
        for index, value in enumerate(values):
            here = {**context, "matrix": {key: value}, "strategy": {"job-index": index}}
            one = await self._leg(f"{name}-{index}", job, here, killed=value and value == self.lost)
            done.runs += one.runs
            done.summary += one.summary
            done.outputs |= one.outputs
            done.result = "failure" if "failure" in {done.result, one.result} else "success"
        return done

    async def _leg(
        self, name: str, job: Mapping[str, Any], context: dict[str, Any], *, killed: bool | None
    ) -> Job:
        """One job, or one of a matrix."""
        done = Job(result="failure" if killed else "success")
        if killed:
            return done
        workspace = self.stage.folder / f"{name}-{self.stage.runs}"
        workspace.mkdir()
        allowed: dict[str, Access] = {
            right.replace("-", "_"): access for right, access in job["permissions"].items()
        }
        token = f"token-of-{name}"
        self.stage.github.add_token(token, permissions=allowed)
        steps: dict[str, Any] = {}
        context["steps"] = steps
        for step in job["steps"]:
            if not holds(step.get("if"), context, fine=done.result == "success"):
                continue
            given = {k: _text(filled(v, context)) for k, v in step.get("with", {}).items()}
            uses = step.get("uses", "")
            if uses.startswith(OWN):
                run = await self._action(workspace, given | {"github-token": token})
                done.runs.append(run)
                steps[step.get("id", "")] = {"outputs": dict(run.outputs)}
                if run.exit_code:
                    done.result = "failure"
            elif uses.startswith("actions/checkout@"):
                self.stage.world.check_out("main", workspace)
            elif uses.startswith("actions/upload-artifact@"):
                self._upload(workspace, given)
            elif uses.startswith("actions/download-artifact@"):
                self._download(workspace, given)
            else:
                done.summary += shell(step["run"], workspace)
        done.outputs = {k: _text(filled(v, context)) for k, v in job.get("outputs", {}).items()}
        return done

    async def _action(self, workspace: Path, given: Mapping[str, str]) -> ActionRun:
        """The real action; the stage decides the model and the authentication."""
        inputs = {
            name: value.replace("YOUR-DEPLOYMENT-NAME", "gpt-4.1").replace("YOUR-MODEL", "gpt-4.1")
            for name, value in given.items()
            if not name.startswith(("azure-", "base-url", "api-"))
        }
        step = self.stage.step(self.event, self.payload, inputs, workspace=workspace)
        return await run_action(step, patience=PATIENCE)

    def _upload(self, workspace: Path, given: Mapping[str, str]) -> None:
        pattern = given["path"].rstrip("/")
        found = [p for p in workspace.glob(pattern) for p in (p.rglob("*") if p.is_dir() else [p])]
        if found:
            assert given["name"] not in self.artifacts or given.get("overwrite") == "true"
            self.artifacts[given["name"]] = {p.name: p.read_bytes() for p in found}

    def _download(self, workspace: Path, given: Mapping[str, str]) -> None:
        wanted = re.compile(given.get("name") or given["pattern"].replace("*", ".*"))
        folder = workspace / given["path"]
        folder.mkdir()
        for name, files in self.artifacts.items():
            if wanted.fullmatch(name):
                for file, data in files.items():
                    (folder / file).write_bytes(data)


def load(name: str) -> Mapping[Any, Any]:
    """An example, read."""
    read: Mapping[Any, Any] = yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))
    return read


def value_of(expression: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression of GitHub Actions."""

    def python(token: str) -> str:
        if token[0] == "'":
            return repr(token[1:-1].replace("''", "'"))
        if token in _FUNCTIONS or not re.match(r"[A-Za-z_]", token):
            return _OPERATORS.get(token, token)
        return f"look({token!r})"

    def look(path: str) -> Any:
        found: Any = context
        for part in path.split("."):
            found = found.get(part, "") if isinstance(found, Mapping) else ""
        return found

    code = "".join(python(token) for token in _TOKEN.findall(expression))
    return eval(code.strip(), {"__builtins__": {}}, {**_FUNCTIONS, "look": look})  # noqa: S307 - the examples are our own


def filled(value: Any, context: Mapping[str, Any]) -> Any:
    """A value of the workflow with its expressions replaced; one that is alone keeps its type."""
    if not isinstance(value, str):
        return value
    if whole := re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", value):
        return value_of(whole[1], context)
    return _EXPRESSION.sub(lambda found: _text(value_of(found[1], context)), value)


def holds(condition: str | None, context: Mapping[str, Any], *, fine: bool) -> bool:
    """Whether an ``if:`` lets something run; without a status function it implies success."""
    if condition is None:
        return fine
    found = _EXPRESSION.fullmatch(condition.strip())
    expression = found[1] if found else condition
    return (fine or bool(_STATUS.search(expression))) and bool(value_of(expression, context))


def _text(value: Any) -> str:
    """A value as a runner passes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shell(script: str, workspace: Path) -> str:
    """Run a ``run:`` step and return what it wrote to the job summary."""
    tools = workspace.parent / f"{workspace.name}-tools"
    tools.mkdir(exist_ok=True)
    report = shlex.quote(json.dumps(_ESLINT))
    for name, text in {
        # The programs themselves are installed beside this interpreter.
        "pipx": 'shift; [ "$1" != --spec ] || shift 2; exec "$@"',
        "npm": "exit 0",
        "npx": f"printf %s {report} > eslint.json; exit 1",
    }.items():
        (tools / name).write_text(f"#!/bin/bash\n{text}\n")
        (tools / name).chmod(0o755)
    summary = tools / "summary.md"
    path = os.pathsep.join((str(tools), str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=workspace,
        env={"PATH": path, "GITHUB_STEP_SUMMARY": str(summary), "HOME": str(tools)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return summary.read_text() if summary.exists() else ""
