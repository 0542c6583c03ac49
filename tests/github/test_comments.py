"""The command's comment, its reactions and its thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from githubkit_schemas.latest import models

from predict_edit.domain import CommandRef, CommandSource, Reaction
from predict_edit.domain.errors import ForgeForbidden, ForgeNotFound, ForgeRefused
from predict_edit.github.forge import GitHubForge

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
    github: FakeGitHub, forge: GitHubForge, command: CommandRef, path: str, reaction: Reaction
) -> None:
    """The two kinds of comment have an endpoint each; GitHub's schema knows the reaction."""
    github.on("POST", f"{path}/reactions", {"id": 99, "content": reaction.value}, status=201)
    github.on("DELETE", f"{path}/reactions/99", status=204)
    await forge.react(command, reaction)
    await forge.unreact(command, reaction)
    body = github.received[0].json
    parsed = models.ReposOwnerRepoIssuesCommentsCommentIdReactionsPostBody.model_validate(body)
    assert parsed.model_dump(exclude_unset=True) == body
    assert [(each.method, each.path.rsplit("/", 1)[1]) for each in github.received] == [
        ("POST", "reactions"),
        ("DELETE", "99"),
    ]


async def test_a_reaction_of_an_earlier_run_is_found_and_taken_off(
    github: FakeGitHub, forge: GitHubForge
) -> None:
    """GitHub answers 200 with the reaction that is there, whose number is then deleted."""
    github.on("POST", "issues/comments/5/reactions", {"id": 42}, status=200)
    github.on("DELETE", "issues/comments/5/reactions/42", status=204)
    await forge.unreact(ISSUE, Reaction.TAKEN)
    assert [each.method for each in github.received] == ["POST", "DELETE"]


async def test_a_dispatch_has_nothing_to_react_on(github: FakeGitHub, forge: GitHubForge) -> None:
    """Without a comment nothing is sent."""
    await forge.react(DISPATCH, Reaction.DONE)
    await forge.unreact(DISPATCH, Reaction.DONE)
    assert await forge.command_body(DISPATCH) == "x"
    assert github.received == []


@pytest.mark.parametrize("status", [403, 404, 422, 500])
async def test_failed_reactions_are_only_logged(
    github: FakeGitHub, forge: GitHubForge, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """No run fails for a reaction, and none is tried twice."""
    github.on("POST", "issues/comments/5/reactions", {"message": "no"}, status=status)
    with caplog.at_level(logging.DEBUG, "predict_edit"):
        await forge.react(ISSUE, Reaction.TAKEN)
        await forge.unreact(ISSUE, Reaction.TAKEN)
    assert len(github.received) == 2
    assert "no reaction TAKEN" in caplog.text
    assert "reaction TAKEN stays" in caplog.text


@pytest.mark.parametrize(("command", "path"), PATHS)
async def test_the_command_is_read_again(
    github: FakeGitHub, forge: GitHubForge, command: CommandRef, path: str
) -> None:
    """As it reads now, even when it was emptied."""
    github.on("GET", path, {"body": "changed"}).on("GET", path, {"body": None})
    assert await forge.command_body(command) == "changed"
    assert await forge.command_body(command) == ""


@pytest.mark.parametrize("status", [404, 410])
async def test_a_deleted_command_is_none(
    github: FakeGitHub, forge: GitHubForge, status: int
) -> None:
    """GitHub answers 404, or 410 where it remembers."""
    github.on("GET", "issues/comments/5", {"message": "gone"}, status=status)
    assert await forge.command_body(ISSUE) is None


@pytest.mark.parametrize(
    ("listed", "status", "reaction", "there"),
    [
        ([1], 404, 200, True),  # the host keeps the tool's own comments alone
        ([1], 404, 404, False),
        ([1, 5], 404, 200, False),  # it was listed, so it was deleted
        ([1], 405, 200, True),
        ([1], 410, 200, False),
    ],
)
async def test_a_command_that_a_host_never_shows_counts_as_given(
    github: FakeGitHub,
    rest_forge: GitHubForge,
    listed: list[int],
    status: int,
    reaction: int,
    there: bool,
) -> None:
    """Not listed and not shown, but taking a reaction: it is there all the same."""
    github.on("GET", "issues/7/comments", [{"id": number, "body": "x"} for number in listed])
    github.on("GET", "issues/comments/5", {"message": "no"}, status=status)
    github.on("POST", "issues/comments/5/reactions", {"id": 42}, status=reaction)
    await rest_forge.marked_comments(7, "predict-edit")
    assert await rest_forge.command_body(ISSUE) == (ISSUE.body if there else None)


async def test_a_command_that_cannot_be_read_raises(github: FakeGitHub, forge: GitHubForge) -> None:
    """Not knowing is not the same as deleted."""
    github.on("GET", "issues/comments/5", {}, status=451)
    with pytest.raises(ForgeRefused):
        await forge.command_body(ISSUE)


async def test_comments_are_written_and_replaced(github: FakeGitHub, forge: GitHubForge) -> None:
    """Both bodies are what GitHub's schema asks for, and the new comment is ours."""
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
    github: FakeGitHub, forge: GitHubForge
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


def talk(number: int, created: str, reply_to: int | None = None) -> dict[str, Any]:
    """A comment on the diff."""
    comment: dict[str, Any] = {
        "id": number,
        "path": "a.py",
        "html_url": f"https://github.com/d/{number}",
        "body": f"comment {number}",
        "created_at": created,
    }
    return comment | ({"in_reply_to_id": reply_to} if reply_to else {})


@pytest.mark.parametrize(
    ("asked", "bodies"),
    [
        (5, ("comment 1", "comment 3")),
        (1, ("comment 3", "comment 5")),
        (2, ("comment 4",)),
        (77, ()),
    ],
)
async def test_a_thread_is_put_together(
    github: FakeGitHub, forge: GitHubForge, asked: int, bodies: tuple[str, ...]
) -> None:
    """Over all pages, oldest first, without the comment itself and without other threads."""
    link = {"Link": f'<{github.api_url}/x?page=2>; rel="last"'}
    github.on(
        "GET",
        "pulls/7/comments",
        [talk(5, "2026-01-05", 1), talk(2, "2026-01-02"), talk(3, "2026-01-03", 1)],
        headers=link,
    )
    github.on("GET", "pulls/7/comments", [talk(1, "2026-01-01"), talk(4, "2026-01-04", 2)])
    assert await forge.thread(7, asked) == bodies
