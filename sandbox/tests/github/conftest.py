"""A served stand-in with one pull request, and a client for it."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from predict_edit_sandbox.github import DEFAULT_TOKEN, Sandbox, serve
from predict_edit_sandbox.github.gitstore import GitStore
from predict_edit_sandbox.github.nouns import PullRequest
from predict_edit_sandbox.github.roles import Role

Files = Mapping[str, bytes | str | None]
REPOSITORY = "octo/demo"
NUMBERED = "".join(f"line {number}\n" for number in range(1, 41))
CHANGED = NUMBERED.replace("line 20\n", "line twenty\n").replace("line 30\n", "")


def commit(store: GitStore, parent: str | None, files: Files) -> str:
    """Make a commit."""
    data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return store.write_commit(
        parent, data, message="A commit", author=("Ada", "ada@example.com"), date="1700000000 +0000"
    )


def _import_commit(branch: str, parent: str | None, files: Files) -> bytes:
    """One commit in the language of ``git fast-import``."""
    parts = [f"commit refs/heads/{branch}\ncommitter Ada <ada@example.com> 1700000000 +0000\n"]
    parts.append("data 1\nm\n" + (f"from refs/heads/{parent}\n" if parent else ""))
    written = "".join(parts).encode()
    for path, text in files.items():
        data = text.encode() if isinstance(text, str) else text
        if data is None:
            written += f"D {path}\n".encode()
        else:
            written += f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
    return written + b"\n"


def make_repository(path: Path, base: Files, head: Files) -> GitStore:
    """A bare repository with the branches ``main`` and, one commit further, ``feature``."""
    made = ["git", "init", "-q", "--bare", "--template=", "-b", "main", str(path)]
    subprocess.run(made, check=True)
    store = GitStore(path)
    commits = _import_commit("main", None, base) + _import_commit("feature", "main", head)
    store.run("fast-import", "--quiet", data=commits)
    return store


@dataclasses.dataclass
class World:
    """A stand-in with a pull request, served at ``url``."""

    sandbox: Sandbox
    pull: PullRequest
    url: str
    session: requests.Session

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> requests.Response:
        """Ask below the repository."""
        address = path if path.startswith("http") else f"{self.url}/repos/{REPOSITORY}{path}"
        return self.session.request(method, address, json=json, timeout=20, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET below the repository."""
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any) -> requests.Response:
        """POST below the repository."""
        return self.call("POST", path, json)

    def review(self, *comments: Any, **body: Any) -> requests.Response:
        """Post a review."""
        asked = {"event": "COMMENT", "body": "A review", "comments": list(comments), **body}
        return self.post(f"/pulls/{self.pull.number}/reviews", asked)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask over GraphQL."""
        asked = {"query": query, "variables": variables}
        response = self.call("POST", f"{self.url}/graphql", asked)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer


def suggestion(
    line: int, *lines: str, start: int | None = None, path: str = "a.txt"
) -> dict[str, Any]:
    """A comment with a suggestion."""
    text = "".join(f"{one}\n" for one in lines)
    comment = {"path": path, "line": line, "body": f"````suggestion\n{text}````"}
    return comment if start is None else {**comment, "start_line": start}


Build = Callable[..., World]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Build a world from the files before and after."""
    worlds: list[tuple[World, Any]] = []

    def make(base: Files | None = None, head: Files | None = None) -> World:
        make_repository(
            tmp_path / "demo.git",
            {"a.txt": NUMBERED, "same.txt": "same\n"} if base is None else base,
            {"a.txt": CHANGED, "new.py": "print(1)\nprint(2)\n"} if head is None else head,
        )
        sandbox = Sandbox()
        sandbox.add_repository(REPOSITORY, tmp_path / "demo.git")
        sandbox.set_role(REPOSITORY, "ada", Role.WRITE)
        pull = sandbox.open_pull_request(REPOSITORY, base="main", head="feature", title="Change")
        context = serve(sandbox)
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {DEFAULT_TOKEN}"
        world = World(sandbox, pull, context.__enter__(), session)
        worlds.append((world, context))
        return world

    yield make
    for world, context in worlds:
        world.session.close()
        context.__exit__(None, None, None)
        assert world.sandbox.defects == []


@pytest.fixture
def world(build: Build) -> World:
    """The usual world: ``a.txt`` changed at line 20 and one line removed after 29; a new file."""
    return build()
