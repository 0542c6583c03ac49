"""Whether an answer may be used: the last gate before a text becomes a suggestion.

The checks run in order of certainty. What passes is only ever proposed, so they lean towards
letting a real edit through; what is refused is certain enough to be worth one more call.
"""

from __future__ import annotations

import re

from predict_edit.domain.errors import AnswerEmpty, AnswerUnusable
from predict_edit.edit import intent
from predict_edit.edit.guards import commentary, loops, placeholders, size, stubs, syntax
from predict_edit.edit.rewrite import compare

_SURROGATE = re.compile("[\ud800-\udfff]")
_AGAIN = "Nothing of this answer was used. Give the command again"
_CLOSER = f"{_AGAIN}, with an instruction that says more exactly what to change."


def check(path: str, original: str, edited: str, instruction: str) -> None:
    """Let a whole edited file pass, or say why it is none.

    ``edited`` is the answer after :func:`predict_edit.edit.clean.clean`. Only what the answer adds
    or takes away is judged. The cause of an error holds no text of the file or the answer, so it
    can be shown to people and to the model.

    Raises:
        AnswerEmpty: No text for a file that has some, and emptying was not asked for.
        AnswerUnusable: Talk, a fence, a remark in place of code, most of the file missing or
            replaced, a loop, or a file that was valid and no longer is.
    """
    if edited == original:
        return
    meant = intent.read(instruction)
    if not edited.strip("\ufeff \t\r\n"):
        if not original.strip("\ufeff \t\r\n") or meant.empties:
            return
        raise AnswerEmpty(
            "The model answered with no text for a file that has some.",
            f"{_AGAIN}; to empty a file, say so in the instruction.",
        )
    if _SURROGATE.search(edited):
        # JSON can carry half a character, and no file can.
        _refuse("The answer holds half characters that cannot be written as UTF-8.", f"{_AGAIN}.")
    change = compare(path, original, edited)
    _refuse(commentary.problem(change), _CLOSER)
    _refuse(
        placeholders.problem(change),
        f"{_AGAIN}; for a long file, name the function or the lines that are meant.",
    )
    if not meant.deletes:
        _refuse(stubs.problem(change), _CLOSER)
    if not meant.repeats and loops.is_loop(original, edited):
        _refuse("The answer repeats the same lines over and over.", f"{_AGAIN}.")
    _refuse(
        size.problem(change, meant),
        f"{_AGAIN}; if so much is to go, say in the instruction what to remove or rewrite.",
    )
    _refuse(syntax.problem(change), _CLOSER)


def _refuse(cause: str | None, next_step: str) -> None:
    """Raise where there is a cause to."""
    if cause is not None:
        raise AnswerUnusable(cause, next_step)
