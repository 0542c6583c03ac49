"""Measures what predictions bring: the same file with and without one, in turn."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex

import httpx2
import openai

from predict_edit.domain import EditRequest, FailedEdit, FileEdit, PredictionState, Usage
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
from predict_edit.llm.budget import Budget
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.effort import Attempt
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings.resolve import ModelSettings

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
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Measurement:
    """Ask for each file ``rounds`` times with and as often without its prediction.

    One call at a time, so that none waits for another. Which of the two comes first changes with
    every pair, so that neither has the warmer cache or the quieter hour throughout.

    Raises:
        SettingsError: the settings contradict each other; nothing was requested.
    """
    attempts: list[Attempt] = []
    mark = token_hex(16)

    limited = settings.max_tokens is not None or settings.max_cost is not None
    budget = Budget(settings.max_tokens, settings.max_cost) if limited else None

    def editor_for(*, predicted: bool) -> ChatEditor:
        own = dataclasses.replace(settings, prediction="on" if predicted else "off", concurrency=1)
        return ChatEditor(
            own,
            clients[predicted],
            nonce=mark,
            today=dt.datetime.now(tz=dt.UTC).date(),
            around=Surroundings(count=tokens.count, on_attempt=attempts.append),
            budget=budget,
        )

    clients = {
        predicted: open_client(settings, environ=environ, mask=mask, transport=transport)
        for predicted in (True, False)
    }
    editors = {predicted: editor_for(predicted=predicted) for predicted in (True, False)}
    samples: list[Sample] = []
    pairs = itertools.product(range(1, rounds + 1), requests)
    try:
        for client in clients.values():
            await _shake_hands(client)
        for number, (round_, request) in enumerate(pairs):
            for predicted in (True, False) if number % 2 == 0 else (False, True):
                attempts.clear()
                result = await editors[predicted].edit(request)
                sample = _sample(result, round_, predicted, attempts)
                samples.append(sample)
                progress(sample)
                if predicted and result.effort.prediction is PredictionState.REFUSED:
                    return Measurement(
                        model=editors[True].model, samples=tuple(samples), refused=True
                    )
                if isinstance(result, FailedEdit) and isinstance(result.error, _FINAL):
                    return Measurement(
                        model=editors[True].model, samples=tuple(samples), stopped=result.error
                    )
    finally:
        for editor in editors.values():
            await editor.aclose()
    return Measurement(model=editors[True].model, samples=tuple(samples))


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
