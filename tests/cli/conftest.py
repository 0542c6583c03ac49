"""A git checkout, an offline model, and the commands run in this process."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from predict_edit.cli.main import main
from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.threaded import serve_model

REPLACE = "Replace string `FizzBuzz` with `MSFTBuzz`."


@dataclasses.dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str


Command = Callable[..., Ran]


class Repository:
    """A git repository that tests write into."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")
        for name, value in (("name", "Ada"), ("email", "ada@example.com"), ("autocrlf", "false")):
            section = "core" if name == "autocrlf" else "user"
            self.git("config", f"{section}.{name}", value)

    def git(self, *arguments: str) -> str:
        """Run git; the machine's own configuration is ignored."""
        done = subprocess.run(
            ("git", *arguments),
            cwd=self.root,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.root.parent),
                "GIT_CONFIG_NOSYSTEM": "1",
            },
            check=True,
            capture_output=True,
        )
        return done.stdout.decode()

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file, byte by byte."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def commit(self, **files: str) -> str:
        """Commit files; ``a_py`` means ``a.py``."""
        for name, text in files.items():
            self.write(name.replace("_", "."), text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a commit")
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository on the branch main."""
    root = tmp_path / "checkout"
    root.mkdir()
    return Repository(root)


@pytest.fixture
def changed(repository: Repository) -> Repository:
    """A branch that changes one file in a commit and, unstaged, in another place."""
    text = "".join(f"line_{n} = {n}\n" for n in range(60)) + "last = 'FizzBuzz'\n"
    repository.commit(a_py=text, b_py="b = 1\n")
    repository.git("checkout", "--quiet", "-b", "feature")
    text = text.replace("line_5 = 5\n", "line_5 = 'FizzBuzz'\n")
    repository.commit(a_py=text)
    repository.write("a.py", text.replace("line_30 = 30\n", "line_30 = 'FizzBuzz'\n"))
    return repository


@pytest.fixture(scope="session")
def _served() -> Iterator[ModelSandbox]:
    """One offline model for all tests of a worker."""
    with serve_model() as model:
        yield model


@pytest.fixture
def model(_served: ModelSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSandbox:
    """The offline model, and an environment that names it."""
    _served.exchanges.clear()
    for name, value in {
        "OPENAI_BASE_URL": _served.base_url,
        "OPENAI_API_KEY": API_KEY,
        "OPENAI_MODEL": "gpt-4.1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    return _served


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs one command of predict-edit in a folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, folder: Path | None = None, given: bytes = b"") -> Ran:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder or tmp_path)
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
            status = main(arguments)
            texts = []
            for stream in (out, err):
                stream.flush()
                buffer = stream.buffer
                assert isinstance(buffer, io.BytesIO)
                texts.append(buffer.getvalue().decode())
        return Ran(status, *texts)

    return run
