"""Ways in which a real model spoils a right answer, so that a client can be tested on them."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Iterable, Mapping

ELISION = "# ... rest of the code unchanged ..."
OPENING = "Sure, here is the updated file:\n\n"
CLOSING = "\n\nExplanation: I changed what you asked for.\n"


class Quirk(enum.StrEnum):
    """What is done to an answer; several are applied in the order they stand here."""

    NO_OUTER_NEWLINES = "no-outer-newlines"
    """Leading and trailing line feeds are lost, as in Azure's published sample."""
    NO_FINAL_NEWLINE = "no-final-newline"
    EXTRA_FINAL_NEWLINE = "extra-final-newline"
    LINE_FEEDS_ONLY = "line-feeds-only"
    """Carriage returns are lost."""
    NO_BYTE_ORDER_MARK = "no-byte-order-mark"
    NO_TRAILING_BLANKS = "no-trailing-blanks"
    ELIDED = "elided"
    """The second half is replaced by a comment that says so."""
    TRUNCATED = "truncated"
    """The second half is missing, and the model says it has finished."""
    REPEATED = "repeated"
    """The last line is written a hundred times more."""
    EMPTY = "empty"
    FENCED = "fenced"
    """Everything is wrapped in one code fence."""
    PROSE = "prose"
    """A sentence before and one after."""

    NO_CLOSER = "no-closer"
    """Of exact edits: the last mark of each block is missing."""
    NO_NONCE = "no-nonce"
    """Marks without their nonce."""
    NESTED = "nested"
    """A block inside another one."""
    AS_JSON = "as-json"
    CUT_OFF = "cut-off"
    """The answer ends in the middle of a block, and the model says it has finished."""
    WRONG_ORDER = "wrong-order"
    """New lines before old ones."""
    REINDENTED = "reindented"
    """Old lines are indented anew."""
    FOREIGN = "foreign"
    """Old lines are those of another file."""


def _strip_blanks(text: str) -> str:
    return "\n".join(line.rstrip(" \t") for line in text.split("\n"))


def _half(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(lines[: len(lines) // 2]) + "\n"


def _repeat(text: str) -> str:
    line = text.rstrip("\n").rpartition("\n")[2] + "\n"
    return text + line * 100


_BLOCK = re.compile(
    r"(?ms)^(<{7} [^\n]*\n)((?:(?!={7} ).*?\n)??)(={7} [^\n]*\n)(.*?)(^>{7} [^\n]*\n)"
)
"""Mark, old lines, mark, new lines, mark."""


def _reindent(block: re.Match[str]) -> str:
    old = "".join(f"   {line}\n" for line in block[2].splitlines())
    return block[1] + old + block[3] + block[4] + block[5]


def _fence(text: str) -> str:
    return f"```\n{text}" + ("" if text.endswith("\n") else "\n") + "```"


_ACTIONS: Mapping[Quirk, Callable[[str], str]] = {
    Quirk.NO_OUTER_NEWLINES: lambda text: text.strip("\n"),
    Quirk.NO_FINAL_NEWLINE: lambda text: text.removesuffix("\n").removesuffix("\r"),
    Quirk.EXTRA_FINAL_NEWLINE: lambda text: text + "\n",
    Quirk.LINE_FEEDS_ONLY: lambda text: text.replace("\r\n", "\n"),
    Quirk.NO_BYTE_ORDER_MARK: lambda text: text.removeprefix("\ufeff"),
    Quirk.NO_TRAILING_BLANKS: _strip_blanks,
    Quirk.ELIDED: lambda text: _half(text) + ELISION + "\n",
    Quirk.TRUNCATED: _half,
    Quirk.REPEATED: _repeat,
    Quirk.EMPTY: lambda _: "",
    Quirk.FENCED: _fence,
    Quirk.PROSE: lambda text: OPENING + text + CLOSING,
    Quirk.NO_CLOSER: lambda text: re.sub(r"(?m)^>{7} .*\n", "", text),
    Quirk.NO_NONCE: lambda text: re.sub(r"(?m)^(<{7}|={7}|>{7}) \S{16,}", r"\1", text),
    Quirk.NESTED: lambda text: _BLOCK.sub(r"\1\1\2\3\4\5\5", text),
    Quirk.AS_JSON: lambda text: json.dumps({"edits": text.split("\n")}),
    Quirk.CUT_OFF: lambda text: text[: len(text) - len(text.rpartition(">>>>>>>")[2]) - 8],
    Quirk.WRONG_ORDER: lambda text: _BLOCK.sub(r"\1\4\3\2\5", text),
    Quirk.REINDENTED: lambda text: _BLOCK.sub(_reindent, text),
    Quirk.FOREIGN: lambda text: _BLOCK.sub(r"\1of another file\n\3\4\5", text),
}


def spoil(answer: str, quirks: Iterable[Quirk]) -> str:
    """Apply the quirks to a right answer."""
    wanted = set(quirks)
    for quirk in Quirk:
        if quirk in wanted:
            answer = _ACTIONS[quirk](answer)
    return answer
