"""Reads one streamed answer, with a hand on the brake.

The SDK ends a truncated stream without an error, delivers no chunk at all for a page of HTML, and
has no limit on the whole. So the loop stands here: only an answer with the finish reason ``stop``
is whole.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import openai

from predict_edit.domain import Usage
from predict_edit.errors import (
    AnswerRefused,
    AnswerTooLong,
    AnswerUnusable,
    ContentFiltered,
    ModelTimeout,
    StreamCutShort,
)

_EVENT_STREAM = "text/event-stream"


@dataclasses.dataclass(slots=True, kw_only=True)
class Reading:
    """What was received so far; it keeps its figures when reading fails."""

    most_characters: int
    """Longer than any answer this file can need; reading stops there."""
    stall: float = 60.0
    """Seconds without a chunk, once text has begun, after which the stream counts as dead."""
    progress: Callable[[int], None] | None = None
    parts: list[str] = dataclasses.field(default_factory=list)
    characters: int = 0
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

    async def read(self, stream: openai.AsyncStream[Any]) -> str:
        """Read to the end and judge; the stream is closed in any case.

        Returns:
            The whole text of the answer, as sent.

        Raises:
            StreamCutShort: no finish reason, or no stream at all.
            AnswerTooLong: the model's output limit was reached.
            AnswerRefused: the model declined.
            AnswerUnusable: the answer ran away or is something else than text.
            ContentFiltered: the provider's filter cut the answer.
            ModelTimeout: the stream stalled.
            openai.OpenAIError, ValueError: as the SDK raises them.
        """
        try:
            await self._consume(stream)
        except (openai.APIConnectionError, ModelTimeout):
            # Only the figures were still to come: the answer itself is whole.
            if self.finish != "stop":
                raise
        finally:
            await stream.close()
        self._judge(stream)
        return self.text

    async def _consume(self, stream: openai.AsyncStream[Any]) -> None:
        chunks = aiter(stream)
        while True:
            try:
                # Before the first text a reasoning model may think for minutes.
                async with asyncio.timeout(self.stall if self.characters else None):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ModelTimeout(
                    f"The answer stalled for {self.stall:g} s after {self.characters} characters.",
                    "Run the command again.",
                ) from None
            self._take(chunk)

    def _take(self, chunk: object) -> None:
        """Take one chunk in. The SDK does not validate them, so nothing is taken for granted."""
        self.chunks += 1
        model = getattr(chunk, "model", None)
        if isinstance(model, str) and model:
            self.model = model
        if (usage := read_usage(getattr(chunk, "usage", None))) is not None:
            self.usage = usage
        choices = getattr(chunk, "choices", None)
        # Azure sends frames without choices for its filter's findings, before and between.
        for choice in choices if isinstance(choices, list) else ():
            if getattr(choice, "index", 0) in {0, None}:
                self._take_choice(choice)

    def _take_choice(self, choice: object) -> None:
        delta = getattr(choice, "delta", None)
        content = getattr(delta, "content", None)
        if isinstance(content, str) and content:
            self.parts.append(content)
            self.characters += len(content)
            if self.characters > self.most_characters:
                raise AnswerUnusable(
                    f"The answer grew past {self.most_characters} characters, more than this file "
                    "can need, and was broken off.",
                    "Ask for less at once, or for something more definite.",
                )
            if self.progress is not None:
                self.progress(self.characters)
        self.refused = self.refused or bool(getattr(delta, "refusal", None))
        finish = getattr(choice, "finish_reason", None)
        if finish is not None:
            self.finish = str(finish)
            self.filtered = self.filtered or finish == "content_filter"

    def _judge(self, stream: openai.AsyncStream[Any]) -> None:
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
            raise self._cut_short(stream)
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

    def _cut_short(self, stream: openai.AsyncStream[Any]) -> StreamCutShort:
        kind = stream.response.headers.get("content-type", "").split(";")[0].strip()
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


class NoStream(StreamCutShort):
    """What came was no event stream; asking again would bring the same."""


def read_usage(usage: object) -> Usage | None:
    """The provider's figures; what is missing, null or no count becomes ``None``, never 0."""
    if usage is None:
        return None
    prompt = getattr(usage, "prompt_tokens_details", None)
    completion = getattr(usage, "completion_tokens_details", None)
    read = Usage(
        prompt_tokens=_count(usage, "prompt_tokens"),
        cached_tokens=_count(prompt, "cached_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        accepted_prediction_tokens=_count(completion, "accepted_prediction_tokens"),
        rejected_prediction_tokens=_count(completion, "rejected_prediction_tokens"),
    )
    return None if read == Usage() else read


def _count(holder: object, name: str) -> int | None:
    value = getattr(holder, name, None)
    return value if type(value) is int and value >= 0 else None
