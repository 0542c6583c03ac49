"""Whether an answer can be the edited file: one guard a module, in the order of the table.

A guard judges the change by its shape against the original, never by words of the instruction.
What it reports can be a fault of the model's or be meant, so it is a doubt: the model is asked
again, for exact edits, and an edit that quotes the old lines is taken as meant. To add a guard, add
its module and its row.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from predict_edit.domain.errors import AnswerEmpty, AnswerError, AnswerUnusable
from predict_edit.edit.guards import (
    commentary,
    placeholders,
    repeats,
    size,
    stubs,
    syntax,
)
from predict_edit.edit.guards.parsers import BUILT_IN
from predict_edit.edit.rewrite import Rewrite, compare

Guard = Callable[[Rewrite], str | None]

_AGAIN = "Nothing of this answer was used. Run the command again"
CLOSER = f"{_AGAIN}, with an instruction that says more exactly what to change."

GUARDS: tuple[tuple[Guard, str], ...] = (
    (commentary.problem, CLOSER),
    (placeholders.problem, f"{_AGAIN}; for a long file, name the function or the lines to change."),
    (stubs.problem, CLOSER),
    (repeats.loop, f"{_AGAIN}."),
    (repeats.doubled, CLOSER),
    (size.problem, f"{_AGAIN}; if you do want that much removed, name it in the instruction."),
    (syntax.problem, CLOSER),
)
"""Each guard and what to do about its refusal; the first that reports something decides."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def judge(path: str, original: str, edited: str, *, confirmed: bool = False) -> AnswerError | None:
    """Judge a whole edited file, as :func:`predict_edit.edit.clean.clean` gives it.

    Args:
        path: The file's.
        original: Its text.
        edited: The text after the edit.
        confirmed: The text was made from exact edits, so that what may be meant is meant.

    Returns:
        Why it is not taken as it is. The cause holds no text of the file or the answer, so it can
        be shown to people and to the model.
    """
    if edited == original:
        return None
    if not edited.isascii() and _SURROGATE.search(edited):
        # JSON can carry half a character, and no file can.
        cause = "The answer holds halves of characters, which UTF-8 cannot express."
        return AnswerUnusable(cause, f"{_AGAIN}.")
    if not confirmed:
        return _doubt(path, original, edited)
    # A grammar may be behind its language; the parsers of Python, JSON, TOML and YAML are not.
    broken = syntax.problem(compare(path, original, edited), BUILT_IN) if edited else None
    return None if broken is None else AnswerUnusable(broken, CLOSER)


def _doubt(path: str, original: str, edited: str) -> AnswerError | None:
    """What no edit does, or only one that is meant."""
    if not edited.strip("\ufeff \t\r\n"):
        if not original.strip("\ufeff \t\r\n"):
            return None
        cause = "The model returned no text for a file that has some."
        return AnswerEmpty(cause, CLOSER)
    rewrite = compare(path, original, edited)
    for guard, next_step in GUARDS:
        if (found := guard(rewrite)) is not None:
            return AnswerUnusable(found, next_step)
    return None
