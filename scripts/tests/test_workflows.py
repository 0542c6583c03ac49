"""The project's own workflows, and the script that runs everything."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

pytestmark = pytest.mark.source

WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
USES = re.compile(r"uses: (\S+)@(\S+)(?: # (v\d+\.\d+\.\d+))?")


def read(name: str) -> dict[Any, Any]:
    """A workflow of the project."""
    path = ROOT / ".github" / "workflows" / f"{name}.yml"
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_given_job_by_job(path: Path) -> None:
    """A workflow has no rights, a job those it names, and only three kinds of right may write."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        granted = {right for right, level in job["permissions"].items() if level == "write"}
        allowed = {
            ("predict-edit", "edit"): {"pull-requests", "id-token"},
            ("release", "image"): {"packages", "id-token", "attestations"},
            ("release", "commit"): {"contents"},
            ("release", "pypi"): {"id-token"},
            ("release", "announce"): {"contents"},
        }.get((path.stem, name), set())
        assert granted == allowed, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_secret_lives_long(path: Path) -> None:
    """Nothing is stored: jobs sign in with their own token and identity."""
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_actions_are_pinned_alike() -> None:
    """Each foreign action is pinned to one commit, with its version beside it."""
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in WORKFLOWS:
        for name, commit, version in USES.findall(path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[0-9a-f]{40}", commit), f"{path.name}: {name}"
            assert version, f"{path.name}: {name}"
            pins.setdefault(name, set()).add((commit, version))

    assert pins
    assert {name: pinned for name, pinned in pins.items() if len(pinned) > 1} == {}


def test_make_targets_of_the_workflows_exist() -> None:
    """Workflows and .ci/run call make targets that there are."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    called = {
        target
        for path in (*WORKFLOWS, ROOT / ".ci" / "run")
        for target in re.findall(
            r"(?:run: |^)make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE
        )
    }

    assert {"lint", "types", "coverage", "demo", "wheel", "container", "release-check"} <= called
    assert called <= targets


def test_each_make_target_is_explained_and_phony() -> None:
    """`make help` lists every target, and none is taken for a file."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    assert targets == explained
    assert sorted(phony.split()) == sorted(targets)


def test_own_action_never_runs_code_of_a_pull_request() -> None:
    """The dogfood workflow has only events whose code is the default branch's, and checks that out.

    For events about reviews and pull requests GitHub runs the merge of the pull request instead
    ("Events that trigger workflows").
    """
    workflow = read("predict-edit")
    first, second, *_ = workflow["jobs"]["edit"]["steps"]

    assert set(workflow[True]) == {"issue_comment", "workflow_dispatch"}
    assert first["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert first["with"]["persist-credentials"] is False
    assert second["uses"] == "./"


def before(jobs: dict[str, Any], name: str) -> set[str]:
    """The jobs that have to be done before a job starts."""
    needs = jobs[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(before(jobs, each) for each in direct))


def test_release_goes_from_what_can_be_undone_to_what_cannot() -> None:
    """Tests come before the image, the image before the commit, and all before what others see."""
    jobs = read("release")["jobs"]

    assert before(jobs, "image") == {"ready", "tests", "container", "package"}
    assert "try" in before(jobs, "commit")
    assert "commit" in before(jobs, "pypi")
    assert "pypi" in before(jobs, "announce")
    assert jobs["tests"]["uses"] == "./.github/workflows/ci.yml"
    assert jobs["container"]["uses"] == "./.github/workflows/container.yml"


def test_images_of_the_release_are_pinned() -> None:
    """What builds, emulates and lists the image's content is pinned by digest too."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")

    for name in ("tonistiigi/binfmt", "moby/buildkit", "docker/buildkit-syft-scanner"):
        assert re.search(rf"{name}:\S+@sha256:[0-9a-f]{{64}}$", text, re.MULTILINE), name


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the script, and a `make` that only says what it was called for."""
    root = tmp_path / "clone"
    (root / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", root / ".ci" / "run")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    (root / "bin").mkdir()
    fake_make(root, "")
    return root


def fake_make(root: Path, more: str) -> None:
    """Put a stand-in of make on the clone's path; what it does more is a shell line."""
    path = root / "bin" / "make"
    path.write_text(f'#!/bin/sh\necho "make $*"\n{more}\n', encoding="utf-8")
    path.chmod(0o755)


def run(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of a clone."""
    path = f"{root / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [str(root / ".ci" / "run")], cwd="/", env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_everything_says_what_it_does_twice(clone: Path) -> None:
    """Each step is announced, the end too; a second run in the same place goes the same way."""
    for _ in range(2):
        done = run(clone)

        assert done.returncode == 0, done.stdout + done.stderr
        called = re.findall(r"^make ([a-z-]+)", done.stdout, re.MULTILINE)
        assert called[:2] == ["setup", "lint"]
        assert done.stdout.count("\n== ") == len(called) + 1
        assert "all green" in done.stdout.splitlines()[-1]


def test_everything_stops_where_something_fails(clone: Path) -> None:
    """The first failure ends the run, and the last line names the step."""
    fake_make(clone, '[ "$1" != types ] || exit 2')

    done = run(clone)

    assert done.returncode == 2
    assert done.stdout.splitlines()[-1].startswith("NOT green: types")
    assert "make demo" not in done.stdout


def test_everything_leaves_the_tree_alone(clone: Path) -> None:
    """A step that writes into the tree is a failure."""
    fake_make(clone, '[ "$1" != demo ] || touch left.txt')

    done = run(clone)

    assert done.returncode == 1
    assert "?? left.txt" in done.stdout


@contextlib.contextmanager
def ended(pid: int) -> Iterator[None]:
    """Make sure that a process does not outlive the test."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)


def gone(pid: int) -> bool:
    """Whether a process has ended, perhaps not yet taken note of by its parent."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_everything_leaves_no_process_behind(clone: Path) -> None:
    """A process that detached itself is found, ended, and makes the run fail."""
    sleeper = "setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! >pid"
    fake_make(clone, f'[ "$1" != demo ] || {{ {sleeper}; }}')
    (clone / ".gitignore").write_text("pid\n.gitignore\nbin\n.ci\n")

    done = run(clone)

    pid = int((clone / "pid").read_text())
    with ended(pid):
        assert done.returncode == 1, done.stdout
        assert re.search(r"left running, now ended: \d+ sleep 300", done.stdout)
        # On a busy machine a signal takes its time.
        for _ in range(100):
            if gone(pid):
                break
            time.sleep(0.1)
        assert gone(pid)
