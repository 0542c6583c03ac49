"""Read one streamed answer, ready to stop at any chunk.

The SDK ends a truncated stream without an error, delivers no chunk at all for a page of HTML, and
has no limit on the whole. It also takes twice as long for an event as everything below it, and an
event may hold no more than one token. So the SDK sends the request and judges the status, and the
body is read here: only an answer with the finish reason ``stop`` is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import anyio
import httpx2
import openai
import pydantic_core

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
from predict_edit.support.log import log

Watch = Callable[[str], str | None]
"""Reads along with one answer; returns a sentence that says why to stop reading, or ``None``."""

_FINISHES = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "eos_token", "eos", "complete"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length"), "length"),
}
"""What servers say for ``stop`` and ``length``, in lower case."""
_EVENT_STREAM = "text/event-stream"
_BROKEN = (httpx2.RequestError, ssl.SSLError, anyio.EndOfStream)
"""What a connection fails with; httpx2 lets the last two through (pydantic/httpx2, issue 854)."""
_DRAIN_SECONDS = 0.1
MOST_OF_EVENT = 4 * 1024 * 1024
"""Bytes of one event; some servers send a whole answer in one."""
_DATA = re.compile(rb"^data(?:: ?([^\n]*))?$", re.MULTILINE)
_GLANCE = 200
"""Characters that are watched at once: a piece of text takes as long as its characters."""
_LULL = 0.001
"""Seconds without a chunk after which the next counts as waited for."""
_PAUSE = 0.05
"""Seconds for which chunks of a slow stream gather: to wait for one takes several times as much
processor time as to read it."""


async def open_stream(client: openai.AsyncOpenAI, fields: Mapping[str, Any]) -> httpx2.Response:
    """Ask for a chat completion; the body of the response is not read yet.

    The SDK's own method for it would check each field of the request by its type, which takes as
    long as all else, and load the readers of answers that are not used here.

    Raises:
        openai.OpenAIError: as the SDK raises it.
    """
    # Also where the model may not stream: then the body is read by the same limits.
    response: httpx2.Response = await client.post(
        "/chat/completions", cast_to=httpx2.Response, body=fields, stream=True
    )
    return response


class EventDecoder:
    """Takes the bytes of an event stream, cut anywhere, and gives the data of each whole event.

    Names, numbers and comments of events are passed over (WHATWG, HTML Standard, "Interpreting an
    event stream").
    """

    def __init__(self) -> None:
        self.rest = bytearray()
        """What is not the whole of an event yet."""
        self._after_return = False

    def feed(self, piece: bytes) -> Sequence[bytes]:
        """Take in a piece; the data of the events that it completes."""
        lone = piece.find(b"\n") == len(piece) - 2 and piece.startswith(b"data: ")
        if lone and not self.rest and piece.endswith(b"\n") and b"\r" not in piece:
            # One event, whole, as it mostly comes.
            self._after_return = False
            return (piece[6:-2],)
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_return = False
        if b"\r" in piece:
            self._after_return = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        elif piece:
            self._after_return = False
        seen = max(0, len(self.rest) - 1)
        self.rest += piece
        if self.rest.find(b"\n\n", seen) < 0:
            return ()
        *events, rest = bytes(self.rest).split(b"\n\n")
        self.rest = bytearray(rest)
        return [data for event in events if (data := _data_of(event)) is not None]


def _data_of(event: bytes) -> bytes | None:
    """The data of an event of any form; ``None`` if it has none."""
    if event[:6] == b"data: " and b"\n" not in event:
        return event[6:]
    data = [found[1] or b"" for found in _DATA.finditer(event)]
    return b"\n".join(data) if data else None


def _parsed(data: bytes, request: httpx2.Request) -> object:
    """The JSON value of an event.

    Raises:
        openai.APIError: it is an error, as the SDK raises it.
        ValueError, RecursionError: it is no JSON, or nested too deeply.
    """
    try:
        # In a third of the time that `json` takes.
        value: object = pydantic_core.from_json(data)
    except ValueError:
        # It refuses half of a surrogate pair, which `json` takes.
        value = json.loads(data.decode())
    if isinstance(value, dict) and (error := value.get("error")):
        message = _field(error, "message") or error
        known = message if isinstance(message, str) and message else "The stream holds an error."
        raise openai.APIError(known, request, body=error)
    return value


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read what follows the last event, so that the connection can be used again."""
    with contextlib.suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in pieces:
                pass


@dataclasses.dataclass(slots=True, kw_only=True)
class Reading:
    """An answer as received so far; it keeps its figures when reading fails."""

    most_characters: int
    """Longer than any answer this file can need; reading stops there."""
    stall: float = 60.0
    """Seconds without a chunk, once text has begun, after which the stream counts as dead."""
    progress: Callable[[int], None] | None = None
    watch: Watch | None = None
    """Called with the text as it comes in, a few words at a time."""
    clock: Callable[[], float] = time.monotonic
    first_text: float | None = None
    """When the first text arrived, by the clock."""
    parts: list[str] = dataclasses.field(default_factory=list)
    unwatched: str = ""
    """The end of the text, which the watch has not seen; that of a whole answer needs no watch."""
    characters: int = 0
    gathered: int = 0
    """Characters when a chunk had last to be waited for."""
    usage: Usage | None = None
    model: str | None = None
    finish: str | None = None
    refused: bool = False
    filtered: bool = False
    chunks: int = 0

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.parts)

    async def read(self, response: httpx2.Response) -> str:
        """Read to the end and judge; the response is closed in any case.

        Returns:
            The whole text of the answer, as sent.

        Raises:
            StreamCutShort: no finish reason, or no stream at all.
            AnswerTooLong: the model's output limit was reached.
            AnswerRefused: the model declined.
            BrokenOff: what was read so far cannot become the file.
            AnswerUnusable: the answer ran away or is something else than text.
            ContentFiltered: the provider's filter cut the answer.
            ModelTimeout: the stream stalled.
            openai.APIError: the stream holds an error, or the connection broke.
            ValueError, RecursionError: an event is not JSON.
        """
        try:
            await self._consume(response)
        except (openai.APIConnectionError, ModelTimeout):
            # Only the figures were still to come: the answer itself is whole.
            if self.finish != "stop":
                raise
        finally:
            await response.aclose()
        self._judge(response)
        return self.text

    async def _consume(self, response: httpx2.Response) -> None:
        loop, request = asyncio.get_running_loop(), response.request
        heard = 0.0
        try:
            # Before the first text a reasoning model may think for minutes.
            async with (
                asyncio.timeout(None) as limit,
                contextlib.aclosing(response.aiter_raw()) as pieces,
            ):
                decoder = EventDecoder()
                async for piece in pieces:
                    for data in decoder.feed(piece):
                        if data.startswith(b"[DONE]"):
                            await _drain(pieces)
                            return
                        self._take(_parsed(data, request))
                    if len(decoder.rest) > MOST_OF_EVENT:
                        raise self._endless(response)
                    # A timer for each chunk would take longer than the chunk.
                    if self.characters and loop.time() - heard >= _LULL:
                        limit.reschedule(loop.time() + self.stall)
                        await self._gather()
                    heard = loop.time() if self.characters else 0.0
                self._take_whole(bytes(decoder.rest), request)
        except TimeoutError:
            raise ModelTimeout(
                f"The answer stalled for {self.stall:g} s after {self.characters} characters.",
                "Run the command again.",
            ) from None
        except httpx2.TimeoutException as error:
            raise openai.APITimeoutError(request=response.request) from error
        except _BROKEN as error:
            raise openai.APIConnectionError(request=response.request) from error

    def _take_whole(self, body: bytes, request: httpx2.Request) -> None:
        """Take in an answer that is not a stream but one JSON object, as some servers send it."""
        if self.chunks or not body.lstrip().startswith(b"{"):
            return
        with contextlib.suppress(ValueError, RecursionError):
            if _field(answer := _parsed(body, request), "choices"):
                self._take(answer)

    async def _gather(self) -> None:
        """Let chunks of a slow stream gather, once text flows."""
        slow = _GLANCE < self.characters < self.gathered + _GLANCE
        self.gathered = self.characters
        if slow and self.finish is None:
            await asyncio.sleep(_PAUSE)

    def _take(self, chunk: object) -> None:
        """Take one chunk in; it is not validated, so nothing is taken for granted."""
        self.chunks += 1
        if not isinstance(chunk, dict):
            return
        model = chunk.get("model")
        if isinstance(model, str) and model:
            self.model = model
        if (usage := read_usage(chunk.get("usage"))) is not None:
            self.usage = usage
        # Fireworks reports predictions so, in the last chunk; what is rejected there is free.
        metrics = chunk.get("perf_metrics")
        matched = metrics and _count(metrics, "speculation-matched-tokens")
        if isinstance(matched, int):
            self.usage = dataclasses.replace(
                self.usage or Usage(), accepted_prediction_tokens=matched
            )
        choices = chunk.get("choices")
        # Azure sends frames without choices for its filter's findings, before and between.
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index"):
                self._take_choice(choice)

    def _take_choice(self, choice: Mapping[str, object]) -> None:
        delta = choice.get("delta", choice.get("message"))
        if isinstance(delta, dict):
            content = delta.get("content")
            if isinstance(content, list):
                # Mistral's reasoning models send parts; those that are thinking have no text.
                texts = [_field(part, "text") for part in content]
                content = "".join(text for text in texts if isinstance(text, str))
            if isinstance(content, str) and content:
                self._take_text(content)
            self.refused = self.refused or bool(delta.get("refusal"))
        if finish := choice.get("finish_reason"):
            self.finish = _FINISHES.get(str(finish).casefold(), str(finish))
            if self.finish != finish:
                log.info("The finish reason %r means %s.", finish, self.finish)
            self.filtered = self.filtered or finish == "content_filter"

    def _take_text(self, content: str) -> None:
        if self.first_text is None:
            self.first_text = self.clock()
        self.parts.append(content)
        self.characters += len(content)
        self.unwatched += content
        if len(self.unwatched) >= _GLANCE:
            self._look()
        if self.characters > self.most_characters:
            raise AnswerUnusable(
                f"The answer grew past {self.most_characters} characters, more than this file "
                "can need, and was stopped.",
                "Ask for less at once, or more specifically.",
            )
        if self.progress is not None:
            self.progress(self.characters)

    def _look(self) -> None:
        """Stop reading if the watch says so."""
        text, self.unwatched = self.unwatched, ""
        cause = self.watch(text) if self.watch is not None else None
        if cause is not None:
            raise BrokenOff(
                cause,
                f"Reading stopped after {self.characters:,} characters. Run the command again with "
                "a more specific instruction.",
            )

    def _judge(self, response: httpx2.Response) -> None:
        if self.filtered:
            raise ContentFiltered(
                "The provider's content filter cut the answer.",
                "Look for text in this file that the filter may object to; Azure shows and sets "
                "the filter with the deployment.",
            )
        if self.refused:
            raise AnswerRefused(
                "The model declined to edit this file.", "Word the instruction differently."
            )
        if self.finish is None:
            raise self._cut_short(response)
        if self.finish == "length":
            raise AnswerTooLong(
                "The model reached its output limit before the file was complete.",
                "Exclude the file, split it, or choose a model with a higher output limit.",
            )
        if self.finish != "stop":
            raise AnswerUnusable(
                f"The model ended with `{self.finish[:40]}` instead of the edited file.",
                "Choose a chat model that answers with text.",
            )

    def _endless(self, response: httpx2.Response) -> PredictEditError:
        cut_short = self._cut_short(response)
        if isinstance(cut_short, NoStream):
            return cut_short
        return AnswerUnusable(
            f"One event of the answer is longer than {MOST_OF_EVENT // 2**20} MiB.",
            "Check that `base-url` is the root of an OpenAI-compatible API.",
        )

    def _cut_short(self, response: httpx2.Response) -> StreamCutShort:
        kind = response.headers.get("content-type", "").split(";")[0].strip()
        if not self.chunks and kind != _EVENT_STREAM:
            return NoStream(
                f"The endpoint answered with `{kind[:60] or 'no content type'}` instead of a "
                "stream.",
                "Check that `base-url` is the root of an OpenAI-compatible API; a web page or a "
                "proxy seems to answer there.",
            )
        return StreamCutShort(
            f"The answer ended after {self.characters} characters without a finish reason.",
            "Run the command again; a proxy on the way may cut long answers.",
        )


class BrokenOff(AnswerUnusable):
    """The stream was closed because of its content; a retry that says so may help."""


class NoStream(StreamCutShort):
    """The answer was not an event stream; a retry would bring the same."""


def read_usage(usage: object) -> Usage | None:
    """Read the provider's figures; what is missing or not a count becomes ``None``, never 0."""
    if usage is None:
        return None
    prompt = _field(usage, "prompt_tokens_details")
    completion = _field(usage, "completion_tokens_details")
    read = Usage(
        prompt_tokens=_count(usage, "prompt_tokens"),
        cached_tokens=_count(prompt, "cached_tokens"),
        cache_write_tokens=_count(prompt, "cache_write_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        accepted_prediction_tokens=_count(completion, "accepted_prediction_tokens"),
        rejected_prediction_tokens=_count(completion, "rejected_prediction_tokens"),
        reasoning_tokens=_count(completion, "reasoning_tokens"),
    )
    return None if read == Usage() else read


def _field(holder: object, name: str) -> object:
    """A field of a JSON object; ``None`` if it is missing or the holder is not an object."""
    return holder.get(name) if isinstance(holder, dict) else None


def _count(holder: object, name: str) -> int | None:
    value = _field(holder, name)
    return value if type(value) is int and value >= 0 else None
