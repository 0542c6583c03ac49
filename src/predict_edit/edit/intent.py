"""Which bytes nobody sees an instruction speaks of.

Models lose line endings, marks and blanks by accident, and an answer that lost one looks exactly as
one that took it away on purpose. So these are put back unless the instruction speaks of them;
everything else is judged by the change itself. A missed word costs no edit silently: what was put
back is counted and reported.
"""

from __future__ import annotations

import dataclasses
import re

MAX_READ = 20_000
"""Characters of an instruction that are looked at."""

_FORMATTERS = (
    r"\bblack\b|\bpep ?8|\bpycodestyle\b|\bflake8\b|\bruff\b|\b[EW][23]\d\d\b|\b\w*fmt\b|"
    r"\bprettier|\beslint\b|(?<!markdown )\b(?:re-?)?format|\blint|\btid(?:y|ied)|\bclang-format"
)
"""Tools and rules whose findings are, among others, blanks at the ends of lines and of files."""
_LINE_ENDINGS = re.compile(
    r"\b(?:crlf|lf|line[ -]?endings?|end[ -]of[ -]line|eol|dos2unix|unix2dos|carriage returns?|"
    r"zeilenenden?|\\r|bad interpreter|dos (?:format|files?)|(?:windows|unix|dos) "
    r"(?:newlines?|lines?))\b|\\r\\n|\^M",
    re.IGNORECASE,
)
"""Most models answer with line feeds only, whatever the file has."""
_MARK = re.compile(r"\bBOM\b|byte[ -]?order|\bU\+FEFF\b|\bsignature\b", re.IGNORECASE)
"""No model repeats a byte-order mark reliably."""
_FILE_ENDS = re.compile(
    r"new-?lines?\b|\bline feeds?\b|\bblank lines?\b|\bempty lines?\b|\bend of (?:the )?file\b|"
    r"\bend-of-file\b|\bEOF\b|\bleading (?:white|blank)|\btrailing\b|\beol-last\b|" + _FORMATTERS,
    re.IGNORECASE,
)
"""Chat templates cut white space at both ends of an answer."""
_TRAILING_BLANKS = re.compile(
    r"\btrailing\b|\bwhite ?-?space|\bblanks?\b|\bspaces?\b|\btabs?\b|\bstrip|\btrim|"
    r"\bLeerzeichen|" + _FORMATTERS,
    re.IGNORECASE,
)
"""Models trained on formatted code leave blanks at line ends out."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What an instruction speaks of, and so may change."""

    line_endings: bool
    byte_order_mark: bool
    file_ends: bool
    """Blank lines at the start and the line feed at the end."""
    trailing_blanks: bool
    """Blanks at line ends."""


def read(instruction: str) -> Intent:
    """Look for the words."""
    text = " ".join(instruction[:MAX_READ].split())
    return Intent(
        line_endings=_LINE_ENDINGS.search(text) is not None,
        byte_order_mark=_MARK.search(text) is not None,
        file_ends=_FILE_ENDS.search(text) is not None,
        trailing_blanks=_TRAILING_BLANKS.search(text) is not None,
    )
