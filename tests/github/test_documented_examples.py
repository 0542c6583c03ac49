"""GitHub's documented example answers, also with what may be null null and what may be gone gone.

``openapi_examples.json.xz`` is made by ``scripts/cut_openapi_examples.py`` from the npm package
``@octokit/openapi``; its version and licence (MIT) are inside.
"""

from __future__ import annotations

import contextlib
import copy
import json
import lzma
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from tests.github.conftest import REPOSITORY, FakeGitHub

from predict_edit.domain.edits import ReviewDraft
from predict_edit.domain.errors import FindingsError, ForgeAnswerInvalid, ForgeError
from predict_edit.domain.repository import CommandRef, CommandSource, Reaction
from predict_edit.findings.code_scanning import read_alerts
from predict_edit.github import rest
from predict_edit.github.client import parse
from predict_edit.github.error_mapping import graphql_refusal, reasons_of, refusal_of
from predict_edit.github.host import GitHubHost

DOCUMENT: Final = json.loads(
    lzma.decompress(Path(__file__).with_name("openapi_examples.json.xz").read_bytes())
)
EXAMPLES: Final[list[dict[str, Any]]] = DOCUMENT["examples"]
SHA: Final = "a" * 40
REVIEW: Final = ReviewDraft(commit_id=SHA, body="A body", suggestions=())


def command(source: CommandSource) -> CommandRef:
    """A command whose comment has number 1."""
    return CommandRef(source=source, comment_id=1, node_id="", body="", author="mona")


ISSUE, DIFF = command(CommandSource.ISSUE_COMMENT), command(CommandSource.REVIEW_COMMENT)
ASK: Final[dict[str, tuple[str, Callable[[GitHubHost], Awaitable[Any]]]]] = {
    "GET /repos/{owner}/{repo}": (f"/repos/{REPOSITORY}", GitHubHost.repository),
    "GET ~/code-scanning/alerts": ("code-scanning/alerts", lambda host: host.open_alerts("main")),
    "GET ~/collaborators/{username}/permission": (
        "collaborators/mona/permission",
        lambda host: host.role_of("mona", 1),
    ),
    "GET ~/compare/{basehead}": (
        "compare/main...topic",
        lambda host: host.merge_base("main", "topic"),
    ),
    "GET ~/git/ref/{ref}": ("git/refs/heads/topic", lambda host: host.branch_tip("topic")),
    "GET ~/git/trees/{tree_sha}": (f"git/trees/{SHA}", lambda host: host.tree(SHA)),
    "GET ~/issues/comments/{comment_id}": (
        "issues/comments/1",
        lambda host: host.command_body(ISSUE),
    ),
    "GET ~/pulls/comments/{comment_id}": ("pulls/comments/1", lambda host: host.command_body(DIFF)),
    "GET ~/pulls/{pull_number}": ("pulls/7", lambda host: host.pull_request(7)),
    "GET ~/pulls/{pull_number}/files": ("pulls/7/files", lambda host: host.changed_files(7)),
    "GET ~/pulls/{pull_number}/reviews/{review_id}/comments": (
        "pulls/7/reviews/2/comments",
        lambda host: host.has_comments(7, 2),
    ),
    "PATCH ~/issues/comments/{comment_id}": (
        "issues/comments/1",
        lambda host: host.edit_comment(1, "text"),
    ),
    "PATCH ~/pulls/{pull_number}": (
        "pulls/7",
        lambda host: host.update_pull_request(7, title="A title"),
    ),
    "POST ~/git/refs": ("git/refs", lambda host: host.create_branch("topic", SHA)),
    "POST ~/issues/comments/{comment_id}/reactions": (
        "issues/comments/1/reactions",
        lambda host: host.react(ISSUE, Reaction.TAKEN),
    ),
    "POST ~/issues/{issue_number}/comments": (
        "issues/7/comments",
        lambda host: host.create_comment(7, "text"),
    ),
    "POST ~/issues/{issue_number}/labels": (
        "issues/7/labels",
        lambda host: host.label(7, ["lint"]),
    ),
    "POST ~/pulls": (
        "pulls",
        lambda host: host.open_pull_request("topic", "main", title="A title", body="A body"),
    ),
    "POST ~/pulls/comments/{comment_id}/reactions": (
        "pulls/comments/1/reactions",
        lambda host: host.react(DIFF, Reaction.TAKEN),
    ),
    "POST ~/pulls/{pull_number}/reviews": (
        "pulls/7/reviews",
        lambda host: host.create_review(7, REVIEW),
    ),
    "PUT ~/pulls/{pull_number}/reviews/{review_id}": (
        "pulls/7/reviews/2",
        lambda host: host.update_review_body(7, 2, "text"),
    ),
}
"""Where each endpoint is asked for, and by what; blobs have a test of their own below."""
BLOB: Final = "GET ~/git/blobs/{file_sha}"


def reader(kind: Any) -> Callable[[Any], Any]:
    """The way in which an answer of this kind is read."""
    return lambda answer: parse(kind, answer, rest.PULL_REQUEST)


READ: Final[dict[str, Callable[[Any], Any]]] = {
    "GET /repos/{owner}/{repo}": reader(rest.Repository),
    "GET ~/code-scanning/alerts": lambda answer: read_alerts(
        answer if isinstance(answer, list) else [answer]
    ),
    "GET ~/collaborators/{username}/permission": reader(rest.Permission),
    "GET ~/compare/{basehead}": reader(rest.CommitComparison),
    BLOB: reader(rest.Blob),
    "GET ~/git/ref/{ref}": reader(rest.GitRef),
    "GET ~/git/trees/{tree_sha}": reader(rest.Tree),
    "GET ~/issues/comments/{comment_id}": reader(rest.Body),
    "GET ~/pulls/{pull_number}": reader(rest.Pull),
    "GET ~/pulls/{pull_number}/files": reader(list[rest.PullFile]),
    "POST ~/issues/{issue_number}/comments": reader(rest.IssueComment),
    "POST ~/pulls": reader(rest.NewPull),
    "POST ~/pulls/{pull_number}/reviews": reader(rest.PullReview),
}


def name_of(example: dict[str, Any]) -> str:
    """The endpoint, short: ``~`` is the repository."""
    return str(example["endpoint"]).replace("/repos/{owner}/{repo}/", "~/")


def changed(example: dict[str, Any], what: str) -> Any:
    """The answer with all fields null that may be, or all gone that may be."""
    answer = copy.deepcopy(example["answer"])
    for how, path in reversed(example["places"]):
        if how == what:
            change(answer, how, path)
    return answer


def change(answer: Any, how: str, path: list[str | int]) -> None:
    """Make one field null, or take it away; one below another that is gone already is gone."""
    with contextlib.suppress(KeyError, TypeError):
        for step in path[:-1]:
            answer = answer[step]
        if how == "null":
            answer[path[-1]] = None
        else:
            del answer[path[-1]]


CALLED: Final = [
    example
    for example in EXAMPLES
    if "places" in example and not isinstance(example["answer"], str)
]


def test_all_are_here() -> None:
    """All that are documented, each once, and some of every endpoint that is called."""
    assert DOCUMENT["documented"] == 1051
    assert len(EXAMPLES) == 653
    assert {name_of(example) for example in CALLED} == {*ASK, BLOB}
    assert "MIT" in DOCUMENT["licence"]


@pytest.mark.parametrize("what", ["as documented", "null", "missing"])
@pytest.mark.parametrize("example", [each for each in CALLED if name_of(each) != BLOB], ids=name_of)
async def test_no_documented_answer_stops_a_run(
    github: FakeGitHub,
    forge: GitHubHost,
    caplog: pytest.LogCaptureFixture,
    example: dict[str, Any],
    what: str,
) -> None:
    """Each is read by the whole way that it takes: PyGithub, and what is asked of it."""
    path, ask = ASK[name_of(example)]
    answer = changed(example, what)
    github.on(example["endpoint"].split()[0], path, answer, status=example["status"])
    with caplog.at_level("DEBUG"):
        result = await ask(forge)
    assert github.received
    assert "no reaction" not in caplog.text
    if isinstance(result, list):
        assert len(read_alerts(result).findings) == len(answer)


@pytest.mark.parametrize("example", [each for each in CALLED if name_of(each) in READ], ids=name_of)
def test_no_field_that_may_be_null_or_missing_is_needed(example: dict[str, Any]) -> None:
    """Each of them alone, read as the endpoint's answer."""
    for how, path in example["places"]:
        answer = copy.deepcopy(example["answer"])
        change(answer, how, path)
        READ[name_of(example)](answer)


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_an_answer_of_another_endpoint_is_read_or_refused(read: Callable[[Any], Any]) -> None:
    """Whatever a proxy or a stand-in answers with, it is a refusal of the fitting class."""
    refused = 0
    for example in EXAMPLES:
        try:
            read(example["answer"])
        except (ForgeAnswerInvalid, FindingsError):
            refused += 1
    assert 0 < refused < len(EXAMPLES)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500])
def test_any_answer_may_come_with_an_error(status: int) -> None:
    """Its sentences are found where GitHub has them, and whatever else is there is no fault."""
    spoken = 0
    for example in EXAMPLES:
        answer = example["answer"]
        assert isinstance(refusal_of(status, {}, answer, rest.PULL_REQUEST), ForgeError)
        assert isinstance(graphql_refusal({}, answer, rest.PULL_REQUEST), ForgeError)
        message = answer.get("message") if isinstance(answer, dict) else None
        if example["status"] >= 400 and isinstance(message, str):
            assert " ".join(message.split())[:300] in reasons_of(answer)
            spoken += 1
    assert spoken > 10
