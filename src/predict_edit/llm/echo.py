"""Quoting a provider without repeating what was sent to it.

An error body may echo the request: the file, the prompt, or part of a key. What is shown to
people, and what error texts are matched against, passes through here first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from predict_edit.support.unicode import is_shown

LONGEST_QUOTE = 300
"""Characters of provider text that are shown."""

_LONGEST_READ = 8_000
_RUN = 20
"""A run of this many characters that also stands in the sent text counts as an echo of it."""

_KEY_LIKE = re.compile(
    r"""(?ix)
    \bbearer\s+\S+                       # a header
    | \beyJ[\w.+/=*-]{8,}                # a JSON web token
    | \b(?:sk|pk|rk)-[\w*.-]{4,}         # OpenAI and its like, masked ones too
    | \bgh[opsur]_\w{8,} | \bgithub_pat_\w+
    | \b[0-9a-f]{32}\b | \b[A-Za-z0-9]{84}\b   # Azure, old and new
    | [\w+/=-]{48,}                      # whatever else is too long to be a word
    """
)
_ESCAPED_QUOTE = re.compile(r"\\+([\"'])")
_SPACES = re.compile(r"(?:\\+[nrt]|\s)+")


def _flat(text: str) -> str:
    """One line, with single blanks, escaped quotes undone; the form in which texts are compared."""
    return _ESCAPED_QUOTE.sub(r"\1", _SPACES.sub(" ", text))


def without_echo(text: str, sent: Sequence[str]) -> str:
    """``text`` on one line, with every longer run that also stands in ``sent`` taken out.

    Echoes are found although they may be cut short, JSON-escaped or folded differently.
    """
    text = _flat(text[:_LONGEST_READ])
    if len(text) < _RUN:
        return text
    echoed = bytearray(len(text))
    wanted = {text[start : start + _RUN] for start in range(len(text) - _RUN + 1)}
    for source in map(_flat, sent):
        found = wanted.intersection(
            source[start : start + _RUN] for start in range(len(source) - _RUN + 1)
        )
        if not found:
            continue
        for start in range(len(text) - _RUN + 1):
            if text[start : start + _RUN] in found:
                echoed[start : start + _RUN] = b"\x01" * _RUN
    pieces = re.split(b"\x01+", bytes(echoed))
    if len(pieces) == 1:
        return text
    kept, position = [], 0
    for match in re.finditer(b"\x01+", bytes(echoed)):
        kept.append(text[position : match.start()])
        position = match.end()
    kept.append(text[position:])
    return "…".join(kept)


def _printed(text: str) -> str:
    return "".join(char if is_shown(char) else " " for char in text)


def quote(text: str, sent: Sequence[str] = ()) -> str:
    """Provider text that may be shown: no echo, nothing that looks like a key, one short line."""
    text = _KEY_LIKE.sub("[hidden]", without_echo(_printed(text), sent)).strip()
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1].rstrip()}…"


def body_text(body: object) -> str:
    """All of an error body as text, whatever its shape."""
    if body is None:
        return ""
    if isinstance(body, str):
        return body
    try:
        return json.dumps(body, default=str, ensure_ascii=False)
    except ValueError:  # a circular structure
        return str(body)


def sentence_of(body: object) -> str:
    """The sentence for people inside an error body of any known shape.

    OpenAI's ``{"message": …}`` (already out of ``{"error": …}``), ``{"error": "text"}``,
    FastAPI's ``{"detail": …}``, plain text; everything else as JSON.
    """
    if isinstance(body, dict):
        for name in ("message", "error_description", "error", "detail", "msg", "title"):
            found = body.get(name)
            if isinstance(found, str) and found.strip():
                return found
            if isinstance(found, dict):
                return sentence_of(found)
            if isinstance(found, list) and found:
                return "; ".join(_validation_line(item) for item in found[:3])
    text = body_text(body)
    return "" if text.lstrip().startswith("<") else text


def _validation_line(item: object) -> str:
    """One entry of a pydantic error list, without the input it echoes."""
    if not isinstance(item, dict):
        return str(item)
    place = item.get("loc")
    where = ".".join(map(str, place)) if isinstance(place, list | tuple) else ""
    says = str(item.get("msg") or item.get("type") or "")
    return ": ".join(part for part in (where, says) if part)
