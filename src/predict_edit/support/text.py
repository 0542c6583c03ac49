"""Values, numbers, lists and near misses in sentences, safe wherever they are shown.

What people and payloads contain ends in comments, logs and terminals: it is put between backticks,
on one line, visible and short, so that it can neither mention anybody nor hide anything there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

_LIVE: Final = re.compile(r"@(?=\w)|(?:#|gh-|/issues/|/pull/|/discussions/)(?=\d)", re.IGNORECASE)
_SKIP: Final = re.compile("skip|no ci", re.IGNORECASE)
_ROUND: Final = str.maketrans("[]", "()")

MAX_QUOTED = 60
"""Characters of a foreign value that a message shows."""


def quoted(text: str) -> str:
    """Show a foreign value as a Markdown code span on one line, shortened and with escapes."""
    if not text:
        return "empty"
    cut = text[:MAX_QUOTED]
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in cut.replace("`", "'")
    )
    return f"`{shown}{'…' if len(text) > MAX_QUOTED else ''}`"


def inert(text: str) -> str:
    """Write foreign text on one line so that GitHub acts on nothing in it.

    For commit messages and titles, where no markup protects: a space ends references to issues and
    mentions of accounts, and brackets that skip checks become round.
    """
    line = _LIVE.sub(r"\g<0> ", " ".join(text.split()))
    return line.translate(_ROUND) if _SKIP.search(line) else line


def plural(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: ``1 file``, ``2 files``, ``2 patches``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(items: Iterable[str], last: str = "and", *, most: int | None = None) -> str:
    """Join as a sentence does: ``a, b and c``; ``nothing`` if there are none.

    Of more than ``most`` files, the rest are counted: ``a, b and 3 more files``.
    """
    named = list(items)
    if most is not None and named[most:]:
        named[most:] = [plural(len(named) - most, "more file")]
    *head, tail = named or ["nothing"]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that ``name`` probably means."""
    wanted = name.casefold().replace("_", "-")
    return next(iter(difflib.get_close_matches(wanted, list(known), n=1, cutoff=0.6)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name in a sentence; empty if none is near."""
    near = nearest(name, known)
    return f"Did you mean {quoted(near)}?" if near else ""
