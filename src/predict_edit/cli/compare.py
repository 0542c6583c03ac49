"""``predict-edit compare``: what predictions bring for your files, your model and instruction.

Calls with and without a prediction, in turn. They are few samples of a noisy thing: so there are
ranges and counts beside every median, files weigh the same whatever their length, and "no clear
difference" is a result.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import itertools
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any, Final, Literal

import httpx2
import openai

from predict_edit.cli.console import DONE, FAILED, Screen
from predict_edit.cli.local_run import instruction_of
from predict_edit.cli.model_choice import in_local_words, read_model
from predict_edit.domain.edits import (
    EditRequest,
    FailedEdit,
    FileEdit,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.errors import (
    BudgetExceeded,
    InvalidInput,
    ModelForbidden,
    ModelNotFound,
    ModelUnauthorized,
    PredictEditError,
    SignInError,
)
from predict_edit.llm.auth import Mask, open_client
from predict_edit.llm.billing import Attempt, Estimate, estimate
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.limits import Budget
from predict_edit.run.estimate import as_data, in_words
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.log import Secrets
from predict_edit.support.text import plural

_MOST_ROUNDS: Final = 100

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

    editors = {
        predicted: ChatEditor(
            dataclasses.replace(settings, prediction="on" if predicted else "off", concurrency=1),
            client,
            nonce=mark,
            runtime=Runtime(on_attempt=attempts.append),
            budget=budget,
        )
        for predicted in (True, False)
    }
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
        await client.get("/models", cast_to=httpx2.Response)
    except (openai.OpenAIError, PredictEditError, httpx2.HTTPError, ValueError, OSError):
        # Not every server lists its models; what is wrong will show with the first call.
        return


def _sample(
    result: FileEdit | FailedEdit, round_: int, predicted: bool, attempts: Sequence[Attempt]
) -> Sample:
    """Return what one edit measured, if it was one call from its beginning to its end."""
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
        """Summarize the figures that are known; ``None`` if none is."""
        known = [figure for figure in figures if figure is not None]
        if not known:
            return None
        return cls(
            median=statistics.median(known), low=min(known), high=max(known), count=len(known)
        )


def _of_usage(name: str) -> Callable[[Sample], float | None]:
    return lambda sample: getattr(sample.usage, name, None)


_FIGURES: Final[Mapping[str, Callable[[Sample], float | None]]] = {
    "first": lambda sample: sample.first,
    "seconds": lambda sample: sample.seconds,
    "prompt_tokens": _of_usage("prompt_tokens"),
    "completion_tokens": _of_usage("completion_tokens"),
    "accepted": _of_usage("accepted_prediction_tokens"),
    "rejected": _of_usage("rejected_prediction_tokens"),
    "cost": lambda sample: None if sample.cost is None else float(sample.cost),
}
"""What is measured of each call."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileComparison:
    """One file, both ways."""

    path: str
    with_prediction: Mapping[str, Spread | None]
    without: Mapping[str, Spread | None]
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
    speedup = _ratios((off, on) for on, off in pairs)
    cost_ratio = _ratios(pairs, "cost")
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
        cost_ratio=cost_ratio,
        same_edit=sum(on.text == off.text for on, off in pairs),
        verdict=verdict,
        sentence=_sentence(verdict, speedup, cost_ratio, faster),
    )


def _file(path: str, samples: Sequence[Sample]) -> FileComparison:
    """Compare one file's samples, both ways."""
    sides = ([sample for sample in samples if sample.predicted is kind] for kind in (True, False))
    with_prediction, without = (
        {name: Spread.of(map(figure, side)) for name, figure in _FIGURES.items()} for side in sides
    )
    return FileComparison(
        path=path,
        with_prediction=with_prediction,
        without=without,
        speedup=_ratios((off, on) for on, off in _pairs(samples)),
    )


def _ratios(pairs: Iterable[tuple[Sample, Sample]], name: str = "seconds") -> Spread | None:
    """Divide a figure of the first call by that of the second, for pairs that have both."""
    figure = _FIGURES[name]
    both = ((figure(above), figure(below)) for above, below in pairs)
    return Spread.of(above / below for above, below in both if above is not None and below)


def _pairs(samples: Iterable[Sample]) -> list[tuple[Sample, Sample]]:
    """Pair samples with and without a prediction, of the same file and round."""
    found = {(s.path, s.round, s.predicted): s for s in samples}
    return [
        (sample, other)
        for (path, round_, predicted), sample in found.items()
        if predicted and (other := found.get((path, round_, False))) is not None
    ]


def _verdict(speedup: Spread | None, faster: int) -> Verdict:
    """Return what the pairs agree on."""
    if speedup is None or speedup.count < LEAST_PAIRS:
        return "too few"
    if faster >= CLEAR_SHARE * speedup.count and speedup.median >= CLEAR_RATIO:
        return "on"
    slower = speedup.count - faster
    if slower >= CLEAR_SHARE * speedup.count and speedup.median <= 1 / CLEAR_RATIO:
        return "off"
    return "no difference"


def _sentence(verdict: Verdict, speedup: Spread | None, costs: Spread | None, faster: int) -> str:
    """Write the recommendation with its figures."""
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
        "no difference": "No clear difference; if predictions cost more, use `prediction: off`",
    }
    return f"{advice[verdict]}: with predictions these edits are {figures}, {price}."


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        0 when there is a comparison, 1 when nothing could be measured.

    Raises:
        SettingsError: the settings or the files are wrong; nothing was requested.
    """
    secrets = Secrets()
    screen, aside = Screen(sys.stdout, secrets), Screen(sys.stderr, secrets)
    choice = read_model(arguments, os.environ)
    settings = choice.settings
    for secret in settings.secrets:
        secrets.add(secret)
    requests = _requests(arguments)
    expected = _expected(requests, settings, arguments.rounds)
    if arguments.estimate:
        words = in_words(expected, settings)
        screen.data({"version": 1, **as_data(expected)}) if arguments.json else screen.line(words)
        return DONE
    aside.hanging(in_words(expected, settings), style="dim")

    def show_sample(sample: Sample) -> None:
        kind = "with" if sample.predicted else "without"
        spoiled = in_local_words(sample.spoiled, choice.origins)
        took = spoiled or f"{sample.seconds:.2f} s"
        aside.hanging(
            f"round {sample.round}, {sample.path}, {kind} prediction: {took}", style="dim"
        )

    measurement = asyncio.run(
        measure(
            requests,
            settings,
            rounds=arguments.rounds,
            environ=os.environ,
            mask=secrets.add,
            progress=show_sample,
        )
    )
    result = compare(measurement)
    if arguments.json:
        screen.data(measured_data(measurement, result, arguments.rounds))
    else:
        show(measurement, result, screen, choice.origins)
    return DONE if result.pairs or measurement.refused else FAILED


def _requests(arguments: argparse.Namespace) -> list[EditRequest]:
    """Read the files.

    Raises:
        InvalidInput: one cannot be read or is not UTF-8, the instruction is empty, or the rounds
            are out of range.
    """
    if not 1 <= arguments.rounds <= _MOST_ROUNDS:
        raise InvalidInput(
            f"--rounds is {arguments.rounds}.", f"Give a number from 1 to {_MOST_ROUNDS}."
        )
    instruction, requests = instruction_of(arguments.message), []
    for path in dict.fromkeys(arguments.files):
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise InvalidInput(f"{path} cannot be read: {why}.", "Name text files.") from None
        requests.append(
            EditRequest(
                file=SourceFile(path=path.as_posix(), text=text, blob_sha=""),
                instruction=instruction,
            )
        )
    return requests


def _expected(requests: Sequence[EditRequest], settings: ModelSettings, rounds: int) -> Estimate:
    """Estimate what all of it would take."""
    on, off = (
        estimate(requests, dataclasses.replace(settings, prediction=mode)) for mode in ("on", "off")
    )

    def both(name: str) -> Any:
        figures = (getattr(on, name), getattr(off, name))
        return None if None in figures else rounds * sum(figures)

    names = ("calls", "prompt_tokens", "output_tokens_low", "output_tokens_high")
    return dataclasses.replace(
        on, **{name: both(name) for name in (*names, "cost_low", "cost_high")}
    )


_SHOWN: Final = {
    "first": ("First text s", ".2f"),
    "seconds": ("Total s", ".2f"),
    "completion_tokens": ("Out", ",.0f"),
    "accepted": ("Accepted", ",.0f"),
    "rejected": ("Rejected", ",.0f"),
    "cost": ("Cost USD", ".5f"),
}
"""Figures with a column: its title, and how they are written."""


def show(
    measurement: Measurement,
    result: PredictionComparison,
    screen: Screen,
    origins: Mapping[str, str],
) -> None:
    """Show a table of medians with their ranges, and what follows from them."""
    rows = []
    for file in result.files:
        for kind, side in (("with", file.with_prediction), ("without", file.without)):
            count = side["seconds"].count if side["seconds"] else 0
            figures = [_spread(side[name], form) for name, (_, form) in _SHOWN.items()]
            rows.append([file.path, kind, str(count), *figures])
    heads = ("File", "Prediction", "n", *(title for title, _ in _SHOWN.values()))
    screen.line(f"Model: {measurement.model}. Medians, with lowest and highest.", "bold")
    screen.table(heads, rows, right=range(2, 9))
    if result.pairs:
        screen.line(f"The edit was the same in {result.same_edit} of {result.pairs} pairs.")
    spoiled = [sample for sample in measurement.samples if sample.spoiled]
    if spoiled:
        screen.hanging(
            f"{plural(len(spoiled), 'call')} could not be measured; the first: "
            f"{in_local_words(spoiled[0].spoiled, origins)}"
        )
    if measurement.stopped is not None:
        why = in_local_words(str(measurement.stopped), origins)
        screen.hanging(f"Stopped early: {why}", style="red")
    screen.hanging(result.sentence, style="green" if result.verdict == "on" else "bold")


def _spread(spread: Spread | None, form: str) -> str:
    """Write ``1.20 (1.10 to 1.40)``; the median alone where all are equal."""
    if spread is None:
        return "-"
    middle, low, high = (format(each, form) for each in (spread.median, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def measured_data(
    measurement: Measurement, result: PredictionComparison, rounds: int
) -> dict[str, Any]:
    """Return everything for programs; what was not reported is null."""
    return {
        "version": 1,
        "model": measurement.model,
        "rounds": rounds,
        **dataclasses.asdict(result),
        "stopped": None if measurement.stopped is None else str(measurement.stopped),
        "samples": [
            {name: value for name, value in dataclasses.asdict(sample).items() if name != "text"}
            for sample in measurement.samples
        ],
    }
