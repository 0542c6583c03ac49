"""Where the summary's links to single suggestions lead."""

from __future__ import annotations

import dataclasses
import hashlib

from predict_edit.delivery.review_markers import MarkedSuggestion
from predict_edit.delivery.suggestions import _links
from predict_edit.domain.edits import Suggestion
from predict_edit.domain.repository import PullRequest

PULL = PullRequest(
    number=1,
    state="open",
    head_sha="1" * 40,
    head_ref="topic",
    head_repository="octo/game",
    base_sha="2" * 40,
    base_ref="main",
    changed_files=1,
    url="https://github.com/octo/game/pull/1",
)
SUGGESTION = Suggestion(path="src/ä.py", start_line=3, line=5, body="")
ITEM = MarkedSuggestion(suggestion=SUGGESTION, key="k", words="")


def test_a_suggestion_is_linked_by_file_and_last_line() -> None:
    """The URL is that of the last line in the pull request's diff, without any request."""
    name = hashlib.sha256("src/ä.py".encode()).hexdigest()

    assert list(_links(PULL, [ITEM])) == [
        ("src/ä.py", 5, f"https://github.com/octo/game/pull/1/files#diff-{name}R5")
    ]


def test_without_an_address_there_is_no_link() -> None:
    """A host that does not say where the pull request is gets no invented URL."""
    assert list(_links(dataclasses.replace(PULL, url=""), [ITEM])) == []
