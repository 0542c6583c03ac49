"""GitHub's own examples of events: those that carry no command, and those that could.

``webhooks_examples.json.xz`` has one example of each event and action of ``@octokit/webhooks-
examples`` 7.6.1 (MIT licence, Gregor Martynus and contributors), as pairs of name and payload.
"""

from __future__ import annotations

import copy
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from predict_edit.trigger.events import read_event
from predict_edit.trigger.requests import ClosedPullRequest, Ignored, PullRequestCommand

EXAMPLES: list[tuple[str, dict[str, Any]]] = json.loads(
    lzma.decompress(Path(__file__).with_name("webhooks_examples.json.xz").read_bytes())
)
COMMENTS = ("issue_comment", "pull_request_review_comment")
WORD = "/predict-edit"


def name_of(example: tuple[str, dict[str, Any]]) -> str:
    """The event with its action."""
    name, payload = example
    return f"{name}.{payload['action']}" if "action" in payload else name


def test_all_of_them_are_here() -> None:
    """One of each event and action, none twice."""
    assert len(EXAMPLES) == len(set(map(name_of, EXAMPLES))) == 161


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_event_without_a_command_is_left_alone(example: tuple[str, dict[str, Any]]) -> None:
    """None stops the run; a dispatch carries its own instruction, a close says what is over."""
    name, payload = example
    request = read_event(name, payload, word=WORD, instruction="fix", pull_request="7")
    kinds = {"workflow_dispatch": PullRequestCommand, "pull_request.closed": ClosedPullRequest}
    assert isinstance(request, kinds.get(name_of(example), Ignored))


@pytest.mark.parametrize("repository", [None, {"full_name": "octocat/Hello-World"}])
def test_nothing_is_closed_with_a_pull_request_from_a_fork(repository: object) -> None:
    """Its events get no secrets; GitHub names no repository if the fork was deleted."""
    name, payload = next(each for each in EXAMPLES if name_of(each) == "pull_request.closed")
    payload = copy.deepcopy(payload)
    payload["pull_request"]["head"]["repo"] = repository

    assert isinstance(read_event(name, payload, word=WORD), Ignored)


@pytest.mark.parametrize("missing", ["number", "head", "base"])
def test_nothing_is_closed_without_a_number_and_both_branches(missing: str) -> None:
    """GitHub might take an empty name for any branch."""
    name, payload = next(each for each in EXAMPLES if name_of(each) == "pull_request.closed")
    payload = copy.deepcopy(payload)
    if missing == "number":
        del payload["number"]
    else:
        del payload["pull_request"][missing]["ref"]

    request = read_event(name, payload, word=WORD)
    assert isinstance(request, Ignored)
    assert "lacks" in request.reason


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each[0] in COMMENTS], ids=name_of)
def test_a_command_in_a_comment_is_one_when_it_is_created(
    example: tuple[str, dict[str, Any]],
) -> None:
    """Real comments of both kinds have all that a command needs; edited and deleted are none."""
    name, payload = copy.deepcopy(example)
    payload["comment"]["body"] = f"{WORD} fix it"
    payload.get("issue", {})["pull_request"] = {"url": "https://api.github.com/x"}
    request = read_event(name, payload, word=WORD)
    if payload["action"] != "created":
        assert isinstance(request, Ignored)
        return
    assert isinstance(request, PullRequestCommand)
    assert request.repository == payload["repository"]["full_name"]
    assert request.command.node_id == payload["comment"]["node_id"]
    assert request.command.author == payload["comment"]["user"]["login"]
