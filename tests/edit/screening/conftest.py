"""One question to the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from predict_edit.domain.edits import SourceFile
from predict_edit.edit.screening import judge_for
from predict_edit.suggest.diff import hunks_between

Ask = Callable[..., list[str | None]]


def verdicts(
    original: str, edited: str, secrets: Iterable[str] = (), instruction: str = ""
) -> list[str | None]:
    """What the judge says of each hunk between two texts."""
    judge = judge_for(SourceFile(path="a.txt", text=original, blob_sha="0"), secrets, instruction)
    return [judge(hunk) for hunk in hunks_between(original, edited)]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """The verdicts on an edit."""
    return verdicts
