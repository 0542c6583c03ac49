"""The editor against the offline model: how models of 2026 and later are asked and accounted."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest

from predict_edit.domain.edits import EditRequest, FailedEdit, FileEdit, SourceFile
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.settings.fields import ModelSettings, Price
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY

NONCE = "0123456789abcdef0123456789abcdef"
PRICES = (("gpt-", Price(input=Decimal(1), output=Decimal(1))),)
FILE = "".join(f'value_{n} = "FizzBuzz {n}"\n' for n in range(40))
INSTRUCTION = "Replace `FizzBuzz 7` with `fizz-buzz 7`."

Open = Callable[..., Awaitable[tuple[ChatEditor, ModelSandbox]]]


@pytest.fixture
async def open_editor() -> AsyncIterator[Open]:
    """Open an editor for an offline model; its settings, and the model's by ``config``."""
    async with AsyncExitStack() as stack:

        async def make(
            config: ModelConfig | None = None, **fields: Any
        ) -> tuple[ChatEditor, ModelSandbox]:
            model = await stack.enter_async_context(ModelSandbox(config))
            given = {"model": "gpt-6-luna", "base_url": model.base_url, "api_key": API_KEY}
            settings = ModelSettings(**(given | fields))
            editor = ChatEditor(
                settings,
                open_client(settings, environ={}, mask=lambda _: None),
                nonce=NONCE,
                today=dt.date(2026, 12, 1),
                runtime=Runtime(count=tokens.count, sleep=lambda _: asyncio.sleep(0)),
            )
            stack.push_async_callback(editor.aclose)
            return editor, model

        yield make


async def edited(editor: ChatEditor, text: str = FILE, instruction: str = INSTRUCTION) -> FileEdit:
    """Edit a file that can be edited."""
    file = SourceFile(path="src/values.py", text=text, blob_sha="")
    result = await editor.edit(EditRequest(file=file, instruction=instruction))
    assert not isinstance(result, FailedEdit), result.error
    return result


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("gpt-6-luna", "auto", ["none"]),
        ("gpt-6.1-sol", "auto", ["low"]),
        ("gpt-5.6-terra", "auto", ["none"]),
        ("gpt-6-luna", "high", ["high"]),
        ("gpt-4.1", "auto", [None]),
        ("gemma-4-31b", "auto", [None, None]),
        ("silent-server", "low", ["low"]),
        # What a model does not take is left out, whether it refuses the value or the parameter.
        ("gpt-6.1-sol", "none", ["none", None]),
        ("gpt-4.1", "low", ["low", None]),
    ],
)
async def test_the_effort_is_as_set_or_the_least_that_is_known(
    open_editor: Open, model: str, effort: str, sent: list[str | None]
) -> None:
    """And only if the model is known to take one, or one was asked for."""
    editor, sandbox = await open_editor(model=model, reasoning_effort=effort)
    assert (await edited(editor)).text == FILE.replace("FizzBuzz 7", "fizz-buzz 7")
    assert [each.body.get("reasoning_effort") for each in sandbox.exchanges] == sent
    dropped = any("`reasoning_effort`; it was left out" in note for note in editor.notes)
    assert dropped == (sent[0] is not None and sent[-1] is None)
    # Once for the run, not for every file.
    await edited(editor)
    assert sandbox.exchanges[-1].body.get("reasoning_effort") == sent[-1]
    assert sandbox.exchanges[-1].status == 200


async def test_reasoning_is_accounted_for_to_the_token(open_editor: Open) -> None:
    """It is a part of the completion tokens, and priced as such."""
    thinking = ModelConfig(reasoning={"low": 700})
    editor, sandbox = await open_editor(thinking, model="gpt-6.1-sol", prices=PRICES)
    effort = (await edited(editor)).effort
    booked = sandbox.exchanges[-1].accounts
    assert booked is not None
    assert effort.usage is not None
    assert (effort.usage.reasoning_tokens, booked.reasoning) == (700, 700)
    assert effort.usage.completion_tokens == booked.completion
    assert effort.cost == Decimal(booked.prompt + booked.completion) / 1_000_000


async def test_reasoning_never_eats_the_room_of_the_answer(open_editor: Open) -> None:
    """A model that reasons more than foreseen under our own cap is asked again with more room."""
    thinking = ModelConfig(reasoning={"none": 3_000})
    editor, sandbox = await open_editor(thinking, max_tokens=100_000)
    edit = await edited(editor)
    assert edit.text == FILE.replace("FizzBuzz 7", "fizz-buzz 7")
    caps = [each.body["max_completion_tokens"] for each in sandbox.exchanges]
    assert len(caps) == 2
    assert caps[1] - caps[0] > 3_000
    assert edit.effort.attempts == 2
    # The next file has room from the start.
    await edited(editor)
    assert len(sandbox.exchanges) == 3


async def test_a_file_is_cut_where_reasoning_leaves_too_little_room(open_editor: Open) -> None:
    """What answers took for reasoning does not count as room for a file."""
    thinking = ModelConfig(reasoning={"none": 2_000})
    editor, _ = await open_editor(thinking, max_output_tokens=8_000)
    assert editor.capability.output_limit == 8_000
    await edited(editor)
    assert editor.capability.output_limit == 6_000
