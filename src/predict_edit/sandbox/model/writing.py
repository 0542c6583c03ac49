"""From a valid request to everything its answer consists of: text, tokens, pieces, timing. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from predict_edit.sandbox.model import tokens
from predict_edit.sandbox.model.accounting import Speculation, Step, speculate
from predict_edit.sandbox.model.answers import Accounts
from predict_edit.sandbox.model.brain import Thought
from predict_edit.sandbox.model.catalogue import ModelSpec, PredictionRefusal
from predict_edit.sandbox.model.config import Latency, ModelConfig
from predict_edit.sandbox.model.faults import Behaviour, FaultKind
from predict_edit.sandbox.model.quirks import spoil

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
    answer = tokens.encode(text)
    predicted = prediction_of(body)
    heard = "" if predicted is None or spec.refusal else predicted
    way = speculate(tokens.encode(heard), answer, config.rule)
    finish = "stop"
    limit = min(
        spec.output_limit,
        body.get("max_completion_tokens") or spec.output_limit,
        body.get("max_tokens") or spec.output_limit,
    )
    if canned is None and way.completion_tokens > limit:
        way, finish = way.within(limit), "length"
    if behaviour.fault and behaviour.fault.kind in _HALF:
        way, finish = way.first(way.visible // 2), _HALF[behaviour.fault.kind]
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
            completion=way.completion_tokens,
            accepted=way.accepted,
            rejected=way.rejected,
        )
    return Writing(
        pieces=tuple(_pieces(answer, way, config)),
        finish=finish,
        accounts=accounts,
        first_token=config.latency.first_token,
    )


def knows_predictions(spec: ModelSpec) -> bool:
    """Whether the model's usage has details."""
    return spec.refusal is not PredictionRefusal.IGNORED


def _pieces(answer: Sequence[int], way: Speculation, config: ModelConfig) -> Iterator[Piece]:
    groups = list(_groups(way.steps, config))
    ends: list[int] = []
    for group in groups:
        ends.append((ends[-1] if ends else 0) + sum(step.visible for step in group))
    starts = [0, *ends]
    texts = tokens.pieces(answer[start:end] for start, end in zip(starts, ends, strict=False))
    for group, text in zip(groups, texts, strict=True):
        yield Piece(
            text=text,
            tokens=sum(step.visible for step in group),
            seconds=sum(_seconds(step, config.latency) for step in group),
        )


def _groups(steps: Sequence[Step], config: ModelConfig) -> Iterator[list[Step]]:
    group: list[Step] = []
    for step in steps:
        group.append(step)
        if sum(member.visible for member in group) >= config.tokens_per_chunk:
            yield group
            group = []
    if group:
        yield group


def _seconds(step: Step, latency: Latency) -> float:
    return (
        step.accepted * latency.accepted_token
        + step.generated * latency.generated_token
        + step.rejected * latency.rejected_token
    )
