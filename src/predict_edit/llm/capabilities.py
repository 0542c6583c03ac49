"""What one run knows of its model: first from the table, then from its answers.

What one answer teaches holds for the rest of the run, so that no file has to learn it again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from predict_edit.domain.edits import PredictionState, Usage
from predict_edit.domain.errors import (
    ModelNotFound,
    ModelUnauthorized,
    PredictEditError,
    QuotaExhausted,
    SignInError,
)
from predict_edit.llm.model_errors import (
    refused_parameter,
    refuses_prediction,
    wants_one_message,
)
from predict_edit.llm.models import REASONING_TOKENS, Capability, look_up
from predict_edit.settings.fields import ModelSettings, PredictionPolicy

OPTIONAL = frozenset(
    {"temperature", "stream", "stream_options", "max_completion_tokens", "reasoning_effort"}
)
"""Parameters that a request can do without when a server refuses them."""

LEAST_TOKENS = 4
"""Files with fewer tokens are sent without prediction under ``auto``: an answer of a word or two is
written at once with or without one, and can only reject. From the first line of code on, what the
model makes of the prediction decides."""
LOSSES_TO_STOP = 2
"""The number of answers with more rejected than accepted tokens that stops predictions."""

LEAST_LIMIT = 256
"""Tokens below which the end of an answer is not believed to be the model's output limit."""

_HOPELESS = (SignInError, ModelUnauthorized, ModelNotFound)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PredictionSwitch:
    """Whether the next file is sent as its own prediction, after all that happened in this run.

    Rejected prediction tokens are billed as output, so a prediction that is mostly rejected costs
    money and can make the answer slower (Azure and OpenAI, "Predicted outputs"). ``auto`` sends
    predictions if they may pay; ``on`` whenever the model takes them; ``off`` never.
    ``least_tokens`` is the size below which ``auto`` sends none: reports put the gain at 150
    tokens and up, but what a model makes of less is for its own figures to say.
    """

    mode: PredictionPolicy
    least_tokens: int = 0
    refused: bool = False
    losses: int = 0
    unsupported: bool = False
    """The capability table says that this model takes none."""

    def decide(self, tokens: int) -> PredictionState:
        """Decide on ``SENT``, ``OFF`` or ``STOPPED`` for a file of this size."""
        if self.mode == "off" or self.refused:
            return PredictionState.OFF
        if self.mode == "on":
            return PredictionState.SENT
        if self.unsupported or tokens < self.least_tokens:
            return PredictionState.OFF
        if self.losses >= LOSSES_TO_STOP:
            return PredictionState.STOPPED
        return PredictionState.SENT

    def after_refusal(self) -> PredictionSwitch:
        """Send no prediction again in this run, as the model refused one."""
        return dataclasses.replace(self, refused=True)

    def after_answer(self, usage: Usage | None) -> PredictionSwitch:
        """Count a loss if more was rejected than accepted; unreported figures change nothing."""
        if usage is None:
            return self
        accepted, rejected = usage.accepted_prediction_tokens, usage.rejected_prediction_tokens
        if accepted is None or rejected is None or rejected <= accepted:
            return self
        return dataclasses.replace(self, losses=self.losses + 1)

    def knowing(self, *, takes_predictions: bool | None) -> PredictionSwitch:
        """Apply what the capability table says about the model."""
        return dataclasses.replace(self, unsupported=takes_predictions is False)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the summary on the run's predictions."""
        if self.mode == "off":
            return ()
        if self.refused:
            return ("The model refused predicted outputs; the files were requested without.",)
        if self.mode == "auto" and self.unsupported:
            return ("This model takes no predicted outputs; the files were requested without.",)
        if self.mode == "auto" and self.losses >= LOSSES_TO_STOP:
            stopped = (
                "Predicted outputs were switched off for the rest of the run: in "
                f"{self.losses} answers more prediction tokens were rejected than accepted."
            )
            return (stopped,)
        return ()


class Knowledge:
    """The model as one run knows it: first from the table, then from its answers."""

    def __init__(self, settings: ModelSettings, *, least_tokens: int = 0) -> None:
        self._settings = settings
        self.switch = PredictionSwitch(mode=settings.prediction, least_tokens=least_tokens).knowing(
            takes_predictions=look_up(settings.model).takes_predictions
        )
        self._succeeded = False
        self._cut_at: int | None = None
        self._context: int | None = None
        self._reasoning = 0
        self._overthought = False
        self.dropped: frozenset[str] = frozenset()
        """Optional parameters that the server refused."""
        self.one_message = False
        """The model's chat template takes no system message, or no two messages in a row."""
        self.hopeless: PredictEditError | None = None
        """Why every file of this run would fail, such as a wrong key."""
        self.reported_model: str | None = None
        """The model that answered last, as the API names it."""

    @property
    def capability(self) -> Capability:
        """What is known about the model.

        Its output limit is the one of the settings if given, and never more than what an
        answer of this run was cut at, nor than a third of a context that was found too short:
        the prompt, the answer and the rejected tokens of a prediction share it. What answers of
        this run took for reasoning is not for text.
        """
        known = look_up(self.reported_model, self._settings.model)
        limits = [self._settings.max_output_tokens or known.output_limit, self._cut_at]
        limit = min(filter(None, limits), default=None)
        context = known.context_window
        if self._context is not None:
            share = max(1, self._context // 3)
            limit = min(limit or share, share)
            context = min(context or self._context, self._context)
        if limit is not None:
            limit -= min(self._reasoning, limit // 2)
        room = known.room(self.effort)
        if self._overthought:
            room = max(room, REASONING_TOKENS, 2 * self._reasoning)
        return dataclasses.replace(
            known,
            output_limit=limit,
            context_window=context,
            reasoning_tokens=max(room, self._reasoning),
        )

    @property
    def effort(self) -> str | None:
        """The ``reasoning_effort`` to send: as set, or the least that the model is known to take.

        ``None`` if there is none to send.
        """
        if "reasoning_effort" in self.dropped:
            return None
        known = look_up(self.reported_model, self._settings.model)
        return known.effort(self._settings.reasoning_effort)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the summary."""
        return self.switch.notes + tuple(
            f"The model or its server does not take `{name}`; it was left out."
            for name in sorted(self.dropped)
        )

    def answered(self, model: str | None, usage: Usage | None, *, predicted: bool) -> None:
        """Learn from a whole answer."""
        self._succeeded = True
        self.reasoned(usage)
        if model is not None and model != self.reported_model:
            self.reported_model = model
            self.switch = self.switch.knowing(
                takes_predictions=look_up(model, self._settings.model).takes_predictions
            )
        if predicted:
            self.switch = self.switch.after_answer(usage)

    def reasoned(self, usage: Usage | None) -> bool:
        """Learn how much of an answer was reasoning; say if it was more than there was room for."""
        tokens = (usage.reasoning_tokens if usage else None) or 0
        unforeseen = tokens > self.capability.reasoning_tokens
        self._overthought = self._overthought or unforeseen
        self._reasoning = max(self._reasoning, tokens)
        return unforeseen

    def cut_at(self, tokens: int) -> None:
        """Learn that an answer ended with the finish reason ``length`` after so many tokens."""
        if tokens >= LEAST_LIMIT:
            self._cut_at = min(tokens, self._cut_at or tokens)

    def too_long(self, tokens: int) -> None:
        """Learn that so many tokens were too long for the model's context."""
        self._context = min(tokens, self._context or tokens)

    def adapt(self, error: Exception, fields: Mapping[str, Any], sent: Sequence[str]) -> str | None:
        """Leave out what the server refuses, or send it in another form.

        Returns:
            The name of the field that changes in the next request, ``None`` if nothing can. Each
            field can be refused only once, as it is not sent so again.
        """
        if not self.one_message and wants_one_message(error, sent=sent):
            self.one_message = True
            return "messages"
        name = refused_parameter(error, optional=OPTIONAL & fields.keys(), sent=sent)
        if name is not None:
            self.dropped |= {name}
            return name
        if "prediction" in fields and refuses_prediction(error, sent=sent):
            self.switch = self.switch.after_refusal()
            return "prediction"
        return None

    def failed(self, error: PredictEditError) -> None:
        """Learn that a file failed for good: a wrong key or name is wrong for all files.

        After a success it is not: then something changed in between. What is used up stays so.
        """
        wrong = isinstance(error, _HOPELESS) and not self._succeeded
        if wrong or isinstance(error, QuotaExhausted):
            self.hopeless = error
