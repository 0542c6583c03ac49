"""Finding our own comments and reviews on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.domain.errors import (
    ForgeAnswerInvalid,
    ForgeError,
    ForgeForbidden,
)
from predict_edit.github.host import GitHubHost

if TYPE_CHECKING:
    from tests.github.conftest import FakeGitHub

MARKER = "<!-- predict-edit:"


def comment(number: int, *, mine: bool = True, body: str = MARKER) -> dict[str, Any]:
    """A comment as GraphQL sends it; big numbers come as strings."""
    return {
        "fullDatabaseId": str(3_000_000_000 + number),
        "id": f"IC_{number}",
        "body": body,
        "url": f"https://github.com/c/{number}",
        "createdAt": "2026-01-01T00:00:00Z",
        "viewerDidAuthor": mine,
        "author": {"login": "github-actions"} if mine else None,
    }


def review(number: int, *, state: str = "COMMENTED", mine: bool = True) -> dict[str, Any]:
    """A review as GraphQL sends it."""
    return {
        "fullDatabaseId": str(number),
        "id": f"PRR_{number}",
        "body": MARKER,
        "url": f"https://github.com/r/{number}",
        "state": state,
        "viewerDidAuthor": mine,
        "commit": {"oid": "a" * 40} if mine else None,
    }


def page(*nodes: Any, after: str | None = None) -> dict[str, Any]:
    """A page of a connection; ``after`` is the cursor of the next one."""
    return {"pageInfo": {"hasNextPage": after is not None, "endCursor": after}, "nodes": nodes}


def pull(**fields: Any) -> dict[str, Any]:
    """The data of a query for the pull request."""
    return {"repository": {"pullRequest": fields}}


async def test_comments_and_reviews_come_with_one_query(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    github.on_graphql(
        pull(
            comments=page(comment(1), comment(2, mine=False), comment(3, body="hello")),
            reviews=page(review(1), review(2, state="PENDING", mine=False)),
        )
    )
    comments, reviews = await forge.conversation(7)
    assert [(each.id, each.mine, each.author) for each in comments] == [
        (3_000_000_001, True, "github-actions"),
        (3_000_000_002, False, ""),
        (3_000_000_003, True, "github-actions"),
    ]
    assert comments[0].node_id == "IC_1"
    assert comments[0].url == "https://github.com/c/1"
    assert [(each.id, each.mine, each.state) for each in reviews] == [
        (1, True, "COMMENTED"),
        (2, False, "PENDING"),
    ]
    assert len(github.received) == 1


async def test_the_same_question_is_asked_again(github: FakeGitHub, forge: GitHubHost) -> None:
    """What was read at the start of the run says nothing about its end."""
    github.on_graphql(pull(comments=page(), reviews=page()))
    github.on_graphql(pull(comments=page(comment(1)), reviews=page(review(1))))
    assert await forge.conversation(7) == ((), ())
    comments, reviews = await forge.conversation(7)
    assert (len(comments), len(reviews)) == (1, 1)


async def test_all_pages_are_read(github: FakeGitHub, forge: GitHubHost) -> None:
    """Each list continues on its own; a complete one is not asked for again."""
    github.on_graphql(pull(comments=page(comment(1), after="c1"), reviews=page(review(1))))
    github.on_graphql(pull(comments=page(comment(2), after="c2")))
    github.on_graphql(pull(comments=page(comment(3))))
    comments, reviews = await forge.conversation(7)
    assert [each.node_id for each in comments] == ["IC_1", "IC_2", "IC_3"]
    assert len(reviews) == 1
    sent = [received.json["variables"] for received in github.received]
    assert [(each["withReviews"], each["afterComment"]) for each in sent] == [
        (True, None),
        (False, "c1"),
        (False, "c2"),
    ]


@pytest.mark.parametrize(
    "script",
    [
        {"status": 401},
        {"status": 404},
        {"status": 500},
        {"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]},
        {"data": {"repository": None}},
        {"data": pull(comments=page(comment(1)), reviews=None)},
        {
            "data": pull(comments=page(comment(1)), reviews=page()),
            "errors": [{"message": "timeout"}],
        },
    ],
)
async def test_what_cannot_be_read_whole_raises(
    github: FakeGitHub, forge: GitHubHost, script: dict[str, Any]
) -> None:
    """If it cannot be known what is ours, nothing is guessed."""
    github.on_graphql(**script)
    with pytest.raises(ForgeError):
        await forge.conversation(7)
    assert github.asked("GET") == []


def thread(number: int, **fields: Any) -> dict[str, Any]:
    """A review thread as GraphQL sends it."""
    first = comment(number) | {"isMinimized": False}
    return {
        "isResolved": False,
        "isOutdated": False,
        "path": "a.py",
        "line": 9,
        "startLine": 8,
        "comments": {"totalCount": 1, "nodes": [first]},
    } | fields


async def test_threads_show_what_became_of_suggestions(
    github: FakeGitHub, forge: GitHubHost
) -> None:
    """Resolved, answered, outdated and hidden threads are distinguished, over all pages."""
    hidden = comment(3) | {"isMinimized": True}
    github.on_graphql(
        pull(
            reviewThreads=page(
                thread(1),
                thread(2, isResolved=True, comments={"totalCount": 3, "nodes": [comment(2)]}),
                thread(8, comments={"totalCount": 0, "nodes": []}),
                after="t1",
            )
        )
    )
    github.on_graphql(
        pull(
            reviewThreads=page(
                thread(
                    3,
                    isOutdated=True,
                    line=None,
                    startLine=None,
                    comments={"totalCount": 1, "nodes": [hidden]},
                )
            )
        )
    )
    first, second, third = await forge.threads(7)
    assert (first.path, first.start_line, first.line, first.replies) == ("a.py", 8, 9, 0)
    assert first.comment.mine
    assert (second.resolved, second.replies) == (True, 2)
    assert (third.outdated, third.line, third.comment.minimized) == (True, None, True)
    assert github.received[1].json["variables"]["after"] == "t1"


async def test_partial_threads_are_refused(github: FakeGitHub, forge: GitHubHost) -> None:
    """A list with holes would hide what is resolved."""
    github.on_graphql(pull(reviewThreads=page()), errors=[{"type": "FORBIDDEN", "message": "no"}])
    with pytest.raises(ForgeForbidden):
        await forge.threads(7)
    github.on_graphql(pull(reviewThreads=None))
    github.on_graphql(pull(reviewThreads=None))
    with pytest.raises(ForgeError):
        await forge.threads(7)
    with pytest.raises(ForgeAnswerInvalid, match="reviewThreads"):
        await forge.threads(7)
