"""The comparison, against the offline model over real HTTP."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from predict_edit.cli.compare import Measurement, measure
from predict_edit.cli.main import main
from predict_edit.domain.edits import EditRequest, SourceFile
from predict_edit.domain.errors import BudgetExceeded, ModelUnauthorized
from predict_edit.settings.fields import ModelSettings
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY, Latency
from predict_edit_sandbox.model.faults import FaultKind, failing, first, first_attempt
from predict_edit_sandbox.model.threaded import serve_model
from predict_edit_sandbox.model.tokens import count

TEXT = "".join(f"def f{n}():\n    return 'FizzBuzz {n}'\n\n\n" for n in range(20))
INSTRUCTION = "Replace `FizzBuzz 7` with `Seven`."
SLOW = Latency(first_token=0.02, generated_token=0.001, accepted_token=0.0001)


def requests(number: int = 1) -> list[EditRequest]:
    """Files and the instruction."""
    return [
        EditRequest(
            file=SourceFile(path=f"file{n}.py", text=TEXT, blob_sha=""), instruction=INSTRUCTION
        )
        for n in range(number)
    ]


async def measured(server: ModelSandbox, files: int = 1, **fields: Any) -> Measurement:
    """A measurement of three rounds."""
    settings = ModelSettings(
        **{"model": "gpt-4o-mini", "base_url": server.base_url, "api_key": API_KEY, **fields}
    )
    return await measure(requests(files), settings, rounds=3, environ={}, mask=lambda _: None)


async def test_both_ways_in_turn_one_at_a_time() -> None:
    """As often with as without, never two at once, and neither always first."""
    async with ModelSandbox(ModelConfig(latency=SLOW)) as server:
        result = await measured(server, files=2)
        order = [exchange.predicted for exchange in server.exchanges]
        assert server.in_flight_max == 1
    assert order == [True, False, False, True] * 3
    assert [sample.predicted for sample in result.samples] == order
    assert not any(sample.spoiled for sample in result.samples)
    assert {sample.text for sample in result.samples} == {TEXT.replace("FizzBuzz 7", "Seven")}
    for sample in result.samples:
        assert sample.first is not None
        assert 0.02 <= sample.first <= sample.seconds
        assert sample.usage is not None
        assert bool(sample.usage.accepted_prediction_tokens) is sample.predicted
        assert sample.cost is not None
    assert result.model == "gpt-4o-mini-2024-07-18"


async def test_the_connection_is_open_before_the_first_call() -> None:
    """By asking for the models, once."""
    listed = []

    async def look() -> None:
        listed.append(model.listed)

    async with ModelSandbox(ModelConfig(hold=look)) as model:
        await measured(model)
    assert listed == [1] * 6


async def test_a_call_that_was_repeated_measures_nothing() -> None:
    """Its time is that of two calls."""
    async with ModelSandbox(
        ModelConfig(planner=first_attempt(failing(FaultKind.SERVER_ERROR)))
    ) as server:
        result = await measured(server)
    assert [bool(sample.spoiled) for sample in result.samples] == [True, *[False] * 5]
    assert "2 calls" in result.samples[0].spoiled


async def test_a_refused_prediction_ends_it() -> None:
    """There is nothing to compare, and no more is paid."""
    async with ModelSandbox() as server:
        result = await measured(server, files=2, model="gemma-4-31b")
        assert len(server.exchanges) == 2
    assert result.refused


@pytest.mark.parametrize(
    ("fields", "kind", "most"),
    [
        ({"api_key": "sk-wrong-key-123"}, ModelUnauthorized, 1),
        ({"max_tokens": 100}, BudgetExceeded, 0),
    ],
)
async def test_what_will_not_change_ends_it(
    fields: dict[str, Any], kind: type[Exception], most: int
) -> None:
    """A wrong key, with which the server does not list its models either, and a reached limit."""
    async with ModelSandbox() as server:
        result = await measured(server, files=2, **fields)
        assert (server.listed, len(server.exchanges)) == (1, most)
    assert isinstance(result.stopped, kind)


async def test_a_limit_holds_for_both_sides_together() -> None:
    """The cost with predictions and without is one sum."""
    limit = 6_000
    async with ModelSandbox() as server:
        result = await measured(server, files=3, max_tokens=limit)
        spent = [exchange.accounts for exchange in server.exchanges if exchange.accounts]
    assert isinstance(result.stopped, BudgetExceeded)
    assert limit / 2 < sum(each.prompt + each.completion for each in spent) <= limit


async def test_one_failure_is_not_the_end() -> None:
    async with ModelSandbox(
        ModelConfig(planner=first(1, failing(FaultKind.ANSWER_FILTERED)))
    ) as server:
        result = await measured(server)
    assert [bool(sample.spoiled) for sample in result.samples] == [True, *[False] * 5]
    assert result.stopped is None


@pytest.fixture
def server() -> Iterator[ModelSandbox]:
    """The offline model, for the command itself."""
    count("warm")  # The vocabulary is loaded before a call is timed.
    with serve_model(ModelConfig(latency=SLOW)) as model:
        yield model


def command(server: ModelSandbox, *options: str, key: str = API_KEY) -> tuple[int, str, str]:
    """Run the command; its status and what it printed to both streams."""
    out, err = io.StringIO(), io.StringIO()
    environ = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": key}
    with (
        mock.patch.dict(os.environ, environ),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = main(["compare", *options, "--model", "gpt-4o-mini"])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file to compare with."""
    path = tmp_path / "code.py"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    return path


def test_the_command_shows_figures_and_a_recommendation(server: ModelSandbox, source: Path) -> None:
    """A table on the output, progress beside it, and the file untouched."""
    before = source.read_bytes()
    status, out, err = command(server, str(source), "-m", INSTRUCTION)
    assert status == 0
    assert "Keep `prediction: auto`: with predictions these edits are" in out
    assert "median of 3 pairs" in out
    assert "The edit was the same in 3 of 3 pairs." in out
    assert "6 calls" in err
    assert err.count("round ") == 6
    assert source.read_bytes() == before
    assert API_KEY not in out + err


def test_json_has_everything_and_no_text_of_the_file(server: ModelSandbox, source: Path) -> None:
    """For programs: medians, ranges, counts, and every call."""
    status, out, _ = command(server, str(source), "-m", INSTRUCTION, "--json", "-n", "1")
    told = json.loads(out)
    assert status == 0
    assert told["verdict"] == "too few"
    assert told["pairs"] == 1
    assert len(told["samples"]) == 2
    assert told["files"][0]["with_prediction"]["seconds"]["count"] == 1
    assert "def f1" not in out


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_an_estimate_asks_for_nothing(
    server: ModelSandbox, source: Path, more: tuple[str, ...]
) -> None:
    status, out, _ = command(server, str(source), "-m", INSTRUCTION, "--estimate", *more)
    assert status == 0
    assert "6 calls" in out or json.loads(out)["calls"] == 6
    assert server.exchanges == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["missing.py"], "missing.py cannot be read"),
        (["binary"], "not UTF-8 text"),
        (["code.py", "-n", "0"], "from 1 to 100"),
        (["code.py", "--timeout", "soon"], "--timeout"),
    ],
)
def test_wrong_use_is_status_2(
    server: ModelSandbox,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    words: str,
) -> None:
    """Nothing is asked for."""
    monkeypatch.chdir(source.parent)
    Path("binary").write_bytes(b"\xff\xfe\x00")
    status, out, err = command(server, *options, "-m", INSTRUCTION)
    assert status == 2
    assert words in err
    assert out == ""
    assert server.exchanges == []


def test_nothing_measured_is_status_1(server: ModelSandbox, source: Path) -> None:
    """With the reason and the next step."""
    status, out, err = command(server, str(source), "-m", INSTRUCTION, key="sk-wrong-key-123")
    assert status == 1
    assert "Stopped early" in out
    assert "was not revoked" in out
    assert "1 call could not be measured" in out
    assert "`OPENAI_API_KEY`" in err
    assert "`api-key`" not in out + err
    assert "sk-wrong-key-123" not in out + err
