"""The command's comment, its reactions and its thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from githubkit_schemas.latest import models

from predict_edit.domain.errors import ForgeForbidden, ForgeNotFound, ForgeRefused
from predict_edit.domain.repository import CommandRef, CommandSource, Reaction
from predict_edit.github.host import GitHubHost

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub

ISSUE = CommandRef(
    source=CommandSource.ISSUE_COMMENT, comment_id=5, author="mona", body="/predict-edit x"
)
REVIEW = CommandRef(source=CommandSource.REVIEW_COMMENT, comment_id=5, author="mona")
DISPATCH = CommandRef(source=CommandSource.DISPATCH, comment_id=None, author="mona", body="x")
COMMENT = {
    "id": 1,
    "node_id": "IC_1",
    "html_url": "https://github.com/c1",
    "body": "text",
    "user": {"login": "github-actions[bot]"},
    "created_at": "2026-01-01T00:00:00Z",
}
PATHS = [(ISSUE, "issues/comments/5"), (REVIEW, "pulls/comments/5")]


@pytest.mark.parametrize(("command", "path"), PATHS)
@pytest.mark.parametrize("reaction", list(Reaction))
async def test_reactions_go_to_the_comment(
    github: FakeGitHub, forge: GitHubHost, command: CommandRef, path: str, reaction: Reaction
) -> None:
    """The two kinds of comment have an endpoint each; GitHub's schema has the reaction."""
    github.on("POST", f"{path}/reactions", {"id": 99, "content": reaction.value}, status=201)
    await forge.react(command, reaction)
    (received,) = github.received
    body = received.json
    parsed = models.ReposOwnerRepoIssuesCommentsCommentIdReactionsPostBody.model_validate(body)
    assert parsed.model_dump(exclude_unset=True) == body


async def test_a_dispatch_has_nothing_to_react_on(github: FakeGitHub, forge: GitHubHost) -> None:
    await forge.react(DISPATCH, Reaction.DONE)
    assert await forge.command_body(DISPATCH) == "x"
    assert github.received == []


@pytest.mark.parametrize("status", [403, 404, 422, 500])
async def test_failed_reactions_are_only_logged(
    github: FakeGitHub, forge: GitHubHost, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """No run fails because of a reaction, and none is tried twice."""
    github.on("POST", "issues/comments/5/reactions", {"message": "no"}, status=status)
    with caplog.at_level(logging.DEBUG, "predict_edit"):
        await forge.react(ISSUE, Reaction.TAKEN)
    assert len(github.received) == 1
    assert "no reaction TAKEN" in caplog.text


@pytest.mark.parametrize(("command", "path"), PATHS)
async def test_the_command_is_read_again(
    github: FakeGitHub, forge: GitHubHost, command: CommandRef, path: str
) -> None:
    """As it reads now, even if it was emptied."""
    github.on("GET", path, {"body": "changed"}).on("GET", path, {"body": None})
    assert await forge.command_body(command) == "changed"
    assert await forge.command_body(command) == ""


@pytest.mark.parametrize("status", [404, 410])
async def test_a_deleted_command_is_missing(
    github: FakeGitHub, forge: GitHubHost, status: int
) -> None:
    """GitHub answers 404, or 410 if it remembers."""
    github.on("GET", "issues/comments/5", {"message": "gone"}, status=status)
    assert await forge.command_body(ISSUE) is None


async def test_a_command_that_cannot_be_read_raises(github: FakeGitHub, forge: GitHubHost) -> None:
    """Not knowing is not the same as deleted."""
    github.on("GET", "issues/comments/5", {}, status=451)
    with pytest.raises(ForgeRefused):
        await forge.command_body(ISSUE)


async def test_comments_are_written_and_replaced(github: FakeGitHub, forge: GitHubHost) -> None:
    """Both bodies follow GitHub's schema, and the new comment is ours."""
    github.on("POST", "issues/7/comments", COMMENT, status=201)
    github.on("PATCH", "issues/comments/1", COMMENT)
    comment = await forge.create_comment(7, "text")
    await forge.edit_comment(comment.id, "new text")
    assert (comment.id, comment.mine, comment.node_id) == (1, True, "IC_1")
    assert comment.url == "https://github.com/c1"
    assert comment.author == "github-actions[bot]"
    first, second = (received.json for received in github.received)
    models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody.model_validate(first)
    models.ReposOwnerRepoIssuesCommentsCommentIdPatchBody.model_validate(second)
    assert (first, second) == ({"body": "text"}, {"body": "new text"})


async def test_a_comment_that_may_not_be_written_says_why(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """The missing permission is named; a comment that is gone is not found."""
    github.on(
        "POST",
        "issues/7/comments",
        {"message": "Resource not accessible by integration"},
        status=403,
    )
    with pytest.raises(ForgeForbidden, match="pull-requests: write"):
        await forge.create_comment(7, "text")
    with pytest.raises(ForgeNotFound):
        await forge.edit_comment(404, "text")
