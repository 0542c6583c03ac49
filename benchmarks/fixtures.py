"""Files to edit, and how fast the model is that edits them."""

from __future__ import annotations

from collections.abc import Iterator

from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.config import Latency
from predict_edit_sandbox.model.prediction_usage import SpeculationRule
from predict_edit_sandbox.world_files import WorldFile

WORD = "FizzBuzz"
LATENCY = Latency(
    first_token=0.5, generated_token=0.006, accepted_token=0.0012, rejected_token=0.0012
)
"""Seconds. Nobody publishes such figures; every ratio below says what it rests on."""
ROUND_TRIP = 0.2
"""Seconds that GitHub takes for every request."""
EDIT_EVERY = 40
"""Lines from one edit to the next."""


def timed_model(acceptance: float | None = None) -> ModelConfig:
    """The offline model with the latencies above."""
    return ModelConfig(latency=LATENCY, rule=SpeculationRule(acceptance=acceptance))


def described() -> str:
    """The latency model in a sentence."""
    return (
        f"Every GitHub request takes {ROUND_TRIP:g} s; the model takes {LATENCY.first_token:g} s "
        f"to the first token, {LATENCY.generated_token * 1000:g} ms for a generated token and "
        f"{LATENCY.accepted_token * 1000:g} ms for an accepted or rejected one."
    )


def program(path: str, lines: int, *, changed: bool = True) -> WorldFile:
    """A program of so many lines; every 40th, from the 6th on, is changed by the pull request.

    These lines hold the word that the command replaces.
    """
    head = "".join(_lines(lines))
    base = head.replace(WORD, "Fizz") if changed else head
    return WorldFile(path=path, base=base.encode(), head=head.encode())


def _lines(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        if number % EDIT_EVERY == 6:  # noqa: PLR2004 - away from the first line
            yield f'label_{number} = "{WORD} of line {number}"\n'
        else:
            yield f"value_{number} = compute(first={number}, second=total + {number % 7})\n"


def mixed_sizes(count: int) -> list[WorldFile]:
    """Programs as pull requests have them: most of them short, a few long, in no order."""
    sizes = [30 + round(370 * (number / (count - 1)) ** 4) for number in range(count)]
    # A step that has no factor in common with the count shuffles the same way every time.
    order = [(number * 37 + 11) % count for number in range(count)]
    return [program(f"src/part_{i:04}.py", sizes[place]) for i, place in enumerate(order)]


def with_bytes(path: str, size: int) -> WorldFile:
    """A program of at least so many bytes."""
    per_line = len("".join(_lines(1000))) / 1000
    return program(path, round(size / per_line))
