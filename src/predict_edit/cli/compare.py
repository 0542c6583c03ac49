"""``predict-edit compare``: what predictions bring for your files, your model and instruction.

The vendors ask users to weigh latency against cost; here are the figures for that.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from predict_edit.cli.console import DONE, FAILED, Screen
from predict_edit.cli.measurement import (
    Measurement,
    PredictionComparison,
    Sample,
    Side,
    Spread,
    compare,
    measure,
)
from predict_edit.cli.model_choice import read_model
from predict_edit.domain.edits import EditRequest, SourceFile
from predict_edit.domain.errors import InvalidInput, PredictEditError
from predict_edit.llm import tokens
from predict_edit.llm.billing import estimate
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.log import Secrets

MOST_ROUNDS = 100


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        0 when there is a comparison, 1 when nothing could be measured.

    Raises:
        SettingsError: the settings or the files are wrong; nothing was requested.
    """
    secrets = Secrets()
    screen, aside = Screen(sys.stdout, secrets), Screen(sys.stderr, secrets)
    settings = read_model(arguments, os.environ).settings
    secrets.add(settings.api_key)
    requests = _requests(arguments)
    expected = _expected(requests, settings, arguments.rounds)
    if arguments.estimate:
        screen.data(expected) if arguments.json else screen.line(_expectation(expected))
        return DONE
    aside.hanging(_expectation(expected), style="dim")

    def show_sample(sample: Sample) -> None:
        kind = "with" if sample.predicted else "without"
        took = sample.spoiled or f"{sample.seconds:.2f} s"
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
        screen.data(as_data(measurement, result, arguments.rounds))
    else:
        show(measurement, result, screen)
    return DONE if result.pairs or measurement.refused else FAILED


def _requests(arguments: argparse.Namespace) -> list[EditRequest]:
    """The files, read.

    Raises:
        InvalidInput: one cannot be read or is not UTF-8, or the rounds are out of range.
    """
    if not 1 <= arguments.rounds <= MOST_ROUNDS:
        raise InvalidInput(
            f"--rounds is {arguments.rounds}.", f"Give a number from 1 to {MOST_ROUNDS}."
        )
    requests = []
    for path in dict.fromkeys(arguments.files):
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise InvalidInput(f"{path} cannot be read: {why}.", "Name text files.") from None
        requests.append(
            EditRequest(
                file=SourceFile(path=path.as_posix(), text=text, blob_sha=""),
                instruction=arguments.message,
            )
        )
    return requests


def _expected(
    requests: Sequence[EditRequest], settings: ModelSettings, rounds: int
) -> dict[str, Any]:
    """What all of it would take."""
    both = [
        estimate(requests, dataclasses.replace(settings, prediction=mode), count=tokens.count)
        for mode in ("on", "off")
    ]
    lows, highs = [each.cost_low for each in both], [each.cost_high for each in both]
    return {
        "version": 1,
        "calls": rounds * sum(each.calls for each in both),
        "prompt_tokens": rounds * sum(each.prompt_tokens for each in both),
        "output_tokens_low": rounds * sum(each.output_tokens_low for each in both),
        "output_tokens_high": rounds * sum(each.output_tokens_high for each in both),
        "cost_usd_low": None if None in lows else rounds * float(sum(filter(None, lows))),
        "cost_usd_high": None if None in highs else rounds * float(sum(filter(None, highs))),
    }


def _expectation(expected: Mapping[str, Any]) -> str:
    """The same as a sentence."""
    low, high = expected["cost_usd_low"], expected["cost_usd_high"]
    cost = "cost not known" if low is None else f"about {low:.4f} to {high:.4f} USD"
    return (
        f"{expected['calls']} calls, {expected['prompt_tokens']:,} tokens in, "
        f"{expected['output_tokens_low']:,} to {expected['output_tokens_high']:,} out: {cost}."
    )


def show(measurement: Measurement, result: PredictionComparison, screen: Screen) -> None:
    """A table of medians with their ranges, and what follows from them."""
    rows = []
    for file in result.files:
        for kind, side in (("with", file.with_prediction), ("without", file.without)):
            rows.append([file.path, kind, *_cells(side)])
    heads = ("File", "Prediction", "n", "First text s", "Total s", "Out", "Accepted", "Rejected")
    screen.line(f"Model: {measurement.model}. Medians, with lowest and highest.", "bold")
    screen.table((*heads, "Cost USD"), rows, right=range(2, 9))
    if result.pairs:
        screen.line(f"The edit was the same in {result.same_edit} of {result.pairs} pairs.")
    spoiled = [sample for sample in measurement.samples if sample.spoiled]
    if spoiled:
        screen.hanging(
            f"{len(spoiled)} calls could not be measured; the first: {spoiled[0].spoiled}"
        )
    if measurement.stopped is not None:
        screen.hanging(f"Stopped early: {measurement.stopped}", style="red")
    screen.hanging(result.sentence, style="green" if result.verdict == "on" else "bold")


def _cells(side: Side) -> list[str]:
    """The figures of one row."""
    return [
        str(side.seconds.count if side.seconds else 0),
        _spread(side.first, ".2f"),
        _spread(side.seconds, ".2f"),
        _spread(side.completion_tokens, ",.0f"),
        _spread(side.accepted, ",.0f"),
        _spread(side.rejected, ",.0f"),
        _spread(side.cost, ".5f"),
    ]


def _spread(spread: Spread | None, form: str) -> str:
    """Write ``1.20 (1.10 to 1.40)``; the median alone where all are equal."""
    if spread is None:
        return "-"
    middle, low, high = (format(each, form) for each in (spread.median, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def as_data(measurement: Measurement, result: PredictionComparison, rounds: int) -> dict[str, Any]:
    """Everything, for programs; what was not reported is null."""
    stopped: PredictEditError | None = measurement.stopped
    return {
        "version": 1,
        "model": measurement.model,
        "rounds": rounds,
        **dataclasses.asdict(result),
        "stopped": None if stopped is None else str(stopped),
        "samples": [
            {name: value for name, value in dataclasses.asdict(sample).items() if name != "text"}
            for sample in measurement.samples
        ],
    }
