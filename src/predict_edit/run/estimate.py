"""What asking the model would take, told before it is asked; nothing is asked here."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from predict_edit.domain import EditRequest
from predict_edit.report.view import count, dollars, plural
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.log import log

if TYPE_CHECKING:
    from predict_edit.llm.billing import Estimate


def foresee(requests: Sequence[EditRequest], settings: ModelSettings) -> Estimate:
    """Work out what these files would take; loads the tokenizer, which takes half a second.

    Raises:
        SettingsError: ``base-url`` is none.
    """
    from predict_edit.llm import tokens  # noqa: PLC0415 - only who wants to know pays for it
    from predict_edit.llm.billing import estimate  # noqa: PLC0415

    return estimate(requests, settings, count=tokens.count)


async def told(requests: Sequence[EditRequest], settings: ModelSettings) -> str:
    """What a dry run says before it asks: what it takes is what a run that writes takes too.

    Raises:
        SettingsError: ``base-url`` is none.
    """
    made = await asyncio.to_thread(foresee, requests, settings)
    said = f"Foreseen before the model was asked: {in_words(made, settings)}"
    log.info("%s", said)
    return said


def in_words(made: Estimate, settings: ModelSettings) -> str:
    """The same for a person, with the limits that it might meet."""
    if made.cost_low is None:
        cost = "what that costs is not known, as the model has no listed price"
    else:
        cost = f"likely {dollars(made.cost_low)}, at most {dollars(made.cost_high)}"
    said = (
        f"{plural(made.files, 'file')} in {plural(made.calls, 'call')}: "
        f"{count(made.prompt_tokens)} tokens in, likely {count(made.output_tokens_low)} and at "
        f"most {count(made.output_tokens_high)} out; {cost}. Answers that have to be asked for "
        "again come on top."
    )
    return " ".join([said, *_limits(made, settings)])


def _limits(made: Estimate, settings: ModelSettings) -> list[str]:
    """A sentence for each limit that may end the run early."""
    met = []
    most = made.prompt_tokens + made.output_tokens_high
    if settings.max_tokens is not None and most > settings.max_tokens:
        met.append(f"`max-tokens` of {settings.max_tokens:,} may end it early.")
    if settings.max_cost is not None and (
        made.cost_high is None or made.cost_high > settings.max_cost
    ):
        met.append(f"`max-cost` of {dollars(settings.max_cost)} may end it early.")
    return met


def as_data(made: Estimate) -> dict[str, object]:
    """The figures for programs; a cost that is not known is null."""
    figures = dataclasses.asdict(made)
    low, high = figures.pop("cost_low"), figures.pop("cost_high")
    del figures["declined"]
    return {
        **figures,
        "cost_usd_low": None if low is None else float(low),
        "cost_usd_high": None if high is None else float(high),
    }
