"""Calls with and without a prediction, in turn, and what they say of predictions.

Few samples of a noisy thing: so there are ranges and counts beside every median, files weigh the
same whatever their length, and "no clear difference" is a result.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Literal

import httpx2
import openai

from predict_edit.domain.edits import EditRequest, FailedEdit, FileEdit, PredictionState, Usage
from predict_edit.domain.errors import (
    BudgetExceeded,
    ModelForbidden,
    ModelNotFound,
    ModelUnauthorized,
    PredictEditError,
    SignInError,
)
from predict_edit.llm import tokens
from predict_edit.llm.auth import Mask, open_client
from predict_edit.llm.billing import Attempt
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.limits import Budget
from predict_edit.settings.fields import ModelSettings

_FINAL = (SignInError, ModelUnauthorized, ModelForbidden, ModelNotFound, BudgetExceeded)
"""What will not be otherwise for the next call."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One call."""

    path: str
    round: int
    """1-based."""
    predicted: bool
    first: float | None = None
    """Seconds to the first text."""
    seconds: float = 0.0
    """Seconds to the end of the answer."""
    usage: Usage | None = None
    cost: Decimal | None = None
    text: str = dataclasses.field(default="", repr=False)
    spoiled: str = ""
    """Why it measures nothing; empty where it does."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """All calls of one comparison."""

    model: str
    samples: tuple[Sample, ...]
    refused: bool = False
    """The model takes no predictions, so that there was nothing to compare."""
    stopped: PredictEditError | None = None
    """Why it was ended early: a wrong key, or a limit on tokens or money."""


async def measure(
    requests: Sequence[EditRequest],
    settings: ModelSettings,
    *,
    rounds: int,
    environ: Mapping[str, str],
    mask: Mask,
    progress: Callable[[Sample], None] = lambda _: None,
) -> Measurement:
    """Ask for each file ``rounds`` times with and as often without its prediction.

    One call at a time, so that none waits for another. Which of the two comes first changes with
    every pair, so that neither has the warmer cache or the quieter hour throughout.

    Raises:
        SettingsError: the settings contradict each other; nothing was requested.
    """
    attempts: list[Attempt] = []
    limited = settings.max_tokens is not None or settings.max_cost is not None
    budget = Budget(settings.max_tokens, settings.max_cost) if limited else None
    client = open_client(settings, environ=environ, mask=mask)
    mark = token_hex(16)

    def editor_for(*, predicted: bool) -> ChatEditor:
        own = dataclasses.replace(settings, prediction="on" if predicted else "off", concurrency=1)
        return ChatEditor(
            own,
            client,
            nonce=mark,
            today=dt.datetime.now(tz=dt.UTC).date(),
            runtime=Runtime(count=tokens.count, on_attempt=attempts.append),
            budget=budget,
        )

    editors = {predicted: editor_for(predicted=predicted) for predicted in (True, False)}
    samples: list[Sample] = []
    refused, stopped = False, None
    calls = (
        (round_, request, predicted)
        for number, (round_, request) in enumerate(
            itertools.product(range(1, rounds + 1), requests)
        )
        for predicted in ((True, False) if number % 2 == 0 else (False, True))
    )
    try:
        await _shake_hands(client)
        for round_, request, predicted in calls:
            attempts.clear()
            result = await editors[predicted].edit(request)
            samples.append(_sample(result, round_, predicted, attempts))
            progress(samples[-1])
            refused = predicted and result.effort.prediction is PredictionState.REFUSED
            if isinstance(result, FailedEdit) and isinstance(result.error, _FINAL):
                stopped = result.error
            if refused or stopped:
                break
    finally:
        await client.close()
    return Measurement(
        model=editors[True].model, samples=tuple(samples), refused=refused, stopped=stopped
    )


async def _shake_hands(client: openai.AsyncOpenAI) -> None:
    """Open the connection and fetch the token, so that no measured call pays for that."""
    try:
        await client.models.list()
    except (openai.OpenAIError, PredictEditError, httpx2.HTTPError, ValueError, OSError):
        # Not every server lists its models; what is wrong will show with the first call.
        return


def _sample(
    result: FileEdit | FailedEdit, round_: int, predicted: bool, attempts: Sequence[Attempt]
) -> Sample:
    """What one edit measured, if it was one call from its beginning to its end."""
    empty = Sample(path=result.file.path, round=round_, predicted=predicted)
    if isinstance(result, FailedEdit):
        return dataclasses.replace(empty, spoiled=str(result.error))
    if len(attempts) != 1:
        why = f"It took {len(attempts)} calls: in pieces, or again after trouble."
        return dataclasses.replace(empty, spoiled=why)
    (attempt,) = attempts
    return dataclasses.replace(
        empty,
        first=attempt.first_text,
        seconds=attempt.seconds,
        usage=attempt.usage,
        cost=attempt.cost,
        text=result.text,
    )


Verdict = Literal["on", "off", "no difference", "too few", "refused"]

LEAST_PAIRS = 3
"""Pairs below which nothing is recommended."""
CLEAR_SHARE = 0.8
"""Share of the pairs that must agree."""
CLEAR_RATIO = 1.1
"""A median below this is not worth a word."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Some figures: the one in the middle and how far they go apart."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Spread | None:
        """Of the figures that are known; ``None`` where none is."""
        known = [figure for figure in figures if figure is not None]
        if not known:
            return None
        return cls(
            median=statistics.median(known), low=min(known), high=max(known), count=len(known)
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A file with predictions, or without."""

    first: Spread | None
    seconds: Spread | None
    prompt_tokens: Spread | None
    completion_tokens: Spread | None
    accepted: Spread | None
    rejected: Spread | None
    cost: Spread | None

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Side:
        """Of the samples that measured something."""
        usages = [sample.usage for sample in samples if sample.usage is not None]
        return cls(
            first=Spread.of(sample.first for sample in samples),
            seconds=Spread.of(sample.seconds for sample in samples),
            prompt_tokens=Spread.of(usage.prompt_tokens for usage in usages),
            completion_tokens=Spread.of(usage.completion_tokens for usage in usages),
            accepted=Spread.of(usage.accepted_prediction_tokens for usage in usages),
            rejected=Spread.of(usage.rejected_prediction_tokens for usage in usages),
            cost=Spread.of(_dollars(sample) for sample in samples),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileComparison:
    """One file, both ways."""

    path: str
    with_prediction: Side
    without: Side
    speedup: Spread | None
    """Seconds without ÷ seconds with, pair by pair."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PredictionComparison:
    """Everything a measurement says."""

    files: tuple[FileComparison, ...]
    pairs: int
    """Calls with and without a prediction in the same round, both of which measured something."""
    faster: int
    """Of these, how often the one with the prediction was faster."""
    speedup: Spread | None
    first_text: Spread | None
    """Seconds to the first text without ÷ with, pair by pair."""
    cost_ratio: Spread | None
    """Cost with ÷ cost without, pair by pair."""
    same_edit: int
    """Pairs that gave the same text."""
    verdict: Verdict
    sentence: str
    """The recommendation, with the figures it rests on."""


def compare(measurement: Measurement) -> PredictionComparison:
    """Work everything out."""
    good = [sample for sample in measurement.samples if not sample.spoiled]
    pairs = _pairs(good)
    speedup = Spread.of(_ratio(off.seconds, on.seconds) for on, off in pairs)
    costs = Spread.of(_ratio(_dollars(on), _dollars(off)) for on, off in pairs)
    faster = sum(on.seconds < off.seconds for on, off in pairs)
    verdict: Verdict = "refused" if measurement.refused else _verdict(speedup, faster)
    return PredictionComparison(
        files=tuple(
            _file(path, [sample for sample in good if sample.path == path])
            for path in dict.fromkeys(sample.path for sample in measurement.samples)
        ),
        pairs=len(pairs),
        faster=faster,
        speedup=speedup,
        first_text=Spread.of(_ratio(off.first, on.first) for on, off in pairs),
        cost_ratio=costs,
        same_edit=sum(on.text == off.text for on, off in pairs),
        verdict=verdict,
        sentence=_sentence(verdict, speedup, costs, faster),
    )


def _file(path: str, samples: Sequence[Sample]) -> FileComparison:
    """One file's samples, both ways."""
    return FileComparison(
        path=path,
        with_prediction=Side.of([sample for sample in samples if sample.predicted]),
        without=Side.of([sample for sample in samples if not sample.predicted]),
        speedup=Spread.of(_ratio(off.seconds, on.seconds) for on, off in _pairs(samples)),
    )


def _pairs(samples: Iterable[Sample]) -> list[tuple[Sample, Sample]]:
    """With and without a prediction, of the same file and round."""
    found = {(s.path, s.round, s.predicted): s for s in samples}
    return [
        (sample, other)
        for (path, round_, predicted), sample in found.items()
        if predicted and (other := found.get((path, round_, False))) is not None
    ]


def _verdict(speedup: Spread | None, faster: int) -> Verdict:
    """What the pairs agree on."""
    if speedup is None or speedup.count < LEAST_PAIRS:
        return "too few"
    if faster >= CLEAR_SHARE * speedup.count and speedup.median >= CLEAR_RATIO:
        return "on"
    slower = speedup.count - faster
    if slower >= CLEAR_SHARE * speedup.count and speedup.median <= 1 / CLEAR_RATIO:
        return "off"
    return "no difference"


def _sentence(verdict: Verdict, speedup: Spread | None, costs: Spread | None, faster: int) -> str:
    """The recommendation with its figures."""
    if verdict == "refused":
        return "The model does not take predictions: `prediction` makes no difference for it."
    if speedup is None or verdict == "too few":
        count = speedup.count if speedup else 0
        return (
            f"{count} of at least {LEAST_PAIRS} pairs could be measured: too few for a "
            "recommendation. Use more rounds or files."
        )
    figures = (
        f"{speedup.median:.2f} times as fast (median of {speedup.count} pairs, "
        f"{speedup.low:.2f} to {speedup.high:.2f}; faster in {faster})"
    )
    price = "at an unknown cost"
    if costs is not None:
        price = f"at {costs.median - 1:+.0%} cost ({costs.low - 1:+.0%} to {costs.high - 1:+.0%})"
    advice = {
        "on": "Keep `prediction: auto`",
        "off": "Use `prediction: off`",
        "no difference": "No clear difference; `prediction: off` is the safer choice where it "
        "costs more",
    }
    return f"{advice[verdict]}: with predictions these edits are {figures}, {price}."


def _ratio(above: float | None, below: float | None) -> float | None:
    """A quotient, where both figures are known."""
    return above / below if above is not None and below else None


def _dollars(sample: Sample) -> float | None:
    """What a call cost."""
    return None if sample.cost is None else float(sample.cost)
