"""When the file is sent as its own prediction: a state machine without any I/O.

Rejected prediction tokens are billed as output, so a prediction that is mostly rejected costs
money and can make the answer slower (Azure and OpenAI, "Predicted outputs").
"""

from __future__ import annotations

import dataclasses

from predict_edit.domain import PredictionState, Usage
from predict_edit.settings.fields import PredictionPolicy

LEAST_TOKENS = 4
"""Files with fewer tokens are sent without prediction under ``auto``: an answer of a word or two is
written at once with or without one, and can only reject. From the first line of code on, what the
model makes of the prediction decides."""
LOSSES_TO_STOP = 2
"""So many answers with more rejected than accepted tokens stop predictions for the run."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is decided for the next file, after everything that happened in this run.

    ``auto`` sends predictions where they may pay; ``on`` wherever the model takes them; ``off``
    never. ``least_tokens`` is the size below which ``auto`` sends none. Reports put the gain at 150
    tokens and up, but what a model makes of less is for its own figures to say.
    """

    mode: PredictionPolicy
    least_tokens: int = 0
    refused: bool = False
    losses: int = 0
    unsupported: bool = False
    """The capability table says that this model takes none."""

    def decide(self, tokens: int) -> PredictionState:
        """``SENT``, ``OFF`` or ``STOPPED`` for a file of so many tokens."""
        if self.mode == "off" or self.refused:
            return PredictionState.OFF
        if self.mode == "on":
            return PredictionState.SENT
        if self.unsupported or tokens < self.least_tokens:
            return PredictionState.OFF
        if self.losses >= LOSSES_TO_STOP:
            return PredictionState.STOPPED
        return PredictionState.SENT

    def after_refusal(self) -> Policy:
        """The model refused a prediction: none is sent again in this run."""
        return dataclasses.replace(self, refused=True)

    def after_answer(self, usage: Usage | None) -> Policy:
        """A file with a prediction was answered; figures that are not reported change nothing."""
        if usage is None:
            return self
        accepted, rejected = usage.accepted_prediction_tokens, usage.rejected_prediction_tokens
        if accepted is None or rejected is None or rejected <= accepted:
            return self
        return dataclasses.replace(self, losses=self.losses + 1)

    def knowing(self, *, takes_predictions: bool | None) -> Policy:
        """With what the capability table says about the model."""
        return dataclasses.replace(self, unsupported=takes_predictions is False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the summary should know about the run's predictions."""
        if self.mode == "off":
            return ()
        if self.refused:
            return ("The model refused predicted outputs; the files were asked for without.",)
        if self.mode == "auto" and self.unsupported:
            return ("This model takes no predicted outputs; the files were asked for without.",)
        if self.mode == "auto" and self.losses >= LOSSES_TO_STOP:
            stopped = (
                "Predicted outputs were switched off for the rest of the run: in "
                f"{self.losses} answers more prediction tokens were rejected than accepted."
            )
            return (stopped,)
        return ()
