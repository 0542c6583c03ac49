"""Reading one stream: what counts as a whole answer, and where reading stops."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from predict_edit.domain.edits import Usage
from predict_edit.domain.errors import (
    AnswerRefused,
    AnswerTooLong,
    AnswerUnusable,
    ContentFiltered,
    ModelTimeout,
    PredictEditError,
    StreamCutShort,
)
from predict_edit.llm.auth import open_client
from predict_edit.llm.stream import (
    BrokenOff,
    EventDecoder,
    NoStream,
    Reading,
    open_stream,
    read_usage,
)
from predict_edit.settings.fields import ModelSettings

if TYPE_CHECKING:
    from tests.llm.conftest import ModelServer, Wire

PUBLISHED = Usage(
    prompt_tokens=124,
    cached_tokens=0,
    completion_tokens=77,
    accepted_prediction_tokens=6,
    rejected_prediction_tokens=4,
    reasoning_tokens=0,
)


async def read(client: openai.AsyncOpenAI, reading: Reading) -> str:
    """Ask and read."""
    response = await open_stream(client, {"model": "m", "messages": [], "stream": True})
    return await reading.read(response)


def reading(**fields: Any) -> Reading:
    """A reading with room for a page."""
    return Reading(**{"most_characters": 5_000, **fields})


class Bytes(httpx2.AsyncByteStream):
    """A body in given pieces, one every ``seconds``."""

    def __init__(self, pieces: Sequence[bytes], seconds: float = 0.0) -> None:
        self._pieces = pieces
        self._seconds = seconds
        self.waits = 0
        """How often the reader asked for a piece that had not come yet."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        due = loop.time()
        for piece in self._pieces:
            due += self._seconds
            if (left := due - loop.time()) > 0:
                self.waits += 1
                await asyncio.sleep(left)
            yield piece


async def read_pieces(
    pieces: Sequence[bytes] | Bytes, held: Reading, kind: str = "text/event-stream"
) -> str:
    """Read a body that arrives in these pieces."""
    body = pieces if isinstance(pieces, Bytes) else Bytes(pieces)

    def model(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": kind}, stream=body)

    client = open_client(
        ModelSettings(model="m", api_key="k"),
        environ={},
        mask=lambda _: None,
        transport=httpx2.MockTransport(model),
    )
    async with client:
        return await read(client, held)


async def test_the_published_answer_is_read_with_its_figures(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """The vendor's FizzBuzz: 77 completion, 6 accepted, 4 rejected, 124 prompt tokens."""
    server.play(wire.stream(wire.whole(wire.EDITED)))
    held = reading()
    assert await read(client, held) == wire.EDITED
    assert held.usage == PUBLISHED
    assert held.model == wire.MODEL
    assert held.finish == "stop"


@pytest.mark.parametrize(
    "finish", ["end_turn", "STOP", "stop_sequence", "eos_token", "EOS", "complete"]
)
async def test_other_words_for_stop_end_an_answer(
    client: openai.AsyncOpenAI,
    server: ModelServer,
    wire: Wire,
    caplog: pytest.LogCaptureFixture,
    finish: str,
) -> None:
    """Anthropic, Gemini, Text Generation Inference and gateways to them; the log notes it."""
    caplog.set_level("INFO")
    server.play(wire.stream(wire.whole(wire.EDITED, finish=finish)))
    held = reading()
    assert await read(client, held) == wire.EDITED
    assert held.finish == "stop"
    assert f"The finish reason '{finish}' means stop." in caplog.messages


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS", "model_length"])
async def test_other_words_for_length_mean_the_output_limit(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire, finish: str
) -> None:
    """Anthropic, Gemini and Mistral; the advice is that of a limit."""
    server.play(wire.stream(wire.whole(wire.EDITED, finish=finish)))
    with pytest.raises(AnswerTooLong):
        await read(client, reading())


async def test_an_empty_finish_reason_says_nothing(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """Some servers send one with every chunk, the last with the figures too."""
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
        for text, finish in (("a", ""), ("b", "stop"), ("", ""))
    ]
    server.play(wire.stream(chunks))
    assert await read(client, reading()) == "ab"


async def test_text_in_parts_is_joined_without_the_thinking(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """As Mistral's reasoning models send it."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        "c",
    ]
    choice = {"index": 0, "delta": {"content": parts}, "finish_reason": "stop"}
    server.play(wire.stream([{"choices": [choice]}]))
    assert await read(client, reading()) == "ab"


WHOLE = {
    "model": "m",
    "choices": [{"index": 0, "message": {"content": "é"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1},
}


@pytest.mark.parametrize("size", [1, 7, 4_000])
async def test_an_answer_that_is_no_stream_is_read(size: int) -> None:
    """Some servers ignore `stream`, and the request may leave it out."""
    body = json.dumps(WHOLE, indent=1).encode() + b"\n"
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    held = reading()
    assert await read_pieces(pieces, held, kind="application/json") == "é"
    assert held.usage == Usage(prompt_tokens=3, completion_tokens=1)


async def test_an_error_with_status_200_is_quoted() -> None:
    body = b'{"error": {"message": "The model is loading", "code": 503}}'
    with pytest.raises(openai.APIError, match="The model is loading"):
        await read_pieces([body], reading(), kind="application/json")


async def test_the_text_of_an_error_without_a_message_is_quoted(wire: Wire) -> None:
    body = wire.lines([{"error": "upstream failed"}])
    with pytest.raises(openai.APIError, match="upstream failed"):
        await read_pieces([body], reading())


async def test_any_cut_of_the_bytes_gives_the_same_text(wire: Wire) -> None:
    """A body that arrives byte by byte, through multi-byte characters and line ends."""
    text = "é = '日本語 🎉'\r\n\t# tail  \n"
    whole = wire.lines(wire.whole(text))
    for size in (1, 2, 3, 7, len(whole)):
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        assert await read_pieces(pieces, reading()) == text


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60), st.lists(st.integers(0, 10_000))
)
async def test_no_chunking_changes_any_text(text: str, cuts: list[int]) -> None:
    """Characters of any kind, sent unescaped and cut anywhere, stay the same."""
    frames = [
        {"choices": [{"index": 0, "delta": {"content": text}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    body = b"".join(
        b"data: " + json.dumps(item, ensure_ascii=False).encode() + b"\r\n\r\n" for item in frames
    )
    places = sorted({cut % len(body) for cut in cuts} | {0, len(body)})
    pieces = [body[start:end] for start, end in itertools.pairwise(places)]
    assert await read_pieces(pieces, reading()) == text


PARTS = st.sampled_from(
    [b"data", b"data:", b"data: ", b"event: e", b": x", b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"{}"]
)


@given(st.lists(st.lists(PARTS, max_size=6).map(b"".join), max_size=8))
def test_events_are_those_that_the_sdk_finds(pieces: list[bytes]) -> None:
    """Line ends of any kind, cut anywhere; several lines of data are joined."""
    decoder = EventDecoder()
    ours = [data.decode() for piece in pieces for data in decoder.feed(piece)]
    # An event that only has a name carries nothing.
    theirs = [event.data for event in SSEDecoder().iter_bytes(iter(pieces))]
    assert [data for data in ours if data] == [data for data in theirs if data]


@given(st.lists(st.text("é🎉a\n", max_size=4), max_size=5), st.integers(1, 9))
def test_events_do_not_depend_on_the_cuts(texts: list[str], size: int) -> None:
    """The text of every event, byte by byte or at once."""
    whole = b"".join(b"data: " + json.dumps(text).encode() + b"\n\n" for text in texts)
    decoder = EventDecoder()
    cut = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert [json.loads(data) for piece in cut for data in decoder.feed(piece)] == texts


@pytest.mark.parametrize("lines", [1, 1_200])
def test_an_event_has_any_number_of_lines(lines: int) -> None:
    """Proxies send comments to keep a connection, and data may come a word a line."""
    event = b": wait\n" * lines + b"data: 1\ndata\ndata:,\ndatum: 2\n" * lines + b"\n"
    assert EventDecoder().feed(event) == [b"\n".join([b"1", b"", b","] * lines)]


async def test_half_of_a_surrogate_pair_is_text(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """JSON can carry it; the guard refuses it later, with a cause."""
    server.play(wire.stream([wire.frame("\ud83d"), wire.frame(finish="stop")]))
    assert await read(client, reading()) == "\ud83d"


async def test_frames_without_choices_are_passed_over(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """Azure's filter findings, comments and other choices are not text."""
    frames = [
        wire.frame(choices=False, model="", prompt_filter_results=[{"prompt_index": 0}]),
        wire.frame("a", delta={"role": "assistant"}),
        wire.frame(choices=False, content_filter_results={}),
        {"choices": [{"index": 1, "delta": {"content": "another answer"}}]},
        {"choices": None},
        {},
        "[]",
        "null",
        wire.frame("b"),
        wire.frame(finish="stop"),
        "[DONE]",
    ]
    server.play(wire.stream(frames))
    held = reading()
    assert await read(client, held) == "ab"
    assert held.model == wire.MODEL
    assert held.usage is None


BROKEN = [
    ("no end", lambda w: [w.frame("half")], StreamCutShort, "after 4 characters"),
    ("only done", lambda _: ["[DONE]"], StreamCutShort, "after 0 characters"),
    ("nothing", lambda _: [], StreamCutShort, "after 0 characters"),
    ("length", lambda w: w.whole("half", finish="length"), AnswerTooLong, "output limit"),
    ("filter", lambda w: w.whole("half", finish="content_filter"), ContentFiltered, "filter"),
    (
        "filter found later",
        lambda w: [
            *w.whole("all")[:-1],
            w.frame(finish="content_filter"),
            w.frame(finish="stop"),
        ],
        ContentFiltered,
        "filter",
    ),
    ("tools", lambda w: w.whole("", finish="tool_calls"), AnswerUnusable, "`tool_calls`"),
    ("new reason", lambda w: w.whole("x", finish="x" * 99), AnswerUnusable, "`xxx"),
    (
        "refusal",
        lambda w: [w.frame(delta={"refusal": "I will not"}), w.frame(finish="stop")],
        AnswerRefused,
        "declined",
    ),
]


@pytest.mark.parametrize(
    ("frames", "kind", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
async def test_only_stop_is_a_whole_answer(
    client: openai.AsyncOpenAI,
    server: ModelServer,
    wire: Wire,
    frames: Any,
    kind: type[PredictEditError],
    words: str,
) -> None:
    """A clean end without finish reason, which the SDK does not notice, and every other end."""
    server.play(wire.stream(frames(wire)))
    with pytest.raises(kind, match=words) as caught:
        await read(client, reading())
    assert type(caught.value) is kind
    assert caught.value.next_step


async def test_figures_of_a_failed_answer_are_kept(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """An answer that was cut by its length was still billed."""
    server.play(wire.stream(wire.whole("half", finish="length")))
    held = reading()
    with pytest.raises(AnswerTooLong):
        await read(client, held)
    assert held.usage == PUBLISHED


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", "<html><body>Sign in</body></html>"),
        ("application/json", '{"status": "ok"}'),
        ("application/json", '{"choices": [{"message": {"content": "x"'),
        ("text/plain", "ok"),
    ],
)
async def test_a_page_instead_of_a_stream_is_named(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire, kind: str, body: str
) -> None:
    """Status 200 without any event: the SDK says nothing, our error names `base-url`."""
    server.play(wire.answer(200, body, kind=kind))
    with pytest.raises(NoStream, match=kind) as caught:
        await read(client, reading())
    assert "`base-url`" in caught.value.next_step


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        (["{not json"], json.JSONDecodeError),
        ([{"error": {"message": "overloaded", "code": "server_error"}}], openai.APIError),
        ([{"error": "overloaded"}], openai.APIError),
    ],
)
async def test_what_the_sdk_raises_in_a_stream_comes_through(
    client: openai.AsyncOpenAI,
    server: ModelServer,
    wire: Wire,
    frames: list[Any],
    kind: type[Exception],
) -> None:
    """Malformed lines and error frames, after some text."""
    server.play(wire.stream([wire.frame("half"), *frames]))
    held = reading()
    with pytest.raises(kind):
        await read(client, held)
    assert held.characters == 4


async def test_an_error_frame_after_the_end_spoils_the_answer(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """An asynchronous filter may object after the text was sent."""
    error = {"error": {"message": "filtered", "code": "content_filter"}}
    server.play(wire.stream([*wire.whole("all")[:-1], error]))
    with pytest.raises(openai.APIError):
        await read(client, reading())


async def test_a_dropped_connection_is_an_error(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """Half an answer is none."""
    server.play(wire.stream([wire.frame("half")], pause=0.02, cut=True))
    with pytest.raises(openai.APIConnectionError):
        await read(client, reading())


async def test_a_connection_dropped_after_the_end_loses_the_figures_only(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """With the finish reason, the text is whole; the usage is then unknown, not 0."""
    server.play(wire.stream(wire.whole("all")[:-2], pause=0.02, cut=True))
    held = reading()
    assert await read(client, held) == "all"
    assert held.usage is None


async def test_an_endless_stream_is_closed_within_the_bound(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """Reading stops one frame after the bound, and the server notices."""
    server.play(wire.endless())
    held = reading(most_characters=2_000)
    with pytest.raises(AnswerUnusable, match="grew past 2000 characters"):
        await read(client, held)
    assert 2_000 < held.characters <= 2_000 + 20 * 21
    for _ in range(200):
        if server.hung_up:
            break
        await asyncio.sleep(0.01)
    assert server.hung_up == 1
    assert server.busy == 0


async def test_an_answer_of_exactly_the_bound_is_kept(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """The bound itself is allowed."""
    server.play(wire.stream(wire.whole("x" * 50)))
    assert await read(client, reading(most_characters=50)) == "x" * 50


async def test_a_stream_that_stalls_is_given_up(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """No chunk for the stall limit, after text has begun."""
    server.play(wire.stream([wire.frame("half")], hang=True))
    with pytest.raises(ModelTimeout, match=r"stalled for 0\.1 s after 4 characters"):
        await read(client, reading(stall=0.1))


async def test_a_model_that_thinks_first_is_not_stalled(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """Before the first text, the stall limit does not count."""
    frames = wire.whole("after thought")
    server.play(wire.stream([*frames[:1], 0.3, *frames[1:]]))
    assert await read(client, reading(stall=0.2)) == "after thought"


async def test_pieces_of_a_slow_stream_gather(wire: Wire) -> None:
    """Each wait for the network costs more than the event; a short answer is not held up."""
    text = "x" * 1_400
    slow = Bytes([wire.lines([item]) for item in wire.whole(text)], seconds=0.003)
    assert await read_pieces(slow, reading(stall=0.2)) == text
    assert slow.waits < 100

    short = Bytes([wire.lines([item]) for item in wire.whole("x" * 140)], seconds=0.02)
    assert await read_pieces(short, reading()) == "x" * 140
    assert short.waits > 10


@pytest.mark.parametrize("together", [1, 10, 1_000])
async def test_the_watch_stops_at_the_same_character_however_events_come(
    wire: Wire, together: int
) -> None:
    """Events that come together are not read past the point where the answer is given up."""
    frames = wire.whole("x" * 2_000)
    pieces = [
        wire.lines(frames[start : start + together]) for start in range(0, len(frames), together)
    ]
    causes = iter([None, None, "It talks."])
    held = reading(watch=lambda _: next(causes))
    with pytest.raises(BrokenOff, match="It talks"):
        await read_pieces(pieces, held)
    assert held.characters == 609


async def test_the_connection_serves_the_next_request(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """An answer is read to the end of its body."""
    ports: list[int] = []
    answer = wire.stream(wire.whole("all"))

    async def reply(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername")[1])
        return await answer(request, body)

    server.default = reply
    for _ in range(3):
        assert await read(client, reading()) == "all"
    assert ports == [ports[0]] * 3


async def test_progress_counts_characters_upwards(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """Each piece of text is reported, with all characters so far."""
    told: list[int] = []
    server.play(wire.stream(wire.whole("x" * 20)))
    await read(client, reading(progress=told.append))
    assert told == [7, 14, 20]


async def test_the_watch_sees_the_text_in_few_pieces(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """But for the end: an answer that is complete is read on, for its usage."""
    seen: list[str] = []
    text = "".join(f"line {number}\n" for number in range(100))
    server.play(wire.stream(wire.whole(text)))
    await read(client, reading(watch=seen.append))
    assert text.startswith("".join(seen))
    assert 0 <= len(text) - len("".join(seen)) < 200
    assert 1 < len(seen) <= len(text) // 200

    server.play(wire.stream(wire.whole("Sure! Here it is.")))
    short = reading(watch=lambda _: "It talks.")
    assert await read(client, short) == "Sure! Here it is."
    assert short.usage == PUBLISHED


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}, None),
        (
            {"prompt_tokens": 5, "completion_tokens": 0},
            Usage(prompt_tokens=5, completion_tokens=0),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 7, "completion_tokens_details": None},
            Usage(prompt_tokens=5, completion_tokens=7),
        ),
        (
            {"completion_tokens": 7, "completion_tokens_details": {}},
            Usage(completion_tokens=7),
        ),
        (
            {
                "completion_tokens": 7,
                "completion_tokens_details": {
                    "accepted_prediction_tokens": None,
                    "rejected_prediction_tokens": 0,
                },
            },
            Usage(completion_tokens=7, rejected_prediction_tokens=0),
        ),
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}},
            Usage(prompt_tokens=5, cached_tokens=3),
        ),
        ({"prompt_tokens": -1, "completion_tokens": "7"}, None),
        ({"prompt_tokens": True, "completion_tokens": 7.0}, None),
        ([("prompt_tokens", 5)], None),
        ("5 tokens", None),
    ],
)
def test_not_reported_is_never_0(usage: object, read_as: Usage | None) -> None:
    """Missing, null and empty details are unknown; a reported 0 is 0; nonsense is unknown."""
    assert read_usage(usage) == read_as


async def test_a_server_that_counts_with_every_frame_is_read_at_its_last_word(
    client: openai.AsyncOpenAI, server: ModelServer, wire: Wire
) -> None:
    """The last usage of the stream counts, not the sum."""
    first = wire.frame("a", usage={"prompt_tokens": 9, "completion_tokens": 1})
    last = wire.frame(finish="stop", usage={"prompt_tokens": 9, "completion_tokens": 2})
    server.play(wire.stream([first, last]))
    held = reading()
    await read(client, held)
    assert held.usage == Usage(prompt_tokens=9, completion_tokens=2)
