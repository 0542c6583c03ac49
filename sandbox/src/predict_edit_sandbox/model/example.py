"""The exchange that Azure's how-to "predicted outputs" publishes, to be replayed number by number.

Source: MicrosoftDocs/azure-ai-docs, ``predicted-outputs.md`` of 11 February 2026: the
FizzBuzz sample's request and response.
"""

from __future__ import annotations

import dataclasses

CODE = """
for number in range(1, 101):
    if number % 3 == 0 and number % 5 == 0:
        print("FizzBuzz")
    elif number % 3 == 0:
        print("Fizz")
    elif number % 5 == 0:
        print("Buzz")
    else:
        print(number)
"""
"""The file of the sample, with the empty line it begins with."""

INSTRUCTIONS = (
    "\nReplace string `FizzBuzz` with `MSFTBuzz`. Respond only \n"
    "with code, and with no markdown formatting.\n"
)
"""The instructions of the sample, trailing blank included."""

ANSWER = CODE.strip("\n").replace("FizzBuzz", "MSFTBuzz")
"""The published answer: without the newlines that the file begins and ends with."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """An answer and a usage that are given whatever is asked."""

    answer: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    accepted: int
    rejected: int


PUBLISHED = Canned(
    answer=ANSWER,
    model="gpt-4o-mini-2024-07-18",
    prompt_tokens=124,
    completion_tokens=77,
    accepted=6,
    rejected=4,
)
"""The published response: 6 of 10 proposed tokens accepted, 60 %."""
