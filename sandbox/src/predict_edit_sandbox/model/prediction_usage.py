"""The rule by which the sandbox accepts and rejects predicted tokens.

OpenAI does not publish its rule; this one is ours, simple enough to be calculated by hand, and
keeps what the published samples and the API's documentation say:

* ``completion_tokens = visible output + rejected``;
* accepted tokens are part of the visible output, and of the prediction, each counted once;
* a fully right prediction rejects nothing;
* matching is not tied to a position: text inserted or removed earlier does not end it.

The rule, with tokens as units:

1. The answer is written from left to right with a cursor in the prediction, at first at its start.
2. *Aligned*, the server proposes the next :attr:`SpeculationRule.block` predicted tokens. The
   longest start of the block that is what the answer says next is **accepted**, the rest of the
   block is **rejected**. After a rejection the next token is generated and alignment is lost.
3. *Not aligned*, tokens are generated one at a time until the last :attr:`SpeculationRule.anchor`
   tokens of the answer stand in the prediction too. The cursor then goes behind the place nearest
   to where it would be had the lost tokens been replaced one for one.
4. A place that does not carry a whole block was a coincidence: nearness in the next search is
   measured from the last place that did.
5. A predicted token that was accepted once is not proposed again.

A rejected token can be accepted later, when alignment is found again before it.

Where a *wanted acceptance* is set, none of this is looked at: as many tokens as the answer has
(but no more than the prediction has) count as proposed, and that share of them as accepted, evenly
spread over the answer. Benchmarks use it to compare costs at a chosen acceptance.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SpeculationRule:
    """How the sandbox speculates; see the module."""

    block: int = 8
    """Predicted tokens proposed at a time."""
    anchor: int = 3
    """Tokens that must agree before a lost alignment counts as found."""
    acceptance: float | None = None
    """Wanted accepted ÷ (accepted + rejected), 0 to 1; ``None`` compares the texts."""

    def __post_init__(self) -> None:
        if self.block < 1 or self.anchor < 1:
            raise ValueError("block and anchor are at least 1")
        if self.acceptance is not None and not 0 <= self.acceptance <= 1:
            raise ValueError("acceptance is between 0 and 1")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one look at the prediction brought: accepted tokens, then generated ones."""

    accepted: int = 0
    generated: int = 0
    rejected: int = 0

    @property
    def visible(self) -> int:
        """Tokens of the answer written in this step."""
        return self.accepted + self.generated


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Speculation:
    """An answer's way to the end, step by step."""

    steps: tuple[Step, ...]

    @property
    def accepted(self) -> int:
        """Predicted tokens that stand in the answer."""
        return sum(step.accepted for step in self.steps)

    @property
    def rejected(self) -> int:
        """Predicted tokens that were proposed and did not fit."""
        return sum(step.rejected for step in self.steps)

    @property
    def visible(self) -> int:
        """Tokens of the answer."""
        return sum(step.visible for step in self.steps)

    @property
    def completion_tokens(self) -> int:
        """What is billed as output: the answer and what was rejected."""
        return self.visible + self.rejected

    def first(self, visible: int) -> Speculation:
        """The same way, ended after ``visible`` tokens of the answer."""
        steps: list[Step] = []
        for step in self.steps:
            if visible <= 0:
                break
            accepted = min(step.accepted, visible)
            generated = min(step.generated, visible - accepted)
            steps.append(Step(accepted=accepted, generated=generated, rejected=step.rejected))
            visible -= step.visible
        return Speculation(steps=tuple(steps))

    def within(self, limit: int) -> Speculation:
        """The same way, ended before answer and rejected tokens together pass ``limit``."""
        visible = 0
        for step in self.steps:
            room = limit - step.rejected
            if room < step.visible:
                return self.first(visible + max(room, 0))
            visible += step.visible
            limit = room - step.visible
        return self


def speculate(
    prediction: Sequence[int], answer: Sequence[int], rule: SpeculationRule
) -> Speculation:
    """Account for an answer; an empty prediction means that none was sent."""
    if not prediction:
        return Speculation(steps=tuple(Step(generated=1) for _ in answer))
    if rule.acceptance is not None:
        return _wanted(len(prediction), len(answer), rule.acceptance)
    return _Alignment(prediction, answer, rule).run()


def _wanted(predicted: int, visible: int, acceptance: float) -> Speculation:
    proposed = min(predicted, visible)
    accepted = round(acceptance * proposed)

    def share(part: int, number: int) -> int:
        """How many of ``part`` evenly spread things fall on place ``number`` of the answer."""
        return part * (number + 1) // visible - part * number // visible

    return Speculation(
        steps=tuple(
            Step(
                accepted=(taken := share(accepted, number)),
                generated=1 - taken,
                rejected=share(proposed - accepted, number),
            )
            for number in range(visible)
        )
    )


class _Alignment:
    """One run of the rule over one prediction and one answer."""

    def __init__(
        self, prediction: Sequence[int], answer: Sequence[int], rule: SpeculationRule
    ) -> None:
        self.prediction = prediction
        self.answer = answer
        self.rule = rule
        self.used = bytearray(len(prediction))
        self.steps: list[Step] = []
        # Places behind each run of `anchor` predicted tokens, in order.
        self.places: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for end in range(rule.anchor, len(prediction) + 1):
            self.places[tuple(prediction[end - rule.anchor : end])].append(end)

    def run(self) -> Speculation:
        """Write the whole answer."""
        written = 0
        cursor: int | None = 0
        home, home_written = 0, 0
        found_at = 0
        while written < len(self.answer) or (cursor is not None and self._open(cursor)):
            if cursor is None or not self._open(cursor):
                self.steps.append(Step(generated=1))
                written += 1
                cursor = self._find(written, home + written - home_written)
                found_at = written
                continue
            step = self._propose(cursor, written)
            self.steps.append(step)
            written += step.visible
            cursor += step.accepted
            if written - step.generated - found_at >= self.rule.block:
                home, home_written = cursor, written - step.generated
            if step.rejected:
                cursor = None
        return Speculation(steps=tuple(self.steps))

    def _open(self, cursor: int) -> bool:
        """Whether there is a predicted token at ``cursor`` that was not accepted yet."""
        return cursor < len(self.prediction) and not self.used[cursor]

    def _propose(self, cursor: int, written: int) -> Step:
        accepted = 0
        proposed = 0
        agrees = True
        while proposed < self.rule.block and self._open(cursor + proposed):
            place = written + proposed
            agrees = (
                agrees
                and place < len(self.answer)
                and self.answer[place] == self.prediction[cursor + proposed]
            )
            accepted += agrees
            proposed += 1
        for place in range(cursor, cursor + accepted):
            self.used[place] = 1
        rejected = proposed - accepted
        generated = 1 if rejected and written + accepted < len(self.answer) else 0
        return Step(accepted=accepted, generated=generated, rejected=rejected)

    def _find(self, written: int, expected: int) -> int | None:
        """The place nearest to ``expected`` where the answer's last tokens stand too."""
        if written < self.rule.anchor:
            return None
        places = self.places.get(tuple(self.answer[written - self.rule.anchor : written]), ())
        right = bisect.bisect_left(places, expected)
        near = [place for place in places[max(right - 1, 0) : right + 1] if self._open(place)]
        return min(near, key=lambda place: abs(place - expected), default=None)
