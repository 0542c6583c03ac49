"""``--estimate``: what a run would cost, without asking for anything."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from predict_edit_sandbox.model import ModelSandbox

    from .conftest import Command, Repository

REPLACE = "Replace string `FizzBuzz` with `MSFTBuzz`."


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two texts, of which the second is longer, and a file that is not text."""
    (tmp_path / "one.py").write_text("name = 'FizzBuzz'\n" * 30)
    (tmp_path / "two.py").write_text("name = 'FizzBuzz'\n" * 90)
    (tmp_path / "picture").write_bytes(b"\0")
    return tmp_path


def test_each_file_and_the_sum_are_shown(
    model: ModelSandbox, command: Command, files: Path
) -> None:
    """One line per file, those left out with their reason, the sum in words; no request, exit 0."""
    ran = command("edit", "one.py", "two.py", "picture", "-m", REPLACE, "--estimate")

    assert (ran.status, ran.err) == (0, "")
    assert model.exchanges == []
    heads, one, two, picture, whole, nothing = ran.out.splitlines()
    assert " ".join(heads.split()) == (
        "file calls tokens in likely out at most likely cost at most"
    )
    assert len(heads) == len(one) == len(two)
    assert one.startswith("one.py ")
    assert two.startswith("two.py ")
    assert picture.startswith("picture: left out: binary")
    assert whole.startswith("2 files in 2 calls: ")
    assert re.search(r"likely [\d.]+ USD, at most [\d.]+ USD\.", whole)
    assert nothing == "No model was asked."


def test_the_run_stays_within_the_estimate(
    model: ModelSandbox, command: Command, files: Path
) -> None:
    """The cost of the same command lies between the figures for programs."""
    arguments = ("edit", "one.py", "two.py", "-m", REPLACE, "--json")
    told = json.loads(command(*arguments, "--estimate").out)
    assert model.exchanges == []
    assert [file["path"] for file in told["files"]] == ["one.py", "two.py"]
    for name, whole in told["all"].items():
        assert sum(file[name] for file in told["files"]) == pytest.approx(whole)
    ran = json.loads(command(*arguments).out)
    took, expected = ran["usage"], told["all"]
    assert took["prompt_tokens"] == pytest.approx(expected["prompt_tokens"], rel=0.1)
    assert 0.8 * expected["output_tokens_low"] <= took["completion_tokens"]
    assert took["completion_tokens"] <= expected["output_tokens_high"]
    assert 0.8 * expected["cost_usd_low"] <= ran["cost_usd"] <= expected["cost_usd_high"]


def test_a_preview_counts_only_what_is_not_kept(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """An earlier answer is not asked for again, so it costs nothing."""
    before = command("preview", REPLACE, "--estimate", folder=changed.root)
    assert (before.status, model.exchanges) == (0, [])
    assert "1 file in 1 call: " in before.out
    command("preview", REPLACE, folder=changed.root)
    after = command("preview", REPLACE, "--estimate", folder=changed.root)
    assert "a.py: left out: answered before" in after.out
    assert "0 files in 0 calls: 0 tokens in" in after.out
    assert len(model.exchanges) == 1


def test_a_plan_is_one_more_call(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """It is counted before it is made, in words and figures."""
    arguments = ("preview", REPLACE, "--plan", "on", "--estimate")
    assert "1 file in 2 calls: " in command(*arguments, folder=changed.root).out
    told = json.loads(command(*arguments, "--json", folder=changed.root).out)
    (file,) = told["files"]
    assert (file["calls"], told["all"]["calls"]) == (1, 2)
    assert told["all"]["prompt_tokens"] > file["prompt_tokens"]
    assert model.exchanges == []


def test_an_unknown_price_and_a_secret_are_reported(
    model: ModelSandbox, command: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never 0 if it is not known; a file that contains the key is not asked for."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-this-test-0123456789")
    (files / "two.py").write_text("key = 'sk-of-this-test-0123456789'\n")
    ran = command(
        "edit", "one.py", "two.py", "-m", REPLACE, "--estimate", "--model", "a-deployment"
    )
    assert "not known, as the model has no listed price" in ran.out
    assert "unknown" in ran.out
    assert "two.py: left out: " in ran.out
    assert "sk-of-this-test" not in ran.out


@pytest.mark.parametrize(
    "arguments",
    [("edit", "one.py", "-m", REPLACE, "--write"), ("preview", REPLACE, "--write")],
)
def test_an_estimate_writes_nothing(command: Command, arguments: tuple[str, ...]) -> None:
    """An option that writes contradicts it."""
    with pytest.raises(SystemExit) as ended:
        command(*arguments, "--estimate")
    assert ended.value.code == 2
