"""All rules about what may come out of a model, as one question about one hunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from predict_edit.domain.edits import EditRequest, Hunk, SourceFile
from predict_edit.edit.screening import characters
from predict_edit.edit.screening.own_secrets import OwnSecrets
from predict_edit.edit.screening.secret_patterns import tokens_in
from predict_edit.support.git import lines_of

Judge = Callable[[Hunk], str | None]

OF_THIS_RUN: Final = "holds a secret of this run"
NOT_SENT: Final = "not sent to the model: it holds a secret of this run"
NOT_ASKED: Final = "not sent to the model: what is said about it holds a secret of this run"
LIKE_A_KEY: Final = "adds what looks like a secret: {kind}"
"""``kind`` is one of the names in :mod:`predict_edit.edit.screening.secret_patterns`."""

BESIDE: Final = 4
"""Unchanged lines above and below a hunk that a suggestion or a patch may show with it."""


APART: Final = 2_000
"""Characters of earlier hunks in which the first part of a secret is looked for."""


def secret_in(request: EditRequest, secrets: Iterable[str]) -> str | None:
    """Say that a request holds a secret of this run, which must not be sent to the model either.

    What the pull request takes out of the file counts too, because the model may be shown it.
    """
    file, own = request.file, OwnSecrets(secrets)
    patch = file.change.patch if file.change else None
    if own.are_in(f"{file.text}\n{patch or ''}"):
        return NOT_SENT
    beside = [request.instruction, *(f"{each.rule}\n{each.message}" for each in request.findings)]
    for aim in request.aims:
        beside += [aim.diff_hunk, *aim.thread]
    return NOT_ASKED if own.are_in("\n\n".join(beside)) else None


def judge_for(file: SourceFile, secrets: Iterable[str], instruction: str = "") -> Judge:
    """A judge of the hunks of one file, which says why one must not be posted.

    ``secrets`` are the run's own. A hunk may not hold one of them even where the file does, nor be
    shown beside one, nor complete one whose first part an earlier hunk adds; so the hunks are asked
    about in their order. Everything else counts only where the hunk brings it in; what only looks
    like a secret is none if the instruction, which is public, has it.
    """
    lines = lines_of(file.text)
    known = frozenset(lines)
    returns_end_lines = "\r" in file.text and "\n" not in file.text
    own = OwnSecrets(secrets)
    earlier = ""

    def judge(hunk: Hunk) -> str | None:
        nonlocal earlier
        if not hunk.added:
            shown = ""
        else:
            reason = characters.problem(hunk, known, returns_end_lines=returns_end_lines)
            if reason is not None:
                return reason
            shown = "".join(hunk.added)
        if own:
            above = "".join(lines[max(0, hunk.start - 1 - BESIDE) : hunk.start - 1])
            below = "".join(lines[hunk.end : hunk.end + BESIDE])
            if own.are_in(f"{above}{shown}{below}") or (earlier and own.are_in(earlier + shown)):
                return OF_THIS_RUN
        for kind, token in tokens_in(shown):
            if token not in file.text and token not in instruction:
                return LIKE_A_KEY.format(kind=kind)
        earlier = (earlier + shown)[-APART:]
        return None

    return judge
