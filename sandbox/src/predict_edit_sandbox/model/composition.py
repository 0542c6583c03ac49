"""From a valid request to everything its answer consists of: text, tokens, pieces, timing. Pure."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from predict_edit_sandbox.model import tokens
from predict_edit_sandbox.model.answers import Accounts
from predict_edit_sandbox.model.catalogue import ModelSpec, PredictionRefusal
from predict_edit_sandbox.model.config import Latency, ModelConfig
from predict_edit_sandbox.model.faults import Behaviour, FaultKind
from predict_edit_sandbox.model.hosts import CEREBRAS_LEAST, Host, booked
from predict_edit_sandbox.model.instructions import Thought
from predict_edit_sandbox.model.prediction_usage import (
    Speculation,
    SpeculationRule,
    Step,
    speculate,
)
from predict_edit_sandbox.model.quirks import spoil

CACHE_START, CACHE_STEP = 1_024, 128
"""Prompt caching begins at this many equal tokens and counts in these steps (OpenAI's guide)."""

_HALF = {
    FaultKind.LENGTH: "length",
    FaultKind.ANSWER_FILTERED: "content_filter",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Text that is sent at once, and how long writing it takes in seconds."""

    text: str
    tokens: int
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A finished answer, not sent yet."""

    pieces: tuple[Piece, ...]
    finish: str
    accounts: Accounts
    first_token: float

    @property
    def text(self) -> str:
        """The whole visible answer."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def seconds(self) -> float:
        """How long the whole answer takes."""
        return self.first_token + sum(piece.seconds for piece in self.pieces)


class PromptCache:
    """Remembers the beginnings of prompts, as OpenAI's prompt caching does."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def cached(self, prompt: Sequence[int]) -> int:
        """How many tokens at the beginning stood in an earlier prompt; remembers this one."""
        known = 0
        chained = 0
        for end in range(CACHE_STEP, len(prompt) + 1, CACHE_STEP):
            chained = hash((chained, tuple(prompt[end - CACHE_STEP : end])))
            if end < CACHE_START:
                continue
            if chained in self._known:
                known = end
            self._known.add(chained)
        return known


def prediction_of(body: Mapping[str, Any]) -> str | None:
    """The predicted text of a request, ``None`` where it has none."""
    prediction = body.get("prediction")
    return None if prediction is None else tokens.text_of(prediction.get("content"))


def write(
    *,
    body: Mapping[str, Any],
    prompt: int,
    cached: int,
    thought: Thought,
    spec: ModelSpec,
    config: ModelConfig,
    behaviour: Behaviour,
) -> Writing:
    """Write the answer that ``thought`` found, for a prompt of so many tokens."""
    canned = config.canned
    text = canned.answer if canned else spoil(thought.answer, behaviour.quirks)
    predicted = prediction_of(body)
    heard = "" if predicted is None or spec.refusal else predicted
    if config.host is Host.CEREBRAS and len(tokens.encode(text)) < CEREBRAS_LEAST:
        heard = ""
    way, chunks = _spoken(text, heard, config.rule, config.tokens_per_chunk)
    finish = "stop"
    limit = min(
        spec.output_limit,
        body.get("max_completion_tokens") or spec.output_limit,
        body.get("max_tokens") or spec.output_limit,
    )
    effort = body.get("reasoning_effort") or "medium"
    reasoning = min(limit, config.reasoning.get(effort, 0) if spec.efforts else 0)
    whole = way
    if canned is None and way.completion_tokens > limit - reasoning:
        way, finish = way.within(limit - reasoning), "length"
    if behaviour.fault and behaviour.fault.kind in _HALF:
        way, finish = way.first(way.visible // 2), _HALF[behaviour.fault.kind]
    if way is not whole:
        chunks = _chunks(tokens.encode(text), way, config.tokens_per_chunk)
    if canned:
        accounts = Accounts(
            prompt=canned.prompt_tokens,
            cached=0,
            completion=canned.completion_tokens,
            accepted=canned.accepted,
            rejected=canned.rejected,
        )
    else:
        accounts = Accounts(
            prompt=prompt + (spec.prediction_prompt_tokens if heard else 0),
            cached=cached,
            completion=way.completion_tokens + reasoning,
            accepted=way.accepted,
            rejected=way.rejected,
            reasoning=reasoning,
        )
    accounts = booked(config.host, accounts)
    return Writing(
        pieces=tuple(chunk.timed(config.latency) for chunk in chunks),
        finish=finish,
        accounts=accounts,
        first_token=config.latency.first_token + reasoning * config.latency.generated_token,
    )


def knows_predictions(spec: ModelSpec) -> bool:
    """Whether the model's usage has details."""
    return spec.refusal is not PredictionRefusal.IGNORED


@dataclasses.dataclass(frozen=True, slots=True)
class _Chunk:
    """A piece that no time is known for yet."""

    text: str
    accepted: int
    generated: int
    rejected: int

    def timed(self, latency: Latency) -> Piece:
        seconds = (
            self.accepted * latency.accepted_token
            + self.generated * latency.generated_token
            + self.rejected * latency.rejected_token
        )
        return Piece(text=self.text, tokens=self.accepted + self.generated, seconds=seconds)


@functools.lru_cache(maxsize=256)
def _spoken(
    text: str, heard: str, rule: SpeculationRule, size: int
) -> tuple[Speculation, tuple[_Chunk, ...]]:
    """The way to an answer and its chunks; remembered, as benchmarks ask the same again."""
    answer = tokens.encode(text)
    way = speculate(tokens.encode(heard), answer, rule)
    return way, _chunks(answer, way, size)


def _chunks(answer: Sequence[int], way: Speculation, size: int) -> tuple[_Chunk, ...]:
    groups = list(_groups(way.steps, size))
    ends = list(itertools.accumulate(sum(step.visible for step in group) for group in groups))
    texts = tokens.pieces(answer[start:end] for start, end in itertools.pairwise([0, *ends]))
    return tuple(
        _Chunk(
            text,
            sum(step.accepted for step in group),
            sum(step.generated for step in group),
            sum(step.rejected for step in group),
        )
        for group, text in zip(groups, texts, strict=True)
    )


def _groups(steps: Sequence[Step], size: int) -> Iterator[list[Step]]:
    """Steps in groups of at least ``size`` tokens, the last one with what is left."""
    group: list[Step] = []
    visible = 0
    for step in steps:
        group.append(step)
        visible += step.visible
        if visible >= size:
            yield group
            group, visible = [], 0
    if group:
        yield group
