"""The run's own secrets in a text, however they are written.

No secret is ever part of a prompt, so none should be in an answer. This is the second lock: it
finds a key or token as it is, backwards, in base64, hexadecimal, percent or backslash escapes,
and broken up by blanks, quotes, line ends or anything else that is neither letter nor digit.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from predict_edit.support.log import base64_cores

SHORTEST: Final = 8
"""Letters and digits; what is shorter is in many texts by chance."""
_PHRASE: Final = 18
"""A shorter key without any digit, such as ``not-needed``, is a word that a server ignores."""

_SEPARATORS: Final = bytes(code for code in range(128) if not chr(code).isalnum())
_ESCAPES: Final = re.compile(r"\\x|0x|\\u00|\\u\{|&#x|%", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"\\x([0-9a-fA-F]{2})|\\u(?:00([0-9a-fA-F]{2})|\{([0-9a-fA-F]{2})\})")
_ESCAPE_MARKS: Final = ("\\", "0x", "0X", "&#", "%")
"""One of them is in each of these, and is found in a tenth of the time."""
_ROUNDS: Final = 3
"""How often an escape may itself be escaped."""


class OwnSecrets:
    """What to look for, worked out once for all texts of a run."""

    def __init__(self, secrets: Iterable[str]) -> None:
        exact: set[str] = set()
        folded: set[str] = set()
        for secret in map(str.strip, secrets):
            if not _is_secret(secret):
                continue
            exact.add(_squeezed(secret))
            exact.update(map(_squeezed, base64_cores(secret)))
            folded.add(secret.encode("utf-8", "surrogatepass").hex())
        self._exact = frozenset(needle for needle in exact if len(needle) >= SHORTEST)
        self._folded = frozenset(folded)

    def __bool__(self) -> bool:
        return bool(self._exact)

    def are_in(self, text: str) -> bool:
        """Whether a text holds any of the secrets."""
        return bool(self) and any(self._stand_in(view) for view in _views(text))

    def _stand_in(self, text: str) -> bool:
        squeezed = _squeezed(text)
        if any(needle in way for way in (squeezed, squeezed[::-1]) for needle in self._exact):
            return True
        escapes = any(mark in text for mark in _ESCAPE_MARKS)
        digits = (_squeezed(_ESCAPES.sub("", text)) if escapes else squeezed).lower()
        return any(needle in way for way in (digits, digits[::-1]) for needle in self._folded)


def _is_secret(text: str) -> bool:
    """Whether a key is worth looking for: long, or not a mere word."""
    size = len(_squeezed(text))
    return size >= SHORTEST and (size >= _PHRASE or any(map(str.isdigit, text)))


def _views(text: str) -> Iterator[str]:
    """A text as it is, and as it reads with escapes undone."""
    seen = set()
    view = unicodedata.normalize("NFKC", text)
    for _ in range(_ROUNDS):
        if view in seen:
            return
        seen.add(view)
        yield view
        view = unquote(html.unescape(_ESCAPED.sub(_character, view)))


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2] or found[3], 16))


def _squeezed(text: str) -> str:
    """The ASCII letters and digits of a text."""
    return text.encode("ascii", "ignore").translate(None, _SEPARATORS).decode()
