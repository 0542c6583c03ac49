"""What a run would cost, estimated before the model is asked."""

from __future__ import annotations

import asyncio
import dataclasses

from predict_edit.llm.billing import Estimate, estimate
from predict_edit.report.view import count, dollars
from predict_edit.run.context import Plan
from predict_edit.settings.fields import ModelSettings
from predict_edit.support.log import log
from predict_edit.support.text import plural


async def estimated(plan: Plan) -> tuple[str, ...]:
    """Log and return the estimate of a dry run, before the model is asked.

    A run that writes would take the same.

    Raises:
        SettingsError: ``base-url`` is not a valid URL.
    """
    settings = plan.task.settings
    if not settings.dry_run or not plan.todo:
        return ()
    made = await asyncio.to_thread(estimate, plan.requests, settings.model, plan=plan.asked)
    note = f"Estimate before the model was asked: {in_words(made, settings.model)}"
    log.info("%s", note)
    return (note,)


def in_words(made: Estimate, settings: ModelSettings) -> str:
    """Write an estimate for a person, with the limits that it may exceed."""
    if made.cost_low is None:
        cost = "the cost is not known, as the model has no listed price"
    else:
        cost = f"likely {dollars(made.cost_low)}, at most {dollars(made.cost_high)}"
    sentence = (
        f"{plural(made.files, 'file')} in {plural(made.calls, 'call')}: "
        f"{count(made.prompt_tokens)} tokens in, likely {count(made.output_tokens_low)} and at "
        f"most {count(made.output_tokens_high)} out; {cost}. Retries are not included."
    )
    return " ".join([sentence, *_limits(made, settings)])


def _limits(made: Estimate, settings: ModelSettings) -> list[str]:
    """Warn of each limit that may end the run early."""
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
    """Return the figures for programs; an unknown cost is null."""
    figures = dataclasses.asdict(made)
    low, high = figures.pop("cost_low"), figures.pop("cost_high")
    del figures["declined"]
    return {
        **figures,
        "cost_usd_low": None if low is None else float(low),
        "cost_usd_high": None if high is None else float(high),
    }
