"""The editor against the offline model: how models of 2026 and later are asked and accounted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from predict_edit.domain.edits import EditRequest, FailedEdit, FileEdit, SourceFile
from predict_edit.domain.errors import AnswerUnusable
from predict_edit.llm import models, tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.models import PROVIDERS, Provider, provider_of
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.fields import ModelSettings, Price
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.faults import always, first, spoiling
from predict_edit_sandbox.model.hosts import Host
from predict_edit_sandbox.model.quirks import Quirk

NONCE = "0123456789abcdef0123456789abcdef"
PRICES = (("gpt-", Price(input=Decimal(1), output=Decimal(1))),)
FILE = "".join(f'value_{n} = "FizzBuzz {n}"\n' for n in range(40))
INSTRUCTION = "Replace `FizzBuzz 7` with `fizz-buzz 7`."


class Diverted(httpx2.AsyncHTTPTransport):
    """Brings what is meant for a provider to the offline model."""

    def __init__(self, model: ModelSandbox) -> None:
        super().__init__()
        self._url = httpx2.URL(f"{model.base_url}/chat/completions")

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it on; Azure's routes are the offline model's own."""
        azure = request.url.path.startswith("/openai/")
        request.url = self._url.copy_with(raw_path=request.url.raw_path) if azure else self._url
        return await super().handle_async_request(request)


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
            there = None if settings.base_url == model.base_url else Diverted(model)
            editor = ChatEditor(
                settings,
                open_client(settings, environ={}, mask=lambda _: None, transport=there),
                nonce=NONCE,
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


BASES = {
    Host.OPENAI: "https://api.openai.com/v1",
    Host.OPENROUTER: "https://openrouter.ai/api/v1",
    Host.FIREWORKS: "https://api.fireworks.ai/inference/v1",
    Host.CEREBRAS: "https://api.cerebras.ai/v1",
    Host.MISTRAL: "https://api.mistral.ai/v1",
}
LONG = "".join(f"def task_{n}(value):\n    return value * {n} + offset\n\n\n" for n in range(250))


AZURE = "https://name.openai.azure.com"
ASKED: list[tuple[str, Host, dict[str, Any], str]] = [
    *((host.value, host, {"base_url": base}, "/v1") for host, base in BASES.items()),
    ("Azure", Host.OPENAI, {"base_url": f"{AZURE}/openai/v1"}, "/openai/v1"),
    (
        "Azure",
        Host.OPENAI,
        {"base_url": AZURE, "api_version": "2025-01-01-preview"},
        "/openai/deployments/gpt-4.1",
    ),
]
"""Each provider's name, its stand-in, how it is reached, and the route there."""


@pytest.mark.parametrize("provider", [*PROVIDERS, models.AZURE], ids=lambda each: each.name)
def test_each_provider_of_the_table_has_a_stand_in(provider: Provider) -> None:
    asked = [
        ModelSettings(model="gpt-4.1", **fields)
        for name, _, fields, _ in ASKED
        if name == provider.name
    ]
    assert asked
    assert all(provider_of(read_endpoint(settings)) is provider for settings in asked)


@pytest.mark.parametrize(("name", "host", "fields", "route"), ASKED)
async def test_each_provider_takes_predictions_in_its_own_way(
    open_editor: Open, name: str, host: Host, fields: dict[str, Any], route: str
) -> None:
    """A file of 4,000 tokens, whole at the first try; the figures are the provider's own."""
    config = ModelConfig(host=host)
    editor, model = await open_editor(config, model="gpt-4.1", **fields)
    edit = await edited(editor, LONG, "Replace `task_200` with `work_200`.")
    assert edit.text == LONG.replace("task_200", "work_200")
    assert edit.effort.prediction == "sent"
    asked = [each for each in model.exchanges if each.status == 200]
    assert [each.predicted for each in model.exchanges] == [True]
    (exchange,) = asked
    assert exchange.path == f"{route}/chat/completions"
    assert isinstance(exchange.body["prediction"]["content"], str)
    books, used = exchange.accounts, edit.effort.usage
    assert books is not None
    assert used is not None
    assert (used.prompt_tokens, used.completion_tokens) == (books.prompt, books.completion)
    assert books.accepted > 3_000
    reported = (used.accepted_prediction_tokens, used.rejected_prediction_tokens)
    assert reported == {
        Host.MISTRAL: (None, None),
        # What is rejected there is free, and not among the completion tokens.
        Host.FIREWORKS: (books.accepted, None),
    }.get(host, (books.accepted, books.rejected))
    assert ("max_tokens" in exchange.body) == (host is Host.FIREWORKS)


async def test_openrouter_is_asked_again_without_what_no_host_takes(open_editor: Open) -> None:
    """Without asking for it, a prediction that is not taken would be ignored in silence."""
    config = ModelConfig(host=Host.OPENROUTER)
    base = BASES[Host.OPENROUTER]
    editor, model = await open_editor(config, model="gemma-4-31b", base_url=base)
    edit = await edited(editor)
    assert edit.effort.prediction == "refused"
    first, second = model.exchanges
    assert (first.status, second.status) == (404, 200)
    assert first.body["provider"] == {"require_parameters": True}
    assert not {"provider", "prediction"} & second.body.keys()


async def test_cerebras_gets_no_prediction_for_a_short_file(open_editor: Open) -> None:
    """Below 170 tokens it accepts nothing."""
    config, base = ModelConfig(host=Host.CEREBRAS), BASES[Host.CEREBRAS]
    editor, model = await open_editor(config, model="gpt-4.1", base_url=base)
    assert (await edited(editor, FILE[:400])).effort.prediction == "off"
    await edited(editor, LONG, "Replace `task_200` with `work_200`.")
    assert [each.predicted for each in model.exchanges] == [False, True]


async def test_mistral_gets_its_own_name_for_the_cap(open_editor: Open) -> None:
    """It refuses fields that it does not know."""
    config, base = ModelConfig(host=Host.MISTRAL), BASES[Host.MISTRAL]
    editor, model = await open_editor(
        config, model="gpt-4.1", base_url=base, prediction="off", max_tokens=50_000
    )
    await edited(editor)
    (exchange,) = model.exchanges
    assert exchange.body["max_tokens"] > 500
    assert not {"stream_options", "max_completion_tokens"} & exchange.body.keys()


def whole(n: int) -> str:
    """A file of so many functions."""
    return "".join(f"def task_{k}(value):\n    return value * {k} + offset\n\n\n" for k in range(n))


RENAME = "Replace `task_20(` with `work_20(`."


@pytest.mark.parametrize(
    ("fields", "functions", "answer"),
    [
        # Predictions first, where they are taken; then exact edits; short files as a whole.
        ({"model": "gpt-4.1"}, 100, "file"),
        ({"model": "gpt-4.1", "prediction": "off"}, 100, "edits"),
        ({"model": "gpt-6-luna"}, 100, "edits"),
        ({"model": "gpt-6-luna"}, 21, "file"),
        ({"model": "gpt-6-luna", "answer": "file"}, 100, "file"),
        ({"model": "gpt-6-luna", "answer": "edits"}, 21, "edits"),
        ({"model": "gpt-4.1", "answer": "edits"}, 100, "edits"),
        # Too long for one answer: by edits before it is cut.
        ({"model": "gpt-4.1", "max_output_tokens": 1_000}, 100, "edits"),
        ({"model": "gpt-4.1", "max_output_tokens": 1_000, "answer": "file"}, 100, "pieces"),
        # A refused prediction: no whole file is asked for without one.
        ({"model": "gemma-4-31b"}, 100, "edits"),
    ],
)
async def test_how_the_model_answers(
    open_editor: Open, fields: dict[str, Any], functions: int, answer: str
) -> None:
    """As set; else as is fastest."""
    editor, model = await open_editor(**fields)
    text = whole(functions)
    edit = await edited(editor, text, RENAME)
    assert edit.text == text.replace("task_20(", "work_20(")
    assert edit.effort.answer == answer
    asked = [each for each in model.exchanges if each.status == 200]
    wanted = "edits" if answer == "edits" else "file"
    for exchange in asked:
        assert f"answer: {wanted} {NONCE}" in str(exchange.body["messages"])
    if answer == "edits":
        assert len(asked) == 1
        assert asked[0].accounts is not None
        assert asked[0].accounts.completion < 120
        assert "prediction" not in asked[0].body


MISTAKES = (
    Quirk.NO_CLOSER, Quirk.NO_NONCE, Quirk.NESTED, Quirk.AS_JSON, Quirk.CUT_OFF, Quirk.WRONG_ORDER,
    Quirk.REINDENTED, Quirk.FOREIGN,
)  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_blocks_that_do_not_fit_are_asked_for_once_more(
    open_editor: Open, mistake: Quirk
) -> None:
    """All attempts are in the accounts; nothing of the first answer is guessed at."""
    editor, model = await open_editor(ModelConfig(planner=first(1, spoiling(mistake))))
    text = whole(100)
    edit = await edited(editor, text, RENAME)
    assert edit.text == text.replace("task_20(", "work_20(")
    assert (edit.effort.answer, edit.effort.attempts) == ("edits", 2)
    booked = [each.accounts for each in model.exchanges if each.accounts]
    assert edit.effort.usage is not None
    assert edit.effort.usage.completion_tokens == sum(each.completion for each in booked)
    again = str(model.exchanges[1].body["messages"])
    assert "cannot be applied" in again
    assert ("old lines of block 1" in again) == (
        mistake in {Quirk.WRONG_ORDER, Quirk.REINDENTED, Quirk.FOREIGN}
    )


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_what_does_not_fit_again_is_asked_for_as_a_whole(
    open_editor: Open, mistake: Quirk
) -> None:
    """If it fits into an answer; the file fails with the reason if not."""
    text = whole(100)
    editor, _ = await open_editor(ModelConfig(planner=first(2, spoiling(mistake))))
    edit = await edited(editor, text, RENAME)
    assert edit.text == text.replace("task_20(", "work_20(")
    assert (edit.effort.answer, edit.effort.attempts) == ("file", 3)
    line = "; ".join(f"x_{n} = {n}" for n in range(400))
    editor, _ = await open_editor(
        ModelConfig(planner=always(spoiling(mistake))), max_output_tokens=1_000
    )
    file = SourceFile(path="a.txt", text=f"{line}\n", blob_sha="")
    failed = await editor.edit(EditRequest(file=file, instruction="Replace `x_9 ` with `y `."))
    assert isinstance(failed, FailedEdit)
    assert isinstance(failed.error, AnswerUnusable)
    assert "exact edits do not fit the file" in failed.error.cause
    assert failed.effort.attempts == 2


async def test_only_what_was_refused_is_asked_for_again(open_editor: Open) -> None:
    """The block that fits stays, although the second answer does not repeat it."""
    text = whole(100)
    block = f"<<<<<<< {NONCE}\n%s\n======= {NONCE}\n%s\n>>>>>>> {NONCE}\n"
    good, bad = block % ("def task_1(value):", "def work_1(value):"), block % ("", "# here")
    answers = {text: good + bad}

    async def forget() -> None:
        answers.clear()

    editor, model = await open_editor(ModelConfig(answers=answers, hold=forget))
    edit = await edited(editor, text, RENAME)
    assert edit.text == text.replace("task_1(", "work_1(").replace("task_20(", "work_20(")
    again = str(model.exchanges[1].body["messages"])
    assert "Block 2: its old lines are in 200 places (lines 3, 4, 7, 8, 11)" in again
    assert "work_1(" not in again


@pytest.mark.parametrize("text", ["", "no line feed", "a\r\nb\r\n", "\ufeffa\nb\n"])
async def test_edits_of_every_kind_of_file(open_editor: Open, text: str) -> None:
    """Empty, without a final line feed, with carriage returns or a byte-order mark."""
    editor, _ = await open_editor(answer="edits")
    end = "\r\n" if "\r" in text else "\n"
    edit = await edited(editor, text, "Append line `last`.")
    assert edit.text == (text + end + "last" if text and text[-1] != "\n" else f"{text}last{end}")
    assert (await edited(editor, text, "Do nothing.")).text == text
    assert edit.effort.answer == "edits"


async def test_a_long_file_of_one_paragraph_is_edited(open_editor: Open) -> None:
    """900 lines without a blank one, by edits; cut at any line border if it must be whole."""
    text = "".join(f"value_{n} = {n}\n" for n in range(900))
    for answer, how in (("auto", "edits"), ("file", "pieces")):
        editor, _ = await open_editor(model="small-output", answer=answer, max_output_tokens=2_000)
        edit = await edited(editor, text, "Replace `value_700 ` with `other `.")
        assert edit.text == text.replace("value_700 ", "other ")
        assert edit.effort.answer == how


async def test_the_prompt_of_all_files_begins_with_the_same_bytes(open_editor: Open) -> None:
    """So that prompt caches hit."""
    editor, model = await open_editor()
    for functions in (50, 60):
        await edited(editor, whole(functions), RENAME)
    first_messages = [each.body["messages"][:2] for each in model.exchanges]
    assert first_messages[0] == first_messages[1]
    assert first_messages[0][0]["role"] == "system"
