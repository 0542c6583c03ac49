"""All rules about what may come out of a model, as one question about one hunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from predict_edit.domain import Hunk, SourceFile
from predict_edit.screen import characters, reasons
from predict_edit.screen.own import Needles
from predict_edit.screen.vendors import tokens_in

Judge = Callable[[Hunk], str | None]

BESIDE: Final = 4
"""Unchanged lines above and below a hunk that a suggestion or a patch may show with it."""


def judge_for(file: SourceFile, secrets: Iterable[str]) -> Judge:
    """A judge of the hunks of one file, which says why one must not be posted.

    ``secrets`` are the run's own. A hunk may not hold one of them even where the file does, nor be
    shown beside one; everything else counts only where the hunk brings it in.
    """
    lines = [line + "\n" for line in file.text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    known = frozenset(lines)
    returns_end_lines = "\r" in file.text and "\n" not in file.text
    needles = Needles(secrets)

    def judge(hunk: Hunk) -> str | None:
        if not hunk.added:
            shown = ""
        else:
            reason = characters.problem(hunk, known, returns_end_lines=returns_end_lines)
            if reason is not None:
                return reason
            shown = "".join(hunk.added)
        if needles:
            above = "".join(lines[max(0, hunk.start - 1 - BESIDE) : hunk.start - 1])
            below = "".join(lines[hunk.end : hunk.end + BESIDE])
            if needles.are_in(f"{above}{shown}{below}"):
                return reasons.OWN_SECRET
        for kind, token in tokens_in(shown):
            if token not in file.text:
                return reasons.TOKEN.format(kind=kind)
        return None

    return judge
