"""What a run would take, before anything is asked: a range, from the files and the settings.

Low: every answer is the file as it was, at the first attempt, and nothing of a prediction is
rejected. High: what the limits `max-tokens` and `max-cost` would set aside for the first attempt
of every call. A run whose answers are refused and asked for again can exceed it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from decimal import Decimal

from predict_edit.domain import EditRequest, Usage
from predict_edit.domain.errors import FileTooLong
from predict_edit.edit import chunks, prompt
from predict_edit.edit.prompt import Part
from predict_edit.llm import bounds, prices
from predict_edit.llm.models import Capability, look_up, provider_of
from predict_edit.llm.tokens import PER_MESSAGE, PER_REQUEST
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.fields import ModelSettings

_NONCE = "9f1c4e0b7a2d58366b0e91d4c3a8f752"
"""Takes as many tokens as the random one of a run."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Tokens and US dollars of a run."""

    files: int
    """Files that would be asked for."""
    calls: int
    prompt_tokens: int
    output_tokens_low: int
    output_tokens_high: int
    cost_low: Decimal | None
    """``None`` where the price is not known."""
    cost_high: Decimal | None
    declined: tuple[tuple[str, str], ...] = ()
    """Path and reason of each file that cannot be asked for."""


def estimate(
    requests: Sequence[EditRequest],
    settings: ModelSettings,
    *,
    count: Callable[[str], int],
    model: str | None = None,
) -> Estimate:
    """Work out what these files would take.

    Args:
        requests: The files with their instruction.
        settings: The model, its limits and prices, and whether predictions are sent.
        count: Tokens of a text.
        model: The model behind a deployment's name, where that is known.

    Raises:
        SettingsError: ``base-url`` is none.
    """
    known = look_up(model, settings.model)
    if settings.max_output_tokens is not None:
        known = dataclasses.replace(known, output_limit=settings.max_output_tokens)
    predicted = settings.prediction == "on" or (
        settings.prediction == "auto" and known.takes_predictions is not False
    )
    calls: list[tuple[Usage, Usage]] = []
    declined: list[tuple[str, str]] = []
    for request in requests:
        try:
            parts = parts_of(request.file.text, known, count)
        except FileTooLong as error:
            declined.append((request.file.path, error.cause))
            continue
        calls += [
            _call(request, part, settings, known, count, predicted=predicted)
            for part in parts or (None,)
        ]
    low, high = (Usage.total(each) for each in (zip(*calls, strict=True) if calls else ((), ())))
    provider = provider_of(read_endpoint(settings)).price_list

    def cost(usages: Sequence[Usage]) -> Decimal | None:
        figures = [
            prices.cost(
                usage,
                model or settings.model,
                provider=provider,
                overrides=settings.prices,
                configured=settings.model,
            )
            for usage in usages
        ]
        known = [figure for figure in figures if figure is not None]
        return sum(known, Decimal(0)) if len(known) == len(figures) else None

    return Estimate(
        files=len(requests) - len(declined),
        calls=len(calls),
        prompt_tokens=low.prompt_tokens or 0,
        output_tokens_low=low.completion_tokens or 0,
        output_tokens_high=high.completion_tokens or 0,
        cost_low=cost([low for low, _ in calls]),
        cost_high=cost([high for _, high in calls]),
        declined=tuple(declined),
    )


def parts_of(text: str, capability: Capability, count: Callable[[str], int]) -> tuple[Part, ...]:
    """The pieces a file is asked for in; none where it is asked for as a whole.

    Raises:
        FileTooLong: it does not fit into one answer, and there is no place to cut it.
    """
    limit = capability.output_limit
    if limit is None or bounds.fits(text, limit, count):
        return ()
    return chunks.plan(
        text,
        most=bounds.piece_tokens(limit),
        largest=bounds.file_tokens(limit),
        count=count,
        context=capability.context_window,
    )


def _call(
    request: EditRequest,
    part: Part | None,
    settings: ModelSettings,
    known: Capability,
    count: Callable[[str], int],
    *,
    predicted: bool,
) -> tuple[Usage, Usage]:
    """The least and the most that one call takes."""
    messages = prompt.build_messages(request, nonce=_NONCE, context=settings.context, part=part)
    text = messages[-1].content
    size = count(text)
    asked = PER_REQUEST + sum(PER_MESSAGE + count(message.content) for message in messages)
    bound = bounds.tight(messages, text, known, count)
    most = bound.usage(predicted=predicted).completion_tokens
    return (
        Usage(prompt_tokens=asked, completion_tokens=size),
        Usage(prompt_tokens=asked, completion_tokens=most),
    )
