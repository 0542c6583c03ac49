"""Every command of this program that README and docs show, run as it is shown."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

import docs_blocks
from predict_edit_sandbox.model import ModelSandbox

if TYPE_CHECKING:
    from .conftest import Command, Repository

pytestmark = pytest.mark.source

ROOT = Path(__file__).resolve().parents[2]
SERVES = ("demo", "--serve-model")
"""Runs until it is interrupted."""
ORIGIN = json.dumps(
    {"url": "https://github.com/octo/predict-edit", "vcs_info": {"commit_id": "1" * 40}}
)


def shown() -> Iterator[tuple[str, ...]]:
    """Yield the arguments of each command, in blocks and in sentences."""
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))):
        for block in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
            if block.type == "fence" and block.info == "sh":
                for program, *arguments in docs_blocks._calls(block.content):
                    if program == "predict-edit":
                        yield tuple(arguments)
            for token in block.children or ():
                words = token.content if token.type == "code_inline" else ""
                if re.match(r"predict-edit \w+ .", words):
                    yield tuple(shlex.split(words)[1:])


COMMANDS = sorted(set(shown()) - {SERVES})


@pytest.fixture
def workplace(changed: Repository, command: Command, model: ModelSandbox) -> Path:
    """A checkout with everything that the commands name."""
    folder = changed.root
    for name in ("notes.txt", "src/one.py", "src/two.py"):
        changed.write(name, "FizzBuzz = 1\n")
    for name in ("ruff.json", "after.json"):
        changed.write(name, "[]")
    out = folder / "predict-edit-out"
    out.mkdir()
    ran = command("preview", "x", "--json", "--patch", str(out / "edits.patch"), folder=folder)
    (out / "result.json").write_text(ran.out)
    return folder


def test_commands_are_shown() -> None:
    """Of each kind that the documentation explains."""
    kinds = {name for name, *_ in COMMANDS}
    assert kinds >= {
        "compare", "completion", "demo", "doctor", "edit", "init", "page", "preview", "verify",
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_shown_command_runs(
    command: Command, workplace: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """It ends well, or says that the offline model had nothing to change."""
    read = PathDistribution.read_text
    monkeypatch.setattr(
        PathDistribution,
        "read_text",
        lambda self, name: ORIGIN if name == "direct_url.json" else read(self, name),
    )
    if "--workflow" in words:
        assert command("init", folder=workplace).status == 0
    expanded = [
        name
        for word in words
        for name in (sorted(str(path.relative_to(workplace)) for path in workplace.glob(word))
                     if word.endswith("*.py") else [word])
    ]  # fmt: skip
    ran = command(*expanded, folder=workplace, given=b"a = 1\n")

    assert ran.status in {0, 3}, ran.err
    assert "Traceback" not in ran.err


def test_the_model_is_served_until_an_interrupt() -> None:
    """As the page says; what is printed is tried by the tests of the sandbox."""
    assert SERVES in set(shown())
    # A shell that starts the tests in the background has its children ignore interrupts.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    run = "from predict_edit.cli.main import main; raise SystemExit(main())"
    program = (sys.executable, "-c", f"{heed}; {run}", *SERVES)
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        first = serving.stdout.readline()
        serving.send_signal(signal.SIGINT)
        said = first + serving.stdout.read()
    assert "OPENAI_BASE_URL=http://127.0.0.1" in said
    assert serving.returncode == 0
