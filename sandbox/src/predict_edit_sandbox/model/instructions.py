"""What the stand-in "thinks": it follows a few literal instructions and nothing else.

The file is the last user message. Where a prediction is sent it should be that message, letter by
letter, as in OpenAI's and Azure's how-to; a difference is reported in :attr:`Thought.note`, and a
message that is the prediction, or holds it, is taken as the file's. Instructions are read from all
other user messages, in order, with the quoted texts in backticks or quotes::

    replace [string] `X` with `Y`            rename `X` to `Y`
    delete lines containing `X`              append line `X`
    upper-case `X`   lower-case `X`          add a line `X` after `Y`   (or before `Y`)

They mean letters, not words: no case folding, no patterns. Any other instruction returns the file
unchanged. What stands between a line ``<mark> begin …`` and a line ``<mark> end …``, the mark being
16 or more letters, is material and not followed.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from predict_edit_sandbox.model.tokens import text_of

_QUOTED = (
    r"(?:`(?P<{0}_a>[^`\n]+)`|\"(?P<{0}_b>[^\"\n]+)\""
    r"|'(?P<{0}_c>[^'\n]+)'|“(?P<{0}_d>[^”\n]+)”)"
)
_X, _Y = _QUOTED.format("x"), _QUOTED.format("y")
_MANY = r"(?:(?:all|any|each|every|the)\s+)*"
_OF = r"(?:(?:occurrences?|instances?|uses?)\s+of\s+)?"
_NOUN = (
    r"(?:(?:the\s+)?"
    r"(?:string|text|word|name|identifier|constant|function|variable|class)s?\s+)?"
)

_MATERIAL = re.compile(
    r"^(?P<mark>[\w-]{16,}) begin\b.*?^(?P=mark) end\b[^\n]*", re.DOTALL | re.MULTILINE
)
"""Text between lines that open and close it with the same unguessable mark: to read only."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """What the stand-in makes of a request."""

    file: str
    """The text it takes for the file."""
    answer: str
    understood: tuple[str, ...] = ()
    """The instructions it followed, as written."""
    note: str = ""
    """What is odd about the request, empty otherwise."""
    nonce: str | None = None
    """Of the marks, if exact edits are asked for."""
    plans: bool = False
    """Whether a plan is asked for, and no file."""


Change = Callable[[str, str, str], str]
"""Takes the file and the one or two quoted texts, gives the new file."""


def _lines(text: str) -> list[str]:
    """Lines with their line feed; only the last may lack it."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _replace(text: str, x: str, y: str) -> str:
    return text.replace(x, y)


def _delete(text: str, x: str, _: str) -> str:
    return "".join(line for line in _lines(text) if x not in line)


def _append(text: str, x: str, _: str) -> str:
    ending = _ending(text)
    return text + x + ending if not text or text.endswith("\n") else text + ending + x


def _upper(text: str, x: str, _: str) -> str:
    return text.replace(x, x.upper())


def _lower(text: str, x: str, _: str) -> str:
    return text.replace(x, x.lower())


def _insert(text: str, x: str, y: str, *, before: bool) -> str:
    """Put the line ``x`` beside each line that holds ``y``, as far indented as that line."""
    ending = _ending(text)
    result: list[str] = []
    for line in _lines(text):
        if y not in line:
            result.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if before:
            result += [indent + x + ending, line]
        elif line.endswith("\n"):
            result += [line, indent + x + ending]
        else:
            result += [line + ending, indent + x]
    return "".join(result)


def _after(text: str, x: str, y: str) -> str:
    return _insert(text, x, y, before=False)


def _before(text: str, x: str, y: str) -> str:
    return _insert(text, x, y, before=True)


_EDITS = re.compile(r"^answer: edits ([0-9A-Za-z_-]{16,})$", re.MULTILINE)
"""How a request asks for exact edits instead of the whole file."""
_PLAN = re.compile(r"^answer: plan [0-9A-Za-z_-]{16,}$", re.MULTILINE)
"""How a request asks which files a change concerns."""
_THING = r"(?:(?:a|an|the|this)\s+)?(?:new\s+)?(?:(?:comment|line|text|string)\s+)*"
_BESIDE = rf"\s+{{0}}\s+{_MANY}(?:lines?\s+)?(?:(?:that\s+)?(?:containing|contains?|with)\s+)?{_Y}"
_HAVING = r"(?:(?:that|which)\s+)?(?:containing|contains?|with|having)"
_GRAMMAR: tuple[tuple[re.Pattern[str], Change], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), change)
    for pattern, change in (
        (rf"\breplace\s+{_MANY}{_OF}{_NOUN}{_X}\s+(?:with|by)\s+{_NOUN}{_Y}", _replace),
        (rf"\brename\s+{_MANY}{_OF}{_NOUN}{_X}\s+(?:to|into)\s+{_NOUN}{_Y}", _replace),
        (rf"\b(?:delete|remove)\s+{_MANY}lines?\s+{_HAVING}\s+{_NOUN}{_X}", _delete),
        (rf"\b(?:add|insert)\s+{_THING}{_X}{_BESIDE.format('(?:after|below)')}", _after),
        (rf"\b(?:add|insert)\s+{_THING}{_X}{_BESIDE.format('(?:before|above)')}", _before),
        (rf"\bappend\s+{_THING}{_X}", _append),
        (rf"\bupper-?case\s+{_MANY}{_OF}{_NOUN}{_X}", _upper),
        (rf"\blower-?case\s+{_MANY}{_OF}{_NOUN}{_X}", _lower),
    )
)


def follow(instructions: str, file: str) -> tuple[str, tuple[str, ...]]:
    """Apply every instruction that is understood, in the order they are written."""
    found = sorted(
        (
            (match.start(), match, change)
            for pattern, change in _GRAMMAR
            for match in pattern.finditer(instructions)
        ),
        key=lambda entry: entry[0],
    )
    for _, match, change in found:
        file = change(file, _quoted(match, "x"), _quoted(match, "y"))
    return file, tuple(match.group() for _, match, _ in found)


def _quoted(match: re.Match[str], name: str) -> str:
    groups = match.groupdict()
    return next((text for mark in "abcd" if (text := groups.get(f"{name}_{mark}"))), "")


def think(
    messages: Sequence[Mapping[str, Any]],
    prediction: str | None,
    *,
    gullible: bool = False,
    exact: bool = True,
) -> Thought:
    """Read a chat and write the answer; ``prediction`` is ``None`` where none was sent.

    ``gullible`` follows instructions in quoted material too, as a model does that was taken in;
    without ``exact`` the whole file is written where exact edits are asked for.
    """
    said = [text_of(m.get("content")) for m in messages if m.get("role") == "user"]
    if not said:
        return Thought(file="", answer="", note="There is no user message.")
    if _PLAN.search(_MATERIAL.sub("", "\n".join(said[:-1]))):
        return Thought(file=said[-1], answer="", plans=True)
    place, file, note = _file_of(said, prediction)
    instructions = "\n\n".join(said[:place] + said[place + 1 :])
    if len(said) == 1:
        # One message has both: the text before the file is the instruction.
        instructions = said[0].partition(file)[0] if file != said[0] else ""
    if not gullible:
        instructions = _MATERIAL.sub("", instructions)
    answer, understood = follow(instructions, file)
    asked = _EDITS.search("\n".join(said[:place]))
    nonce = asked[1] if asked and exact else None
    if nonce is not None:
        answer = as_edits(file, answer, nonce)
    return Thought(file=file, answer=answer, understood=understood, note=note, nonce=nonce)


def as_edits(file: str, text: str, nonce: str) -> str:
    """Write a block of old and new lines for each place that differs, with its line."""
    old, new = (one.removesuffix("\n").split("\n") if one else [] for one in (file, text))
    blocks: list[tuple[int, int, int, int]] = []
    matcher = difflib.SequenceMatcher(None, old, new)
    for tag, *span in matcher.get_opcodes():
        if tag == "equal":
            continue
        # An insertion repeats a neighbouring line.
        before = int(span[0] == span[1] and span[0] > 0)
        after = int(span[0] == span[1] == 0 and bool(old))
        start, first = span[0] - before, span[2] - before
        if blocks and start < blocks[-1][1]:
            # Beside another block: both are one.
            start, _, first, _ = blocks.pop()
        blocks.append((start, span[1] + after, first, span[3] + after))
    lines: list[str] = []
    for start, end, first, last in blocks:
        lines += [f"<<<<<<< {nonce} @{start + 1}", *old[start:end]]
        lines += [f"======= {nonce}", *new[first:last], f">>>>>>> {nonce}"]
    return "\n".join(lines or [f"======= {nonce} nothing"]) + "\n"


def _file_of(said: Sequence[str], prediction: str | None) -> tuple[int, str, str]:
    """Number of the message that holds the file, the file, and what is odd about it."""
    last = len(said) - 1
    if prediction is None or said[last] == prediction:
        return last, said[last], ""
    for number in range(last, -1, -1):
        if said[number] == prediction:
            return number, prediction, "The prediction is not the last user message."
    for number in range(last, -1, -1):
        if prediction and prediction in said[number]:
            return number, prediction, "The prediction is only a part of a user message."
    return last, said[last], "The prediction differs from the file in the last user message."
