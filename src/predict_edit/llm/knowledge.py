"""What one run learns about its model, so that no file has to learn it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from predict_edit.domain import PredictionState, Usage
from predict_edit.domain.errors import (
    ModelNotFound,
    ModelUnauthorized,
    PredictEditError,
    SignInError,
)
from predict_edit.llm.models import Capability, look_up
from predict_edit.llm.policy import Policy
from predict_edit.llm.refusals import refused_parameter, refuses_prediction
from predict_edit.llm.request import OPTIONAL
from predict_edit.settings.fields import ModelSettings

LEAST_LIMIT = 256
"""Tokens below which the end of an answer is not believed to be the model's output limit."""

_HOPELESS = (SignInError, ModelUnauthorized, ModelNotFound)


class Knowledge:
    """The model as one run knows it: first from the table, then from its answers."""

    def __init__(self, settings: ModelSettings, *, least_tokens: int = 0) -> None:
        self._settings = settings
        self._policy = Policy(mode=settings.prediction, least_tokens=least_tokens).knowing(
            takes_predictions=look_up(settings.model).takes_predictions
        )
        self._succeeded = False
        self._cut_at: int | None = None
        self._context: int | None = None
        self.dropped: frozenset[str] = frozenset()
        """Optional parameters that the server refused."""
        self.hopeless: PredictEditError | None = None
        """Why no file of this run can be asked for, such as a wrong key."""
        self.reported_model: str | None = None
        """The model that answered last, as the API names it."""

    @property
    def capability(self) -> Capability:
        """What is known about the model.

        Its output limit is the one of the settings where given, and never more than what an
        answer of this run was cut at, nor than a third of a context that was found too short:
        the prompt, the answer and the rejected tokens of a prediction share it.
        """
        known = look_up(self.reported_model, self._settings.model)
        limit = self._settings.max_output_tokens or known.output_limit
        if self._cut_at is not None:
            limit = min(limit or self._cut_at, self._cut_at)
        if self._context is None:
            return dataclasses.replace(known, output_limit=limit)
        share = max(1, self._context // 3)
        context = min(known.context_window or self._context, self._context)
        return dataclasses.replace(
            known, output_limit=min(limit or share, share), context_window=context
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know, a sentence each."""
        return self._policy.notes + tuple(
            f"The model or its server does not take `{name}`; it was left out."
            for name in sorted(self.dropped)
        )

    @property
    def least_tokens(self) -> int:
        """The size below which no prediction is sent; 0 where size does not matter."""
        return self._policy.least_tokens

    def decide(self, tokens: int) -> PredictionState:
        """How a file of so many tokens uses its prediction now."""
        return self._policy.decide(tokens)

    def answered(self, model: str | None, usage: Usage | None, *, predicted: bool) -> None:
        """A request was answered whole."""
        self._succeeded = True
        if model is not None and model != self.reported_model:
            self.reported_model = model
            self._policy = self._policy.knowing(
                takes_predictions=look_up(model, self._settings.model).takes_predictions
            )
        if predicted:
            self._policy = self._policy.after_answer(usage)

    def cut_at(self, tokens: int) -> None:
        """An answer ended with the finish reason ``length`` after so many tokens."""
        if tokens >= LEAST_LIMIT:
            self._cut_at = min(tokens, self._cut_at or tokens)

    def too_long(self, tokens: int) -> None:
        """So many tokens of prompt and answer were too long for the model's context."""
        self._context = min(tokens, self._context or tokens)

    def adapt(self, error: Exception, fields: Mapping[str, Any], sent: Sequence[str]) -> str | None:
        """Leave out what the server refuses.

        Returns:
            The name of the field that the next request goes without, ``None`` where nothing can
            be left out. Each field can be refused once only, as it is not sent again.
        """
        name = refused_parameter(error, optional=OPTIONAL & fields.keys())
        if name is not None:
            self.dropped |= {name}
            return name
        if "prediction" in fields and refuses_prediction(error, sent=sent):
            self._policy = self._policy.after_refusal()
            return "prediction"
        return None

    def failed(self, error: PredictEditError) -> None:
        """A file was given up; a wrong key or name is wrong for all files.

        After a success it is not: then something changed on the way.
        """
        if isinstance(error, _HOPELESS) and not self._succeeded:
            self.hopeless = error
