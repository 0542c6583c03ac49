"""What a run would take, compared with what it takes."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from decimal import Decimal
from secrets import token_hex

import pytest

from predict_edit.domain import EditRequest, FileEdit, SourceFile, Usage
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.estimate import estimate
from predict_edit.settings.fields import ModelSettings, Price
from predict_edit_sandbox.model import ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

SETTINGS = ModelSettings(model="gpt-4.1", api_key="key-1")


def request(number: int, size: int = 40) -> EditRequest:
    """A file of so many functions and what is asked of it."""
    text = "\n\n".join(f"def f{n}():\n    return 'FizzBuzz {number}'\n" for n in range(size))
    return EditRequest(
        file=SourceFile(path=f"file{number}.py", text=text, blob_sha="0" * 40),
        instruction="Replace `FizzBuzz` with `Buzz`.",
    )


@pytest.mark.parametrize(("limit", "prediction"), [(None, "auto"), (1_000, "auto"), (None, "off")])
async def test_what_a_run_takes_lies_within_its_estimate(
    limit: int | None, prediction: str
) -> None:
    """Prompt tokens closely, completion and cost between low and high, calls exactly."""
    requests = [request(number) for number in range(4)]
    async with ModelSandbox() as model:
        settings = dataclasses.replace(
            SETTINGS,
            base_url=model.base_url,
            api_key=API_KEY,
            max_output_tokens=limit,
            prediction=prediction,  # type: ignore[arg-type]
            prices=(("gpt-4.1", Price(input=Decimal(2), output=Decimal(8))),),
        )
        before = estimate(requests, settings, count=tokens.count)
        editor = ChatEditor(
            settings,
            open_client(settings, environ={}, mask=lambda _: None),
            nonce=token_hex(16),
            today=dt.date(2026, 6, 1),
        )
        results = await asyncio.gather(*(editor.edit(each) for each in requests))
        await editor.aclose()
        assert all(isinstance(result, FileEdit) for result in results)
        used = Usage.total(result.effort.usage for result in results)
        assert before.calls == len(model.exchanges)
    assert before.files == 4
    assert used.prompt_tokens is not None
    assert used.completion_tokens is not None
    # The random mark takes a few tokens more or less, each time it stands in a prompt.
    assert abs(before.prompt_tokens - used.prompt_tokens) <= 40 * before.calls
    # An edit may be shorter than the file, here by a token for each name.
    assert 0.8 * before.output_tokens_low <= used.completion_tokens <= before.output_tokens_high
    spent = sum((result.effort.cost or Decimal(0) for result in results), Decimal(0))
    assert before.cost_low is not None
    assert before.cost_high is not None
    assert before.cost_low * Decimal("0.8") <= spent <= before.cost_high


def test_predictions_raise_the_most_and_not_the_least() -> None:
    """All of a prediction may be rejected; nothing of it is at best."""
    with_, without = (
        estimate(
            [request(1)],
            dataclasses.replace(SETTINGS, prediction=mode),
            count=tokens.count,
        )
        for mode in ("on", "off")
    )
    assert with_.output_tokens_low == without.output_tokens_low
    assert with_.output_tokens_high == without.output_tokens_high + with_.output_tokens_low


def test_a_file_that_cannot_be_asked_for_is_named_and_costs_nothing() -> None:
    """With its reason; the others are estimated."""
    solid = EditRequest(
        file=SourceFile(path="data.csv", text="1,2,3\n" * 3_000, blob_sha="0" * 40),
        instruction="Sort.",
    )
    settings = dataclasses.replace(SETTINGS, max_output_tokens=2_000)
    made = estimate([request(1), solid], settings, count=tokens.count)
    assert made.files == 1
    ((path, reason),) = made.declined
    assert path == "data.csv"
    assert "no place to cut it" in reason


def test_an_unknown_price_stays_unknown_and_nothing_costs_nothing() -> None:
    """Never 0 where it is not known."""
    settings = dataclasses.replace(SETTINGS, model="my-deployment")
    made = estimate([request(1)], settings, count=tokens.count)
    assert made.cost_low is None
    assert made.cost_high is None
    behind = estimate([request(1)], settings, count=tokens.count, model="gpt-4.1")
    assert behind.cost_low is not None
    none = estimate([], SETTINGS, count=tokens.count)
    assert (none.calls, none.prompt_tokens, none.output_tokens_high) == (0, 0, 0)
    assert none.cost_high == 0
